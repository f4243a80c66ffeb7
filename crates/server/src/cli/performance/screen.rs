//! All figures on one screen, for people who run a receiving centre: what is asked of the server, what that takes, what is
//! left, and how long an alarm takes to the disk.

use std::fmt::Write as _;

use super::bars::{grouped, latency, octets, shares, spark};
use super::figures::{Kinds, OverTime, Performance, Process, Spread, Took};
use crate::cli::Out;
use crate::cli::out::{Style, harmless};
use crate::cli::view::second;

/// The budget for a durable acknowledgement's 99th percentile, in milliseconds.
const LATE: f64 = 20.0;

/// With less than this in reserve a machine has no room for a bad day.
const TIGHT: f64 = 2.0;

/// Places of the bars of processor and memory.
const BAR: u32 = 30;

/// All of it, line by line.
pub(super) fn lines(shown: &Performance, out: &Out) -> Vec<String> {
    let mut lines = vec![head(shown, out), String::new()];
    lines.extend(requests(shown, out));
    lines.push(String::new());
    lines.extend(processes(shown, out));
    lines.extend(machine(shown, out));
    lines.push(String::new());
    lines.extend(latencies(shown, out));
    lines.push(String::new());
    lines.extend(queues(shown, out));
    lines
}

fn head(shown: &Performance, out: &Out) -> String {
    let paths = format!(
        "{} of {} paths connected",
        grouped(shown.paths.connected),
        grouped(shown.paths.registered)
    );
    let times = format!(
        "{}, counted since {}",
        second(&shown.at),
        second(&shown.since)
    );
    format!(
        "{}   {}",
        out.styled(Style::Bold, paths),
        out.styled(Style::Faint, times)
    )
}

/// A row of cells that stand right under their heads.
fn row(name: &str, cells: &[String]) -> String {
    let mut row = format!("{name:<22}");
    for cell in cells {
        // Writing to a text cannot fail.
        write!(row, "{cell:>11}").ok();
    }
    row
}

fn heading(name: &str, cells: &[&str], out: &Out) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
    out.styled(Style::Bold, row(name, &cells)).into_owned()
}

/// One kind of all.
type Of<T> = fn(&Kinds<T>) -> T;

fn requests(shown: &Performance, out: &Out) -> Vec<String> {
    let requests = &shown.requests;
    let rates = &requests.per_second;
    let (today, day) = (&requests.today.counts, &requests.last_24_h.counts);
    let heads = ["10 s", "1 min", "15 min", "today", "24 h"];
    let mut lines = vec![heading("requests a second", &heads, out)];
    let kinds: [(&str, Of<f64>, Of<u64>); 5] = [
        ("events", |k| k.event, |k| k.event),
        ("status reports", |k| k.status, |k| k.status),
        ("signs of life", |k| k.supervision, |k| k.supervision),
        ("connects", |k| k.connect, |k| k.connect),
        ("all", |k| k.all, |k| k.all),
    ];
    for (name, rate, count) in kinds {
        let cells = [
            digits(rate(&rates.last_10_s)),
            digits(rate(&rates.last_minute)),
            digits(rate(&rates.last_15_min)),
            grouped(count(today)),
            grouped(count(day)),
        ];
        lines.push(row(name, &cells));
    }
    let most = |figures: &[u64]| grouped(figures.iter().copied().max().unwrap_or(0));
    lines.push(format!(
        "{:<22}  {}  at most {} in a second",
        "last minute",
        spark(&requests.by_second),
        most(&requests.by_second)
    ));
    lines.push(format!(
        "{:<22}  {}  at most {} in an hour",
        "last 24 hours",
        spark(&requests.by_hour),
        most(&requests.by_hour)
    ));
    lines
}

fn processes(shown: &Performance, out: &Out) -> Vec<String> {
    let heads = [
        "10 s",
        "1 min",
        "15 min",
        "own memory",
        "resident",
        "open files",
    ];
    let mut lines = vec![heading("processor, % of a core", &heads, out)];
    lines.extend(shown.processes.iter().map(|process| {
        let cells = [
            percent(process.cores.last_10_s),
            percent(process.cores.last_minute),
            percent(process.cores.last_15_min),
            octets(process.own_bytes),
            octets(process.resident_bytes),
        ];
        let files = files(process, out);
        format!("{}  {files}", row(&name(process), &cells))
    }));
    let OverTime {
        last_10_s,
        last_minute,
        last_15_min,
    } = shown.processor.our_cores;
    let cells = [
        percent(last_10_s),
        percent(last_minute),
        percent(last_15_min),
        octets(shown.memory.own_bytes),
    ];
    lines.push(row("all", &cells));
    let micros = shown.processor.us_per_request;
    let micros = [micros.last_10_s, micros.last_minute, micros.last_15_min];
    let micros = micros.map(|micros| micros.map_or_else(dash, |micros| format!("{micros:.1}")));
    lines.push(row("µs a request", &micros));
    lines
}

fn name(process: &Process) -> String {
    let role = harmless(&process.role);
    match &*role {
        "gateway" => format!("gateway {}", process.index),
        role => role.to_owned(),
    }
}

fn files(process: &Process, out: &Out) -> String {
    let Some(open) = process.open_files else {
        return "–".to_owned();
    };
    let Some(limit) = process.open_files_limit else {
        return grouped(open);
    };
    let text = format!("{} of {}", grouped(open), grouped(limit));
    // A gateway refuses newcomers before its last file.
    let style = if open * 10 >= limit * 9 {
        Style::Warning
    } else {
        Style::Plain
    };
    out.styled(style, text).into_owned()
}

fn machine(shown: &Performance, out: &Out) -> Vec<String> {
    let mut lines = Vec::new();
    let processor = &shown.processor;
    let cores = processor.machine_cores;
    if let (Some(ours), Some(idle)) = (
        processor.our_cores.last_minute,
        processor.idle_cores.last_minute,
    ) {
        let (ours, idle) = (ours / cores, idle / cores);
        let others = (1.0 - ours - idle).max(0.0);
        let bar = shares(&[(ours, '█'), (others, '▒')], BAR);
        let told = format!(
            "{cores:.0} cores: we {:.0} %, others {:.0} %, idle {:.0} %",
            ours * 100.0,
            others * 100.0,
            idle * 100.0
        );
        lines.push(format!("{:<22}  {bar}  {told}", "machine, 1 min"));
    }
    let reserve = processor
        .reserve
        .last_15_min
        .or(processor.reserve.last_minute);
    if let Some(reserve) = reserve {
        let style = if reserve < TIGHT {
            Style::Warning
        } else {
            Style::Calm
        };
        let told = format!("{reserve:.1} times this load fits the processor, this load included");
        lines.push(format!("{:<22}  {}", "reserve", out.styled(style, told)));
    }
    let memory = &shown.memory;
    let share = |octets: u64| ratio(octets, memory.machine_bytes);
    let others = memory.machine_bytes.saturating_sub(memory.available_bytes);
    let others = others.saturating_sub(memory.own_bytes);
    let bar = shares(&[(share(memory.own_bytes), '█'), (share(others), '▒')], BAR);
    let told = format!(
        "we {}, {} of {} available",
        octets(memory.own_bytes),
        octets(memory.available_bytes),
        octets(memory.machine_bytes)
    );
    lines.push(format!("{:<22}  {bar}  {told}", "memory"));
    let each = |octets_each: Option<u64>| {
        octets_each.map_or_else(|| "– (too few to tell)".to_owned(), octets)
    };
    lines.push(format!(
        "{:<22}  gateways {} by connected path, engine {} by registered path",
        "memory of a panel",
        each(memory.per_connected_path_bytes),
        each(memory.per_registered_path_bytes)
    ));
    lines
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown in three digits"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / (whole.max(1)) as f64
}

fn latencies(shown: &Performance, out: &Out) -> Vec<String> {
    let heads = [
        "p50 1 min",
        "p99 1 min",
        "count",
        "p50",
        "p99",
        "p99.9",
        "max",
    ];
    let mut lines = vec![heading("ms in 15 minutes", &heads, out)];
    let latency = &shown.latency;
    for of in &latency.signal_to_disk {
        let name = format!("{} {}", of.priority, harmless(&of.classes.join(", ")));
        lines.extend(took(&name, &of.took, true, out));
    }
    if lines.len() == 1 {
        lines.push("no signal of a panel was stored".to_owned());
    }
    lines.extend(took("commit", &latency.commit.took, false, out));
    if let Some(signals) = latency.commit.signals_per_commit_last_15_min {
        lines.push(row("  signals a commit", &[digits(signals)]));
    }
    for gateway in &shown.gateways {
        let name = format!("gateway {}'s turn", gateway.index);
        lines.extend(took(&name, &gateway.turns, false, out));
        if gateway.stalled > 0 {
            let told = format!("{} connections wait until there is room", gateway.stalled);
            lines.push(format!("  {}", out.styled(Style::Warning, told)));
        }
    }
    lines.extend(took("engine's runtime", &latency.runtime_delay, false, out));
    lines
}

fn took(name: &str, took: &Took, has_budget: bool, out: &Out) -> Option<String> {
    let Spread {
        count,
        p50_ms,
        p99_ms,
        p999_ms,
        max_ms,
    } = &took.last_15_min;
    if *count == 0 {
        return None;
    }
    let recent = &took.last_minute;
    let cells = [
        millis(recent.p50_ms),
        millis(recent.p99_ms),
        grouped(*count),
        millis(*p50_ms),
        millis(*p99_ms),
        millis(*p999_ms),
        millis(*max_ms),
    ];
    let name = shortened(name);
    let late = has_budget && p99_ms.is_some_and(|p99| p99 > LATE);
    let style = if late { Style::Warning } else { Style::Plain };
    let line = out.styled(style, row(&name, &cells)).into_owned();
    Some(format!("{line}  {}", latency(*p99_ms)))
}

fn queues(shown: &Performance, out: &Out) -> Vec<String> {
    let mut lines = vec![heading("waiting", &["now", "of"], out)];
    let empty = shown.queues.iter().filter(|queue| queue.depth == 0).count();
    for queue in shown.queues.iter().filter(|queue| queue.depth > 0) {
        let part = ratio(queue.depth, queue.bound);
        let cells = [grouped(queue.depth), grouped(queue.bound)];
        let name = harmless(&queue.name).into_owned();
        let style = if part > 0.5 {
            Style::Warning
        } else {
            Style::Plain
        };
        let line = out.styled(style, row(&name, &cells)).into_owned();
        lines.push(format!("{line}  {}", shares(&[(part, '█')], BAR)));
    }
    lines.push(match empty {
        1 => "1 queue is empty".to_owned(),
        _ => format!("{empty} queues are empty"),
    });
    lines
}

/// With what fits its column.
fn shortened(name: &str) -> String {
    const MOST: usize = 21;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST).chain(['…']).collect()
}

/// What is not known.
fn dash() -> String {
    "–".to_owned()
}

fn percent(cores: Option<f64>) -> String {
    cores.map_or_else(dash, |cores| format!("{:.1} %", cores * 100.0))
}

fn millis(value: Option<f64>) -> String {
    value.map_or_else(dash, digits)
}

/// Three digits that count.
fn digits(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_by_three_digits() {
        assert_eq!(digits(0.0), "0.00");
        assert_eq!(digits(9.876), "9.88");
        assert_eq!(digits(12.34), "12.3");
        assert_eq!(digits(5_787.4), "5787");
        assert_eq!(percent(Some(0.1834)), "18.3 %");
        assert_eq!(percent(None), "–");
    }

    #[test]
    fn what_did_not_happen_has_no_row() {
        let none = || Spread {
            count: 0,
            p50_ms: None,
            p99_ms: None,
            p999_ms: None,
            max_ms: None,
        };
        let never = Took {
            last_minute: none(),
            last_15_min: none(),
        };
        let out = Out::new(true);
        assert_eq!(took("commit", &never, false, &out), None);
        let once = Took {
            last_15_min: Spread {
                count: 1,
                p99_ms: Some(8.0),
                ..none()
            },
            ..never
        };
        let line = took("commit", &once, false, &out).unwrap();
        assert!(line.contains("8.00") && line.ends_with('▪'), "{line}");
    }
}

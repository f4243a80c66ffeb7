//! The report for people: tables as BENCHMARKS.md has them.

use std::fmt::{self, Display, Formatter};

use sim::tally::Latency;

use super::budgets::{Judged, Limit, Standing};
use super::figures::Figures;
use super::look::Role;
use super::report::Report;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let context = &self.context;
        let machine = &context.machine;
        writeln!(f, "{}: {}\n", self.scenario, self.about)?;
        writeln!(
            f,
            "`{}`, {}, {} ({}). {} cores of {}, {:.1} GiB, Linux {}; load before: {:.2}, {:.2}, {:.2}. \
             {} panels in {} processes.\n",
            context.command,
            context.date,
            context.build,
            context.profile,
            machine.cores,
            machine.processor,
            gib(machine.memory),
            machine.kernel,
            context.load_before[0],
            context.load_before[1],
            context.load_before[2],
            self.fleet.panels,
            self.fleet.processes,
        )?;
        self.servers_table(f)?;
        self.latency_table(f)?;
        self.process_table(f)?;
        self.findings(f)?;
        self.budget_table(f)?;
        for remark in &self.remarks {
            writeln!(f, "- {remark}")?;
        }
        for fault in &self.faults {
            writeln!(f, "- WRONG: {fault}")?;
        }
        Ok(())
    }
}

type Cell = fn(&Figures) -> String;

/// The rows of the first table.
const ROWS: [(&str, Cell); 12] = [
    ("connections", |one| one.connections.to_string()),
    ("all connected after, s", |one| {
        format!("{:.1}", one.connect_seconds)
    }),
    ("requests/s", |one| {
        format!("{:.0}", one.requests.per_second)
    }),
    ("requests a day, millions", |one| {
        format!("{:.0}", one.requests.per_day / 1e6)
    }),
    ("CPU, % of one core", |one| {
        format!("{:.1}", one.requests.cpu_share * 100.0)
    }),
    ("CPU for a request, µs", |one| {
        format!("{:.1}", one.requests.cpu_us)
    }),
    ("CPU for a full handshake, µs", |one| {
        format!("{:.0}", one.handshake.full_us)
    }),
    ("gateway KB, idle panel", |one| {
        kilobytes(one.memory.gateway_idle)
    }),
    ("gateway KB, panel at the end", |one| {
        kilobytes(Some(one.memory.gateway_end))
    }),
    ("engine KB, registered panel", |one| {
        kilobytes(one.memory.engine_registered)
    }),
    ("engine KB, panel at the end", |one| {
        kilobytes(one.memory.engine_end)
    }),
    ("kernel KB (slab), connection, both ends", |one| {
        kilobytes(Some(one.kernel.slab))
    }),
];

impl Report {
    fn servers_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self
            .servers
            .iter()
            .map(|server| server.name.as_str())
            .collect();
        writeln!(f, "| what | {} |", names.join(" | "))?;
        writeln!(f, "| --- |{}", " ---: |".repeat(names.len()))?;
        for (what, cell) in ROWS {
            let cells: Vec<_> = self.servers.iter().map(cell).collect();
            writeln!(f, "| {what} | {} |", cells.join(" | "))?;
        }
        writeln!(f)?;
        for ratio in &self.ratios {
            writeln!(f, "- {}: {:.2} of {}", ratio.what, ratio.to, ratio.beside)?;
        }
        writeln!(f)
    }

    fn latency_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| acknowledged | of | p50 ms | p99 ms | p99.9 ms | max ms | how many |"
        )?;
        writeln!(f, "| --- | --- | ---: | ---: | ---: | ---: | ---: |")?;
        for server in &self.servers {
            let latency = &server.latency;
            for (what, of) in [
                ("status", &latency.status),
                ("durable events", &latency.durable),
                ("of these, alarms", &latency.alarm),
                ("CONNECT", &server.handshake.latency),
            ] {
                if of.count > 0 {
                    writeln!(
                        f,
                        "| {what} | {} | {} | {} |",
                        server.name,
                        times(of),
                        of.count
                    )?;
                }
            }
        }
        writeln!(f)
    }

    fn process_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| process | of | CPU, % of one core | µs for a request | MB before | MB at the end |"
        )?;
        writeln!(f, "| --- | --- | ---: | ---: | ---: | ---: |")?;
        for server in &self.servers {
            for process in &server.processes {
                let role = match process.role {
                    Role::Supervisor => "supervisor",
                    Role::Engine => "engine",
                    Role::Gateway => "gateway",
                };
                let [before, end] = process.memory.map(|octets| octets / 1e6);
                writeln!(
                    f,
                    "| {role} | {} | {:.1} | {:.1} | {before:.1} | {end:.1} |",
                    server.name,
                    process.cpu_share * 100.0,
                    process.cpu_us,
                )?;
            }
        }
        writeln!(f)
    }

    /// What the record says, who was reported lost, how a restart went.
    fn findings(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(record) = &self.record {
            writeln!(
                f,
                "Record: {} events sent, {} acknowledged, {} stored; {} lost, {} twice, \
                 {} never acknowledged, {} refused.",
                record.sent,
                record.acknowledged,
                record.stored,
                record.lost,
                record.duplicates,
                record.never_acknowledged,
                record.refused,
            )?;
        }
        if let Some(supervision) = &self.supervision {
            write!(
                f,
                "Supervision: {} panels vanished, {} reported; {} early, {} late, {} missed, {} wrong",
                supervision.vanished,
                supervision.reported,
                supervision.early,
                supervision.late,
                supervision.missed,
                supervision.wrong,
            )?;
            if let Some([first, half, most, last]) = supervision.after_seconds {
                write!(
                    f,
                    "; after {first:.1} s, p50 {half:.1}, p99 {most:.1}, {last:.1} s"
                )?;
            }
            writeln!(f, ".")?;
        }
        if let Some(restart) = &self.restart {
            let back = restart.back_seconds;
            let back = back.map_or_else(|| "not all".to_owned(), |back| format!("{back:.1} s"));
            writeln!(
                f,
                "Restart: down for {:.1} s, all back after {back}; {} by ticket, {} from nothing, \
                 {:.0} µs of CPU each; {} alarms since, p99 {} ms after admission.",
                restart.down_seconds,
                restart.resumed,
                restart.full,
                restart.cpu_us,
                restart.alarms,
                restart.alarm_p99_us.map_or_else(|| "–".to_owned(), millis),
            )?;
        }
        writeln!(f)
    }

    fn budget_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| budget | limit (goal) | measured | |")?;
        writeln!(f, "| --- | ---: | ---: | --- |")?;
        for judged in &self.budgets {
            writeln!(
                f,
                "| {} | {} | {} | {} |",
                judged.what,
                limit(judged),
                judged.value.map_or_else(|| "–".to_owned(), figure),
                match judged.standing {
                    Standing::Holds => "holds",
                    Standing::Misses => "MISSES",
                    Standing::NotMeasured => "not measured in this scenario",
                },
            )?;
        }
        writeln!(f)
    }
}

fn limit(judged: &Judged) -> String {
    let (side, limit) = match judged.limit {
        Limit::AtMost(limit) => ("≤", limit),
        Limit::AtLeast(limit) => ("≥", limit),
    };
    let goal = judged.goal.map(|goal| format!(" ({})", figure(goal)));
    let goal = goal.unwrap_or_default();
    format!("{side} {}{goal} {}", figure(limit), judged.unit)
}

/// A figure of whatever size, without digits that say nothing.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 || value >= 1_000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn times(latency: &Latency) -> String {
    let all = [
        latency.p50_us,
        latency.p99_us,
        latency.p999_us,
        latency.max_us,
    ];
    all.map(millis).join(" | ")
}

fn millis(micros: u64) -> String {
    let micros = u32::try_from(micros).map_or(f64::INFINITY, f64::from);
    format!("{:.1}", micros / 1_000.0)
}

/// 1 KB is 1,000 octets.
fn kilobytes(octets: Option<f64>) -> String {
    octets.map_or_else(|| "–".to_owned(), |octets| format!("{:.2}", octets / 1e3))
}

fn gib(octets: u64) -> f64 {
    let mebibytes = u32::try_from(octets >> 20).map_or(f64::INFINITY, f64::from);
    mebibytes / 1_024.0
}

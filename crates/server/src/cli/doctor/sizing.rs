//! How many panels this machine can carry, in words: from the table of costs, from what the machine has, and from the
//! running server's own figures where there is one.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use clap::Args;
use model::{Clock, limits};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;

use super::Finding;
use super::capacity::{Capacity, Machine, capacity, float};
use super::costs::{self, Costs, Load, MEASURED, SEED_DAY};
use crate::cli::performance::{Performance, grouped, octets};
use crate::clock::SystemClock;
use crate::config::{Config, Gateway};
use crate::proc;

/// What panels will ask for.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// Seconds from one request of a panel to its next; the running server's panels tell it, and 8.64 if none runs.
    #[arg(long, value_name = "SECONDS", value_parser = positive)]
    request_every: Option<f64>,
    /// Events of a panel in a day; the running server's panels tell it, and 500 if none runs.
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    events_per_day: Option<f64>,
}

fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let fits = number.is_finite() && number >= 0.001;
    fits.then_some(number)
        .ok_or_else(|| "a number above 0 is expected".to_owned())
}

/// What is told of sizing.
#[derive(Debug, Serialize)]
pub(super) struct Sizing {
    /// Whether any figure is the running server's own.
    live: bool,
    costs: Costs,
    load: Load,
    #[serde(flatten)]
    capacity: Capacity,
    /// For how many the configuration is made.
    expected_panels: u32,
}

/// Reckons it. `live` is what a running server tells of its performance.
pub(super) fn reckon(config: &Config, options: &Options, live: Option<&Performance>) -> Sizing {
    let (costs, told) = live.map_or((MEASURED, false), |live| MEASURED.with(live));
    let lived = live.and_then(Load::of);
    let usual = lived.unwrap_or(SEED_DAY);
    let load = Load {
        request_every_s: options.request_every.unwrap_or(usual.request_every_s),
        events_per_day: options.events_per_day.unwrap_or(usual.events_per_day),
    };
    let machine = machine(config, live, &costs);
    Sizing {
        live: told || lived.is_some(),
        capacity: capacity(&machine, &costs, &load),
        costs,
        load,
        expected_panels: config.gateway.expected_panels,
    }
}

/// What this machine has.
fn machine(config: &Config, live: Option<&Performance>, costs: &Costs) -> Machine {
    let open_files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let Gateway { count, .. } = config.gateway;
    let gateways = if count == 0 { limits::GATEWAYS } else { count };
    let (_, available) = proc::machine_memory().unwrap_or_default();
    // What the running server has already is its own to use.
    let held = live.map_or(0, |live| {
        live.memory.own_bytes + live.paths.connected * costs.kernel_bytes
    });
    let days = |kept: Duration| kept.as_secs_f64() / 86_400.0;
    let retention = &config.retention;
    let there = there(&config.data.path);
    Machine {
        cores: proc::cores(),
        memory: available.saturating_add(held),
        gateways: u64::try_from(gateways).unwrap_or(u64::MAX),
        panels_per_gateway: Gateway::carries(open_files),
        file_max: proc::number("/proc/sys/fs/file-max"),
        tracked: tracked(),
        sync: live.and_then(costs::commit).or_else(|| sync(there)),
        free: rustix::fs::statvfs(there)
            .ok()
            .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        retention_days: [retention.alarm, retention.operation, retention.routine].map(days),
    }
}

/// Connections that the kernel's firewall can follow; `None` if it follows none at all.
fn tracked() -> Option<u64> {
    let follows = proc::number("/proc/sys/net/netfilter/nf_conntrack_count")? > 0;
    follows
        .then(|| proc::number("/proc/sys/net/netfilter/nf_conntrack_max"))
        .flatten()
}

/// The folder, or the nearest above it that is there.
fn there(path: &Path) -> &Path {
    let there = path.ancestors().find(|part| part.is_dir());
    there.unwrap_or_else(|| Path::new("."))
}

/// How long the disk takes to sync a little: the middle one of nine tries on a file without a name.
fn sync(folder: &Path) -> Option<Duration> {
    let mut file = tempfile::tempfile_in(folder).ok()?;
    let mut block = [0; 16 << 10];
    std::io::repeat(0x5A).read_exact(&mut block).ok()?;
    let mut took = Vec::new();
    for _ in 0..9 {
        let begun = SystemClock.now().mono;
        file.write_all(&block).ok()?;
        file.sync_all().ok()?;
        took.push(SystemClock.now().mono.since(begun));
    }
    took.sort_unstable();
    took.get(took.len() / 2).copied()
}

impl Sizing {
    /// In words.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = vec![self.panels(), self.coming_back()];
        findings.extend(self.space());
        findings.push(backlog(proc::number("/proc/sys/net/core/somaxconn")));
        findings
    }

    fn panels(&self) -> Finding {
        let name = "capacity";
        let Capacity { panels, limits, .. } = &self.capacity;
        let told = limits
            .iter()
            .map(|limit| format!("{} ({})", limit.name, about(limit.panels)));
        let told: Vec<String> = told.collect();
        let (first, next) = told
            .split_first()
            .map_or(("none", &[][..]), |(first, next)| (first, next));
        let from = if self.live {
            "by the running server's own figures"
        } else {
            "by measured costs (docs/sizing.md)"
        };
        let detail = format!(
            "about {} panels with a request every {:.2} s, {from}; the first limit is {first}, the next {}",
            about(*panels),
            self.load.request_every_s,
            next.join(", ")
        );
        if *panels >= u64::from(self.expected_panels) {
            return Finding::ok(name, detail);
        }
        let advice = limits.first().map_or("", |limit| limit.advice);
        let expected = grouped(self.expected_panels.into());
        Finding::warn(name, format!("{detail}; expected are {expected}"), advice)
    }

    fn coming_back(&self) -> Finding {
        let seconds = self.capacity.return_s;
        let detail = format!(
            "after an outage the handshakes of so many take all cores {seconds:.0} s, fewer where tickets are resumed"
        );
        Finding::ok("return", detail)
    }

    fn space(&self) -> Option<Finding> {
        let name = "journal";
        let panels = self.capacity.panels_by_space?;
        let expected = u64::from(self.expected_panels);
        let day = float(expected) * self.load.events_per_day * float(self.costs.event_bytes);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "octets a day, told in two digits"
        )]
        let day = octets(day as u64);
        let detail = format!(
            "at {:.0} events a panel and day {} panels write {day} a day; free space keeps the events of about {} \
             panels for as long as the configuration says",
            self.load.events_per_day,
            grouped(expected),
            about(panels)
        );
        Some(if panels >= expected {
            Finding::ok(name, detail)
        } else {
            let advice = "if panels really send so much: a larger disk, or a shorter `retention`; \
                          --events-per-day says how much they send";
            Finding::warn(name, detail, advice)
        })
    }
}

/// Connections that the kernel accepts for a gateway before the gateway does.
fn backlog(somaxconn: Option<u64>) -> Finding {
    const GOOD: u64 = 1_024;
    let name = "listen queue";
    match somaxconn {
        None => Finding::ok(name, "the kernel does not tell"),
        Some(places) if places >= GOOD => Finding::ok(
            name,
            format!("{} connections a gateway may wait", grouped(places)),
        ),
        Some(places) => Finding::warn(
            name,
            format!(
                "only {places} connections a gateway may wait when all panels come back at once"
            ),
            "raise the kernel's net.core.somaxconn (sysctl) to 4096",
        ),
    }
}

/// Two digits that count: no capacity is known better.
fn about(panels: u64) -> String {
    if panels >= 1_000_000_000 {
        return "any number".to_owned();
    }
    let mut unit = 1;
    while panels / unit >= 100 {
        unit *= 10;
    }
    grouped(panels / unit * unit)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Verdict;
    use super::*;
    use crate::config::Sources;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        options: Options,
    }

    fn config() -> Config {
        Config::load(&Sources::default()).unwrap()
    }

    #[test]
    fn capacity_is_told_in_two_digits() {
        assert_eq!(about(0), "0");
        assert_eq!(about(99), "99");
        assert_eq!(about(345_678), "340,000");
        assert_eq!(about(u64::MAX), "any number");
    }

    #[test]
    fn this_machine_is_told_what_it_carries_and_what_limits_it_first() {
        let sizing = reckon(&config(), &Options::default(), None);
        assert!(!sizing.live);
        let told = sizing.findings();
        let first = sizing.capacity.limits[0].name;
        let wanted = format!("the first limit is {first} (");
        assert!(told[0].detail.contains(&wanted), "{}", told[0].detail);
        assert!(
            told[0].detail.contains("every 8.64 s"),
            "{}",
            told[0].detail
        );
        let json = serde_json::to_value(&sizing).unwrap();
        assert_eq!(json["limits"][0]["name"], first);
        assert_eq!(json["load"]["events_per_day"], 500.0);
    }

    #[test]
    fn a_machine_that_is_too_small_is_told_what_to_do_first() {
        let mut sizing = reckon(&config(), &Options::default(), None);
        sizing.expected_panels = 5_000_000;
        sizing.capacity.panels = 4_999_999;
        let told = &sizing.findings()[0];
        assert_eq!(told.verdict, Verdict::Warn);
        assert_eq!(told.advice, sizing.capacity.limits[0].advice);
    }

    #[test]
    fn quieter_panels_can_be_more() {
        let typed = ["doctor", "--request-every", "60", "--events-per-day", "20"];
        let quiet = Typed::parse_from(typed).options;
        let [usual, quiet] =
            [Options::default(), quiet].map(|options| reckon(&config(), &options, None));
        let processor = |sizing: &Sizing| {
            let mut limits = sizing.capacity.limits.iter();
            limits
                .find(|limit| limit.name == "processor")
                .unwrap()
                .panels
        };
        assert!(processor(&quiet) > 6 * processor(&usual));
        assert!(quiet.capacity.panels_by_space > usual.capacity.panels_by_space);
        for nonsense in ["0", "-1", "x", "inf"] {
            assert!(Typed::try_parse_from(["doctor", "--request-every", nonsense]).is_err());
        }
    }

    #[test]
    fn a_short_listen_queue_is_doubtful() {
        assert_eq!(backlog(Some(128)).verdict, Verdict::Warn);
        assert_eq!(backlog(Some(4_096)).verdict, Verdict::Ok);
        assert_eq!(backlog(None).verdict, Verdict::Ok);
    }
}

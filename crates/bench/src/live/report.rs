//! The report of a run: its shape in JSON, which bears a version, and what is drawn from it.
//!
//! Figures are numbers in the unit that their name ends in; where it ends in none, seconds, octets
//! or counts, as their documentation says. What was not measured is `null` and never 0. A member
//! may be added without a new version; a change of what one means makes one.

use serde::Serialize;

use super::budgets::{self, Judged};
use super::figures::Figures;
use super::machine::Context;
use super::record::Compared;
use super::supervision::Supervision;

/// The version of the shape.
pub(super) const VERSION: u32 = 1;

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Report {
    /// [`VERSION`].
    pub(super) version: u32,
    /// The scenario's name, or that of its file.
    pub(super) scenario: String,
    /// What the scenario says of itself.
    pub(super) about: String,
    pub(super) context: Context,
    pub(super) fleet: Fleet,
    /// Watchfire first, then what was measured beside it.
    pub(super) servers: Vec<Figures>,
    /// How Watchfire stands to what was measured beside it.
    pub(super) ratios: Vec<Ratio>,
    /// What the record says beside what the panels saw.
    pub(super) record: Option<Compared>,
    /// What was reported lost.
    pub(super) supervision: Option<Supervision>,
    /// Of the whole server, where the scenario has one.
    pub(super) restart: Option<Restart>,
    pub(super) budgets: Vec<Judged>,
    /// What went wrong, whatever the budgets say: none of this may ever be.
    pub(super) faults: Vec<String>,
    /// Whether nothing went wrong and all budgets hold that were measured.
    pub(super) holds: bool,
    /// What a reader should know.
    pub(super) remarks: Vec<String>,
}

/// Who the panels were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Fleet {
    pub(super) panels: u32,
    /// Processes that simulated them.
    pub(super) processes: usize,
    /// How many began to connect in a second.
    pub(super) begin_per_second: u32,
    pub(super) seed: u64,
}

/// How Watchfire stands to something else: below 1 it takes less.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Ratio {
    pub(super) what: &'static str,
    pub(super) beside: String,
    /// Ours divided by the other's.
    pub(super) to: f64,
}

/// A restart of the whole server.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Restart {
    /// From the stop to the greeting of the new one, in seconds.
    pub(super) down_seconds: f64,
    /// From the greeting until all panels were back, in seconds; none, if not all came.
    pub(super) back_seconds: Option<f64>,
    /// Alarms from the restart to the end.
    pub(super) alarms: u64,
    /// From a panel's admission to the acknowledgement of its alarms, 99 of 100, in
    /// microseconds.
    pub(super) alarm_p99_us: Option<u64>,
    /// Handshakes with a ticket after it, and from nothing.
    pub(super) resumed: u64,
    pub(super) full: u64,
    /// Microseconds of the server's CPU for one return.
    pub(super) cpu_us: f64,
}

impl Report {
    /// Watchfire's own figures; of several gateway counts the first.
    pub(super) fn ours(&self) -> Option<&Figures> {
        self.servers.first()
    }

    /// What went wrong.
    fn wrong(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(record) = &self.record {
            for (count, what) in [
                (record.lost, "were acknowledged and are not in the record"),
                (record.duplicates, "are in the record twice"),
                (
                    record.not_understood,
                    "are in the record and were not understood",
                ),
                (
                    record.never_acknowledged,
                    "were sent and never acknowledged",
                ),
                (record.refused, "were refused"),
            ] {
                if count > 0 {
                    faults.push(format!("{count} events {what}"));
                }
            }
        }
        if let Some(supervision) = &self.supervision {
            faults.extend(supervision.faults());
        }
        faults
    }

    /// Judges what has been measured.
    pub(super) fn judge(&mut self) {
        self.ratios = ratios(&self.servers);
        self.budgets = budgets::judge(self);
        self.faults = self.wrong();
        self.holds = self.faults.is_empty() && self.budgets.iter().all(Judged::holds);
    }
}

/// A figure of a server, if it has it.
type Figure = fn(&Figures) -> Option<f64>;

/// How the first stands to each of the others.
fn ratios(servers: &[Figures]) -> Vec<Ratio> {
    let Some((ours, others)) = servers.split_first() else {
        return Vec::new();
    };
    let mut ratios = Vec::new();
    for other in others {
        let whats: [(&'static str, Figure); 4] = [
            ("CPU for a request", |one| Some(one.requests.cpu_us)),
            ("CPU for a full handshake", |one| {
                Some(one.handshake.full_us)
            }),
            ("memory of processes for an idle connection", of_idle),
            ("p99 of a status report's acknowledgement", |one| {
                Some(f64::from(u32::try_from(one.latency.status.p99_us).ok()?))
            }),
        ];
        for (what, figure) in whats {
            let ratio = figure(ours)
                .zip(figure(other))
                .map(|(ours, theirs)| ours / theirs);
            // What is next to nothing says nothing as a ratio.
            if let Some(ratio) = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0) {
                let beside = other.name.clone();
                ratios.push(Ratio {
                    what,
                    beside,
                    to: ratio,
                });
            }
        }
    }
    ratios
}

/// Octets below which a server keeps nothing of an idle connection, as the floor does.
const NOTHING: f64 = 100.0;

/// What all processes of a server take for an idle connection, if they take anything.
fn of_idle(figures: &Figures) -> Option<f64> {
    let memory = &figures.memory;
    let engine = memory.engine_idle.zip(memory.engine_registered);
    let engine = engine.map_or(0.0, |(idle, registered)| idle - registered);
    Some(memory.gateway_idle? + engine).filter(|octets| *octets >= NOTHING)
}

/// A report in which all is well, of a scenario that is called so.
#[cfg(test)]
pub(super) fn fixture(scenario: &str) -> Report {
    use super::figures;
    use super::machine::Machine;

    Report {
        version: VERSION,
        scenario: scenario.to_owned(),
        about: "A day".to_owned(),
        context: Context {
            command: "cargo xtask bench".to_owned(),
            date: "2026-11-23T08:00:00Z".to_owned(),
            build: "watchfire 0.1.0".to_owned(),
            profile: "release".to_owned(),
            machine: Machine {
                processor: "A Processor".to_owned(),
                cores: 2,
                memory: 24 << 30,
                kernel: "6.1".to_owned(),
            },
            load_before: [0.0; 3],
        },
        fleet: Fleet {
            panels: 50_000,
            processes: 5,
            begin_per_second: 1_000,
            seed: 1,
        },
        servers: ["watchfire", "floor", "mosquitto"]
            .map(figures::fixture)
            .into(),
        ratios: Vec::new(),
        record: Some(Compared::default()),
        supervision: Some(Supervision::default()),
        restart: (scenario == "storm").then_some(Restart {
            down_seconds: 2.0,
            back_seconds: Some(20.0),
            alarms: 9,
            alarm_p99_us: Some(1_000),
            resumed: 50_000,
            full: 0,
            cpu_us: 90.0,
        }),
        budgets: Vec::new(),
        faults: Vec::new(),
        holds: false,
        remarks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn ours_is_held_against_each_of_the_others() {
        let mut report = fixture("seed-day");
        report.servers[0].requests.cpu_us = 30.0;
        report.servers[1].requests.cpu_us = 15.0;
        report.servers[1].memory.gateway_idle = Some(-300.0);
        report.judge();
        let of = |beside: &str| -> Vec<_> {
            let ratios = report.ratios.iter();
            ratios.filter(|ratio| ratio.beside == beside).collect()
        };
        assert!((of("floor")[0].to - 2.0).abs() < 1e-9);
        let [floor, mosquitto] = ["floor", "mosquitto"].map(|name| of(name).len());
        assert_eq!((floor, mosquitto), (3, 4), "less than nothing is no ratio");
    }

    #[test]
    fn the_json_has_its_version_and_says_null_where_nothing_was_measured() {
        let mut report = fixture("seed-day");
        report.servers[0].memory.gateway_idle = None;
        report.judge();
        let json: Value = serde_json::to_value(&report).unwrap();
        assert_eq!(json["version"], VERSION);
        assert_eq!(json["servers"][0]["name"], "watchfire");
        assert_eq!(json["servers"][0]["memory"]["gateway_idle"], Value::Null);
        assert_eq!(json["budgets"][1]["standing"], "not_measured");
        assert_eq!(json["budgets"][0]["limit"]["at_most"], 20.0);
        assert_eq!(json["holds"], true);
    }

    #[test]
    fn the_table_says_what_holds_what_misses_and_what_went_wrong() {
        let mut report = fixture("storm");
        report.servers[0].handshake.full_us = 400.0;
        report.record.as_mut().unwrap().duplicates = 2;
        report.judge();
        let table = report.to_string();
        for told in [
            "| CPU for a full handshake, µs | 400 |",
            "| ≤ 300 µs | 400 | MISSES |",
            "| ≤ 30 s | 20 | holds |",
            "not measured in this scenario",
            "WRONG: 2 events are in the record twice",
            "all back after 20.0 s",
        ] {
            assert!(table.contains(told), "{told} in {table}");
        }
    }
}

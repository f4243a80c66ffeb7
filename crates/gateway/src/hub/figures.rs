//! What gateways counted, for people, and whether all gateways are here, for readiness.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::ports::{Check, GatewayLoad, Health, Measured, Measurement, Reading, RequestKind};
use model::limits;
use proto::Counted;

use crate::link::Counters;

/// The figures of all gateways.
#[derive(Debug)]
pub struct Figures {
    expected: usize,
    gateways: Mutex<BTreeMap<u16, Row>>,
}

#[derive(Debug, Default)]
struct Row {
    connected: bool,
    counters: Option<Counters>,
    /// Its longest turns, of the last reports.
    turns: VecDeque<u32>,
}

impl Row {
    fn longest_turn(&self) -> Duration {
        let micros = self.turns.iter().max().copied().unwrap_or(0);
        Duration::from_micros(micros.into())
    }
}

impl Figures {
    /// Nothing known yet; `expected` gateways should come.
    pub(super) fn new(expected: usize) -> Self {
        Self {
            expected,
            gateways: Mutex::default(),
        }
    }

    /// Counts the gateway as connected while the returned guard lives.
    pub(super) fn connect(self: &Arc<Self>, gateway: u16) -> Connected {
        self.rows().entry(gateway).or_default().connected = true;
        Connected {
            figures: Arc::clone(self),
            gateway,
        }
    }

    /// The gateway's newest counters.
    pub(super) fn count(&self, gateway: u16, counters: Counters) {
        let mut rows = self.rows();
        let row = rows.entry(gateway).or_default();
        if row.turns.len() >= limits::TURNS_REMEMBERED {
            row.turns.pop_front();
        }
        row.turns.push_back(counters.gauges.longest_turn);
        row.counters = Some(counters);
    }

    /// The longest turn of any gateway's loop within the last minute: for so long a panel may have
    /// waited for nothing but us.
    pub fn longest_turn(&self) -> Duration {
        let rows = self.rows();
        rows.values()
            .map(Row::longest_turn)
            .max()
            .unwrap_or_default()
    }

    /// What all gateways counted for this reason, since each began.
    pub fn counted(&self, reason: Counted) -> u64 {
        let rows = self.rows();
        let counters = rows.values().filter_map(|row| row.counters.as_ref());
        let counts = counters.filter_map(|counters| counters.counts.get(reason.index()));
        counts.sum()
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<u16, Row>> {
        self.gateways.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connected(&self) -> usize {
        self.rows().values().filter(|row| row.connected).count()
    }
}

/// A gateway is connected while this lives.
#[derive(Debug)]
pub(super) struct Connected {
    figures: Arc<Figures>,
    gateway: u16,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.figures
            .rows()
            .entry(self.gateway)
            .or_default()
            .connected = false;
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "so many gateways there will never be"
)]
impl Measured for Figures {
    fn measure(&self, out: &mut Vec<Measurement>) {
        out.push(Measurement {
            name: "watchfire_gateways_connected",
            help: "Gateways that are connected to the engine.",
            labels: Vec::new(),
            reading: Reading::Gauge(self.connected() as f64),
        });
        for (gateway, row) in self.rows().iter() {
            let Some(counters) = &row.counters else {
                continue;
            };
            measure_gateway(*gateway, counters, out);
            out.push(Measurement {
                name: "watchfire_gateway_longest_turn_seconds",
                help: "The longest turn of the event loop within the last minute.",
                labels: vec![("gateway", gateway.to_string())],
                reading: Reading::Gauge(row.longest_turn().as_secs_f64()),
            });
        }
    }
}

/// What a gateway counted, in the words of those who watch how much there is to do.
pub(super) fn load(pid: u32, counters: &Counters) -> GatewayLoad {
    let requests = RequestKind::ALL.map(|kind| {
        let reason = match kind {
            RequestKind::Event => Counted::Signal,
            RequestKind::Status => Counted::Report,
            RequestKind::Supervision => Counted::Supervision,
            RequestKind::Connect => Counted::Connected,
        };
        let count = counters.counts.get(reason.index());
        count.copied().unwrap_or_default()
    });
    let gauges = counters.gauges;
    GatewayLoad {
        pid,
        requests,
        connections: gauges.connections,
        without_identity: gauges.without_identity,
        unacknowledged: gauges.unacknowledged,
        unacknowledged_octets: gauges.unacknowledged_octets,
        questions: gauges.questions,
        stalled: gauges.stalled,
        turns: counters.turns.clone(),
        longest_turn: Duration::from_micros(gauges.longest_turn.into()),
    }
}

fn measure_gateway(gateway: u16, counters: &Counters, out: &mut Vec<Measurement>) {
    let label = ("gateway", gateway.to_string());
    for (reason, count) in Counted::ALL.iter().zip(&counters.counts) {
        out.push(Measurement {
            name: "watchfire_gateway_counted",
            help: "What gateways saw, refused and closed, by reason.",
            labels: vec![label.clone(), ("reason", reason.as_str().to_owned())],
            reading: Reading::Counter(*count),
        });
    }
    let gauges = [
        (
            "watchfire_gateway_connections",
            "Open connections.",
            counters.gauges.connections,
        ),
        (
            "watchfire_gateway_connections_without_identity",
            "Open connections whose panel is not known.",
            counters.gauges.without_identity,
        ),
        (
            "watchfire_gateway_unacknowledged",
            "Signals on their way to the store.",
            counters.gauges.unacknowledged,
        ),
        (
            "watchfire_gateway_questions",
            "Questions who speaks that the engine has not answered.",
            counters.gauges.questions,
        ),
        (
            "watchfire_gateway_stalled",
            "Connections that wait to be read until there is room.",
            counters.gauges.stalled,
        ),
    ];
    for (name, help, value) in gauges {
        out.push(Measurement {
            name,
            help,
            labels: vec![label.clone()],
            reading: Reading::Gauge(value.into()),
        });
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "gauges are floating-point by their format"
    )]
    let octets = counters.gauges.unacknowledged_octets as f64;
    out.push(Measurement {
        name: "watchfire_gateway_unacknowledged_bytes",
        help: "Octets of signals on their way to the store.",
        labels: vec![label],
        reading: Reading::Gauge(octets),
    });
}

impl Health for Figures {
    fn checks(&self) -> Vec<Check> {
        let connected = self.connected();
        vec![Check {
            name: "gateways",
            ok: connected >= self.expected,
            detail: format!("{connected} of {} gateways are connected", self.expected),
        }]
    }
}

#[cfg(test)]
mod tests {
    use engine::times::Times;

    use super::*;
    use crate::link::Gauges;

    #[test]
    fn a_missing_gateway_is_unhealthy() {
        let figures = Arc::new(Figures::new(1));
        assert!(!figures.checks()[0].ok);
        let connected = figures.connect(4);
        assert!(figures.checks()[0].ok);
        drop(connected);
        assert_eq!(figures.checks()[0].detail, "0 of 1 gateways are connected");
    }

    #[test]
    fn a_long_turn_is_remembered_for_a_minute_of_reports() {
        let figures = Figures::new(1);
        let report = |longest_turn| Counters {
            counts: Vec::new(),
            turns: Times::default(),
            gauges: Gauges {
                longest_turn,
                ..Gauges::default()
            },
        };
        figures.count(2, report(70_000));
        for _ in 1..limits::TURNS_REMEMBERED {
            figures.count(1, report(900));
            figures.count(2, report(400));
        }
        assert_eq!(figures.longest_turn(), Duration::from_millis(70));
        figures.count(2, report(400));
        assert_eq!(figures.longest_turn(), Duration::from_micros(900));
    }

    #[test]
    fn requests_are_told_by_kind_and_from_what_was_counted() {
        let mut counts = vec![0; Counted::ALL.len()];
        counts[Counted::Signal.index()] = 1;
        counts[Counted::Report.index()] = 20;
        counts[Counted::Supervision.index()] = 300;
        counts[Counted::Connected.index()] = 4_000;
        let counters = Counters {
            counts,
            turns: Times::default(),
            gauges: Gauges {
                longest_turn: 7_000,
                ..Gauges::default()
            },
        };
        let load = load(9, &counters);
        assert_eq!(load.requests, [1, 20, 300, 4_000]);
        assert_eq!((load.pid, load.longest_turn), (9, Duration::from_millis(7)));
        let short = Counters {
            counts: vec![5],
            ..counters
        };
        assert_eq!(super::load(9, &short).requests, [0; 4], "of an older build");
    }

    #[test]
    fn every_reason_has_a_counter_of_each_gateway() {
        let figures = Figures::new(1);
        let counts = (0..).take(Counted::ALL.len()).collect();
        let gauges = Gauges::default();
        let turns = Times::default();
        let counters = Counters {
            counts,
            turns,
            gauges,
        };
        figures.count(2, counters);
        let mut out = Vec::new();
        figures.measure(&mut out);
        let idle = out
            .iter()
            .find(|m| m.labels.iter().any(|(_, v)| v == "idle"));
        let place = Counted::Idle.index() as u64;
        assert_eq!(idle.unwrap().reading, Reading::Counter(place));
        let counters = out.iter().filter(|m| m.name == "watchfire_gateway_counted");
        assert_eq!(counters.count(), Counted::ALL.len());
    }
}

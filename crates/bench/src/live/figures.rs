//! What a day comes to: the figures of one server, from its looks and tallies. The shape of the
//! report's `servers`, so that names and units here are what readers of the JSON rely on.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::kind::Kind;
use sim::tally::{Counters, Latency, Tally};

use super::day::{Lived, Span};
use super::look::{Look, Role, Taken};
use super::record::is_event;

/// The figures of one server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) name: String,
    /// Open at the end of the measured time.
    pub(super) connections: u64,
    /// Seconds until all were connected.
    pub(super) connect_seconds: f64,
    pub(super) handshake: Handshake,
    pub(super) requests: Requests,
    pub(super) memory: Memory,
    pub(super) kernel: KernelFigures,
    pub(super) processes: Vec<ProcessFigures>,
    pub(super) latency: Latencies,
    /// What the panels counted from the beginning to the end.
    pub(super) counters: Counters,
    /// Why they were refused or sent away, and how often.
    pub(super) reasons: BTreeMap<String, u64>,
}

/// What it costs to let panels in: from an open listener to the answer to `conn`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Handshake {
    /// Handshakes from nothing, or connections where there is no TLS, until all were there.
    pub(super) full: u64,
    /// Handshakes with a ticket from the beginning to the end.
    pub(super) resumed: u64,
    /// Microseconds of the server's CPU for one from nothing, admission included.
    pub(super) full_us: f64,
    /// From the intention to connect to the answer to CONNECT.
    pub(super) latency: Latency,
}

/// Requests within the measured time: signals, status reports and polls that were answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Requests {
    pub(super) seconds: f64,
    pub(super) answered: u64,
    pub(super) per_second: f64,
    pub(super) per_day: f64,
    /// All processes, as a share of one core.
    pub(super) cpu_share: f64,
    /// All processes, microseconds for one.
    pub(super) cpu_us: f64,
}

/// Octets for one panel, of processes that have just started: with panels, without them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Memory {
    /// Gateways, panels connected and silent.
    pub(super) gateway_idle: Option<f64>,
    /// Gateways, at the end of the measured time.
    pub(super) gateway_end: f64,
    /// Engine, panels registered and not connected.
    pub(super) engine_registered: Option<f64>,
    /// Engine, panels connected and silent.
    pub(super) engine_idle: Option<f64>,
    /// Engine, at the end, when it knows all zones.
    pub(super) engine_end: Option<f64>,
}

/// The kernel's memory for a connection, both ends of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct KernelFigures {
    pub(super) how: &'static str,
    /// Sockets of TCP at the end.
    pub(super) sockets: u64,
    /// Octets of TCP's buffers at the end.
    pub(super) buffers: u64,
    /// Octets for a connection by `Slab`.
    pub(super) slab: f64,
    /// Octets for a connection by `MemAvailable`: the processes of both ends are part of it.
    pub(super) available: f64,
}

/// How it is told what the kernel holds.
const HOW: &str = "the difference of Slab and of MemAvailable (/proc/meminfo) between nobody and \
    all connected, for each connection; both ends and all else that the machine did are part of it";

/// A process within the measured time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct ProcessFigures {
    pub(super) role: Role,
    pub(super) pid: u32,
    /// As a share of one core.
    pub(super) cpu_share: f64,
    /// Microseconds for each request of all.
    pub(super) cpu_us: f64,
    /// Octets (PSS) before the panels came, and at the end.
    pub(super) memory: [f64; 2],
}

/// From the intended time of sending to the acknowledgement, within the measured time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Latencies {
    pub(super) status: Latency,
    /// Events, which are acknowledged when they are stored.
    pub(super) durable: Latency,
    /// Of these, alarms.
    pub(super) alarm: Latency,
}

impl Figures {
    /// Of one day with so many panels connected. `unregistered` is a look at the same server
    /// before it knew any panel, and how many it knew later.
    pub(super) fn of(
        name: String,
        panels: u32,
        lived: &Lived,
        unregistered: Option<(&Look, u32)>,
    ) -> Self {
        Self {
            name,
            connections: lived.online,
            connect_seconds: lived.came.seconds(),
            handshake: handshake(lived),
            requests: requests(&lived.measured),
            memory: memory(panels, lived, unregistered),
            kernel: kernel(lived),
            processes: processes(lived),
            latency: latencies(&lived.measured.tally),
            counters: lived.all.counters,
            reasons: {
                let reasons = lived.all.reasons().iter();
                reasons
                    .map(|(why, times)| (why.to_string(), *times))
                    .collect()
            },
        }
    }
}

fn handshake(lived: &Lived) -> Handshake {
    let came = &lived.came;
    let counters = came.tally.counters;
    let full = match counters.shaken_full {
        0 => counters.connected,
        full => full,
    };
    Handshake {
        full,
        resumed: lived.all.counters.shaken_resumed,
        full_us: (came.to.cpu() - came.from.cpu()) * 1e6 / about(full.max(1)),
        latency: came.tally.kind(Kind::Connect).latency(),
    }
}

fn requests(span: &Span) -> Requests {
    let answered = answered(&span.tally);
    let (seconds, cpu) = (span.seconds(), span.to.cpu() - span.from.cpu());
    let per_second = about(answered) / seconds;
    Requests {
        seconds,
        answered,
        per_second,
        per_day: per_second * 86_400.0,
        cpu_share: cpu / seconds,
        cpu_us: cpu * 1e6 / about(answered.max(1)),
    }
}

/// Requests that were answered, whatever about.
fn answered(tally: &Tally) -> u64 {
    tally.counters.acknowledged + tally.counters.supervised
}

fn memory(panels: u32, lived: &Lived, unregistered: Option<(&Look, u32)>) -> Memory {
    let more = |to: &Look, from: &Look, role| to.memory(role) - from.memory(role);
    let (before, idle, end) = (&lived.came.from, lived.idle.as_ref(), &lived.measured.to);
    let gateways = |to: &Look| more(to, before, Role::Gateway) / f64::from(panels);
    // All are registered, even where not all came.
    let registered =
        unregistered.map(|(from, known)| more(before, from, Role::Engine) / f64::from(known));
    let engine = |to: &Look| {
        registered.map(|registered| registered + more(to, before, Role::Engine) / f64::from(panels))
    };
    Memory {
        gateway_idle: idle.map(gateways),
        gateway_end: gateways(end),
        engine_registered: registered,
        engine_idle: idle.and_then(engine),
        engine_end: engine(end),
    }
}

fn kernel(lived: &Lived) -> KernelFigures {
    let (before, end) = (lived.came.from.kernel, lived.measured.to.kernel);
    let connections = about(lived.online.max(1));
    KernelFigures {
        how: HOW,
        sockets: end.sockets,
        buffers: end.buffers,
        slab: (about(end.slab) - about(before.slab)) / connections,
        available: (about(before.available) - about(end.available)) / connections,
    }
}

fn processes(lived: &Lived) -> Vec<ProcessFigures> {
    let span = &lived.measured;
    let seconds = span.seconds();
    let requests = about(answered(&span.tally).max(1));
    let of = |end: &Taken| {
        let find = |look: &Look| {
            let mut all = look.processes.iter();
            all.find(|taken| taken.process == end.process).copied()
        };
        let cpu = end.cpu - find(&span.from)?.cpu;
        Some(ProcessFigures {
            role: end.process.role,
            pid: end.process.pid,
            cpu_share: cpu / seconds,
            cpu_us: cpu * 1e6 / requests,
            memory: [find(&lived.came.from)?.memory, end.memory],
        })
    };
    span.to.processes.iter().filter_map(of).collect()
}

fn latencies(tally: &Tally) -> Latencies {
    Latencies {
        status: tally.kind(Kind::Status).latency(),
        durable: tally.latency_of(is_event),
        alarm: tally.kind(Kind::Alarm).latency(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people, far below where a float rounds whole numbers"
)]
fn about(figure: u64) -> f64 {
    figure as f64
}

/// Figures with which all budgets hold, of the seed day.
#[cfg(test)]
pub(super) fn fixture(name: &str) -> Figures {
    let latency = Tally::default().latency();
    let latency = Latency {
        count: 9,
        p99_us: 3_000,
        ..latency
    };
    let process = |role| ProcessFigures {
        role,
        pid: 1,
        cpu_share: 0.05,
        cpu_us: 9.0,
        memory: [1e6, 2e6],
    };
    Figures {
        name: name.to_owned(),
        connections: 50_000,
        connect_seconds: 50.0,
        handshake: Handshake {
            full: 50_000,
            resumed: 0,
            full_us: 250.0,
            latency,
        },
        requests: Requests {
            seconds: 60.0,
            answered: 347_000,
            per_second: 5_787.0,
            per_day: 5e8,
            cpu_share: 0.15,
            cpu_us: 26.0,
        },
        memory: Memory {
            gateway_idle: Some(5_000.0),
            gateway_end: 5_100.0,
            engine_registered: Some(800.0),
            engine_idle: Some(1_000.0),
            engine_end: Some(1_400.0),
        },
        kernel: KernelFigures {
            how: HOW,
            sockets: 100_000,
            buffers: 0,
            slab: 4_000.0,
            available: 20_000.0,
        },
        processes: [Role::Supervisor, Role::Engine, Role::Gateway]
            .map(process)
            .into(),
        latency: Latencies {
            status: latency,
            durable: latency,
            alarm: latency,
        },
        counters: Counters::default(),
        reasons: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Mono;

    use super::super::kernel::Kernel;
    use super::super::look::Process;
    use super::*;

    /// A look at an engine and two gateways, `seconds` after the beginning.
    fn look(seconds: u64, [engine, gateways]: [f64; 2], [of_engine, of_each]: [f64; 2]) -> Look {
        let taken = |pid, role, cpu, memory| Taken {
            process: Process { role, pid },
            cpu,
            memory,
        };
        Look {
            at: Mono(seconds * 1_000_000_000),
            processes: vec![
                taken(1, Role::Engine, engine, of_engine),
                taken(2, Role::Gateway, gateways / 2.0, of_each),
                taken(3, Role::Gateway, gateways / 2.0, of_each),
            ],
            kernel: Kernel {
                slab: seconds * 1_000,
                available: 1_000_000 - seconds * 2_000,
                ..Kernel::default()
            },
        }
    }

    fn tally(status: u64, alarms: u64) -> Tally {
        let mut tally = Tally::default();
        for (kind, count, millis) in [(Kind::Status, status, 2), (Kind::Alarm, alarms, 9)] {
            for _ in 0..count {
                tally.sent(kind);
                tally.acknowledged(kind, Duration::from_millis(millis));
            }
        }
        tally
    }

    fn lived() -> Lived {
        let mut came = Tally::default();
        came.counters.shaken_full = 100;
        came.counters.connected = 100;
        let span = |from, to, tally| Span { from, to, tally };
        Lived {
            came: span(
                look(0, [1.0, 1.0], [1e6, 1e6]),
                look(4, [1.01, 1.02], [1e6, 1e6]),
                came,
            ),
            idle: Some(look(6, [1.1, 1.1], [1.1e6, 1.25e6])),
            measured: span(
                look(10, [2.0, 2.0], [1.2e6, 1.3e6]),
                look(20, [3.0, 4.0], [1.3e6, 1.5e6]),
                tally(900, 100),
            ),
            online: 100,
            fleet: 2,
            signals: Mono(0),
            all: tally(950, 120),
            stopped: None,
        }
    }

    fn figures(lived: &Lived, unregistered: Option<(&Look, u32)>) -> Figures {
        Figures::of("watchfire".to_owned(), 100, lived, unregistered)
    }

    fn near(one: f64, other: f64) {
        assert!(
            (one - other).abs() < 1e-6 * other.abs().max(1.0),
            "{one} is not {other}"
        );
    }

    #[test]
    fn cpu_is_shared_by_the_time_and_by_the_requests_of_the_measured_span() {
        let figures = figures(&lived(), None);
        near(figures.requests.per_second, 100.0);
        near(figures.requests.per_day, 8_640_000.0);
        near(figures.requests.cpu_share, 0.3);
        near(figures.requests.cpu_us, 3_000.0);
        near(figures.processes[0].cpu_share, 0.1);
        near(figures.processes[1].cpu_us, 1_000.0);
    }

    #[test]
    fn a_handshake_costs_what_all_processes_took_until_all_were_there() {
        let figures = figures(&lived(), None);
        assert_eq!(figures.handshake.full, 100);
        near(figures.handshake.full_us, 300.0);
        near(figures.connect_seconds, 4.0);
    }

    #[test]
    fn memory_for_a_panel_is_with_panels_less_without_them() {
        let unregistered = look(0, [0.0, 0.0], [0.9e6, 1e6]);
        let memory = figures(&lived(), Some((&unregistered, 100))).memory;
        near(memory.gateway_idle.unwrap(), 5_000.0);
        near(memory.gateway_end, 10_000.0);
        near(memory.engine_registered.unwrap(), 1_000.0);
        near(memory.engine_idle.unwrap(), 2_000.0);
        near(memory.engine_end.unwrap(), 4_000.0);
        let late = Lived {
            idle: None,
            ..lived()
        };
        let memory = figures(&late, None).memory;
        assert_eq!((memory.gateway_idle, memory.engine_end), (None, None));
    }

    #[test]
    fn latencies_of_status_events_and_alarms_are_apart() {
        let latency = figures(&lived(), None).latency;
        assert_eq!(latency.status.count, 900);
        assert_eq!(latency.durable.count, 100);
        assert!(latency.status.p99_us < latency.alarm.p50_us);
    }

    #[test]
    fn the_kernels_share_is_told_for_each_connection() {
        let kernel = figures(&lived(), None).kernel;
        near(kernel.slab, 200.0);
        near(kernel.available, 400.0);
    }
}

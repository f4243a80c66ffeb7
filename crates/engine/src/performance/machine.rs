//! What is known of load, time and room. Pure, under given time.
//!
//! Invariant: a gateway's counters are compared with those of the same process only.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Mono, Now, Wall, limits};

use super::history::History;
use super::latency::Lately;
use super::requests::Requests;
use super::usage::{Readings, Usage};
use crate::ingest::{Figures, PRIORITIES};
use crate::ports::{
    CommitFigures, GatewayFigures, GatewayLoad, Performance, ProcessFigures, RequestCounts, Role,
    Took, Windows,
};
use crate::times::{SharedTimes, Times};

#[derive(Debug)]
struct Gateway {
    load: GatewayLoad,
    linked: bool,
    /// Its turns before this process of it.
    before: Times,
    lately: Lately,
    /// Its longest turn since the last mark.
    peak: Duration,
}

impl Gateway {
    fn new(now: Mono, turns: Times) -> Self {
        Self {
            load: GatewayLoad::default(),
            linked: false,
            before: Times::default(),
            lately: Lately::new(now, turns),
            peak: Duration::ZERO,
        }
    }

    fn turns(&self) -> Times {
        let mut all = self.before.clone();
        all.join(&self.load.turns);
        all
    }
}

/// What others count, and what stood there at marks.
#[derive(Debug)]
struct Watched {
    signals: [Lately; PRIORITIES],
    commits: Lately,
    runtime: Lately,
    committed: History<u64>,
}

/// How fast and how full the house is.
#[derive(Debug)]
pub(super) struct Machine {
    since: Wall,
    /// Whether gateways that are new to us began to count after we did.
    counts_all: bool,
    requests: Requests,
    gateways: BTreeMap<u16, Gateway>,
    usage: Usage,
    watched: Watched,
}

impl Machine {
    pub(super) fn new(now: Now, counts_all: bool) -> Self {
        let lately = || Lately::new(now.mono, Times::default());
        let mut committed = History::new(Duration::from_secs(30), Duration::from_mins(15));
        committed.mark(now.mono, 0);
        Self {
            since: now.wall,
            counts_all,
            requests: Requests::new(now),
            gateways: BTreeMap::new(),
            usage: Usage::new(),
            watched: Watched {
                signals: std::array::from_fn(|_| lately()),
                commits: lately(),
                runtime: lately(),
                committed,
            },
        }
    }

    /// A gateway told of its load.
    pub(super) fn loaded(&mut self, gateway: u16, load: GatewayLoad, now: Mono) {
        let counts_all = self.counts_all;
        let known = self.gateways.entry(gateway).or_insert_with(|| {
            let turns = load.turns.clone();
            let mut known = Gateway::new(now, if counts_all { Times::default() } else { turns });
            if !counts_all {
                // Another engine has counted that.
                known.load.clone_from(&load);
            }
            known
        });
        let mut more = load.requests;
        if known.load.pid == load.pid {
            for (more, before) in more.iter_mut().zip(known.load.requests) {
                *more = more.saturating_sub(before);
            }
        } else {
            known.before = known.turns();
        }
        known.peak = known.peak.max(load.longest_turn);
        known.load = load;
        known.linked = true;
        self.requests.add(&more);
    }

    /// A gateway's link has ended.
    pub(super) fn unlinked(&mut self, gateway: u16) {
        if let Some(known) = self.gateways.get_mut(&gateway) {
            known.linked = false;
        }
    }

    /// The processes of the gateways that are linked.
    pub(super) fn gateways(&self) -> Vec<(Role, u32)> {
        let linked = self.gateways.iter().filter(|(_, known)| known.linked);
        linked
            .map(|(gateway, known)| (Role::Gateway(*gateway), known.load.pid))
            .collect()
    }

    /// What the operating system told.
    pub(super) fn read(&mut self, readings: &Readings) {
        self.usage.take(readings);
    }

    /// How long ago the operating system was asked.
    pub(super) fn age(&self, now: Mono) -> Duration {
        self.usage.age(now)
    }

    /// Sets the marks that are due.
    pub(super) fn tick(&mut self, now: Now, ingest: &Figures, runtime: &SharedTimes) {
        self.requests.tick(now);
        let now = now.mono;
        let shared = |lately: &mut Lately, times: &SharedTimes| {
            if lately.is_due(now) {
                lately.mark(now, times.read(), times.take_peak());
            }
        };
        for (lately, times) in self.watched.signals.iter_mut().zip(ingest.to_disk()) {
            shared(lately, times);
        }
        shared(&mut self.watched.commits, ingest.commits());
        shared(&mut self.watched.runtime, runtime);
        if self.watched.committed.is_due(now) {
            self.watched.committed.mark(now, ingest.committed());
        }
        for known in self
            .gateways
            .values_mut()
            .filter(|known| known.lately.is_due(now))
        {
            let peak = std::mem::take(&mut known.peak);
            known.lately.mark(now, known.turns(), peak);
        }
    }

    /// All of it, as it is now.
    pub(super) fn performance(
        &self,
        now: Now,
        registered: u64,
        ingest: &Figures,
        runtime: &SharedTimes,
    ) -> Performance {
        let requests = self.requests.figures(now);
        let machine = self.usage.machine();
        let processes = self.usage.processes();
        let connected = self.connected();
        let took = |lately: &Lately, times: &SharedTimes| {
            lately.took(now.mono, &times.read(), times.peak())
        };
        let watched = &self.watched;
        let signals = watched.signals.iter().zip(ingest.to_disk());
        Performance {
            at: now.wall,
            since: self.since,
            connected,
            registered,
            cpu_per_request: per_request(&machine.ours, &requests.rates),
            requests,
            memory_per_connected: own(
                &processes,
                |role| matches!(role, Role::Gateway(_)),
                connected,
            ),
            memory_per_registered: own(&processes, |role| role == Role::Engine, registered),
            processes,
            machine,
            gateways: self.gateway_figures(now.mono),
            signals: signals.map(|(lately, times)| took(lately, times)).collect(),
            commits: self.commits(now.mono, ingest),
            runtime: took(&watched.runtime, runtime),
        }
    }

    /// Paths of known panels that are connected.
    fn connected(&self) -> u64 {
        let linked = self.gateways.values().filter(|known| known.linked);
        let known = linked.map(|known| {
            known
                .load
                .connections
                .saturating_sub(known.load.without_identity)
        });
        known.map(u64::from).sum()
    }

    fn gateway_figures(&self, now: Mono) -> Vec<GatewayFigures> {
        let linked = self.gateways.iter().filter(|(_, known)| known.linked);
        let figures = linked.map(|(gateway, known)| GatewayFigures {
            gateway: *gateway,
            load: known.load.clone(),
            turns: known.lately.took(now, &known.turns(), known.peak),
        });
        figures.collect()
    }

    fn commits(&self, now: Mono, ingest: &Figures) -> CommitFigures {
        let committed = ingest.committed();
        let since = |span| {
            let then = self.watched.committed.before(now, span);
            committed.saturating_sub(then.map_or(0, |(_, then)| *then))
        };
        let times = ingest.commits();
        let took: Took = self.watched.commits.took(now, &times.read(), times.peak());
        CommitFigures {
            took,
            minute_signals: since(Duration::from_mins(1)),
            quarter_hour_signals: since(Duration::from_mins(15)),
        }
    }

    /// Requests since the engine began.
    pub(super) fn total(&self) -> RequestCounts {
        self.requests.total()
    }
}

/// Own memory of some processes, divided by paths; `None` while these are too few to tell.
fn own(processes: &[ProcessFigures], of: impl Fn(Role) -> bool, paths: u64) -> Option<u64> {
    let some = processes.iter().filter(|process| of(process.role));
    let octets: u64 = some.map(|process| process.reading.own).sum();
    octets
        .checked_div(paths)
        .filter(|_| paths >= limits::MEMORY_TOLD && octets > 0)
}

/// Processor time by request; `None` where there are hardly any.
fn per_request<const N: usize>(
    cores: &Windows<Option<f64>>,
    rates: &Windows<[f64; N]>,
) -> Windows<Option<Duration>> {
    let of = |cores: Option<f64>, rates: &[f64; N]| {
        let rate: f64 = rates.iter().sum();
        let cores = cores.filter(|_| rate >= 1.0)?;
        Duration::try_from_secs_f64(cores / rate).ok()
    };
    Windows {
        ten_seconds: of(cores.ten_seconds, &rates.ten_seconds),
        minute: of(cores.minute, &rates.minute),
        quarter_hour: of(cores.quarter_hour, &rates.quarter_hour),
    }
}

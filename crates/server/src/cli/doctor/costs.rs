//! What a panel and a request cost, as measured: the one table that sizing is reckoned from.
//!
//! A running server's own figures take the place of those that it can tell ([`Costs::with`]).

use std::time::Duration;

use serde::Serialize;

use crate::cli::performance::Performance;

/// Costs of a panel on mutual TLS that has one path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Costs {
    /// A gateway's own memory for a connected panel, in octets.
    pub(super) gateway_bytes: u64,
    /// The engine's own memory for a registered and connected panel with 16 zones, in octets.
    pub(super) engine_bytes: u64,
    /// The kernel's memory for a connection at rest, in octets.
    pub(super) kernel_bytes: u64,
    /// A gateway's own memory before its first panel, in octets.
    pub(super) gateway_base_bytes: u64,
    /// Engine and supervisor before their first panel, in octets.
    pub(super) engine_base_bytes: u64,
    /// Processor time of all processes for a request that is not stored, in microseconds.
    pub(super) request_us: f64,
    /// The same for an event that is stored, in microseconds.
    pub(super) event_us: f64,
    /// The same for a full handshake, admission included, in microseconds.
    pub(super) handshake_us: f64,
    /// What an event takes on the disk, in octets.
    pub(super) event_bytes: u64,
    /// What an event adds to a large commit, in microseconds.
    pub(super) event_commit_us: f64,
}

/// As measured on the machine of BENCHMARKS.md.
///
/// | figure | from |
/// | --- | --- |
/// | `gateway_bytes`, `engine_bytes` | "The seed day" and all-durable, the larger one |
/// | `kernel_bytes` | "A quarter of a million panels": half of both ends |
/// | `gateway_base_bytes`, `engine_base_bytes` | an estimate, rounded up |
/// | `request_us` | "The seed day": what is left when the events are taken off |
/// | `event_us` | all-durable, at 5,786/s |
/// | `handshake_us` | "The seed day" |
/// | `event_bytes`, `event_commit_us` | "The store alone", commits of 1,024 |
pub(super) const MEASURED: Costs = Costs {
    gateway_bytes: 3_700,
    engine_bytes: 1_100,
    kernel_bytes: 5_100,
    gateway_base_bytes: 16_000_000,
    engine_base_bytes: 100_000_000,
    request_us: 38.0,
    event_us: 65.0,
    handshake_us: 472.0,
    event_bytes: 409,
    event_commit_us: 35.0,
};

/// What panels ask for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Load {
    /// Seconds from one request of a panel to its next.
    pub(super) request_every_s: f64,
    /// Events of a panel in a day that are stored.
    pub(super) events_per_day: f64,
}

/// The day to plan for: 10,000 requests a panel, one in twenty of them stored.
pub(super) const SEED_DAY: Load = Load {
    request_every_s: 8.64,
    events_per_day: 500.0,
};

/// Shares of the day's events by class of retention: alarms and restores, arming, changes of zones. It is the mix of
/// the scenario `seed-day`.
pub(super) const RETENTION_MIX: [f64; 3] = [0.12, 0.08, 0.80];

/// With fewer requests a second than this, a running server's costs are mostly those of being awake, and say nothing of
/// a day with many.
const BUSY: f64 = 1_000.0;

/// With fewer than this, nothing is known of how often panels ask.
const ENOUGH_REQUESTS: f64 = 50.0;

/// With fewer commits than this a quarter of an hour says little of the disk.
const ENOUGH_COMMITS: u64 = 100;

impl Costs {
    /// With what a running server tells in place of what it can tell; whether it told anything.
    pub(super) fn with(mut self, live: &Performance) -> (Self, bool) {
        let before = self;
        if live.requests.per_second.last_15_min.all >= BUSY
            && let Some(micros) = live.processor.us_per_request.last_15_min
        {
            // Of its own mix: events are in it already.
            (self.request_us, self.event_us) = (micros, micros);
        }
        if let Some(octets) = live.memory.per_connected_path_bytes {
            self.gateway_bytes = octets;
        }
        if let Some(octets) = live.memory.per_registered_path_bytes {
            self.engine_bytes = octets;
        }
        (self, self != before)
    }
}

impl Load {
    /// What a running server's panels ask for; `None` where there are too few requests to tell.
    pub(super) fn of(live: &Performance) -> Option<Self> {
        let rates = &live.requests.per_second.last_15_min;
        #[expect(clippy::cast_precision_loss, reason = "so many panels there are not")]
        let panels = live.paths.connected as f64;
        let told = rates.all >= ENOUGH_REQUESTS && panels >= 1.0;
        told.then(|| Self {
            request_every_s: panels / rates.all,
            events_per_day: rates.event / panels * 86_400.0,
        })
    }

    /// Events of a panel in a second.
    pub(super) fn events_per_second(&self) -> f64 {
        self.events_per_day / 86_400.0
    }
}

/// How long a running server's commits take; `None` where there were too few to tell.
pub(super) fn commit(live: &Performance) -> Option<Duration> {
    let took = &live.latency.commit.took.last_15_min;
    let millis = took.p50_ms.filter(|_| took.count >= ENOUGH_COMMITS)?;
    Duration::try_from_secs_f64(millis / 1e3).ok()
}

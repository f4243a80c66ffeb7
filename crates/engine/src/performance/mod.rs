//! Live performance: how many requests, how fast, how much of the machine that takes, and how much is left.
//!
//! Invariant: whoever counts never waits for whoever looks: counters on a signal's way are atomic, gateways' figures come
//! twice a second, and the lock here is held for arithmetic alone.
//! Invariant: figures are of this engine's life; they are kept in memory and begin anew with it.
//!
//! ```text
//!   hub ── a gateway's load, twice a second ──► Machine ◄── task: marks, readings of the machine
//!   ingest ── atomic counters ────────────────────┴──► Performance, metrics
//! ```
//!
//! What never happens here: a file is read ([`ReadsMachine`] does that), anything is decided.

mod figures;
mod history;
mod latency;
mod machine;
mod requests;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Clock, limits};
use tokio::time::{Instant, MissedTickBehavior};

use crate::ingest::Figures;
use crate::ports::{
    Answering, GatewayLoad, Performance, ReadsMachine, Role, ShowsPerformance, WatchesLoad,
};
use crate::registry::Registry;
use crate::times::SharedTimes;
use machine::Machine;
use usage::Readings;

/// What performance is watched by.
pub struct PerformanceSetup {
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// Asks the operating system.
    pub reader: Arc<dyn ReadsMachine>,
    /// What ingest counts.
    pub ingest: Arc<Figures>,
    /// Who is registered.
    pub registry: Registry,
    /// The supervisor's process.
    pub supervisor: u32,
    /// Our own process.
    pub engine: u32,
    /// Whether no engine was here before, whose gateways have counted for it.
    pub first: bool,
}

impl std::fmt::Debug for PerformanceSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PerformanceSetup").finish_non_exhaustive()
    }
}

/// Watches how fast and how full the house is. Clones are handles of the same.
#[derive(Clone)]
pub struct Meter(Arc<Shared>);

struct Shared {
    setup: PerformanceSetup,
    /// Protects what is known; held for arithmetic, never across an await.
    machine: Mutex<Machine>,
    /// How late a task of the runtime was woken.
    runtime: SharedTimes,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl Meter {
    /// Counts from now on.
    pub fn new(setup: PerformanceSetup) -> Self {
        let machine = Machine::new(setup.clock.now(), setup.first);
        Self(Arc::new(Shared {
            setup,
            machine: Mutex::new(machine),
            runtime: SharedTimes::default(),
        }))
    }

    /// Sets marks and asks the operating system from time to time, until `stop` is done.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut probes = tokio::time::interval(limits::RUNTIME_PROBE);
        // A late probe makes no burst of early ones.
        probes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut stop => return,
                due = probes.tick() => {
                    let late = Instant::now().saturating_duration_since(due);
                    self.0.runtime.add(late);
                }
            }
            let now = self.0.setup.clock.now();
            let age = {
                let mut machine = self.0.machine();
                machine.tick(now, &self.0.setup.ingest, &self.0.runtime);
                machine.age(now.mono)
            };
            if age >= limits::USAGE_PERIOD {
                self.0.read().await;
            }
        }
    }
}

impl Shared {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        // Poisoned means that arithmetic panicked; at worst a figure is wrong.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the operating system, beside the runtime's own threads.
    async fn read(&self) {
        let mut wanted = vec![
            (Role::Supervisor, self.setup.supervisor),
            (Role::Engine, self.setup.engine),
        ];
        wanted.extend(self.machine().gateways());
        let reader = Arc::clone(&self.setup.reader);
        let clock = Arc::clone(&self.setup.clock);
        let read = tokio::task::spawn_blocking(move || {
            let processes = wanted.into_iter().filter_map(|(role, pid)| {
                let reading = reader.process(pid)?;
                Some((role, pid, reading))
            });
            let processes = processes.collect();
            let machine = reader.machine();
            Readings {
                at: clock.now().mono,
                machine,
                processes,
            }
        });
        match read.await {
            Ok(readings) => self.machine().read(&readings),
            Err(error) => tracing::error!(%error, "the machine's figures could not be read"),
        }
    }

    fn registered(&self) -> u64 {
        u64::try_from(self.setup.registry.paths()).unwrap_or(u64::MAX)
    }
}

impl WatchesLoad for Meter {
    fn loaded(&self, gateway: u16, load: GatewayLoad) {
        let now = self.0.setup.clock.now().mono;
        self.0.machine().loaded(gateway, load, now);
    }

    fn unlinked(&self, gateway: u16) {
        self.0.machine().unlinked(gateway);
    }
}

impl ShowsPerformance for Meter {
    fn performance(&self) -> Answering<'_, Performance> {
        Box::pin(async move {
            let shared = &self.0;
            let age = shared.machine().age(shared.setup.clock.now().mono);
            if age >= limits::USAGE_FRESH {
                shared.read().await;
            }
            let (now, registered) = (shared.setup.clock.now(), shared.registered());
            let ingest = &shared.setup.ingest;
            shared
                .machine()
                .performance(now, registered, ingest, &shared.runtime)
        })
    }
}

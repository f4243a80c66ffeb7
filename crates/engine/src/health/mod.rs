//! Our own health as events: a loop that is late, handshakes that are refused.
//!
//! Invariant: each is told once in ten minutes, whatever goes on.
//! Invariant: nothing here acts: it only tells people.
//!
//! ```text
//!   hub ── a gateway's counters, twice a second ──► Machine ──► Outbox ──► journal: tls_refused, loop_delay
//! ```
//!
//! Failure: a restart forgets the last minute; what goes on is found again.
//!
//! Clocks tell of themselves ([`crate::clocks`]), and certificates by those who keep them.

mod machine;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Clock, EventFlags, OwnCode, PathIndex};

use crate::ports::{OwnEvent, Reports, WatchesHealth};
use crate::telling::Outbox;
use machine::{Finding, Machine};

/// Watches our own health. Clones are handles of the same.
#[derive(Clone)]
pub struct Health(Arc<Shared>);

struct Shared {
    /// Protects what gateways told; held for one word of one gateway, never across an await.
    machine: Mutex<Machine>,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Health {
    /// Knows of no gateway yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            machine: Mutex::default(),
            outbox: Outbox::default(),
            clock,
        }))
    }

    /// Has what is found stored, until `stop` is done.
    pub async fn run(self, reports: Arc<dyn Reports>, stop: impl Future<Output = ()> + Send) {
        self.0.outbox.run(reports, stop).await;
    }
}

impl WatchesHealth for Health {
    fn counted(&self, gateway: u16, refused: &[(&'static str, u64)], loop_delay: Duration) {
        let now = self.0.clock.now().mono;
        let found = {
            // Poisoned means that a count panicked; at worst a minute is counted wrongly.
            let machine = self.0.machine.lock();
            let mut machine = machine.unwrap_or_else(PoisonError::into_inner);
            machine.counted(gateway, refused, loop_delay, now)
        };
        for finding in found {
            let (code, text) = told(&finding);
            tracing::warn!(what = code.title(), text);
            self.0.outbox.put(OwnEvent {
                path: PathIndex::HOUSE,
                code,
                occurred: None,
                text: Some(text),
                flags: EventFlags::empty(),
            });
        }
    }
}

fn told(finding: &Finding) -> (OwnCode, String) {
    match finding {
        Finding::Refused(reasons) => {
            let count: u64 = reasons.values().sum();
            let mut most: Vec<_> = reasons.iter().collect();
            most.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(**count));
            let reasons: Vec<String> = most
                .iter()
                .map(|(reason, count)| format!("{reason} {count}"))
                .collect();
            let text = format!("{count} within a minute: {}", reasons.join(", "));
            (OwnCode::HandshakesRefused, text)
        }
        Finding::Delayed { gateway, longest } => {
            let text = format!(
                "turns of gateway {gateway} take up to {} ms",
                longest.as_millis()
            );
            (OwnCode::LoopDelayed, text)
        }
    }
}

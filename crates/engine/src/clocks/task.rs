//! The owner of what is known of clocks: counts, compares ours each second, tells.
//!
//! Invariant: a doubt is published first and reported then.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use model::{Clock, EventFlags, Mono, OwnCode, PathIndex, limits};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::Figures;
use super::machine::{Finding, Machine, Word};
use crate::ingest::ClockDoubt;
use crate::ports::{OwnEvent, Reports};
use crate::registry::Registry;

/// How often our two clocks are compared.
const PERIOD: Duration = Duration::from_secs(1);

/// What the task is made of.
pub(super) struct Parts {
    pub(super) words: mpsc::Receiver<(PathIndex, Word, Mono)>,
    pub(super) registry: Registry,
    pub(super) reports: Arc<dyn Reports>,
    pub(super) doubt: ClockDoubt,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) figures: Arc<Figures>,
}

/// The watch at work. Spawned once; ends when every handle is gone.
pub struct Task {
    parts: Parts,
    machine: Machine,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

impl Task {
    pub(super) fn new(parts: Parts) -> Self {
        let machine = Machine::new(parts.clock.now());
        Self { parts, machine }
    }

    /// Runs until nobody tells anything any more.
    pub async fn run(mut self) {
        let mut next = Instant::now() + PERIOD;
        let mut words = Vec::new();
        loop {
            let some = self
                .parts
                .words
                .recv_many(&mut words, limits::CLOCK_REPORTS);
            match timeout_at(next, some).await {
                Ok(0) => return,
                Ok(_) => {
                    for (path, word, at) in words.drain(..) {
                        // A path that is gone meanwhile has no say.
                        if let Some(binding) = self.parts.registry.binding(path) {
                            self.machine.hear(binding.panel_index, word, at);
                        }
                    }
                }
                Err(_) => {
                    next += PERIOD;
                    if let Some(jumped) = self.machine.tick(self.parts.clock.now()) {
                        self.tell(jumped).await;
                    }
                }
            }
            if let Some(found) = self.machine.judge(self.parts.clock.now().mono) {
                self.tell(found).await;
            }
        }
    }

    async fn tell(&self, finding: Finding) {
        let (code, text) = match finding {
            Finding::Suspect { left, heard } => {
                self.doubt(true);
                let text = format!("{left} of {heard} panels heard within 60 s left the window");
                (OwnCode::ClockSuspect, text)
            }
            Finding::Trusted { agreed } => {
                self.doubt(false);
                let text = format!("{agreed} panels agree since then");
                (OwnCode::ClockTrusted, text)
            }
            Finding::Jumped(micros) => (OwnCode::ClockJumped, jumped(micros)),
        };
        tracing::warn!(what = code.title(), text);
        let event = OwnEvent {
            path: PathIndex::HOUSE,
            code,
            occurred: None,
            text: Some(text),
            flags: EventFlags::empty(),
        };
        // `None` means that the engine ends.
        self.parts.reports.report(event).await;
    }

    fn doubt(&self, suspect: bool) {
        self.parts.doubt.set(suspect);
        let reading = u64::from(suspect);
        self.parts.figures.suspect.store(reading, Ordering::Relaxed);
    }
}

/// A jump in words: `ahead by 3600.0 s`.
fn jumped(micros: i64) -> String {
    let tenths = micros.unsigned_abs() / 100_000;
    let way = if micros < 0 { "back" } else { "ahead" };
    format!("{way} by {}.{} s", tenths / 10, tenths % 10)
}

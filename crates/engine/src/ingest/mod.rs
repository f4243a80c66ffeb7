//! Ingest: decides what is a repeat, has the rest stored, and hands out the proofs.
//!
//! Invariant: a proof ([`model::Committed`]) is made only after [`EventLog::append`] said that the
//! signal is synced, or [`EventLog`] showed the stored signal that it repeats (I1, I2).
//! Invariant: a repeat of a signal that is not yet committed waits for that commit (I2).
//! Invariant: signals of one panel are stored and answered in the order they came in (I5).
//! Invariant: nothing is told before it is committed: the bell rings after the sync (I3).
//!
//! ```text
//!  submit ─► Queue (alarms first) ─► gather ≤ 8 ms ─► find_repeats ─► Machine.judge ─► append
//!                                                                                       │
//!                     answers to the hub ◄── Committed ◄── Machine.remember ◄───────────┤
//!                                                  bell ◄───────────────────────────────┘
//! ```
//!
//! Failure: while the disk is full the batch waits, unanswered, and is tried again; R4 frees the
//! panels to use their other receiver. Any other failure of a write or sync ends the task, and
//! with it the engine: what reached the disk is unknown, and only a new start finds out. Nothing
//! acknowledged is lost; what was not answered comes again from the gateways, in its order. A
//! refusal instead would let a later signal of the same panel be stored first (I5).
//!
//! Why one batch at a time: with a second one in the making, repeats of the first would have to
//! wait for two fates at once, and a commit already takes in all that waits.

mod doubt;
mod entry;
mod figures;
mod machine;
mod queue;
mod register;
mod ring;
mod skewed;
mod suspicious;
mod task;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use model::{Clock, EventSeq, IntakeState, limits};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::bell::{Bell, Rope, hang};
use crate::ports::{
    Answering, Check, EventLog, Health, Intake, Measured, Measurement, OwnEvent, Reading, Reports,
    Submission,
};
use crate::registry::Registry;
use crate::sessions::Places;
use entry::{Asker, Entry, Report};

pub use doubt::ClockDoubt;
pub use figures::{Figures, PRIORITIES};
pub use task::{IngestError, Task};

/// Where signals and events of our own are handed in. Clones are handles of the same ingest.
#[derive(Clone)]
pub struct Ingest {
    entries: mpsc::Sender<Entry>,
    /// Places for events of our own (I7).
    places: Arc<Semaphore>,
    state: watch::Receiver<IntakeState>,
    doubt: ClockDoubt,
    figures: Arc<Figures>,
    clock: Arc<dyn Clock>,
}

impl Ingest {
    /// By which it is told whether our clock is suspected; published with the intake's state.
    pub fn clock_doubt(&self) -> ClockDoubt {
        self.doubt.clone()
    }

    /// What is counted of it.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest")
            .field("state", &*self.state.borrow())
            .finish_non_exhaustive()
    }
}

/// Prepares ingest: the handle, the task to spawn, and the bell that it rings. `places` says which paths are
/// doubted, and is told of forks (R9).
pub fn ingest(
    log: Arc<dyn EventLog>,
    registry: Registry,
    clock: Arc<dyn Clock>,
    places: Places,
) -> (Ingest, Task, Bell) {
    let (sender, entries) = mpsc::channel(limits::INGEST_QUEUE);
    let (state_sender, state) = watch::channel(IntakeState::default());
    let state_sender = Arc::new(state_sender);
    let doubt = ClockDoubt::new(&state_sender);
    let (rope, bell): (Rope, Bell) = hang(log.head());
    let figures = Arc::new(Figures::default());
    let task = Task::new(task::Parts {
        entries,
        log,
        registry,
        clock: Arc::clone(&clock),
        state: state_sender,
        rope,
        figures: Arc::clone(&figures),
        places,
    });
    (
        Ingest {
            entries: sender,
            places: Arc::new(Semaphore::new(limits::OWN_EVENTS)),
            state,
            doubt,
            figures,
            clock,
        },
        task,
        bell,
    )
}

impl Intake for Ingest {
    fn submit(&self, submission: Submission) -> Answering<'_, ()> {
        Box::pin(async move {
            let entry = Entry::Signal(Box::new(submission));
            if self.entries.send(entry).await.is_err() {
                // The task has ended, and the engine ends with it. The gateway keeps the signal
                // and hands it to the next engine, so nothing is lost here.
                tracing::debug!("a signal came while ingest was ending; its gateway keeps it");
            }
        })
    }

    fn state(&self) -> watch::Receiver<IntakeState> {
        self.state.clone()
    }
}

impl Reports for Ingest {
    fn report(&self, event: OwnEvent) -> Answering<'_, Option<EventSeq>> {
        Box::pin(async move {
            let seen = self.clock.now().wall;
            let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
            let (stored, answer) = oneshot::channel();
            let report = Report {
                event,
                seen,
                asker: Some(Asker {
                    stored,
                    _place: place,
                }),
            };
            self.entries.send(Entry::Own(report)).await.ok()?;
            answer.await.ok()
        })
    }
}

impl Measured for Ingest {
    fn measure(&self, out: &mut Vec<Measurement>) {
        self.figures.measure(out);
        let waiting = self.entries.max_capacity() - self.entries.capacity();
        out.extend(Measurement::queue("ingest", waiting, limits::INGEST_QUEUE));
        let gathered = self.figures.waiting();
        out.push(Measurement::single(
            "watchfire_batch_waiting",
            "Signals and events of our own that waited when the last commit began.",
            Reading::count(gathered),
        ));
    }
}

impl Health for Ingest {
    fn checks(&self) -> Vec<Check> {
        let now = self.clock.now().mono;
        let state = *self.state.borrow();
        let detail = match state.last_commit {
            None => "nothing could be stored since the start".to_owned(),
            Some(at) => format!("last commit {} s ago", now.since(at).as_secs()),
        };
        vec![Check {
            name: "intake",
            ok: state.promises(now),
            detail,
        }]
    }
}

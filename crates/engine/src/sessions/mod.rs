//! Where paths are connected, and whether two panels live on one (R9).
//!
//! Invariant: of each path one connection counts, the last that was let in; the one before is answered to be
//! closed, and nothing that it still says or ends changes anything (I6).
//! Invariant: a doubt is in force before it is told, and bears on every signal that is stored from then on (R1).
//! Invariant: nothing here makes a path lost or restored: that is supervision's alone.
//!
//! ```text
//!   hub ── arrived, spoke, gone ──► Machine ── suspicion ──► Outbox ──► journal
//!   ingest, reports ── forked ─────►   │
//!                                      └── doubted ──► ingest: POSSIBLE_CLONE on the path's signals
//!   people ── verdict on the suspicion ──► the doubt ends
//! ```
//!
//! Failure: a restart forgets connections and takeovers, and takes up doubts from the journal. Until a path
//! connects anew, or speaks by a connection of its own, it is shown without one.
//!
//! Why no task of its own beside the outbox: every question is answered from memory, at once.

mod machine;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::limits::{CLONE_DOUBT, PAGE};
use model::{Clock, Code, Epoch, Event, EventClass, EventFlags, Mono, OwnCode, PathIndex, micros};

use crate::ports::{
    Arrival, Confirmations, EventFilter, EventLog, Measured, Measurement, OwnEvent, ReadError,
    Reading, Reports, SessionPlace, Sessions, ShownSession, ShowsSessions, Verdicts,
};
use crate::telling::Outbox;
pub use machine::Fork;
use machine::{Machine, Suspicion};

/// Where paths are connected. Clones are handles of the same.
#[derive(Clone)]
pub struct Places(Arc<Shared>);

struct Shared {
    /// Protects who is connected where; held for one look or one change, never across an await.
    machine: Mutex<Machine>,
    /// How many are doubted: mostly none, and then nobody takes the lock to ask.
    suspects: AtomicUsize,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

impl Places {
    /// Nobody is connected yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            machine: Mutex::default(),
            suspects: AtomicUsize::new(0),
            outbox: Outbox::default(),
            clock,
        }))
    }

    /// Takes up the doubts of an earlier life: suspicions of the last day on which nobody gave a verdict.
    pub async fn recall(
        &self,
        log: &dyn EventLog,
        verdicts: &dyn Verdicts,
    ) -> Result<(), ReadError> {
        let now = self.0.clock.now();
        let filter = EventFilter {
            classes: vec![EventClass::Tamper],
            from: Some(now.wall.before(CLONE_DOUBT)),
            ..EventFilter::default()
        };
        let mut cursor = None;
        loop {
            let page = log.events(filter.clone(), cursor, false, PAGE).await?;
            let told = page.events.into_iter().filter(is_suspicion);
            let told: Vec<Event> = told.collect();
            let given = verdicts.verdicts(told.iter().map(|event| event.seq).collect());
            let given = given.await?;
            let mut machine = self.machine();
            for (event, verdict) in told.iter().zip(given) {
                if verdict.is_some() {
                    // It ends what was suspected until then.
                    machine.acknowledged(event.body.path);
                    continue;
                }
                let age = u64::try_from(now.wall - event.body.received).unwrap_or(0);
                let left = CLONE_DOUBT.saturating_sub(Duration::from_micros(age));
                machine.doubt_for(event.body.path, left, now.mono);
            }
            self.count(&machine);
            drop(machine);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// Has suspicions stored until `stop` is done.
    pub async fn run(self, reports: Arc<dyn Reports>, stop: impl Future<Output = ()> + Send) {
        self.0.outbox.run(reports, stop).await;
    }

    /// A boot or a sequence of this path forked. True if two lives explain it; then that has been told.
    pub fn forked(&self, path: PathIndex, fork: Fork, at: Mono) -> bool {
        let mut machine = self.machine();
        let suspicion = machine.forked(path, fork, at);
        let found = suspicion.is_some();
        if let Some(suspicion) = suspicion {
            self.suspect(&mut machine, path, &suspicion, at);
        }
        found
    }

    /// What the path's signals bear at this moment.
    pub fn flags(&self, path: PathIndex, now: Mono) -> EventFlags {
        let doubted = self.0.suspects.load(Ordering::Relaxed) > 0
            && self.machine().doubted(path, now).is_some();
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::POSSIBLE_CLONE, doubted);
        flags
    }

    fn suspect(&self, machine: &mut Machine, path: PathIndex, suspicion: &Suspicion, at: Mono) {
        let told = machine.doubt(path, at);
        self.count(machine);
        if told {
            self.0.outbox.put(OwnEvent {
                path,
                code: OwnCode::CloneSuspected,
                occurred: None,
                text: Some(text(suspicion)),
                // So that a person can give a verdict on it.
                flags: EventFlags::POSSIBLE_CLONE,
            });
        }
    }

    fn count(&self, machine: &Machine) {
        self.0.suspects.store(machine.suspects(), Ordering::Relaxed);
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        // Poisoned means that a look-up or an insert panicked; at worst one path's entry is old.
        self.0
            .machine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_suspicion(event: &Event) -> bool {
    event.body.code == Code::Own(OwnCode::CloneSuspected)
}

/// What a person should know.
fn text(suspicion: &Suspicion) -> String {
    let mut text = match suspicion.fork {
        None => "taken over to and fro between ".to_owned(),
        Some(Fork::Boot) => "the boot counter went back between ".to_owned(),
        Some(Fork::Sequence) => "event numbers were used twice between ".to_owned(),
    };
    for (at, address) in suspicion.addresses.iter().enumerate() {
        let between = if at == 0 { "" } else { " and " };
        let address: &IpAddr = address;
        // A String takes whatever is written to it.
        write!(text, "{between}{address}").ok();
    }
    text
}

impl Sessions for Places {
    fn arrived(&self, arrival: Arrival) -> Option<SessionPlace> {
        let mut machine = self.machine();
        let (before, suspicion) = machine.arrived(&arrival);
        if let Some(suspicion) = suspicion {
            self.suspect(&mut machine, arrival.path, &suspicion, arrival.at);
        }
        before
    }

    fn spoke(&self, path: PathIndex, epoch: Epoch, at: Mono) {
        self.machine().spoke(path, epoch, at);
    }

    fn gone(&self, path: PathIndex, place: SessionPlace, _at: Mono) {
        self.machine().gone(path, place);
    }

    fn gateway_gone(&self, gateway: u16) {
        self.machine().gateway_gone(gateway);
    }
}

impl ShowsSessions for Places {
    fn session(&self, path: PathIndex) -> Option<ShownSession> {
        let now = self.0.clock.now();
        let session = self.machine().session(path)?;
        Some(ShownSession {
            place: session.place(),
            source: session.source,
            since: now.wall.before(now.mono.since(session.since)),
        })
    }

    fn doubted(&self, path: PathIndex) -> Option<model::Wall> {
        let now = self.0.clock.now();
        let until = self.machine().doubted(path, now.mono)?;
        let left = micros(until.since(now.mono));
        Some(model::Wall(now.wall.0.saturating_add(left)))
    }
}

/// A verdict on a suspicion, whichever it is, means that a person has looked at it: the doubt ends.
impl Confirmations for Places {
    fn confirmed(&self, _event: &Event) {}

    fn judged(&self, event: &Event) {
        if is_suspicion(event) {
            let mut machine = self.machine();
            machine.acknowledged(event.body.path);
            self.count(&machine);
        }
    }
}

impl Measured for Places {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let machine = self.machine();
        let mut figure = |name, help, reading| out.push(Measurement::single(name, help, reading));
        figure(
            "watchfire_sessions",
            "Paths that are connected, of families that keep a connection.",
            Reading::count(machine.len()),
        );
        figure(
            "watchfire_paths_doubted",
            "Paths on which two panels may be living.",
            Reading::count(machine.suspects()),
        );
        figure(
            "watchfire_takeovers_forgotten",
            "Takeovers and doubts that there was no room to remember.",
            Reading::Counter(machine.forgotten() + self.0.outbox.dropped()),
        );
        self.0.outbox.measure("outbox_sessions", out);
    }
}

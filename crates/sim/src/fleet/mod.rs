//! Many panels at once, over TCP or UDP, and the record of what they sent.
//!
//! Invariant: every signal is in the journal before it is sent, and is sent again until it is
//! answered or the fleet ends; a fleet ends in bounded time, and sends no more than its journal
//! holds (I7).
//!
//! Each panel is a task of its own; a fleet owns its tasks, and none outlives it.

mod member;
mod pieces;
mod plan;
mod record;

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Clock, Mono};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::journal::{Journal, PanelRecord};
use crate::report::Report;
use crate::script::{FullSpeed, Periodic, Script};
use crate::tally::{Counters, Tally};
use member::Life;
pub use plan::{Dialling, FleetPlan, JOURNAL_ROOM, Member, Pace, Silence, Sources, Transport};
use record::Record;

/// What a fleet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Panels report.
    Sending,
    /// Panels report what was due until then; those whose signals are all answered leave.
    Draining(Mono),
    /// Panels leave, answered or not; nothing new was reported since then.
    Ended(Mono),
}

/// What the panels of a fleet have in common.
pub(crate) struct Shared {
    pub(crate) plan: FleetPlan,
    pub(crate) clock: Arc<dyn Clock>,
    /// The fleet's record. Held for some counting at a time; nothing waits while it is held.
    record: Mutex<Record>,
}

impl Shared {
    /// The record, for some counting.
    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn source(&self, place: usize) -> Option<Ipv4Addr> {
        self.plan.sources.address(self.plan.first_place + place)
    }

    /// The place in the whole fleet of the panel at `place` in this part of it.
    pub(crate) fn whole(&self, place: usize) -> u64 {
        (self.plan.first_place + place) as u64
    }
}

/// A fleet at work. Dropping it ends it.
#[derive(Debug)]
pub struct Fleet {
    panels: JoinSet<()>,
    phase: watch::Sender<Phase>,
    shared: Arc<Shared>,
    began: Mono,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// What is left of a fleet that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it was served.
    pub report: Report,
    /// What the report was made from.
    pub tally: Tally,
    /// How long it took.
    pub elapsed: Duration,
    /// What it sent, and what became of it; in the order of the plan. Empty if none was kept.
    pub journal: Vec<PanelRecord>,
}

/// How long the panels may take to leave when the fleet has ended.
const LEAVING: Duration = Duration::from_secs(2);

impl Fleet {
    /// Starts a fleet that reports as its plan says; entries of its journal also go to `along`.
    pub fn start(plan: FleetPlan, clock: Arc<dyn Clock>, along: Option<File>) -> Self {
        let began = clock.now().mono;
        let scripts: Vec<_> = (0..plan.members.len())
            .map(|place| script(&plan, place, began))
            .collect();
        Self::play(plan, scripts, clock, along)
    }

    /// Starts a fleet whose members each follow the script at their place.
    pub fn play(
        plan: FleetPlan,
        scripts: Vec<Box<dyn Script>>,
        clock: Arc<dyn Clock>,
        along: Option<File>,
    ) -> Self {
        let began = clock.now().mono;
        let accounts = plan.members.iter().map(|member| member.identity.account);
        let journal = plan.journal_room.map(|room| {
            let journal = Journal::new(accounts, room);
            match along {
                Some(file) => journal.along(file),
                None => journal,
            }
        });
        let record = Record {
            tally: Tally::default(),
            journal,
            online: 0,
        };
        let shared = Arc::new(Shared {
            plan,
            clock,
            record: Mutex::new(record),
        });
        let (phase, watched) = watch::channel(Phase::Sending);
        let mut panels = JoinSet::new();
        for (place, script) in scripts.into_iter().enumerate() {
            let life = Life::new(place, script, Arc::clone(&shared), watched.clone());
            let begins = began.after(shared.plan.begins(place));
            panels.spawn(life.live(begins));
        }
        Self {
            panels,
            phase,
            shared,
            began,
        }
    }

    /// How often what has happened so far.
    pub fn counters(&self) -> Counters {
        self.shared.record().tally.counters
    }

    /// How many connections are open now.
    pub fn online(&self) -> usize {
        self.shared.record().online
    }

    /// Counts and times from now on only; the journal goes on.
    pub fn reset_tally(&mut self) {
        self.shared.record().tally = Tally::default();
        self.began = self.shared.clock.now().mono;
    }

    /// Lets the fleet work for `duration`, or until all its panels have said all they had to say.
    pub async fn work(&mut self, duration: Duration) {
        // Running out of time is what this is for.
        let _out_of_time = timeout(duration, join_all(&mut self.panels)).await;
    }

    /// Asks for no signals that are not due by now. Panels whose signals are all answered leave.
    pub fn drain(&self) {
        self.drain_from(self.shared.clock.now().mono);
    }

    /// The same with what is due by a time that may lie a little back.
    pub(crate) fn drain_from(&self, since: Mono) {
        self.phase.send_if_modified(|phase| {
            let first = *phase == Phase::Sending;
            if first {
                *phase = Phase::Draining(since);
            }
            first
        });
    }

    /// Ends what is drained.
    fn end(&self) {
        self.phase.send_modify(|phase| {
            if let Phase::Draining(since) = *phase {
                *phase = Phase::Ended(since);
            }
        });
    }

    /// Drains the fleet, waits at most `grace` for what is unanswered, and ends it.
    pub async fn finish(mut self, grace: Duration) -> io::Result<Finished> {
        self.drain();
        self.work(grace).await;
        let elapsed = self.shared.clock.now().mono.since(self.began);
        self.end();
        // Each panel says what it owes and leaves; none waits for anything any more.
        self.work(LEAVING).await;
        self.panels.shutdown().await;
        let mut record = self.shared.record();
        let journal = record.journal.take().map(Journal::close).transpose()?;
        let tally = std::mem::take(&mut record.tally);
        Ok(Finished {
            report: Report::new(self.shared.plan.members.len(), elapsed, &tally),
            journal: journal.unwrap_or_default(),
            tally,
            elapsed,
        })
    }
}

async fn join_all(panels: &mut JoinSet<()>) {
    while let Some(ended) = panels.join_next().await {
        ended.expect("a panel's task ends by itself; a panic in it is a bug to be seen");
    }
}

/// The script of the panel at `place`. Periodic ones begin when all panels have had the time to
/// connect, spread over the period.
fn script(plan: &FleetPlan, place: usize, began: Mono) -> Box<dyn Script> {
    let left = plan.signals_per_panel;
    match plan.pace {
        Pace::FullSpeed => Box::new(FullSpeed { left }),
        Pace::Every(period) => {
            let all = plan.members.len();
            let [part, parts] = [place, all.max(1)].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            let next = began.after(plan.begins(all) + period / parts * part);
            Box::new(Periodic { next, period, left })
        }
    }
}

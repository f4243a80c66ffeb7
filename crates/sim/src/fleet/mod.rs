//! Many panels at once, over TCP or UDP, and the record of what they sent.
//!
//! Invariant: every signal is in the journal before it is sent, and is sent again until it is
//! answered or the fleet ends; a fleet ends in bounded time, and sends no more than its journal
//! holds (I7).
//!
//! All panels live in one thread of the fleet's own, by a loop over their sockets and times; it
//! ends when they are done, and does not outlive the fleet.

mod driver;
mod life;
mod pieces;
mod plan;
mod record;
mod when;
mod writing;

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Token, Waker};
use model::{Clock, Mono};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::journal::PanelRecord;
use crate::machine::{Blueprint, Machine};
use crate::report::Report;
use crate::script::{FullSpeed, Periodic, Script};
use crate::tally::{Counters, Tally};
use crate::tls::{Office, Trust};
use driver::Driver;
use life::Life;
use plan::Common;
pub use plan::{
    Absence, Dialling, FleetPlan, JOURNAL_ROOM, Leaves, Member, Pace, Sources, Transport,
};
use record::{Place, Places, Record};

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
    pub(crate) common: Common,
    pub(crate) clock: Arc<dyn Clock>,
    /// The fleet's record. Its thread holds it while it goes through what has come.
    record: Mutex<Record>,
}

impl Shared {
    /// The record, for some counting.
    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fleet at work. Dropping it ends it.
#[derive(Debug)]
pub struct Fleet {
    /// In which its panels live; none when that has ended.
    thread: Option<JoinHandle<()>>,
    /// Never says anything, and ends with the thread.
    alive: watch::Receiver<()>,
    /// None when the fleet is to be gone.
    phase: Option<watch::Sender<Phase>>,
    /// Wakes the thread to look at the phase.
    waker: Waker,
    shared: Arc<Shared>,
    /// How many panels it has: accounts, of which one may be several members.
    size: usize,
    began: Mono,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// What the signals of a member say.
pub(crate) type Content<M> = <<M as Blueprint>::Machine as Machine>::Content;

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
    pub fn start<M: Blueprint>(
        plan: FleetPlan<M>,
        clock: Arc<dyn Clock>,
        along: Option<File>,
    ) -> Self {
        let began = clock.now().mono;
        let scripts: Vec<_> = (0..plan.members.len())
            .map(|place| script(&plan, place, began))
            .collect();
        Self::play(plan, scripts, clock, along)
    }

    /// Starts a fleet whose members each follow the script at their place.
    pub fn play<M: Blueprint>(
        plan: FleetPlan<M>,
        scripts: Vec<Box<dyn Script<Content<M>>>>,
        clock: Arc<dyn Clock>,
        along: Option<File>,
    ) -> Self {
        let began = clock.now().mono;
        let (room, first) = (plan.journal_room, plan.first_place as u64);
        let begins: Vec<_> = (0..plan.members.len()).map(|n| plan.begins(n)).collect();
        let (common, members) = plan.part(began);
        let places = Places::of(&members);
        let record = Record::new(places.journal(room, along));
        let mut offices = Vec::new();
        let size = places.len();
        let all = members.into_iter().zip(scripts).zip(begins);
        let lives = all.enumerate().map(|(nth, ((member, script), begins))| {
            let place = Place {
                whole: member.place(first + nth as u64),
                journal: places.of_member(nth),
            };
            let office = member.trust().map(|trust| office(&mut offices, trust));
            let (place, begins) = ((place, Token(nth)), began.after(begins));
            Some(Life::new(place, &member, office, script, &common, begins))
        });
        let lives = lives.collect();
        let shared = Arc::new(Shared {
            common,
            clock,
            record: Mutex::new(record),
        });
        Self::send_out(shared, lives, size)
    }

    /// Lets these lives begin, of so many panels.
    fn send_out<P: Machine>(shared: Arc<Shared>, lives: Vec<Option<Life<P>>>, size: usize) -> Self {
        let (phase, watched) = watch::channel(Phase::Sending);
        let (lives_on, alive) = watch::channel(());
        let driver = Driver::new(Arc::clone(&shared), watched, lives);
        let (driver, waker) = driver.expect("a process that can open sockets can wait for them");
        let thread = std::thread::Builder::new().name("fleet".to_owned());
        let thread = thread.spawn(move || {
            driver.run();
            drop(lives_on);
        });
        Self {
            thread: Some(thread.expect("a process has room for one thread more")),
            alive,
            phase: Some(phase),
            waker,
            size,
            began: shared.common.began,
            shared,
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
        drop(self.take_tally());
    }

    /// What was counted and measured so far; it is counted anew from now on, as with
    /// [`Self::reset_tally`].
    pub fn take_tally(&mut self) -> Tally {
        self.began = self.shared.clock.now().mono;
        std::mem::take(&mut self.shared.record().tally)
    }

    /// Lets the fleet work for `duration`, or until all its panels have said all they had to say.
    pub async fn work(&mut self, duration: Duration) {
        // Nothing is ever said: an error means that the thread has ended.
        if let Ok(Err(_)) = timeout(duration, self.alive.changed()).await {
            self.join();
        }
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            ended.expect("a fleet's thread ends by itself; a panic in it is a bug to be seen");
        }
    }

    /// Asks for no signals that are not due by now. Panels whose signals are all answered leave.
    pub fn drain(&self) {
        self.drain_from(self.shared.clock.now().mono);
    }

    /// The same with what is due by a time that may lie a little back.
    pub(crate) fn drain_from(&self, since: Mono) {
        self.step(|phase| match *phase {
            Phase::Sending => Some(Phase::Draining(since)),
            _ => None,
        });
    }

    /// Ends what is drained.
    fn end(&self) {
        self.step(|phase| match *phase {
            Phase::Draining(since) => Some(Phase::Ended(since)),
            _ => None,
        });
    }

    /// Changes the phase, if it is one that is followed by another.
    fn step(&self, next: impl Fn(&Phase) -> Option<Phase>) {
        let Some(phase) = &self.phase else { return };
        let changed = phase.send_if_modified(|phase| match next(phase) {
            Some(next) => {
                *phase = next;
                true
            }
            None => false,
        });
        if changed {
            self.wake();
        }
    }

    fn wake(&self) {
        // The eventfd of a thread that lives takes any number of these.
        let _woken = self.waker.wake();
    }

    /// Ends the thread at once, whatever its panels do.
    fn dismiss(&mut self) {
        self.phase = None;
        self.wake();
        self.join();
    }

    /// Drains the fleet, waits at most `grace` for what is unanswered, and ends it.
    pub async fn finish(mut self, grace: Duration) -> io::Result<Finished> {
        self.drain();
        self.work(grace).await;
        let elapsed = self.shared.clock.now().mono.since(self.began);
        self.end();
        // Each panel says what it owes and leaves; none waits for anything any more.
        self.work(LEAVING).await;
        self.dismiss();
        let mut record = self.shared.record();
        let journal = record.close_journal()?;
        let tally = std::mem::take(&mut record.tally);
        Ok(Finished {
            report: Report::new(self.size, elapsed, &tally),
            journal: journal.unwrap_or_default(),
            tally,
            elapsed,
        })
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.phase = None;
        self.wake();
        // A panic there was seen, or is seen now on its own.
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// The office that serves the panels of this trust.
fn office(offices: &mut Vec<Arc<Office>>, trust: &Arc<Trust>) -> Arc<Office> {
    if let Some(known) = offices.iter().find(|office| office.is_of(trust)) {
        return Arc::clone(known);
    }
    let opened = Arc::new(trust.open());
    offices.push(Arc::clone(&opened));
    opened
}

/// The script of the panel at `place`. Periodic ones begin when all panels have had the time to
/// connect, spread over the period.
fn script<M: Blueprint>(
    plan: &FleetPlan<M>,
    place: usize,
    began: Mono,
) -> Box<dyn Script<Content<M>>> {
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

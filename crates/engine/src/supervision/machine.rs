//! Who is lost: signs of life in, faults out. Pure, under given time.
//!
//! Invariant: a path that was heard within its time is never lost, and one that was not is lost
//! [`SUPERVISION_SETTLE`] after its deadline, unless reports are held (R11); then at the hold's end.
//! Invariant: a sign of life costs a table look-up: no allocation, no timer moved. The timer that
//! comes finds out that it came too early, and is set anew.
//! Invariant: silence while we could not serve is never a panel's failure (R4, R11, I6).
//!
//! ```text
//!   heard ──► base ◄── timer comes: base + time ≤ now? ──no──► set again
//!                                        │ yes
//!                         a hold runs? ──┴── no ──► fault ──► reporting.rs
//!                              │ yes                  ▲
//!                              └──► held ── its end ──┘ (unless heard meanwhile)
//! ```

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use model::limits::{
    FAREWELL_GRACE, PRESENCE_PATHS, PRESENCE_ROW, STALL, SUPERVISION_SETTLE, SUPERVISION_TICK,
};
use model::{Epoch, Mono, Now, OwnCode, PanelIndex, PathIndex, Wall};

use super::clock::{Served, ServiceClock, millis};
use super::hold::{Hold, time_to_return};
use super::outbreak::Outbreaks;
use super::slot::{Loss, Losses, PanelSlot, Slot, Test};
use super::wheel::Wheel;
use crate::ports::Sign;

/// An event of our own that the journal should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The path that it is about, or [`PathIndex::HOUSE`].
    pub path: PathIndex,
    /// What.
    pub code: OwnCode,
    /// When it happened.
    pub at: Wall,
    /// From when on it was late.
    pub(super) due: Served,
    /// How long the silence was allowed to last, or the outage lasted.
    pub time: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Timer {
    Silence(u32),
    Reminder(u32),
    Test(u32),
    Again(u32),
}

/// A [`Timer`] in four octets, since there is one for each path: what for in the two highest bits. Slots and
/// panels are far fewer than the others count ([`PRESENCE_PATHS`]).
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedTimer(u32);

const WHOSE: u32 = (1 << 30) - 1;

impl From<Timer> for PackedTimer {
    fn from(timer: Timer) -> Self {
        let (what, whose) = match timer {
            Timer::Silence(path) => (0, path),
            Timer::Reminder(path) => (1, path),
            Timer::Test(path) => (2, path),
            Timer::Again(panel) => (3, panel),
        };
        Self(what << 30 | whose & WHOSE)
    }
}

impl From<PackedTimer> for Timer {
    fn from(PackedTimer(packed): PackedTimer) -> Self {
        let whose = packed & WHOSE;
        match packed >> 30 {
            0 => Self::Silence(whose),
            1 => Self::Reminder(whose),
            2 => Self::Test(whose),
            _ => Self::Again(whose),
        }
    }
}

/// Everything that is watched.
#[derive(Debug)]
pub struct Machine {
    pub(super) clock: ServiceClock,
    pub(super) hold: Hold,
    pub(super) wheel: Wheel<PackedTimer>,
    pub(super) slots: Vec<Slot>,
    pub(super) panels: Vec<PanelSlot>,
    pub(super) panel_of: HashMap<PanelIndex, u32>,
    /// What is on its way to the journal, by panel: as many as may be ([`SUPERVISION_REPORTS`]).
    ///
    /// [`SUPERVISION_REPORTS`]: model::limits::SUPERVISION_REPORTS
    pub(super) on_their_way: HashMap<u32, Report>,
    pub(super) losses: HashMap<u32, Loss>,
    pub(super) flaps: HashMap<u32, Losses>,
    pub(super) tests: HashMap<u32, Test>,
    pub(super) outbreaks: Outbreaks,
    /// Panels of which something may have to be told.
    pub(super) ready: VecDeque<u32>,
    /// Our own outages, to be told.
    pub(super) outages: VecDeque<Report>,
    pub(super) outage_on_its_way: Option<Report>,
    pub(super) held: Vec<u32>,
    /// Paths that may be silent for less time than a moment ago, each once a moment.
    pub(super) quickened: Vec<PathIndex>,
    pub(super) dirty: Vec<bool>,
    pub(super) last: Now,
    paused_at: Option<Now>,
    /// Deadlines wait until then, since signs of life may still be in the sockets (R11).
    settle_until: Option<Mono>,
    pub(super) watched: usize,
}

/// Outages of ours that wait to be told; further ones are told with the last.
const OUTAGES: usize = 8;

impl Machine {
    /// A machine whose clock of service shows `served`.
    pub fn new(served: Served, now: Now) -> Self {
        Self {
            clock: ServiceClock::new(served, now.mono),
            hold: Hold::default(),
            wheel: Wheel::new(tick_before(served)),
            slots: Vec::new(),
            panels: Vec::new(),
            panel_of: HashMap::new(),
            on_their_way: HashMap::new(),
            losses: HashMap::new(),
            flaps: HashMap::new(),
            tests: HashMap::new(),
            outbreaks: Outbreaks::default(),
            ready: VecDeque::new(),
            outages: VecDeque::new(),
            outage_on_its_way: None,
            held: Vec::new(),
            quickened: Vec::new(),
            dirty: Vec::new(),
            last: now,
            paused_at: None,
            settle_until: None,
            watched: 0,
        }
    }

    /// What the clock of service shows.
    pub fn served(&self, at: Mono) -> Served {
        self.clock.at(at)
    }

    /// A valid sign of life.
    pub fn heard(&mut self, sign: &Sign) {
        let Some(at) = slot_of(sign.path) else { return };
        if at >= self.slots.len() && !self.grow(at) {
            return;
        }
        let served = self.clock.at(sign.at);
        let slot = &mut self.slots[at];
        slot.epoch = slot.epoch.max(sign.epoch);
        slot.hear(sign.at);
        slot.limit = Served(u64::MAX);
        let first = !std::mem::replace(&mut slot.ever, true);
        slot.base = if first { served } else { slot.base.max(served) };
        self.dirty[at / PRESENCE_ROW] = true;
        if first || slot.held || slot.fault.is_some() {
            self.returned(at, served);
        }
    }

    /// The rarer half of [`Self::heard`]: it is here again, or for the first time.
    fn returned(&mut self, at: usize, served: Served) {
        let slot = &mut self.slots[at];
        slot.held = false;
        let was = slot.fault.take();
        if slot.is_watched() {
            self.arm(at);
        }
        if was.is_some() {
            if self.slots[at].told.is_none() {
                self.losses.remove(&number(at));
            }
            self.primary_changed(at, served);
            self.enqueue(self.slots[at].panel);
        }
    }

    /// The connection of this admission has ended.
    pub fn left(&mut self, path: PathIndex, epoch: Epoch, mono: Mono) {
        let served = self.clock.at(mono);
        let Some(at) = slot_of(path).filter(|at| *at < self.slots.len()) else {
            return;
        };
        let slot = &mut self.slots[at];
        // I6: a farewell of an older admission, or one after which it was heard, changes nothing.
        if !slot.farewell || epoch < slot.epoch || slot.base > served {
            return;
        }
        slot.limit = served.after(FAREWELL_GRACE);
        if slot.is_watched() && slot.fault.is_none() && !slot.held {
            self.arm(at);
        }
    }

    /// A gateway was lost, or is here again.
    pub fn gateway(&mut self, here: bool) {
        self.hold.gateway(here);
        if !here {
            self.begin_hold();
        }
    }

    /// A test signal, or any signal, that is not doubtful came by a path. True if one was
    /// expected.
    pub fn tested(&mut self, path: PathIndex, is_test: bool, now: Mono) -> Option<PathIndex> {
        let served = self.clock.at(now);
        let slot = self.slots.get(slot_of(path)?)?;
        let index = slot.satisfies;
        let test = self.tests.get_mut(&index)?;
        if !is_test && !test.expected.any {
            return None;
        }
        test.base = served;
        if std::mem::take(&mut test.overdue) {
            self.arm_test(index);
            self.enqueue(self.slots.get(index as usize)?.panel);
        }
        Some(PathIndex(index))
    }

    /// Whether signals of other classes than `test` are expected anywhere.
    pub fn expects_any_signal(&self) -> bool {
        self.tests
            .values()
            .any(|test| test.wanted && test.expected.any)
    }

    /// Time has passed. `promises` says whether an alarm could be stored now (R4).
    pub fn tick(&mut self, now: Now, promises: bool) {
        let gap = now.mono.since(self.last.mono);
        let before = std::mem::replace(&mut self.last, now);
        if gap > STALL {
            self.stalled(before, now);
        } else if gap > SUPERVISION_SETTLE {
            let until = now.mono.after(SUPERVISION_SETTLE);
            self.settle_until.get_or_insert(until);
        }
        self.promise(promises, now);
        let served = self.clock.at(now.mono);
        if promises && gap <= STALL && self.hold.serve(gap) {
            self.release(served);
        }
        if self.settle_until.is_some_and(|until| now.mono < until) {
            return;
        }
        self.settle_until = None;
        self.judge(Served(served.0.saturating_sub(millis(SUPERVISION_SETTLE))));
        self.outbreaks.settle(served);
    }

    /// R11: our own tick came late. Inside a hold that time is left out instead, so that no
    /// second outage prolongs it and none makes a panel seem silent.
    fn stalled(&mut self, before: Now, now: Now) {
        if self.hold.is_running() {
            self.clock.leave_out(before.mono, now.mono);
        }
        self.begin_hold();
        self.settle_until = Some(now.mono.after(SUPERVISION_SETTLE));
        // From our own clock alone: the wall may have jumped meanwhile.
        let length = now.mono.since(before.mono);
        self.outage(now.wall.before(length), length, now);
    }

    /// R4: timers pause while nothing can be promised.
    fn promise(&mut self, promises: bool, now: Now) {
        match (promises, self.paused_at) {
            (false, None) => {
                self.clock.pause(now.mono);
                self.paused_at = Some(now);
            }
            (true, Some(since)) => {
                self.clock.resume(now.mono);
                self.paused_at = None;
                let length = now.mono.since(since.mono);
                if length > STALL {
                    self.begin_hold();
                    self.outage(now.wall.before(length), length, now);
                }
            }
            _ => {}
        }
    }

    /// An outage of ours, to be told (R11).
    pub fn outage(&mut self, from: Wall, length: Duration, now: Now) {
        let report = Report {
            path: PathIndex::HOUSE,
            code: OwnCode::Outage,
            at: from,
            due: self.clock.at(now.mono),
            time: length,
        };
        if self.outages.len() < OUTAGES {
            self.outages.push_back(report);
        } else if let Some(last) = self.outages.back_mut() {
            last.time = Duration::from_micros(u64::try_from(now.wall - last.at).unwrap_or(0));
        }
    }

    /// Holds reports until panels could return, unless they are held already.
    pub fn begin_hold(&mut self) {
        if !self.hold.is_running() {
            let time = self.time_to_return();
            self.hold.begin(time);
        }
    }

    /// Goes on with a hold of which so much was left when the last life ended.
    pub fn go_on_holding(&mut self, left: Duration) {
        self.hold = Hold::of(left);
    }

    /// What is left of the hold.
    pub fn held_for(&self) -> Duration {
        self.hold.left()
    }

    fn time_to_return(&self) -> Duration {
        let watched = self.slots.iter().filter(|slot| slot.is_watched());
        let mut times: Vec<u64> = watched.map(Slot::time).collect();
        time_to_return(&mut times)
    }

    /// Looks at everything whose timer comes by `until`.
    fn judge(&mut self, until: Served) {
        let mut due = Vec::new();
        let tick = tick_before(until);
        self.wheel.turn(tick, |timer| due.push(timer));
        for timer in due {
            match Timer::from(timer) {
                Timer::Silence(index) => self.judge_silence(index, tick),
                Timer::Reminder(index) => self.remind(index, tick),
                Timer::Test(index) => self.judge_test(index, tick),
                Timer::Again(panel) => self.enqueue(panel),
            }
        }
    }

    pub(super) fn enqueue(&mut self, panel: u32) {
        if let Some(slot) = self.panels.get_mut(panel as usize)
            && !std::mem::replace(&mut slot.queued, true)
        {
            self.ready.push_back(panel);
        }
    }

    /// What the clock of service showed at the last tick.
    pub(super) fn served_now(&self) -> Served {
        self.clock.at(self.last.mono)
    }

    /// R10: paths that have to be heard more often from now on, since their panel's first path has
    /// failed.
    pub fn take_quickened(&mut self) -> Vec<PathIndex> {
        std::mem::take(&mut self.quickened)
    }

    /// Rows of [`PRESENCE_ROW`] paths in which somebody was heard since the last call.
    pub(super) fn take_dirty(&mut self) -> Vec<usize> {
        let rows = self.dirty.iter_mut().enumerate();
        rows.filter_map(|(row, dirty)| std::mem::take(dirty).then_some(row))
            .collect()
    }

    /// Paths that a hold keeps from being reported.
    pub(super) fn held(&self) -> usize {
        let held = self.held.iter();
        held.filter(|index| self.slots[**index as usize].held)
            .count()
    }
}

pub(super) fn slot_of(path: PathIndex) -> Option<usize> {
    usize::try_from(path.0)
        .ok()
        .filter(|at| *at < PRESENCE_PATHS)
}

pub(super) fn number(at: usize) -> u32 {
    u32::try_from(at).expect("slots are bounded by PRESENCE_PATHS")
}

/// The tick at which a moment has passed.
pub(super) fn tick_after(at: Served) -> u64 {
    at.0.div_ceil(millis(SUPERVISION_TICK))
}

/// The last tick that has passed at a moment.
pub(super) fn tick_before(at: Served) -> u64 {
    at.0 / millis(SUPERVISION_TICK)
}

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
    FAREWELL_GRACE, FLAPPING_LOSSES, FLAPPING_PERIOD, PRESENCE_PATHS, PRESENCE_ROW, STALL,
    STILL_LOST_PERIOD, SUPERVISION_SETTLE, SUPERVISION_TICK,
};
use model::{Epoch, Mono, Now, OwnCode, PanelIndex, PathIndex, Wall, micros};

use super::clock::{Served, ServiceClock, millis};
use super::hold::{Hold, time_to_return};
use super::outbreak::{ONCE, Outbreaks};
use super::slot::{Fault, Loss, Losses, NONE, PanelSlot, Slot, Test, Times, Watched};
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

/// Everything that is watched.
#[derive(Debug)]
pub struct Machine {
    pub(super) clock: ServiceClock,
    pub(super) hold: Hold,
    pub(super) wheel: Wheel<Timer>,
    pub(super) slots: Vec<Slot>,
    pub(super) panels: Vec<PanelSlot>,
    pub(super) panel_of: HashMap<PanelIndex, u32>,
    pub(super) losses: HashMap<u32, Loss>,
    pub(super) flaps: HashMap<u32, Losses>,
    pub(super) tests: HashMap<u32, Test>,
    pub(super) outbreaks: Outbreaks,
    /// Panels of which something may have to be told.
    pub(super) ready: VecDeque<u32>,
    /// Our own outages, to be told.
    pub(super) outages: VecDeque<Report>,
    pub(super) outage_on_its_way: Option<Report>,
    held: Vec<u32>,
    dirty: Vec<bool>,
    last: Now,
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
            losses: HashMap::new(),
            flaps: HashMap::new(),
            tests: HashMap::new(),
            outbreaks: Outbreaks::default(),
            ready: VecDeque::new(),
            outages: VecDeque::new(),
            outage_on_its_way: None,
            held: Vec::new(),
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
        slot.heard = slot.heard.max(Some(sign.at));
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

    /// Begins or ends watching a path, or changes how. Silence counts from now on, so that a
    /// shorter time never finds a path lost that was well by the longer one.
    pub fn watch(&mut self, watched: &Watched, now: Now) {
        let Some(at) = slot_of(watched.path) else {
            return;
        };
        if at >= self.slots.len() && !self.grow(at) {
            return;
        }
        let served = self.clock.at(now.mono);
        let panel = self.panel(watched);
        let primary_failed = self.primary_failed(panel, at);
        let satisfies = watched
            .satisfies
            .and_then(slot_of)
            .and_then(|at| u32::try_from(at).ok());
        let slot = &mut self.slots[at];
        let was = (slot.is_watched(), slot.times);
        slot.panel = panel;
        slot.farewell = watched.farewell;
        slot.satisfies = satisfies.unwrap_or(NONE);
        slot.times = watched.times;
        slot.time = watched
            .times
            .map_or(0, |times| in_force(times, primary_failed));
        let ahead = watched.commissioned - now.wall;
        let ahead = Duration::from_micros(u64::try_from(ahead).unwrap_or(0));
        if !slot.ever {
            slot.base = served.after(ahead);
        } else if slot.known && was.1 != slot.times {
            slot.base = slot.base.max(served);
        }
        slot.known = true;
        let watched_now = slot.is_watched();
        match (was.0, watched_now) {
            (false, true) => self.watched += 1,
            (true, false) => self.unwatched(at),
            _ => {}
        }
        if watched_now && self.slots[at].fault.is_none() && !self.slots[at].held {
            self.arm(at);
        }
        self.dirty[at / PRESENCE_ROW] = true;
        self.expect(at, watched, served);
        self.recount(panel);
        self.enqueue(panel);
    }

    fn unwatched(&mut self, at: usize) {
        self.watched -= 1;
        let slot = &mut self.slots[at];
        slot.fault = None;
        slot.held = false;
    }

    fn expect(&mut self, at: usize, watched: &Watched, served: Served) {
        let index = number(at);
        match watched.test {
            None => {
                if let Some(test) = self.tests.get_mut(&index) {
                    test.wanted = false;
                    test.overdue = false;
                    test.armed = 0;
                    if !test.told {
                        self.tests.remove(&index);
                    }
                }
            }
            Some(expected) => {
                let test = self.tests.entry(index).or_insert(Test {
                    base: served,
                    expected,
                    armed: 0,
                    wanted: true,
                    overdue: false,
                    told: false,
                });
                if test.expected != expected || !test.wanted {
                    test.wanted = true;
                    test.expected = expected;
                    test.base = test.base.max(served);
                }
                self.arm_test(index);
            }
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
        let mut times: Vec<u64> = watched.map(|slot| slot.time).collect();
        time_to_return(&mut times)
    }

    /// Looks at everything whose timer comes by `until`.
    fn judge(&mut self, until: Served) {
        let mut due = Vec::new();
        let tick = tick_before(until);
        self.wheel.turn(tick, |timer| due.push(timer));
        for timer in due {
            match timer {
                Timer::Silence(index) => self.judge_silence(index, tick),
                Timer::Reminder(index) => self.remind(index, tick),
                Timer::Test(index) => self.judge_test(index, tick),
                Timer::Again(panel) => self.enqueue(panel),
            }
        }
    }

    fn judge_silence(&mut self, index: u32, tick: u64) {
        let at = index as usize;
        let slot = &mut self.slots[at];
        // Stale: it was armed anew for an earlier moment, or is watched no longer.
        if slot.armed > tick || slot.armed == 0 || !slot.is_watched() || slot.fault.is_some() {
            return;
        }
        slot.armed = 0;
        if tick_after(slot.deadline()) > tick {
            self.arm(at);
        } else if self.hold.is_running() {
            slot.held = true;
            self.held.push(index);
        } else {
            let due = slot.deadline();
            self.fail(at, due);
        }
    }

    /// The end of a hold: who was not heard meanwhile is lost (R11).
    fn release(&mut self, served: Served) {
        for index in std::mem::take(&mut self.held) {
            let at = index as usize;
            if std::mem::take(&mut self.slots[at].held) {
                self.fail(at, served);
            }
        }
    }

    fn fail(&mut self, at: usize, due: Served) {
        let index = number(at);
        let slot = &mut self.slots[at];
        let deadline = slot.deadline();
        slot.fault = Some(if slot.ever { Fault::Lost } else { Fault::Never });
        let panel = slot.panel;
        let loss = Loss {
            at: deadline,
            since: self.wall_of(deadline),
            due,
            remind: false,
            reminder: u64::MAX,
        };
        self.losses.insert(index, loss);
        let flaps = self.flaps.entry(index).or_default();
        flaps.rotate_left(1);
        flaps[FLAPPING_LOSSES - 1] = due;
        let served = self.served_now();
        self.primary_changed(at, served);
        if let Some(panel) = self.panels.get_mut(panel as usize) {
            let again = |counted: Served| served.since(counted) > ONCE;
            if panel.counted.is_none_or(again) {
                panel.counted = Some(served);
                self.outbreaks.lost(panel.groups, served);
            }
        }
        self.enqueue(panel);
    }

    /// R10: the alternative paths have the short time as soon as the first one fails, from that
    /// moment on, and the long one when it is back.
    fn primary_changed(&mut self, at: usize, served: Served) {
        let panel = self.slots[at].panel;
        let Some(panel) = self.panels.get(panel as usize) else {
            return;
        };
        if panel.paths.first() != Some(&number(at)) {
            return;
        }
        let failed = self.slots[at].fault.is_some();
        for other in panel.paths.iter().skip(1).copied().collect::<Vec<_>>() {
            let slot = &mut self.slots[other as usize];
            let Some(times) = slot.times else { continue };
            let time = in_force(times, failed);
            if time != std::mem::replace(&mut slot.time, time) {
                slot.base = slot.base.max(served);
                if slot.fault.is_none() && !slot.held {
                    self.arm(other as usize);
                }
            }
        }
    }

    /// The same for a failure that an earlier life saw: silence has counted since then.
    pub(super) fn primary_recalled(&mut self, at: usize) {
        let panel = self.slots[at].panel;
        let Some(panel) = self.panels.get(panel as usize) else {
            return;
        };
        if panel.paths.first() != Some(&number(at)) || self.slots[at].fault.is_none() {
            return;
        }
        for other in panel.paths.iter().skip(1).copied().collect::<Vec<_>>() {
            let slot = &mut self.slots[other as usize];
            slot.time = slot.times.map_or(0, |times| in_force(times, true));
            if slot.is_watched() && slot.fault.is_none() {
                self.arm(other as usize);
            }
        }
    }

    fn primary_failed(&self, panel: u32, at: usize) -> bool {
        let first = self
            .panels
            .get(panel as usize)
            .and_then(|p| p.paths.first());
        first.is_some_and(|first| {
            *first as usize != at && self.slots[*first as usize].fault.is_some()
        })
    }

    fn remind(&mut self, index: u32, tick: u64) {
        let slot = &self.slots[index as usize];
        let still = slot.told.is_some() && slot.fault.is_some();
        let panel = slot.panel;
        // A timer of an earlier loss is stale.
        let loss = self.losses.get_mut(&index);
        if let Some(loss) = loss.filter(|loss| still && loss.reminder <= tick) {
            loss.remind = true;
            self.enqueue(panel);
        }
    }

    fn judge_test(&mut self, index: u32, tick: u64) {
        let Some(test) = self.tests.get_mut(&index) else {
            return;
        };
        if test.armed == 0 || test.armed > tick || test.overdue {
            return;
        }
        test.armed = 0;
        if tick_after(test.base.after(test.expected.every)) > tick {
            self.arm_test(index);
        } else {
            test.overdue = true;
            self.enqueue(self.slots[index as usize].panel);
        }
    }

    /// Sets the timer of silence, unless one is set that comes early enough.
    pub(super) fn arm(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        let tick = tick_after(slot.deadline());
        if slot.armed == 0 || tick < slot.armed {
            slot.armed = tick;
            self.wheel.set(tick, Timer::Silence(number(at)));
        }
    }

    pub(super) fn arm_test(&mut self, index: u32) {
        if let Some(test) = self.tests.get_mut(&index) {
            let tick = tick_after(test.base.after(test.expected.every));
            if test.armed == 0 || tick < test.armed {
                test.armed = tick;
                self.wheel.set(tick, Timer::Test(index));
            }
        }
    }

    pub(super) fn arm_reminder(&mut self, index: u32, from: Served) {
        if let Some(loss) = self.losses.get_mut(&index) {
            loss.remind = false;
            loss.reminder = tick_after(from.after(STILL_LOST_PERIOD));
            self.wheel.set(loss.reminder, Timer::Reminder(index));
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

    /// The time on the wall of a moment of service, by what both clocks show now.
    pub(super) fn wall_of(&self, at: Served) -> Wall {
        let now = self.served_now();
        if at > now {
            return Wall(self.last.wall.0.saturating_add(micros(at.since(now))));
        }
        self.last.wall.before(now.since(at))
    }

    /// Whether a path is flapping: five losses within an hour (R9).
    pub(super) fn is_flapping(&self, index: u32) -> bool {
        let now = self.served_now();
        self.flaps
            .get(&index)
            .is_some_and(|losses| losses[0] > Served(0) && now.since(losses[0]) <= FLAPPING_PERIOD)
    }

    fn grow(&mut self, at: usize) -> bool {
        if at >= PRESENCE_PATHS {
            return false;
        }
        self.slots.resize_with(at + 1, Slot::vacant);
        self.dirty.resize(at / PRESENCE_ROW + 1, false);
        true
    }

    fn panel(&mut self, watched: &Watched) -> u32 {
        let next = number(self.panels.len());
        let panel = *self.panel_of.entry(watched.panel).or_insert(next);
        if panel == next {
            self.panels.push(PanelSlot {
                index: watched.panel,
                paths: Vec::with_capacity(1),
                groups: watched.groups,
                member: false,
                told: false,
                queued: false,
                on_its_way: None,
                counted: None,
            });
        }
        let paths = &mut self.panels[panel as usize].paths;
        if let Err(place) = paths.binary_search(&watched.path.0) {
            paths.insert(place, watched.path.0);
        }
        panel
    }

    /// A path is no longer registered; its panel, if it has others, stays.
    pub fn forget(&mut self, path: PathIndex) {
        let Some(at) = slot_of(path).filter(|at| *at < self.slots.len()) else {
            return;
        };
        let panel = self.slots[at].panel;
        if self.slots[at].is_watched() {
            self.watched -= 1;
        }
        self.slots[at] = Slot::vacant();
        self.losses.remove(&path.0);
        self.flaps.remove(&path.0);
        self.tests.remove(&path.0);
        if let Some(slot) = self.panels.get_mut(panel as usize) {
            slot.paths.retain(|one| *one != path.0);
            self.recount(panel);
            self.enqueue(panel);
        }
    }

    /// Whether a path of this panel is registered.
    pub fn knows(&self, panel: PanelIndex) -> bool {
        let slot = self.panel_of.get(&panel);
        slot.is_some_and(|slot| !self.panels[*slot as usize].paths.is_empty())
    }

    /// The registered paths.
    pub fn paths(&self) -> Vec<PathIndex> {
        let known = self.slots.iter().enumerate().filter(|(_, slot)| slot.known);
        known.map(|(at, _)| PathIndex(number(at))).collect()
    }

    /// Counts a panel among the watched ones of its groups, or no longer.
    fn recount(&mut self, panel: u32) {
        let slots = &self.slots;
        let slot = &mut self.panels[panel as usize];
        let member = slot
            .paths
            .iter()
            .any(|path| slots[*path as usize].is_watched());
        if member != std::mem::replace(&mut slot.member, member) {
            self.outbreaks.member(slot.groups, member);
        }
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

pub(super) fn in_force(times: Times, primary_failed: bool) -> u64 {
    millis(if primary_failed {
        times.failed
    } else {
        times.working
    })
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
fn tick_after(at: Served) -> u64 {
    at.0.div_ceil(millis(SUPERVISION_TICK))
}

/// The last tick that has passed at a moment.
fn tick_before(at: Served) -> u64 {
    at.0 / millis(SUPERVISION_TICK)
}

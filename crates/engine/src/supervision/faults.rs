//! Timers that came: who is lost, who is held, whose test is overdue. Pure.
//!
//! Invariant: a timer that came too early is set anew; one that was replaced by an earlier one is
//! stale and changes nothing.

use model::limits::{FLAPPING_PERIOD, STILL_LOST_PERIOD};
use model::{Wall, micros};

use super::clock::Served;
use super::machine::{Machine, Timer, number, tick_after};
use super::slot::{Fault, Loss};

impl Machine {
    pub(super) fn judge_silence(&mut self, index: u32, tick: u64) {
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
    pub(super) fn release(&mut self, served: Served) {
        for index in std::mem::take(&mut self.held) {
            let at = index as usize;
            if std::mem::take(&mut self.slots[at].held) {
                self.fail(at, served);
            }
        }
    }

    pub(super) fn fail(&mut self, at: usize, due: Served) {
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
        let served = self.served_now();
        self.primary_changed(at, served);
        self.enqueue(panel);
    }

    /// R10: the alternative paths have the short time as soon as the first one fails, from that
    /// moment on, and the long one when it is back.
    pub(super) fn primary_changed(&mut self, at: usize, served: Served) {
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
            if !slot.is_watched() {
                continue;
            }
            let before = slot.time();
            slot.quick = failed;
            let time = slot.time();
            if time < before {
                self.quickened.push(model::PathIndex(other));
            }
            if time != before {
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
            slot.quick = true;
            if slot.is_watched() && slot.fault.is_none() {
                self.arm(other as usize);
            }
        }
    }

    pub(super) fn primary_failed(&self, panel: u32, at: usize) -> bool {
        let first = self
            .panels
            .get(panel as usize)
            .and_then(|p| p.paths.first());
        first.is_some_and(|first| {
            *first as usize != at && self.slots[*first as usize].fault.is_some()
        })
    }

    pub(super) fn remind(&mut self, index: u32, tick: u64) {
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

    pub(super) fn judge_test(&mut self, index: u32, tick: u64) {
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
            self.wheel.set(tick, Timer::Silence(number(at)).into());
        }
    }

    pub(super) fn arm_test(&mut self, index: u32) {
        if let Some(test) = self.tests.get_mut(&index) {
            let tick = tick_after(test.base.after(test.expected.every));
            if test.armed == 0 || tick < test.armed {
                test.armed = tick;
                self.wheel.set(tick, Timer::Test(index).into());
            }
        }
    }

    pub(super) fn arm_reminder(&mut self, index: u32, from: Served) {
        if let Some(loss) = self.losses.get_mut(&index) {
            loss.remind = false;
            loss.reminder = tick_after(from.after(STILL_LOST_PERIOD));
            self.wheel.set(loss.reminder, Timer::Reminder(index).into());
        }
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
}

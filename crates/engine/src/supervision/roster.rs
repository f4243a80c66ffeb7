//! Who is watched, and how: paths come, change and go. Pure.
//!
//! Invariant: silence counts from a change of settings on: a shorter time never finds a path lost
//! that was well by the longer one.

use std::time::Duration;

use model::limits::{PRESENCE_PATHS, PRESENCE_ROW};
use model::{Now, PanelIndex, PathIndex};

use super::clock::Served;
use super::machine::{Machine, number, slot_of};
use super::slot::{NONE, PanelSlot, Paths, Slot, Test, Watched};

impl Machine {
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
        let was_watched = slot.is_watched();
        slot.panel = panel;
        slot.farewell = watched.farewell;
        slot.satisfies = satisfies.unwrap_or(NONE);
        let changed = slot.set_times(watched.times);
        slot.quick = primary_failed;
        let ahead = watched.commissioned - now.wall;
        let ahead = Duration::from_micros(u64::try_from(ahead).unwrap_or(0));
        if !slot.ever {
            slot.base = served.after(ahead);
        } else if slot.known && changed {
            slot.base = slot.base.max(served);
        }
        slot.known = true;
        let watched_now = slot.is_watched();
        match (was_watched, watched_now) {
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

    pub(super) fn unwatched(&mut self, at: usize) {
        self.watched -= 1;
        let slot = &mut self.slots[at];
        slot.fault = None;
        slot.held = false;
    }

    pub(super) fn expect(&mut self, at: usize, watched: &Watched, served: Served) {
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

    pub(super) fn grow(&mut self, at: usize) -> bool {
        if at >= PRESENCE_PATHS {
            return false;
        }
        self.slots.resize_with(at + 1, Slot::vacant);
        self.dirty.resize(at / PRESENCE_ROW + 1, false);
        true
    }

    pub(super) fn panel(&mut self, watched: &Watched) -> u32 {
        let next = number(self.panels.len());
        let panel = *self.panel_of.entry(watched.panel).or_insert(next);
        if panel == next {
            self.panels.push(PanelSlot {
                index: watched.panel,
                paths: Paths::none(),
                groups: self.outbreaks.number(watched.groups),
                member: false,
                told: false,
                queued: false,
                counted: Served(0),
            });
        }
        self.panels[panel as usize].paths.insert(watched.path.0);
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
            slot.paths.remove(path.0);
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
    pub(super) fn recount(&mut self, panel: u32) {
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
}

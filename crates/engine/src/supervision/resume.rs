//! From one life of the engine to the next. Pure.
//!
//! Invariant: what was written down of a path never makes it seem silent for longer than it was:
//! times are rounded up, and where rows may be missing, after a power cut, silence counts anew.
//!
//! A row has four octets for each path, big-endian: the second of service from which silence counts,
//! and in the highest bit whether nothing was ever heard.

use std::time::Duration;

use model::limits::{HEARTBEAT, PRESENCE_ROW};
use model::{Now, OwnCode};

use super::clock::Served;
use super::machine::{Machine, number, slot_of};
use super::slot::{Fault, Loss, Watched};
use crate::ports::{HouseState, OpenFault, PresenceRow, PresenceRows, Resumed};

const NEVER: u32 = 1 << 31;

/// Where the clock of service begins; above zero, which stands for never.
const FIRST: Served = Served(1_000);

/// What is known of the time between two lives.
struct Between {
    /// How long it was by the machine's own clock; `None` if the machine was started anew. The wall
    /// clock may have jumped meanwhile, and is not asked.
    length: Option<Duration>,
    served: Served,
    /// Whether the rows of presence are all that were written.
    complete: bool,
}

impl Between {
    fn of(house: &HouseState, presence: &PresenceRows, boot: &str, now: Now) -> Self {
        let same = house.boot == boot && house.mono <= now.mono;
        let length = same.then(|| now.mono.since(house.mono));
        // R11: the clock goes on while we are out of service. Not so inside a hold, which a further
        // outage would otherwise make too short: then no panel seems silent by that time.
        let counted = length.filter(|_| house.hold.is_zero());
        Self {
            length,
            served: house.served.after(counted.unwrap_or_default()),
            complete: house.clean || presence.boot == boot,
        }
    }
}

impl Machine {
    /// A machine that takes up what the last life wrote down.
    pub fn begin(resumed: &Resumed, watched: &[Watched], boot: &str, now: Now) -> Self {
        let between = resumed
            .house
            .as_ref()
            .map(|house| Between::of(house, &resumed.presence, boot, now));
        let served = between.as_ref().map_or(FIRST, |between| between.served);
        let mut machine = Self::new(served, now);
        for one in watched {
            machine.watch(one, now);
        }
        let (Some(house), Some(between)) = (&resumed.house, between) else {
            return machine;
        };
        for row in &resumed.presence.rows {
            machine.recall(row, between.complete);
        }
        for (path, at) in &resumed.tests {
            machine.recall_test(*path, *at);
        }
        for fault in &resumed.faults {
            machine.recall_fault(fault, now);
        }
        for (path, at) in &resumed.losses {
            machine.lost_told(*path, *at);
        }
        if house.hold.is_zero() {
            machine.begin_hold();
        } else {
            let served = if house.clean {
                Duration::ZERO
            } else {
                HEARTBEAT
            };
            machine.go_on_holding(house.hold.saturating_sub(served));
        }
        let from = match between.length {
            Some(length) => now.wall.before(length),
            None => house.wall.min(now.wall),
        };
        let length = u64::try_from(now.wall - from).unwrap_or(0);
        machine.outage(from, Duration::from_micros(length), now);
        machine
    }

    /// The rows that changed since the last call.
    pub fn presence(&mut self) -> Vec<PresenceRow> {
        let rows = self.take_dirty();
        rows.into_iter().map(|row| self.row(row)).collect()
    }

    fn row(&self, row: usize) -> PresenceRow {
        let first = row * PRESENCE_ROW;
        let slots = self.slots.iter().skip(first).take(PRESENCE_ROW);
        let heard = slots.flat_map(|slot| {
            let second = u32::try_from(slot.base.0.div_ceil(1_000)).unwrap_or(NEVER - 1);
            let never = if slot.ever { 0 } else { NEVER };
            (second.min(NEVER - 1) | never).to_be_bytes()
        });
        PresenceRow {
            row: number(row),
            heard: heard.collect(),
        }
    }

    /// Takes up a row. If rows may be missing it says only who was ever heard.
    fn recall(&mut self, row: &PresenceRow, complete: bool) {
        let first = row.row as usize * PRESENCE_ROW;
        for (at, octets) in (first..).zip(row.heard.as_chunks().0) {
            let number = u32::from_be_bytes(*octets);
            let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.known) else {
                continue;
            };
            slot.ever = number & NEVER == 0;
            let base = Served(u64::from(number & !NEVER) * 1_000);
            slot.base = if complete { base } else { slot.base.max(base) };
            if slot.is_watched() && slot.fault.is_none() {
                self.arm(at);
            }
        }
    }

    /// Takes up a fault that the journal tells of.
    fn recall_fault(&mut self, fault: &OpenFault, now: Now) {
        let Some(at) = slot_of(fault.path).filter(|at| *at < self.slots.len()) else {
            return;
        };
        let index = number(at);
        let served = self.served(now.mono);
        let panel = self.slots[at].panel;
        match fault.code {
            OwnCode::PathLost | OwnCode::NeverReported => {
                let kind = if fault.code == OwnCode::PathLost {
                    Fault::Lost
                } else {
                    Fault::Never
                };
                let slot = &mut self.slots[at];
                slot.told = Some(kind);
                if slot.is_watched() {
                    slot.fault = Some(kind);
                    slot.armed = 0;
                }
                let loss = Loss {
                    at: slot.deadline().min(served),
                    since: fault.since,
                    due: served,
                    remind: false,
                    reminder: u64::MAX,
                };
                self.losses.insert(index, loss);
                self.arm_reminder(index, fault.told);
                self.primary_recalled(at);
            }
            OwnCode::PanelLost => {
                if let Some(panel) = self.panels.get_mut(panel as usize) {
                    panel.told = true;
                }
            }
            OwnCode::TestOverdue => {
                if let Some(test) = self.tests.get_mut(&index) {
                    test.told = true;
                    test.overdue = true;
                    test.armed = 0;
                }
            }
            _ => {}
        }
        self.enqueue(panel);
    }

    /// Takes up when an expected test signal last came.
    fn recall_test(&mut self, path: model::PathIndex, at: Served) {
        if let Some(test) = self.tests.get_mut(&path.0) {
            test.base = at;
            self.arm_test(path.0);
        }
    }
}

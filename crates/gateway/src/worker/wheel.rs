//! A coarse timing wheel: entries come out at or after their time, by at most a tick.
//!
//! Invariant: an entry never comes out early, except that one beyond the horizon comes out at the
//! horizon. The owner looks at the true deadline then, and arms again: a deadline that moves
//! away costs nothing until its old time comes.

use std::time::Duration;

use model::Mono;

/// Timers need no more precision than this: the shortest of them are seconds.
const TICK: Duration = Duration::from_millis(100);

/// Slots of the wheel, hence the horizon: 51 s. An idle connection is looked at that often.
const SLOTS: u64 = 512;

/// Keys with a time each.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: Vec<Vec<usize>>,
    /// The tick up to which everything has come out.
    done: u64,
}

impl Wheel {
    /// An empty wheel.
    pub(super) fn new(now: Mono) -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Vec::new()).collect(),
            done: tick_before(now),
        }
    }

    /// Arms `key` for `at`, and tells when it will come out.
    pub(super) fn arm(&mut self, key: usize, at: Mono) -> Mono {
        let tick = self.tick_for(at);
        self.slots[slot_of(tick)].push(key);
        time_of(tick)
    }

    /// When a key that is armed for `at` now comes out.
    pub(super) fn would_come_out(&self, at: Mono) -> Mono {
        time_of(self.tick_for(at))
    }

    fn tick_for(&self, at: Mono) -> u64 {
        tick_after(at).clamp(self.done + 1, self.done + SLOTS)
    }

    /// Appends the keys whose time has come to `out`.
    pub(super) fn expire(&mut self, now: Mono, out: &mut Vec<usize>) {
        let until = tick_before(now);
        // After a stall longer than the horizon one turn of the wheel empties it.
        for tick in self.done + 1..=until.min(self.done + SLOTS) {
            out.append(&mut self.slots[slot_of(tick)]);
        }
        self.done = self.done.max(until);
    }

    /// When the next key comes out.
    pub(super) fn next(&self) -> Option<Mono> {
        let mut ticks = self.done + 1..=self.done + SLOTS;
        ticks
            .find(|tick| !self.slots[slot_of(*tick)].is_empty())
            .map(time_of)
    }
}

fn tick_nanos() -> u64 {
    u64::try_from(TICK.as_nanos()).expect("a tick is short")
}

fn tick_before(at: Mono) -> u64 {
    at.0 / tick_nanos()
}

fn tick_after(at: Mono) -> u64 {
    at.0.div_ceil(tick_nanos())
}

fn time_of(tick: u64) -> Mono {
    Mono(tick.saturating_mul(tick_nanos()))
}

fn slot_of(tick: u64) -> usize {
    usize::try_from(tick % SLOTS).expect("a slot's number is small")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const START: Mono = Mono(7_654_321_000);

    fn expired(wheel: &mut Wheel, now: Mono) -> Vec<usize> {
        let mut out = Vec::new();
        wheel.expire(now, &mut out);
        out
    }

    #[test]
    fn a_key_comes_out_once_at_its_time() {
        let mut wheel = Wheel::new(START);
        let at = START.after(3 * SECOND);
        let armed = wheel.arm(5, at);
        assert!(armed >= at && armed.since(at) <= TICK);
        assert_eq!(wheel.next(), Some(armed));
        assert_eq!(expired(&mut wheel, START.after(2 * SECOND)), []);
        assert_eq!(expired(&mut wheel, armed), [5]);
        assert_eq!(expired(&mut wheel, armed.after(SECOND)), []);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn what_is_far_off_comes_out_at_the_horizon_to_be_armed_again() {
        let mut wheel = Wheel::new(START);
        let armed = wheel.arm(1, START.after(3_600 * SECOND));
        assert!(armed.since(START) > 50 * SECOND);
        assert!(armed.since(START) < 52 * SECOND);
    }

    #[test]
    fn a_stall_of_hours_loses_nothing() {
        let mut wheel = Wheel::new(START);
        wheel.arm(1, START.after(SECOND));
        wheel.arm(2, START.after(40 * SECOND));
        assert_eq!(expired(&mut wheel, START.after(86_400 * SECOND)), [1, 2]);
    }

    #[test]
    fn a_time_in_the_past_comes_out_with_the_next_tick() {
        let mut wheel = Wheel::new(START);
        let armed = wheel.arm(1, Mono(0));
        assert!(armed > START && armed.since(START) <= TICK);
    }

    proptest! {
        #[test]
        fn no_key_is_early_or_more_than_a_tick_late(
            offsets in prop::collection::vec(0_u64..51_000_000_000, 1..50),
            step in 1_u64..3_000_000_000,
        ) {
            let mut wheel = Wheel::new(START);
            for (key, offset) in offsets.iter().enumerate() {
                wheel.arm(key, Mono(START.0 + offset));
            }
            let mut now = START;
            let mut left = offsets.len();
            while left > 0 {
                let before = now;
                now = Mono(now.0 + step);
                for key in expired(&mut wheel, now) {
                    let due = Mono(START.0 + offsets[key]);
                    prop_assert!(due <= now);
                    prop_assert!(before.since(due) <= TICK);
                    left -= 1;
                }
            }
        }
    }
}

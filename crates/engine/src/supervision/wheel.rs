//! A hierarchical timing wheel: what is due when, at a constant price for each timer. Pure.
//!
//! Invariant: a timer comes out once, when the wheel has been turned to its tick or beyond, and
//! never before.
//!
//! Five levels of 64 buckets. A timer lies at the level of the highest digit (of six bits) in which
//! its tick differs from the wheel's, and moves down when the wheel comes to that digit. Timers
//! are not taken out: whoever set one judges when it comes whether it still means anything.

/// Buckets of a level.
const BUCKETS: u64 = 64;

/// Bits of a digit.
const BITS: u32 = 6;

/// Levels; ticks beyond 2^30 (over three years, at a tenth of a second) lie apart and are dealt out when
/// the last level moves on.
const LEVELS: usize = 5;

/// Bits of a tick that a timer at one of the levels bears: with those that it shares with the wheel they are its tick.
const NEAR: u32 = BITS * 5;

/// A wheel of timers that carry a `T` each.
#[derive(Debug)]
pub(super) struct Wheel<T> {
    now: u64,
    /// A timer bears the last [`NEAR`] bits of its tick: there is one for each path, and half the octets will do.
    levels: [Vec<Vec<(u32, T)>>; LEVELS],
    far: Vec<(u64, T)>,
    len: usize,
}

impl<T> Wheel<T> {
    /// A wheel that stands at tick `now`.
    pub(super) fn new(now: u64) -> Self {
        let level = || (0..BUCKETS).map(|_| Vec::new()).collect();
        Self {
            now,
            levels: std::array::from_fn(|_| level()),
            far: Vec::new(),
            len: 0,
        }
    }

    /// How many timers there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Sets a timer. One for a tick that has passed comes at the next turn.
    pub(super) fn set(&mut self, tick: u64, what: T) {
        self.len += 1;
        self.place(tick.max(self.now + 1), what);
    }

    /// Turns the wheel to `tick`, and hands out what is due by then, in the order of ticks.
    pub(super) fn turn(&mut self, tick: u64, mut due: impl FnMut(T)) {
        while self.now < tick {
            if self.len == 0 {
                self.now = tick;
                return;
            }
            self.now += 1;
            self.bring_down();
            let bucket = std::mem::take(&mut self.levels[0][index(self.now, 0)]);
            self.len -= bucket.len();
            for (_, what) in bucket {
                due(what);
            }
        }
    }

    /// Where a digit has come round to zero, the bucket of the next level is dealt out.
    fn bring_down(&mut self) {
        for level in 1..LEVELS {
            let below = BITS * u32::try_from(level).expect("a handful of levels");
            if !self.now.trailing_zeros().ge(&below) {
                return;
            }
            let bucket = std::mem::take(&mut self.levels[level][index(self.now, level)]);
            for (low, what) in bucket {
                self.place(self.now >> NEAR << NEAR | u64::from(low), what);
            }
        }
        if self.now.trailing_zeros() >= NEAR {
            for (tick, what) in std::mem::take(&mut self.far) {
                self.place(tick, what);
            }
        }
    }

    fn place(&mut self, tick: u64, what: T) {
        let apart = (tick ^ self.now).checked_ilog2().unwrap_or(0) / BITS;
        let level = usize::try_from(apart).unwrap_or(LEVELS);
        match u32::try_from(tick & ((1 << NEAR) - 1)) {
            Ok(low) if level < LEVELS => self.levels[level][index(tick, level)].push((low, what)),
            _ => self.far.push((tick, what)),
        }
    }
}

fn index(tick: u64, level: usize) -> usize {
    let shift = BITS * u32::try_from(level).expect("a handful of levels");
    usize::try_from((tick >> shift) % BUCKETS).expect("below 64")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_timer_comes_at_its_tick_and_not_before() {
        for start in [0, 1, 63, 64, 4_095, 4_096, 262_143, 1 << 29] {
            for wait in [1, 2, 62, 63, 64, 65, 4_095, 4_097, 270_000] {
                let mut wheel = Wheel::new(start);
                wheel.set(start + wait, ());
                let mut came = 0;
                wheel.turn(start + wait - 1, |()| came += 1);
                assert_eq!(came, 0, "early: {start} {wait}");
                wheel.turn(start + wait, |()| came += 1);
                assert_eq!((came, wheel.len()), (1, 0), "late: {start} {wait}");
            }
        }
    }

    #[test]
    fn what_lies_beyond_the_last_level_is_not_early() {
        let mut wheel = Wheel::new((1 << 30) - 5);
        wheel.set((1 << 30) + 3, ());
        let mut came = 0;
        wheel.turn((1 << 30) + 2, |()| came += 1);
        assert_eq!(came, 0);
        wheel.turn((1 << 30) + 3, |()| came += 1);
        assert_eq!(came, 1);
    }

    proptest! {
        #[test]
        fn timers_come_in_order_whatever_the_steps(
            start in 0_u64..1 << 20,
            waits in proptest::collection::vec(1_u64..20_000, 1..40),
            steps in proptest::collection::vec(1_u64..3_000, 1..40),
        ) {
            let mut wheel = Wheel::new(start);
            for wait in &waits {
                wheel.set(start + wait, start + wait);
            }
            let (mut now, mut last, mut came) = (start, 0, 0);
            for step in steps {
                let before = now;
                now += step;
                wheel.turn(now, |tick| {
                    assert!(before < tick && tick <= now && last <= tick);
                    last = tick;
                    came += 1;
                });
            }
            prop_assert_eq!(came, waits.iter().filter(|wait| start + *wait <= now).count());
            prop_assert_eq!(wheel.len(), waits.len() - came);
        }
    }
}

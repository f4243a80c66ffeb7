//! How often something took how long: fixed buckets, so that counting neither allocates nor waits.
//!
//! [`Times`] is counted by one owner, [`SharedTimes`] by one and read by others. Bounds follow the preferred
//! numbers of ISO 3 (R10: ten to a decade), so a quantile is off by a fifth at most.
//!
//! Invariant: counts only grow; what happened between two readings is their difference.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::ports::Reading;

/// A decade of preferred numbers.
const DECADE: [u64; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];

/// From 100 µs to 100 s: below nothing matters, above everything is lost.
const DECADES: usize = 6;

const BOUNDS: usize = DECADE.len() * DECADES + 1;

/// How many counts there are: one for each bound, and one for what took longer.
pub const BUCKETS: usize = BOUNDS + 1;

/// Upper bounds in microseconds.
const BOUNDS_US: [u64; BOUNDS] = bounds();

const fn bounds() -> [u64; BOUNDS] {
    let mut all = [0; BOUNDS];
    let (mut at, mut factor) = (0, 1);
    while at < BOUNDS {
        all[at] = DECADE[at % DECADE.len()] * factor;
        at += 1;
        if at.is_multiple_of(DECADE.len()) {
            factor *= 10;
        }
    }
    all
}

fn bucket(micros: u64) -> usize {
    BOUNDS_US.partition_point(|bound| *bound < micros)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How often something took how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// How often, by bucket.
    pub counts: [u64; BUCKETS],
    /// All of it added up, in microseconds.
    pub sum_us: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            sum_us: 0,
        }
    }
}

impl Times {
    /// It took so long.
    pub fn add(&mut self, took: Duration) {
        let took = micros(took);
        self.counts[bucket(took)] += 1;
        self.sum_us = self.sum_us.saturating_add(took);
    }

    /// How often it happened.
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |all, one| all.saturating_add(*one))
    }

    /// What happened since an earlier reading; all of it, if the owner has begun anew.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let pairs = self.counts.iter().zip(&earlier.counts);
        if pairs.clone().any(|(now, then)| now < then) || self.sum_us < earlier.sum_us {
            return self.clone();
        }
        let mut more = Self::default();
        for (more, (now, then)) in more.counts.iter_mut().zip(pairs) {
            *more = now - then;
        }
        more.sum_us = self.sum_us - earlier.sum_us;
        more
    }

    /// Adds what another counted.
    pub fn join(&mut self, other: &Self) {
        for (all, more) in self.counts.iter_mut().zip(&other.counts) {
            *all = all.saturating_add(*more);
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// The time that `per_mille` of a thousand did not exceed, by the bucket that it fell into and in even
    /// parts of that; `None` before anything happened.
    pub fn quantile(&self, per_mille: u64) -> Option<Duration> {
        let count = self.count();
        let rank = count.saturating_mul(per_mille).div_ceil(1_000).max(1);
        let mut below = 0_u64;
        for (at, here) in self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, here)| **here > 0)
        {
            if below.saturating_add(*here) >= rank {
                let low = at.checked_sub(1).map_or(0, |at| BOUNDS_US[at]);
                let high = BOUNDS_US.get(at).copied().unwrap_or(low);
                let part = (high - low).saturating_mul(rank - below) / here;
                return Some(Duration::from_micros(low + part));
            }
            below += here;
        }
        None
    }

    /// As a histogram of metrics: three bounds to a decade (1, 2, 5) will do there.
    pub fn reading(&self) -> Reading {
        let mut below = 0_u64;
        let mut buckets = Vec::with_capacity(3 * DECADES + 1);
        for (at, (bound, count)) in BOUNDS_US.iter().zip(&self.counts).enumerate() {
            below = count.saturating_add(below);
            if matches!(at % DECADE.len(), 0 | 3 | 7) {
                buckets.push((seconds(*bound), below));
            }
        }
        Reading::Histogram {
            buckets,
            sum: seconds(self.sum_us),
            count: self.count(),
        }
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

/// The same, counted by one and read by others.
#[derive(Debug)]
pub struct SharedTimes {
    counts: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
    peak_us: AtomicU64,
}

impl Default for SharedTimes {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; BUCKETS],
            sum_us: AtomicU64::new(0),
            peak_us: AtomicU64::new(0),
        }
    }
}

impl SharedTimes {
    /// It took so long.
    pub fn add(&self, took: Duration) {
        let took = micros(took);
        self.counts[bucket(took)].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(took, Ordering::Relaxed);
        // Mostly a look: a peak is rare.
        if self.peak_us.load(Ordering::Relaxed) < took {
            self.peak_us.fetch_max(took, Ordering::Relaxed);
        }
    }

    /// All of it.
    pub fn read(&self) -> Times {
        let mut times = Times::default();
        for (to, from) in times.counts.iter_mut().zip(&self.counts) {
            *to = from.load(Ordering::Relaxed);
        }
        times.sum_us = self.sum_us.load(Ordering::Relaxed);
        times
    }

    /// The longest since this was last begun anew.
    pub fn peak(&self) -> Duration {
        Duration::from_micros(self.peak_us.load(Ordering::Relaxed))
    }

    /// The same, and the next longest is looked for.
    pub fn take_peak(&self) -> Duration {
        Duration::from_micros(self.peak_us.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(millis: &[u64]) -> Times {
        let mut times = Times::default();
        for one in millis {
            times.add(Duration::from_millis(*one));
        }
        times
    }

    #[test]
    fn bounds_grow_by_a_quarter_from_a_tenth_of_a_millisecond_to_a_hundred_seconds() {
        assert_eq!(BOUNDS_US[0], 100);
        assert_eq!(BOUNDS_US[10], 1_000);
        assert_eq!(BOUNDS_US[BOUNDS - 1], 100_000_000);
        for pair in BOUNDS_US.windows(2) {
            assert!(
                pair[0] < pair[1] && pair[1] * 100 <= pair[0] * 130,
                "{pair:?}"
            );
        }
    }

    #[test]
    fn quantiles_of_nothing_are_unknown_and_of_one_are_that_one() {
        assert_eq!(Times::default().quantile(500), None);
        let one = of(&[200]);
        assert_eq!(one.quantile(1), one.quantile(1_000));
        assert_eq!(one.quantile(500), Some(Duration::from_millis(200)));
    }

    #[test]
    fn the_slowest_in_a_thousand_shows_in_the_last_quantile_alone() {
        let mut times = of(&[5; 999]);
        times.add(Duration::from_mins(5));
        assert_eq!(times.quantile(999), Some(Duration::from_millis(5)));
        assert_eq!(
            times.quantile(1_000),
            Some(Duration::from_secs(100)),
            "the last bound"
        );
    }

    #[test]
    fn what_happened_in_between_is_the_difference_and_all_of_it_after_a_new_beginning() {
        let earlier = of(&[1, 10]);
        let mut later = earlier.clone();
        later.join(&of(&[100, 100]));
        assert_eq!(later.since(&earlier), of(&[100, 100]));
        assert_eq!(of(&[7]).since(&later), of(&[7]));
    }

    #[test]
    fn shared_times_read_as_what_was_added_and_tell_a_peak_once() {
        let shared = SharedTimes::default();
        for one in [3, 9, 4] {
            shared.add(Duration::from_millis(one));
        }
        assert_eq!(shared.read(), of(&[3, 9, 4]));
        assert_eq!(shared.peak(), Duration::from_millis(9));
        assert_eq!(shared.take_peak(), Duration::from_millis(9));
        assert_eq!(shared.peak(), Duration::ZERO);
    }

    #[test]
    fn metrics_get_cumulated_buckets_of_round_bounds() {
        let Reading::Histogram {
            buckets,
            sum,
            count,
        } = of(&[1, 2, 200]).reading()
        else {
            panic!("a histogram");
        };
        assert_eq!(buckets[3..6], [(0.001, 1), (0.002, 2), (0.005, 2)]);
        assert_eq!((buckets.len(), buckets[18]), (19, (100.0, 3)));
        assert_eq!(count, 3);
        assert!((sum - 0.203).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_quantile_is_off_by_less_than_a_bucket(
            millis in prop::collection::vec(1u64..90_000, 1..200), per_mille in 1u64..=1_000
        ) {
            let found = of(&millis).quantile(per_mille).unwrap();
            let mut sorted = millis;
            sorted.sort_unstable();
            let rank = (sorted.len() * usize::try_from(per_mille).unwrap()).div_ceil(1_000);
            let true_one = Duration::from_millis(sorted[rank.max(1) - 1]);
            prop_assert!(found >= true_one * 3 / 4 && found <= true_one * 4 / 3, "{found:?} {true_one:?}");
        }
    }
}

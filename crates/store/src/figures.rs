//! What the store counts of itself.
//!
//! Invariant: counters only grow, and nothing waits for another thread to count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::ports::Reading;

/// Upper bounds of the histogram in microseconds: a fast disk commits in under a millisecond, and
/// the budget for an acknowledgement is 20 ms.
const BOUNDS_US: [u64; 12] = [
    250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 250_000, 1_000_000, 4_000_000,
];

/// Counters of the store, all from the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) journal: Commits,
    pub(crate) state: Commits,
    events: AtomicU64,
}

impl Figures {
    pub(crate) fn appended(&self, events: usize) {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }
}

/// How long commits took, in buckets.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    buckets: [AtomicU64; BOUNDS_US.len()],
    sum_us: AtomicU64,
    count: AtomicU64,
}

impl Commits {
    pub(crate) fn commit(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = BOUNDS_US.iter().position(|bound| took <= *bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(took, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn reading(&self) -> Reading {
        let mut below = 0;
        let buckets = BOUNDS_US.iter().zip(&self.buckets).map(|(bound, bucket)| {
            below += bucket.load(Ordering::Relaxed);
            (seconds(*bound), below)
        });
        Reading::Histogram {
            buckets: buckets.collect(),
            sum: seconds(self.sum_us.load(Ordering::Relaxed)),
            count: self.count(),
        }
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_counts_in_every_bucket_that_it_fits_under() {
        let commits = Commits::default();
        commits.commit(Duration::from_micros(250));
        commits.commit(Duration::from_micros(251));
        commits.commit(Duration::from_secs(100));
        let Reading::Histogram {
            buckets,
            sum,
            count,
        } = commits.reading()
        else {
            panic!("a histogram");
        };
        assert_eq!(buckets[0], (0.000_25, 1));
        assert_eq!(buckets[1], (0.000_5, 2));
        assert_eq!(buckets[11], (4.0, 2));
        assert_eq!(count, 3);
        assert!((sum - 100.000_501).abs() < 1e-9);
    }
}

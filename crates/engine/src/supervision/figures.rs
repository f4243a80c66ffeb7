//! What supervision counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::millis;
use super::view::Tally;
use crate::ports::{Measurement, Reading};

/// Upper bounds of lateness, in milliseconds.
const BOUNDS: [u64; 8] = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 120_000];

/// Counters since the start of the engine.
#[derive(Debug, Default)]
pub(super) struct Figures {
    late: [AtomicU64; BOUNDS.len() + 1],
    late_sum: AtomicU64,
    untold: AtomicU64,
}

impl Figures {
    /// A loss was stored so long after it was due.
    pub(super) fn told(&self, late: Duration) {
        let late = millis(late);
        let at = BOUNDS.partition_point(|bound| *bound < late);
        self.late[at].fetch_add(1, Ordering::Relaxed);
        self.late_sum.fetch_add(late, Ordering::Relaxed);
    }

    /// A report could not be stored, and is tried again.
    pub(super) fn untold(&self) {
        self.untold.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn measure(&self, tally: Tally, out: &mut Vec<Measurement>) {
        let gauge =
            |name, help, value: usize| Measurement::single(name, help, Reading::count(value));
        out.extend([
            gauge(
                "watchfire_paths_supervised",
                "Paths that are watched.",
                tally.watched,
            ),
            gauge("watchfire_paths_lost", "Paths that are lost.", tally.lost),
            gauge(
                "watchfire_paths_never_reported",
                "Paths that were never heard, though they should have been.",
                tally.never,
            ),
            gauge(
                "watchfire_paths_held",
                "Silent paths that are not reported yet, since it may be our own fault.",
                tally.held,
            ),
            self.lateness(),
            Measurement {
                name: "watchfire_supervision_retries",
                help: "Reports of supervision that could not be stored at once.",
                labels: Vec::new(),
                reading: Reading::Counter(self.untold.load(Ordering::Relaxed)),
            },
        ]);
    }

    fn lateness(&self) -> Measurement {
        let seconds = |millis: u64| Duration::from_millis(millis).as_secs_f64();
        let mut below = 0;
        let mut buckets = Vec::with_capacity(BOUNDS.len());
        for (bound, count) in BOUNDS.iter().zip(&self.late) {
            below += count.load(Ordering::Relaxed);
            buckets.push((seconds(*bound), below));
        }
        let last = self.late[BOUNDS.len()].load(Ordering::Relaxed);
        Measurement {
            name: "watchfire_loss_report_lateness_seconds",
            help: "How long after its deadline, or the end of a hold, a loss was in the journal.",
            labels: Vec::new(),
            reading: Reading::Histogram {
                buckets,
                sum: seconds(self.late_sum.load(Ordering::Relaxed)),
                count: below + last,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_is_cumulated_by_its_bounds() {
        let figures = Figures::default();
        for late in [100, 250, 251, 700_000] {
            figures.told(Duration::from_millis(late));
        }
        let Reading::Histogram {
            buckets,
            count,
            sum,
        } = figures.lateness().reading
        else {
            panic!("a histogram");
        };
        assert_eq!(buckets[..2], [(0.25, 2), (0.5, 3)]);
        assert_eq!((count, buckets[7].1), (4, 3));
        assert!((sum - 700.601).abs() < 1e-6);
    }
}

//! How long things took of late, from counters that only grow. Pure, under given time.

use std::time::Duration;

use model::Mono;

use super::history::History;
use crate::ports::{Took, TookFigures};
use crate::times::Times;

const MINUTE: Duration = Duration::from_mins(1);
const QUARTER_HOUR: Duration = Duration::from_mins(15);

/// How far marks are apart: half a kilobyte each.
const EVERY: Duration = Duration::from_secs(30);

/// What stood at a mark, and the longest between the mark before and this one.
#[derive(Debug)]
struct Mark {
    times: Times,
    peak: Duration,
}

/// One figure's last quarter of an hour.
#[derive(Debug)]
pub(super) struct Lately(History<Mark>);

impl Lately {
    /// From these times on.
    pub(super) fn new(now: Mono, times: Times) -> Self {
        let mut marks = History::new(EVERY, QUARTER_HOUR);
        let peak = Duration::ZERO;
        marks.mark(now, Mark { times, peak });
        Self(marks)
    }

    /// Whether it is time for [`Self::mark`].
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.0.is_due(now)
    }

    /// These are the times now; `peak` is the longest since the last mark.
    pub(super) fn mark(&mut self, now: Mono, times: Times, peak: Duration) {
        self.0.mark(now, Mark { times, peak });
    }

    /// What happened of late; `peak` is the longest since the last mark.
    pub(super) fn took(&self, now: Mono, times: &Times, peak: Duration) -> Took {
        let of = |span| self.figures(now, span, times, peak);
        Took {
            minute: of(MINUTE),
            quarter_hour: of(QUARTER_HOUR),
        }
    }

    fn figures(&self, now: Mono, span: Duration, times: &Times, peak: Duration) -> TookFigures {
        let Some((since, then)) = self.0.before(now, span) else {
            return TookFigures::default();
        };
        let more = times.since(&then.times);
        // The peak of a mark lies before it.
        let later = self.0.within(now, now.since(*since)).skip(1);
        let max = later.map(|(_, mark)| mark.peak).fold(peak, Duration::max);
        let quantile = |per_mille| more.quantile(per_mille).map(|took| took.min(max));
        TookFigures {
            count: more.count(),
            sum: Duration::from_micros(more.sum_us),
            p50: quantile(500),
            p99: quantile(990),
            p999: quantile(999),
            max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    struct World {
        lately: Lately,
        times: Times,
        peak: Duration,
        now: Mono,
    }

    impl World {
        fn new() -> Self {
            let now = Mono(1 << 50);
            Self {
                lately: Lately::new(now, Times::default()),
                times: Times::default(),
                peak: Duration::ZERO,
                now,
            }
        }

        /// Half a minute in which each second something took so long.
        fn half_minute(&mut self, took: Duration) {
            for _ in 0..30 {
                self.times.add(took);
                self.peak = self.peak.max(took);
            }
            self.now = self.now.after(EVERY);
            assert!(self.lately.is_due(self.now));
            let peak = std::mem::take(&mut self.peak);
            self.lately.mark(self.now, self.times.clone(), peak);
        }

        fn took(&self) -> Took {
            self.lately.took(self.now, &self.times, self.peak)
        }
    }

    #[test]
    fn a_slow_moment_is_gone_from_the_minute_and_stays_in_the_quarter_of_an_hour() {
        let mut world = World::new();
        world.half_minute(900 * MS);
        for _ in 0..3 {
            world.half_minute(4 * MS);
        }
        let Took {
            minute,
            quarter_hour,
        } = world.took();
        assert_eq!((minute.count, minute.max), (60, 4 * MS));
        assert_eq!(minute.p999, Some(4 * MS));
        assert_eq!((quarter_hour.count, quarter_hour.max), (120, 900 * MS));
        let p50 = quarter_hour.p50.unwrap();
        assert!(p50 > 3 * MS && p50 <= 4 * MS, "{p50:?}");
        assert_eq!(quarter_hour.p99, Some(900 * MS));
    }

    #[test]
    fn what_has_just_happened_shows_before_the_next_mark() {
        let mut world = World::new();
        world.times.add(70 * MS);
        world.peak = 70 * MS;
        let took = world.took();
        assert_eq!((took.minute.count, took.minute.max), (1, 70 * MS));
        assert_eq!(took.minute.p50, Some(70 * MS), "no more than the longest");
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut world = World::new();
        world.half_minute(900 * MS);
        for _ in 0..30 {
            world.half_minute(MS);
        }
        assert_eq!(world.took().quarter_hour.max, MS);
        assert_eq!(world.took().quarter_hour.count, 900);
    }
}

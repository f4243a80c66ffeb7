//! How many requests there were, by the second and by the day. Pure, under given time.
//!
//! Invariant: what gateways counted before this engine began is not counted here, unless nobody counted before;
//! after that no request of theirs is counted twice or left out.

use std::time::Duration;

use model::{Mono, Now, Wall};

use super::history::History;
use crate::ports::{RequestCounts, RequestFigures, RequestKind, Windows};

const SECOND: Duration = Duration::from_secs(1);
const QUARTER_HOUR: Duration = Duration::from_mins(15);
const FIVE_MINUTES: Duration = Duration::from_mins(5);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// Requests of all gateways.
#[derive(Debug)]
pub(super) struct Requests {
    total: RequestCounts,
    seconds: History<RequestCounts>,
    minutes: History<RequestCounts>,
    day: i64,
    /// What there was when the day began.
    midnight: RequestCounts,
    today_since: Wall,
}

impl Requests {
    pub(super) fn new(now: Now) -> Self {
        let mut requests = Self {
            total: RequestCounts::default(),
            seconds: History::new(SECOND, QUARTER_HOUR),
            minutes: History::new(FIVE_MINUTES, DAY),
            day: now.wall.0.div_euclid(DAY_US),
            midnight: RequestCounts::default(),
            today_since: now.wall,
        };
        requests.tick(now);
        requests
    }

    /// There were so many more.
    pub(super) fn add(&mut self, more: &RequestCounts) {
        for (total, more) in self.total.iter_mut().zip(more) {
            *total = total.saturating_add(*more);
        }
    }

    /// Sets marks, and begins a new day.
    pub(super) fn tick(&mut self, now: Now) {
        let day = now.wall.0.div_euclid(DAY_US);
        if day != self.day {
            self.day = day;
            self.midnight = self.total;
            self.today_since = Wall(day.saturating_mul(DAY_US));
        }
        if self.seconds.is_due(now.mono) {
            self.seconds.mark(now.mono, self.total);
        }
        if self.minutes.is_due(now.mono) {
            self.minutes.mark(now.mono, self.total);
        }
    }

    /// All since the engine began.
    pub(super) fn total(&self) -> RequestCounts {
        self.total
    }

    /// How many there were in this time, and how long that was.
    pub(super) fn lately(&self, now: Mono, span: Duration) -> (RequestCounts, Duration) {
        match self.seconds.before(now, span) {
            Some((at, then)) => (less(&self.total, then), now.since(*at)),
            None => (self.total, Duration::ZERO),
        }
    }

    pub(super) fn figures(&self, now: Now) -> RequestFigures {
        let rates = Windows::of(|span| {
            let (counts, span) = self.lately(now.mono, span);
            counts.map(|count| per_second(count, span))
        });
        let last_day = self.minutes.before(now.mono, DAY);
        let (since, then) = last_day.copied().unwrap_or_default();
        let ago = i64::try_from(now.mono.since(since).as_micros()).unwrap_or(i64::MAX);
        RequestFigures {
            rates,
            total: self.total,
            today: less(&self.total, &self.midnight),
            today_since: self.today_since,
            last_day: less(&self.total, &then),
            last_day_since: Wall(now.wall.0.saturating_sub(ago)),
            by_second: self.by_second(now.mono),
            by_hour: self.by_hour(now.mono),
        }
    }

    fn by_second(&self, now: Mono) -> Vec<u64> {
        let marks = self.seconds.within(now, Duration::from_secs(61));
        let sums: Vec<u64> = marks.map(|(_, counts)| sum(counts)).collect();
        let pairs = sums.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let all: Vec<u64> = pairs.collect();
        all[all.len().saturating_sub(60)..].to_vec()
    }

    fn by_hour(&self, now: Mono) -> Vec<u64> {
        let mut hours = Vec::new();
        let mut later = sum(&self.total);
        for hour in 1..=24 {
            let span = HOUR * hour;
            let Some((at, then)) = self.minutes.before(now, span) else {
                break;
            };
            let then = sum(then);
            hours.push(later.saturating_sub(then));
            later = then;
            if now.since(*at) < span {
                break; // There is nothing older.
            }
        }
        hours.reverse();
        hours
    }
}

fn less(now: &RequestCounts, then: &RequestCounts) -> RequestCounts {
    let mut more = *now;
    for (more, then) in more.iter_mut().zip(then) {
        *more = more.saturating_sub(*then);
    }
    more
}

/// All kinds together.
fn sum(counts: &RequestCounts) -> u64 {
    debug_assert_eq!(counts.len(), RequestKind::ALL.len());
    counts.iter().fold(0, |all, one| all.saturating_add(*one))
}

#[expect(clippy::cast_precision_loss, reason = "a rate is told in a few digits")]
fn per_second(count: u64, span: Duration) -> f64 {
    if span < SECOND / 2 {
        return 0.0; // Too short to tell.
    }
    count as f64 / span.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T20:15:00Z.
    const START: Wall = Wall(1_795_378_500_000_000);

    struct World {
        requests: Requests,
        now: Now,
    }

    impl World {
        fn new() -> Self {
            let now = Now {
                mono: Mono(1 << 50),
                wall: START,
                suspect: false,
            };
            Self {
                requests: Requests::new(now),
                now,
            }
        }

        fn live(&mut self, seconds: u64, each: RequestCounts) {
            for _ in 0..seconds {
                self.now.mono = self.now.mono.after(SECOND);
                self.now.wall = Wall(self.now.wall.0 + 1_000_000);
                self.requests.add(&each);
                self.requests.tick(self.now);
            }
        }

        fn figures(&self) -> RequestFigures {
            self.requests.figures(self.now)
        }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn rates_are_of_their_window_and_by_kind() {
        let mut world = World::new();
        world.live(840, [1, 0, 0, 0]);
        world.live(50, [1, 20, 0, 0]);
        world.live(10, [1, 50, 0, 0]);
        let rates = world.figures().rates;
        assert!(close(rates.ten_seconds[1], 50.0), "{rates:?}");
        assert!(close(rates.minute[1], 25.0), "{rates:?}");
        assert!(close(rates.quarter_hour[0], 1.0), "{rates:?}");
        assert!(close(rates.quarter_hour[1], 1_500.0 / 900.0), "{rates:?}");
        let seconds = world.figures().by_second;
        assert_eq!(seconds.len(), 60);
        assert_eq!((seconds[49], seconds[50]), (21, 51));
    }

    #[test]
    fn at_the_start_a_rate_is_of_the_time_there_was() {
        let mut world = World::new();
        assert!(close(world.figures().rates.minute[0], 0.0));
        world.live(4, [2, 0, 0, 0]);
        assert!(close(world.figures().rates.quarter_hour[0], 2.0));
        assert_eq!(world.figures().by_second, [2; 4]);
        assert_eq!(world.figures().by_hour, [8]);
    }

    #[test]
    fn today_begins_at_midnight_and_the_last_day_does_not() {
        let mut world = World::new();
        world.live(13_499, [0, 0, 1, 0]);
        assert_eq!(world.figures().today[2], 13_499);
        // What came within the second that ends at midnight came before it.
        world.live(101, [0, 0, 1, 0]);
        let figures = world.figures();
        assert_eq!(figures.today[2], 100);
        assert_eq!(figures.today_since.0 % DAY_US, 0);
        assert_eq!(figures.last_day[2], 13_600);
        assert_eq!(figures.last_day_since, START);
    }

    #[test]
    fn of_two_days_the_last_is_shown_by_the_hour() {
        let mut world = World::new();
        world.live(26 * 3_600, [1, 1, 0, 0]);
        let figures = world.figures();
        let day = figures.last_day[0];
        assert!((86_400..=86_700).contains(&day), "{day}");
        assert_eq!(figures.by_hour.len(), 24);
        assert!(
            figures
                .by_hour
                .iter()
                .all(|hour| hour.abs_diff(7_200) <= 600)
        );
        assert_eq!(figures.total[0], 26 * 3_600);
    }
}

//! When the signals of a panel are due, where the rate of its fleet changes with time, and where
//! one of them is a burst's.
//!
//! Invariant: the times are fixed when the fleet begins. How a receiver serves the fleet does not
//! move them (open loop), so that its slowness shows in the latency and not in the rate.

use std::time::Duration;

use model::Mono;

use crate::scenario::Phase;

/// When signals 0, 1, 2, … of a panel are due.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// Those that come over and over, if any do.
    regular: Option<Regular>,
    /// The one that comes once, on top of those: its number among all, and when.
    burst: Option<(u64, Mono)>,
}

/// When those are due that come over and over.
#[derive(Debug, Clone)]
pub(crate) struct Regular {
    /// When the first phase begins.
    begins: Mono,
    /// Seconds between two signals at factor 1.
    period: f64,
    /// The panel's place within the period, 0 to 1, so that a fleet does not speak at once.
    offset: f64,
    /// Seconds, and how many times faster; over and over. None, where the rate never changes.
    phases: Box<[(f64, f64)]>,
    /// How many signals are due at once.
    bunch: u64,
}

impl Schedule {
    /// Regular signals, and one at a moment of a burst; `None` where there is neither.
    pub(crate) fn new(regular: Option<Regular>, burst: Option<Mono>) -> Option<Self> {
        let before = |at: Mono| {
            let signals = regular.as_ref().zip(at.0.checked_sub(1));
            let before = signals.map(|(regular, before)| regular.due_by(Mono(before)));
            (before.unwrap_or(0), at)
        };
        let burst = burst.map(before);
        (regular.is_some() || burst.is_some()).then_some(Self { regular, burst })
    }

    /// When the signal with this number, from 0, is due; `None` if there are not so many.
    pub(crate) fn due(&self, number: u64) -> Option<Mono> {
        let earlier = match self.burst {
            Some((burst, at)) if number == burst => return Some(at),
            Some((burst, _)) => u64::from(number > burst),
            None => 0,
        };
        let regular = self.regular.as_ref();
        regular.map(|regular| regular.due(number - earlier))
    }

    /// Whether the signal with this number is the burst's.
    pub(crate) fn is_burst(&self, number: u64) -> bool {
        self.burst.is_some_and(|(burst, _)| number == burst)
    }

    /// How many signals are due by `until`.
    pub(crate) fn due_by(&self, until: Mono) -> u64 {
        let regular = self.regular.as_ref();
        let regular = regular.map_or(0, |regular| regular.due_by(until));
        regular + u64::from(self.burst.is_some_and(|(_, at)| at <= until))
    }
}

impl Regular {
    /// A signal in every `period`, faster in some phases; several at once where `bunch` is more
    /// than 1, and as many less often.
    pub(crate) fn new(
        begins: Mono,
        period: Duration,
        offset: f64,
        phases: &[Phase],
        bunch: usize,
    ) -> Self {
        let phase = |phase: &Phase| (phase.lasts.0.as_secs_f64(), phase.factor);
        Self {
            begins,
            period: period.as_secs_f64(),
            offset,
            phases: phases.iter().map(phase).collect(),
            bunch: bunch.max(1) as u64,
        }
    }

    /// When the signal with this number, from 0, is due.
    pub(crate) fn due(&self, number: u64) -> Mono {
        let bunched = number - number % self.bunch;
        #[expect(
            clippy::cast_precision_loss,
            reason = "2^53 signals take a panel for ever"
        )]
        let periods = bunched as f64 + self.offset * self.bunch as f64;
        self.begins.after(self.when(periods * self.period))
    }

    /// How many signals are due by `until`.
    pub(crate) fn due_by(&self, until: Mono) -> u64 {
        // Times never go back with numbers, so that the answer can be closed in on.
        let (mut low, mut high) = (0, 1);
        while self.due(high) <= until {
            low = high;
            high *= 2;
        }
        if self.due(low) > until {
            return 0;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.due(middle) <= until {
                low = middle;
            } else {
                high = middle;
            }
        }
        low + 1
    }

    /// After how long so many seconds' worth of signals at factor 1 are due.
    fn when(&self, worth: f64) -> Duration {
        if self.phases.is_empty() {
            return Duration::try_from_secs_f64(worth).unwrap_or(Duration::MAX);
        }
        let cycle_worth: f64 = self
            .phases
            .iter()
            .map(|(lasts, factor)| lasts * factor)
            .sum();
        let cycle_lasts: f64 = self.phases.iter().map(|(lasts, _)| lasts).sum();
        let cycles = (worth / cycle_worth).floor();
        let mut left = worth - cycles * cycle_worth;
        let mut seconds = cycles * cycle_lasts;
        for (lasts, factor) in &self.phases {
            if left < lasts * factor {
                seconds += left / factor;
                break;
            }
            left -= lasts * factor;
            seconds += lasts;
        }
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Span;

    const SECOND: u64 = 1_000_000_000;

    fn phase(seconds: u64, factor: f64) -> Phase {
        Phase {
            lasts: Span(Duration::from_secs(seconds)),
            factor,
        }
    }

    fn seconds(schedule: &Regular, numbers: std::ops::Range<u64>) -> Vec<u64> {
        let millis = |number| (schedule.due(number).0 + SECOND / 2_000) / (SECOND / 1_000);
        numbers.map(millis).collect()
    }

    #[test]
    fn signals_come_once_in_every_period_from_the_panels_place_in_it_on() {
        let schedule = Regular::new(Mono(SECOND), Duration::from_secs(10), 0.5, &[], 1);
        assert_eq!(seconds(&schedule, 0..4), [6_000, 16_000, 26_000, 36_000]);
    }

    #[test]
    fn phases_make_them_faster_or_stop_them_over_and_over() {
        let phases = [phase(10, 1.0), phase(10, 4.0), phase(10, 0.0)];
        let schedule = Regular::new(Mono(0), Duration::from_secs(10), 0.0, &phases, 1);
        assert_eq!(
            seconds(&schedule, 0..7),
            [0, 10_000, 12_500, 15_000, 17_500, 30_000, 40_000]
        );
    }

    #[test]
    fn bunches_are_as_many_signals_less_often() {
        let schedule = Regular::new(Mono(0), Duration::from_secs(1), 0.25, &[], 4);
        assert_eq!(
            seconds(&schedule, 0..6),
            [1_000, 1_000, 1_000, 1_000, 5_000, 5_000]
        );
    }

    #[test]
    fn what_is_due_by_a_time_is_counted() {
        let phases = [phase(3, 1.0), phase(2, 7.0), phase(4, 0.0)];
        for bunch in [1, 3] {
            let schedule = Regular::new(Mono(5), Duration::from_millis(700), 0.3, &phases, bunch);
            for tenths in 0..400 {
                let until = Mono(tenths * SECOND / 10);
                let counted = (0..10_000)
                    .take_while(|n| schedule.due(*n) <= until)
                    .count();
                assert_eq!(schedule.due_by(until), counted as u64, "{tenths}");
            }
        }
    }

    #[test]
    fn a_burst_comes_once_between_the_others_and_moves_none_of_them() {
        let regular = || Regular::new(Mono(0), Duration::from_secs(10), 0.5, &[], 1);
        let at = |seconds: u64| Mono(seconds * SECOND);
        for (burst, number) in [(0, 0), (5, 0), (6, 1), (14, 1), (15, 1), (16, 2)] {
            let schedule = Schedule::new(Some(regular()), Some(at(burst))).unwrap();
            let others = (0..9).filter(|n| !schedule.is_burst(*n));
            let others: Vec<_> = others.filter_map(|n| schedule.due(n)).collect();
            let alone: Vec<_> = (0..8).map(|n| regular().due(n)).collect();
            assert_eq!(others, alone);
            assert_eq!(schedule.due(number), Some(at(burst)), "{burst}");
            assert!(schedule.is_burst(number));
            for until in 0..40 {
                let due = (0..9).filter_map(|n| schedule.due(n));
                let counted = due.take_while(|due| *due <= at(until)).count();
                assert_eq!(schedule.due_by(at(until)), counted as u64, "{until}");
            }
        }
    }

    #[test]
    fn a_burst_alone_is_all_there_is() {
        let schedule = Schedule::new(None, Some(Mono(SECOND))).unwrap();
        assert_eq!(
            (schedule.due(0), schedule.due(1)),
            (Some(Mono(SECOND)), None)
        );
        let due = [0, SECOND, u64::MAX].map(|until| schedule.due_by(Mono(until)));
        assert_eq!(due, [0, 1, 1]);
        assert!(Schedule::new(None, None).is_none());
    }
}

//! When the signals of a panel are due, where the rate of its fleet changes with time.
//!
//! Invariant: the times are fixed when the fleet begins. How a receiver serves the fleet does not
//! move them (open loop), so that its slowness shows in the latency and not in the rate.

use std::time::Duration;

use model::Mono;

use crate::scenario::Phase;

/// When signals 0, 1, 2, … of a panel are due.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
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

    fn seconds(schedule: &Schedule, numbers: std::ops::Range<u64>) -> Vec<u64> {
        let millis = |number| (schedule.due(number).0 + SECOND / 2_000) / (SECOND / 1_000);
        numbers.map(millis).collect()
    }

    #[test]
    fn signals_come_once_in_every_period_from_the_panels_place_in_it_on() {
        let schedule = Schedule::new(Mono(SECOND), Duration::from_secs(10), 0.5, &[], 1);
        assert_eq!(seconds(&schedule, 0..4), [6_000, 16_000, 26_000, 36_000]);
    }

    #[test]
    fn phases_make_them_faster_or_stop_them_over_and_over() {
        let phases = [phase(10, 1.0), phase(10, 4.0), phase(10, 0.0)];
        let schedule = Schedule::new(Mono(0), Duration::from_secs(10), 0.0, &phases, 1);
        assert_eq!(
            seconds(&schedule, 0..7),
            [0, 10_000, 12_500, 15_000, 17_500, 30_000, 40_000]
        );
    }

    #[test]
    fn bunches_are_as_many_signals_less_often() {
        let schedule = Schedule::new(Mono(0), Duration::from_secs(1), 0.25, &[], 4);
        assert_eq!(
            seconds(&schedule, 0..6),
            [1_000, 1_000, 1_000, 1_000, 5_000, 5_000]
        );
    }

    #[test]
    fn what_is_due_by_a_time_is_counted() {
        let phases = [phase(3, 1.0), phase(2, 7.0), phase(4, 0.0)];
        for bunch in [1, 3] {
            let schedule = Schedule::new(Mono(5), Duration::from_millis(700), 0.3, &phases, bunch);
            for tenths in 0..400 {
                let until = Mono(tenths * SECOND / 10);
                let counted = (0..10_000)
                    .take_while(|n| schedule.due(*n) <= until)
                    .count();
                assert_eq!(schedule.due_by(until), counted as u64, "{tenths}");
            }
        }
    }
}

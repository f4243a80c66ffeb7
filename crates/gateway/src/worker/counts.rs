//! What this gateway has counted.

use std::time::Duration;

use engine::times::Times;
use proto::Counted;

use crate::link::{Counters, Gauges};

/// Everything that is refused, ignored or odd, by reason (I4).
#[derive(Debug)]
pub(super) struct Counts {
    reasons: [u64; Counted::ALL.len()],
    turns: Times,
    /// The longest turn since the last report.
    longest: Duration,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            reasons: [0; Counted::ALL.len()],
            turns: Times::default(),
            longest: Duration::ZERO,
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, reason: Counted) {
        self.reasons[reason.index()] += 1;
    }

    /// A turn of the loop took so long.
    pub(super) fn turn(&mut self, took: Duration) {
        self.turns.add(took);
        self.longest = self.longest.max(took);
    }

    /// The longest turn since this was last asked, in microseconds.
    pub(super) fn take_longest_turn(&mut self) -> u32 {
        let longest = std::mem::take(&mut self.longest);
        u32::try_from(longest.as_micros()).unwrap_or(u32::MAX)
    }

    /// All of them since the start, so that a link that is lost loses none.
    pub(super) fn counters(&self, gauges: Gauges) -> Counters {
        Counters {
            counts: self.reasons.to_vec(),
            turns: self.turns.clone(),
            gauges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_turn_is_told_once_and_all_turns_each_time() {
        let mut counts = Counts::default();
        counts.turn(Duration::from_millis(3));
        counts.turn(Duration::from_micros(50));
        assert_eq!(counts.take_longest_turn(), 3_000);
        assert_eq!(counts.take_longest_turn(), 0);
        assert_eq!(counts.counters(Gauges::default()).turns.count(), 2);
    }

    #[test]
    fn counters_stand_at_the_place_of_their_reason() {
        let mut counts = Counts::default();
        counts.add(Counted::Broken);
        let counters = counts.counters(Gauges::default());
        assert_eq!(counters.counts[Counted::Broken.index()], 1);
        assert_eq!(counters.counts.iter().sum::<u64>(), 1);
    }
}

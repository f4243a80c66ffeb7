//! What this gateway has counted.

use proto::Counted;

use crate::link::{Counters, Gauges};

/// Everything that is refused, ignored or odd, by reason (I4).
#[derive(Debug)]
pub(super) struct Counts([u64; Counted::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Counted::ALL.len()])
    }
}

impl Counts {
    pub(super) fn add(&mut self, reason: Counted) {
        self.0[reason.index()] += 1;
    }

    /// All of them since the start, so that a link that is lost loses none.
    pub(super) fn counters(&self, gauges: Gauges) -> Counters {
        Counters {
            counts: self.0.to_vec(),
            gauges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_stand_at_the_place_of_their_reason() {
        let mut counts = Counts::default();
        counts.add(Counted::Broken);
        let counters = counts.counters(Gauges::default());
        assert_eq!(counters.counts[Counted::Broken.index()], 1);
        assert_eq!(counters.counts.iter().sum::<u64>(), 1);
    }
}

//! R11: how long reports wait after an outage of ours. Pure.
//!
//! Invariant: a further outage inside a hold does not prolong it by what it has served.
//! Invariant: it is served by time in which panels could return: not while nothing can be
//! stored (R4) or a gateway is away, as long as that is within reason.

use std::time::Duration;

use model::limits::{LONGEST_HOLD, SHORTEST_HOLD, SUPERVISION_SETTLE};

/// A hold, running or not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hold {
    left: Duration,
    /// Gateways that were lost and are not back.
    away: u32,
    /// How long some gateway has been away.
    absence: Duration,
}

impl Hold {
    /// A hold of which so much is left.
    pub(super) fn of(left: Duration) -> Self {
        Self {
            left: left.min(LONGEST_HOLD + SUPERVISION_SETTLE),
            ..Self::default()
        }
    }

    pub(super) fn is_running(&self) -> bool {
        !self.left.is_zero()
    }

    pub(super) fn left(&self) -> Duration {
        self.left
    }

    /// Begins, unless it runs. Signs of life from within it may be on their way at its end.
    pub(super) fn begin(&mut self, time: Duration) {
        if !self.is_running() {
            self.left = time.clamp(SHORTEST_HOLD, LONGEST_HOLD) + SUPERVISION_SETTLE;
        }
    }

    /// A gateway was lost, or came back.
    pub(super) fn gateway(&mut self, here: bool) {
        self.away = if here {
            self.away.saturating_sub(1)
        } else {
            self.away.saturating_add(1)
        };
        if self.away == 0 {
            self.absence = Duration::ZERO;
        }
    }

    /// Time has passed in which we served; true when this ends the hold.
    pub(super) fn serve(&mut self, time: Duration) -> bool {
        if self.away > 0 {
            self.absence = self.absence.saturating_add(time);
        }
        // A gateway that never comes back must not silence supervision for ever.
        let complete = self.away == 0 || self.absence > LONGEST_HOLD;
        if !self.is_running() || !complete {
            return false;
        }
        self.left = self.left.saturating_sub(time);
        !self.is_running()
    }
}

/// How long a fleet with these deadlines takes to return: the deadline that 99 of 100 paths stay
/// within, within the bounds of R11. Orders the slice.
pub(super) fn time_to_return(deadlines: &mut [u64]) -> Duration {
    let at = (deadlines.len() * 99).div_ceil(100).saturating_sub(1);
    if deadlines.is_empty() {
        return SHORTEST_HOLD;
    }
    let (_, percentile, _) = deadlines.select_nth_unstable(at);
    Duration::from_millis(*percentile).clamp(SHORTEST_HOLD, LONGEST_HOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_lasts_as_long_as_99_of_100_paths_need() {
        let mut fleet: Vec<u64> = vec![17_000; 99];
        assert_eq!(time_to_return(&mut fleet), SHORTEST_HOLD);
        fleet.push(86_400_000);
        assert_eq!(
            time_to_return(&mut fleet),
            SHORTEST_HOLD,
            "one in a hundred is slow"
        );
        fleet.extend([87_000; 100]);
        assert_eq!(time_to_return(&mut fleet), Duration::from_secs(87));
        assert_eq!(time_to_return(&mut [3_600_000]), LONGEST_HOLD);
        assert_eq!(time_to_return(&mut []), SHORTEST_HOLD);
    }

    #[test]
    fn a_further_outage_does_not_prolong_it() {
        let mut hold = Hold::default();
        hold.begin(30 * SECOND);
        assert!(!hold.serve(29 * SECOND));
        hold.begin(30 * SECOND);
        assert!(!hold.serve(SECOND), "what is on its way is waited for");
        assert!(hold.serve(SUPERVISION_SETTLE));
        assert!(!hold.serve(SECOND), "it ends once");
    }

    #[test]
    fn it_waits_for_a_gateway_but_not_for_ever() {
        let mut hold = Hold::default();
        hold.begin(20 * SECOND);
        hold.gateway(false);
        assert!(!hold.serve(100 * SECOND));
        hold.gateway(true);
        assert!(!hold.serve(19 * SECOND));
        hold.gateway(false);
        assert!(!hold.serve(LONGEST_HOLD));
        assert!(hold.serve(2 * SECOND), "away for more than two minutes");
    }
}

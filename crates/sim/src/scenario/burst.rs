//! Many alarms at once, on top of what else is reported.
//!
//! Invariant: of a fleet exactly the share is in it, one alarm each, in whatever parts it is
//! simulated: who is in it, and when, follows from the place in the whole fleet alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::terms::{Share, Span};

/// Many alarms at once: one of each panel of a share, spread evenly over a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// When it begins, after the first signal.
    pub after: Span,
    /// From its first alarm to its last.
    pub lasts: Span,
    /// Of which share of the panels.
    pub share: Share,
}

impl Burst {
    /// When the panel at a place of a fleet of so many is in alarm, after the first signal;
    /// `None` if it is not in it.
    pub(crate) fn moment(&self, place: u32, panels: u32) -> Option<Duration> {
        let (nth, next) = (self.share.of(place), self.share.of(place + 1));
        let all = self.share.of(panels);
        let offset = self.lasts.0.mul_f64(f64::from(nth) / f64::from(all.max(1)));
        (next > nth).then(|| self.after.0 + offset)
    }

    pub(super) fn check(&self, duration: Option<Span>) -> Result<(), &'static str> {
        if self.share.is_none() || self.lasts.0.is_zero() {
            return Err("a [burst] has a `share` above 0% and `lasts` more than 0");
        }
        if duration.is_some_and(|duration| duration.0 < self.after.0 + self.lasts.0) {
            return Err("the [burst] is not over within `duration`");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(share: &str) -> Burst {
        Burst {
            after: "10s".parse().unwrap(),
            lasts: "1s".parse().unwrap(),
            share: share.parse().unwrap(),
        }
    }

    #[test]
    fn exactly_the_share_is_in_it_spread_evenly_over_its_time() {
        for (share, panels, expected) in [
            ("20%", 50_000, 10_000),
            ("100%", 7, 7),
            ("0.5%", 1_000, 5),
            ("1%", 50, 0),
        ] {
            let burst = burst(share);
            let moments: Vec<_> = (0..panels)
                .filter_map(|place| burst.moment(place, panels))
                .collect();
            assert_eq!(moments.len(), expected, "{share} of {panels}");
            assert!(moments.is_sorted());
            let within = Duration::from_secs(10)..Duration::from_secs(11);
            assert!(moments.iter().all(|moment| within.contains(moment)));
        }
        let middle = burst("20%").moment(25_004, 50_000).unwrap();
        assert_eq!(middle, Duration::from_millis(10_500));
    }
}

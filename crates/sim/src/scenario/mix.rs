//! How often what is reported, in proportion.

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::kind::Kind;

/// How often what is reported, in proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// Burglary, fire, tamper, water.
    pub alarm: u32,
    /// What was wrong is well again.
    pub restore: u32,
    /// Armed, and disarmed.
    pub arming: u32,
    /// Test signals.
    pub test: u32,
    /// Mains and batteries.
    pub trouble: u32,
    /// Status reports; panels of the panel protocol only.
    pub status: u32,
    /// Zones that open and close, and nobody need look; likewise.
    pub zone: u32,
}

impl Mix {
    pub(super) fn weights(self) -> [(Kind, u32); 7] {
        [
            (Kind::Alarm, self.alarm),
            (Kind::Restore, self.restore),
            (Kind::Arming, self.arming),
            (Kind::Test, self.test),
            (Kind::Trouble, self.trouble),
            (Kind::Status, self.status),
            (Kind::Zone, self.zone),
        ]
    }

    /// Whether nothing is ever reported.
    pub fn is_empty(self) -> bool {
        self.weights().iter().all(|(_, weight)| *weight == 0)
    }

    /// What happens next; a test, where the mix is empty.
    pub(crate) fn throw(self, dice: &mut Dice) -> Kind {
        let weights = self.weights();
        let all = weights
            .iter()
            .fold(0, |sum: u32, (_, w)| sum.saturating_add(*w));
        let mut thrown = dice.below(all);
        for (kind, weight) in weights {
            if thrown < weight {
                return kind;
            }
            thrown -= weight;
        }
        Kind::Test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_of_one_kind_throws_that_kind() {
        let mix = Mix {
            trouble: 1,
            ..Mix::default()
        };
        let mut dice = Dice::new(1, 1, 1);
        assert!((0..100).all(|_| mix.throw(&mut dice) == Kind::Trouble));
    }
}

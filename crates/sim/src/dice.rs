//! Chance that can be repeated: the same seed throws the same numbers, in every process.

use crate::terms::Share;

/// A pair of dice, seeded. Good enough for what panels do; not for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Those of the panel at this place in a fleet with this seed, for one purpose. What one
    /// purpose throws does not change what another does.
    pub fn new(seed: u64, place: u64, purpose: u64) -> Self {
        let mut dice = Self(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.0 = dice.throw() ^ place;
        dice.throw();
        dice
    }

    /// The next number, from all 64 bits (`SplitMix64`, Steele, Lea and Flood 2014).
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.throw() % u64::from(end.max(1))).unwrap_or(0)
    }

    /// Whether something happens that happens in this share of all cases.
    pub fn happens(&mut self, share: Share) -> bool {
        // Nothing is thrown for what never happens, so that it costs nothing.
        !share.is_none() && share.holds(self.throw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_and_neighbours_differ() {
        let throw = |seed, place, purpose| {
            let mut dice = Dice::new(seed, place, purpose);
            [dice.throw(), dice.throw()]
        };
        assert_eq!(throw(1, 2, 3), throw(1, 2, 3));
        for other in [throw(2, 2, 3), throw(1, 3, 3), throw(1, 2, 4)] {
            assert_ne!(throw(1, 2, 3), other);
        }
    }

    #[test]
    fn a_share_of_panels_is_hit_about_as_often_as_it_says() {
        let share = Share::percent(10);
        let hit = (0..10_000).filter(|place| Dice::new(7, *place, 1).happens(share));
        let hit = hit.count();
        assert!((850..1_150).contains(&hit), "{hit}");
    }
}

//! Chance that can be repeated.

use std::ops::Range;

use super::clock::clock;

/// A generator of numbers (`SplitMix64`), good enough to choose what to kill and when.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// With the seed of `WATCHFIRE_SEED`, or a new one; prints it, so that it can be given again.
    pub(crate) fn from_environment() -> Self {
        let given = std::env::var("WATCHFIRE_SEED").ok();
        let seed = given.map(|seed| seed.parse().expect("WATCHFIRE_SEED is a whole number"));
        let seed = seed.unwrap_or_else(|| clock().now().mono.0);
        println!("seed {seed} (repeat with WATCHFIRE_SEED={seed})");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of the range.
    pub(crate) fn of(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }
}

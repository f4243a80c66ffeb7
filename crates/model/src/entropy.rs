//! Randomness is given, like time: seeded in tests, the operating system's in production.

/// A source of unpredictable octets.
pub trait Entropy: Send {
    /// Fills `buffer` entirely.
    fn fill(&mut self, buffer: &mut [u8]);
}

//! Octets that nobody can foresee, a few for each session, fetched for many at once: a system
//! call for each datagram would cost as much as the rest of it.
//!
//! Invariant: no seed is given out twice, and what is not given out is wiped (I10).

use model::Entropy;
use zeroize::Zeroize;

/// A session's seed.
pub(super) type Seed = [u8; 16];

/// Seeds fetched at once: 4 KiB.
const BATCH: usize = 256;

/// Seeds for the sessions to come.
pub(super) struct Seeds {
    entropy: Box<dyn Entropy>,
    fetched: [Seed; BATCH],
    left: usize,
}

impl std::fmt::Debug for Seeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seeds")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Seeds {
    /// Nothing is fetched before the first is wanted.
    pub(super) fn new(entropy: Box<dyn Entropy>) -> Self {
        Self {
            entropy,
            fetched: [[0; 16]; BATCH],
            left: 0,
        }
    }

    /// The next seed.
    pub(super) fn next(&mut self) -> Seed {
        if self.left == 0 {
            self.entropy.fill(self.fetched.as_flattened_mut());
            self.left = BATCH;
        }
        self.left -= 1;
        std::mem::take(&mut self.fetched[self.left])
    }
}

impl Drop for Seeds {
    fn drop(&mut self) {
        self.fetched.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Counts, so that every octet fetched is told from every other.
    struct Counting(u64);

    impl Entropy for Counting {
        fn fill(&mut self, buffer: &mut [u8]) {
            for piece in buffer.chunks_mut(8) {
                self.0 += 1;
                piece.copy_from_slice(&self.0.to_be_bytes()[..piece.len()]);
            }
        }
    }

    #[test]
    fn no_seed_is_given_out_twice() {
        let mut seeds = Seeds::new(Box::new(Counting(0)));
        let given: HashSet<_> = (0..3 * BATCH).map(|_| seeds.next()).collect();
        assert_eq!(given.len(), 3 * BATCH);
        assert!(!given.contains(&[0; 16]));
    }
}

//! Octets that were read and wait for their turn, while an identity or proofs are awaited.

use model::Now;

/// Octets in their order, with the time when the first of them were read.
///
/// The session says that it wants no more as soon as there is a backlog, so it is as long as one
/// read of the driver, which is what bounds it (I7).
#[derive(Default)]
pub(crate) struct Backlog {
    octets: Vec<u8>,
    used: usize,
    read: Now,
}

impl Backlog {
    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// When its octets were read.
    pub(crate) fn read(&self) -> Now {
        self.read
    }

    /// What waits.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.octets[self.used..]
    }

    /// Appends octets that were read at `read`.
    pub(crate) fn append(&mut self, octets: &[u8], read: Now) {
        if self.is_empty() {
            self.read = read;
        }
        self.octets.extend_from_slice(octets);
    }

    /// Lets go of all but the last `left` octets; holds no memory when none is left.
    pub(crate) fn leave(&mut self, left: usize) {
        if left == 0 {
            *self = Self::default();
        } else {
            self.used = self.octets.len().saturating_sub(left);
        }
    }
}

/// What waits is personal data: it stays out of logs.
impl std::fmt::Debug for Backlog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backlog")
            .field("octets", &self.rest().len())
            .finish_non_exhaustive()
    }
}

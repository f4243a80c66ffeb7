//! Secrets at rest.
//!
//! Invariant: what is sealed for one context opens for no other, so that sealed octets moved from
//! one row to another are worth nothing (I10).

use zeroize::Zeroizing;

/// Seals secrets before they are stored, and opens them when they are read.
pub trait Sealer: Send + Sync {
    /// Octets that tell nothing of the secret; others each time.
    fn seal(&self, context: &[u8], secret: &[u8]) -> Vec<u8>;

    /// The secret; `None` if it was sealed under another key, for another context, or has been
    /// changed.
    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

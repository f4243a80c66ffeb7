//! When paths were last heard.

use model::{PathIndex, Wall};

/// When paths were last heard.
pub trait Presence: Send + Sync {
    /// When something valid last came by this path since the start; `None` if nothing did. From
    /// memory; never waits.
    fn last_heard(&self, path: PathIndex) -> Option<Wall>;
}

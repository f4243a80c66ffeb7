//! When paths were last heard, and whether their panels have a link.

use model::{Mono, PathIndex, Wall};

/// When paths were last heard.
pub trait Presence: Send + Sync {
    /// When something valid last came by this path since the start; `None` if nothing did. From
    /// memory; never waits.
    fn last_heard(&self, path: PathIndex) -> Option<Wall>;
}

/// What is known of the link of a panel, over all its paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// When anything valid last came in this life of the engine.
    pub heard: Option<Mono>,
    /// Until when silence means nothing: one and a half keep-alives after something came by a watched path,
    /// as its connection would be closed (R10).
    pub expected: Option<Mono>,
    /// How many of its paths are watched.
    pub watched: usize,
}

/// Tells of links, to those who judge silence by themselves (R12). From memory; never waits.
pub trait Links: Send + Sync {
    /// The link of the panel of this path.
    fn link(&self, path: PathIndex) -> Link;

    /// Whether silence may be our own fault at this moment (R4, R11).
    fn is_holding(&self) -> bool;
}

//! Events of our own: what Watchfire saw, and no panel said.

use model::{EventFlags, EventSeq, OwnCode, PathIndex, Wall};

use super::Answering;

/// Something that we saw ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEvent {
    /// The path that it is about, or [`PathIndex::HOUSE`].
    pub path: PathIndex,
    /// What.
    pub code: OwnCode,
    /// When it happened, if that is not now: a loss that was held back (R11).
    pub occurred: Option<Wall>,
    /// What a person should know: an address, a number, a reason. Never a secret.
    pub text: Option<String>,
    /// What is remarkable about it.
    pub flags: EventFlags,
}

/// Takes events of our own into the journal.
pub trait Reports: Send + Sync {
    /// Stores an event; waits while the intake is full, and until it is on disk (I1). `None` if its path is
    /// no longer registered, or the engine stops.
    fn report(&self, event: OwnEvent) -> Answering<'_, Option<EventSeq>>;
}

//! What people say of doubtful events (R1).
//!
//! Invariant: an event has one verdict at most, and it is never changed.

use model::{Actor, ErrorCode, Event, EventSeq, Wall};

use super::{AddError, Answering, Observation, ReadError};

/// What a person said of a doubtful event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the event is what it says; otherwise it was rejected.
    pub confirmed: bool,
    /// When that was said.
    pub at: Wall,
    /// By whom.
    pub who: String,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

impl Verdict {
    /// `confirmed` or `rejected`.
    pub const fn as_str(&self) -> &'static str {
        if self.confirmed {
            "confirmed"
        } else {
            "rejected"
        }
    }
}

/// A verdict on its way into the store, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVerdict {
    /// Who says so, and why.
    pub actor: Actor,
    /// When.
    pub at: Wall,
    /// Of which event.
    pub event: Event,
    /// Whether it is confirmed.
    pub confirmed: bool,
    /// What the event would have changed had it not been doubtful.
    pub observations: Vec<Observation>,
}

/// Why there is no such verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerdictError {
    /// There is no such event, or it is no longer kept.
    #[error("there is no event {seq}, or it is no longer kept")]
    Unknown {
        /// Which was asked for.
        seq: EventSeq,
    },
    /// Nobody doubts it.
    #[error("event {seq} is not doubtful: it took effect when it was stored")]
    NotDoubtful {
        /// Which was asked for.
        seq: EventSeq,
    },
    /// Somebody said otherwise before.
    #[error("event {seq} was {} by {} before", .first.as_str(), .first.who)]
    Given {
        /// Which was asked for.
        seq: EventSeq,
        /// What stands.
        first: Verdict,
    },
    /// The event could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The verdict could not be stored.
    #[error(transparent)]
    Store(#[from] AddError),
}

impl VerdictError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::NotFound,
            Self::NotDoubtful { .. } => ErrorCode::EventNotDoubtful,
            Self::Given { .. } => ErrorCode::VerdictGiven,
            Self::Read(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// Keeps verdicts.
pub trait Verdicts: Send + Sync {
    /// Stores a verdict with its audit row and applies what follows from it, in one transaction,
    /// unless the event has one already: then nothing changes. Answers the verdict that stands.
    fn give(&self, verdict: NewVerdict) -> Answering<'_, Result<Verdict, AddError>>;

    /// The verdicts of these events, in the same order.
    fn verdicts(
        &self,
        seqs: Vec<EventSeq>,
    ) -> Answering<'_, Result<Vec<Option<Verdict>>, ReadError>>;
}

/// Takes verdicts from people while the server runs.
pub trait JudgesEvents: Send + Sync {
    /// Confirms or rejects a doubtful event, once. The same verdict a second time is answered
    /// with the first, and changes nothing.
    fn judge(
        &self,
        actor: Actor,
        seq: EventSeq,
        confirmed: bool,
    ) -> Answering<'_, Result<Verdict, VerdictError>>;
}

/// Wants to know what people say of doubtful events: supervision, for which a calming one that takes effect
/// after all may be the test signal that was expected; those who suspect clones. Every method returns at once,
/// and may be told again of the same event.
pub trait Confirmations: Send + Sync {
    /// A person confirmed this calming event: it takes effect.
    fn confirmed(&self, event: &Event);

    /// A person gave a verdict on this event, whichever and of whatever class.
    fn judged(&self, _event: &Event) {}
}

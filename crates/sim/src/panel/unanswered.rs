//! A message that waits for its answer.

use std::time::Duration;

use model::{Mono, Wall};

use crate::content::Content;
use crate::kind::Kind;

/// A message that waits for its answer.
#[derive(Debug, Clone)]
pub(crate) struct Unanswered {
    /// What it says; a supervision message says nothing.
    pub(crate) content: Option<Content>,
    /// 1 to 9999, and the same when it is sent again; 0 for supervision (DC-09 5.5.1.5).
    pub(crate) sequence: u16,
    /// The time that its frame carries, if any.
    pub(crate) stamp: Option<Wall>,
    /// When it was meant to be sent.
    pub(crate) intended: Mono,
    /// Its frame, kept so that a repeat is the same to the octet.
    pub(crate) frame: Vec<u8>,
    /// How long its first answer took, if that was ignored on purpose.
    pub(crate) first_answer: Option<Duration>,
}

impl Unanswered {
    /// What it is about.
    pub(crate) fn kind(&self) -> Kind {
        self.content.as_ref().map_or(Kind::Poll, Content::kind)
    }

    /// Whether its answer must be encrypted, at a panel that encrypts.
    pub(crate) fn is_sealed(&self) -> bool {
        self.content
            .as_ref()
            .is_none_or(|content| !content.in_clear)
    }

    /// The number within its panel, if it is a signal.
    pub(crate) fn number(&self) -> Option<u64> {
        self.content.as_ref().map(|content| content.number)
    }

    /// How long its first answer took, if that comes now.
    pub(crate) fn took(&self, now: Mono) -> Duration {
        self.first_answer
            .unwrap_or_else(|| now.since(self.intended))
    }
}

//! A message that waits for its answer.

use model::{Mono, Now, Wall};

use super::PanelEvent;
use crate::content::Content;

/// What was sent.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Something that happened.
    Signal {
        /// What it says.
        content: Content,
        /// 1 to 9999; stays the same when it is sent again.
        sequence: u16,
    },
    /// NULL: we are here.
    Supervision,
}

/// A message that waits for its answer.
#[derive(Debug, Clone)]
pub(crate) struct Unanswered {
    /// What was sent.
    pub(crate) message: Message,
    /// The time that its frame carries, if any.
    pub(crate) stamp: Option<Wall>,
    /// When it was meant to be sent.
    pub(crate) intended: Mono,
}

impl Unanswered {
    /// The sequence number; 0 for supervision (DC-09 5.5.1.5).
    pub(crate) const fn sequence(&self) -> u16 {
        match self.message {
            Message::Signal { sequence, .. } => sequence,
            Message::Supervision => 0,
        }
    }

    /// What it says, if it is a signal.
    pub(crate) const fn content(&self) -> Option<&Content> {
        match &self.message {
            Message::Signal { content, .. } => Some(content),
            Message::Supervision => None,
        }
    }

    /// The number within its panel, if it is a signal.
    pub(crate) fn number(&self) -> Option<u64> {
        self.content().map(|content| content.number)
    }

    /// What its acknowledgement means.
    pub(crate) fn acknowledged(&self, now: Now, in_order: bool) -> PanelEvent {
        match self.number() {
            Some(number) => PanelEvent::Acknowledged {
                number,
                took: now.mono.since(self.intended),
                in_order,
            },
            None => PanelEvent::Supervised,
        }
    }
}

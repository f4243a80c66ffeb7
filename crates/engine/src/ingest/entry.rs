//! What waits in ingest for its commit: signals of panels, and events of our own.
//!
//! Invariant: both go through one queue and one commit (I1, I3, I5); only signals can be repeats.

use std::sync::Arc;

use model::{EventSeq, Wall};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::machine::Candidate;
use crate::ports::{OwnEvent, PathBinding, Submission};

/// What was handed in.
pub(super) enum Entry {
    /// By a gateway.
    Signal(Box<Submission>),
    /// By ourselves.
    Own(Report),
}

/// An event of our own.
pub(super) struct Report {
    pub(super) event: OwnEvent,
    /// When it was handed in.
    pub(super) seen: Wall,
    /// Who wants to know its number; ingest itself does not.
    pub(super) asker: Option<Asker>,
}

/// Waits for the number of an event of our own, and holds its place in the queue meanwhile (I7).
pub(super) struct Asker {
    pub(super) stored: oneshot::Sender<EventSeq>,
    pub(super) _place: OwnedSemaphorePermit,
}

/// An entry whose path is registered.
pub(super) struct Waiting {
    pub(super) entry: Entry,
    pub(super) binding: Arc<PathBinding>,
}

impl Entry {
    /// Whether it goes before panels without an alarm (I9).
    pub(super) fn is_urgent(&self) -> bool {
        match self {
            Self::Signal(submission) => submission.class.is_alarm(),
            Self::Own(report) => report.event.code.class().is_alarm(),
        }
    }
}

impl Waiting {
    /// What it is judged by; `None` of what is never a repeat.
    pub(super) fn candidate(&self) -> Option<Candidate> {
        let Entry::Signal(submission) = &self.entry else {
            return None;
        };
        Some(Candidate {
            // The header's account: on a registered path it is the path's; on the house's own it
            // is the stranger's, and tells strangers apart.
            scope: (self.binding.panel_index, submission.signal.account),
            key: submission.key,
            panel_time: submission.signal.panel_time,
            received: submission.received,
            skewed: submission.skewed,
            numbered: submission.numbered,
        })
    }
}

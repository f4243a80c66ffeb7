//! The bell: "there is something new in the journal".
//!
//! Invariant: it is rung after a commit only, and what it carries is never used as data (I3):
//! whoever hears it reads the journal behind a cursor of its own. Missing a stroke is harmless,
//! since the next read finds everything.

use model::EventSeq;
use tokio::sync::watch;

/// Rings the bell. Owned by ingest alone.
#[derive(Debug)]
pub struct Rope(watch::Sender<EventSeq>);

/// Hears the bell.
#[derive(Debug, Clone)]
pub struct Bell(watch::Receiver<EventSeq>);

/// A bell and its rope; `head` is the newest event there already is.
pub fn hang(head: EventSeq) -> (Rope, Bell) {
    let (rope, bell) = watch::channel(head);
    (Rope(rope), Bell(bell))
}

impl Rope {
    /// Says that events up to `head` are committed.
    pub fn ring(&self, head: EventSeq) {
        self.0.send_replace(head);
    }
}

impl Bell {
    /// Waits for a stroke since the last one heard; `false` when nobody will ring any more.
    pub async fn heard(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }

    /// The bell as a bare channel, for those who select over several things.
    pub fn receiver(&self) -> watch::Receiver<EventSeq> {
        self.0.clone()
    }
}

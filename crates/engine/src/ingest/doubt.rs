//! The doubt about our own clock, as part of what intake vouches for (R3).
//!
//! Invariant: it changes nothing else of the state; when it is told, everybody who watches the
//! intake's state hears of it at once.

use std::sync::{Arc, Weak};

use model::IntakeState;
use tokio::sync::watch;

/// Where the watcher of clocks tells what it thinks of ours. Clones are handles of the same.
#[derive(Debug, Clone)]
pub struct ClockDoubt {
    /// Weak, so that those who watch the state learn when ingest has ended.
    state: Weak<watch::Sender<IntakeState>>,
}

impl ClockDoubt {
    pub(crate) fn new(state: &Arc<watch::Sender<IntakeState>>) -> Self {
        Self {
            state: Arc::downgrade(state),
        }
    }

    /// Says whether our clock is suspected. Once ingest has ended, nobody listens any more.
    pub fn set(&self, suspect: bool) {
        if let Some(state) = self.state.upgrade() {
            state.send_if_modified(|state| {
                let changes = state.clock_suspect != suspect;
                state.clock_suspect = suspect;
                changes
            });
        }
    }
}

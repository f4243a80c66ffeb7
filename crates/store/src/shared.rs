//! What all threads of the store look at.
//!
//! Invariant: `heads` and `head` are what has been committed and synced, never ahead of it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::ports::Sealer;
use model::{Clock, EventSeq};

use crate::figures::Figures;
use crate::files::Files;
use crate::gate::Gate;
use crate::journal::chain::Heads;
use crate::journal::tail::Tail;
use crate::layout::Layouts;
use crate::presence::PresenceFile;
use crate::settings::Synchronous;

/// One value for all threads.
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) synchronous: Synchronous,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) gate: Gate,
    pub(crate) layouts: Layouts,
    pub(crate) files: Files,
    pub(crate) presence: PresenceFile,
    pub(crate) figures: Figures,
    pub(crate) tail: Tail,
    head: AtomicU64,
    /// Protects where the chains stand, which the writer of the state file anchors; held to copy.
    heads: Mutex<Heads>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn new(
        folder: PathBuf,
        synchronous: Synchronous,
        clock: Arc<dyn Clock>,
        sealer: Arc<dyn Sealer>,
        gate: Gate,
    ) -> Self {
        Self {
            files: Files::new(&folder),
            presence: PresenceFile::new(&folder),
            folder,
            synchronous,
            clock,
            sealer,
            gate,
            layouts: Layouts::default(),
            figures: Figures::default(),
            tail: Tail::default(),
            head: AtomicU64::new(0),
            heads: Mutex::default(),
        }
    }

    /// Tells where the chains stand after a commit.
    pub(crate) fn publish(&self, heads: &Heads) {
        *self.heads.lock().unwrap_or_else(PoisonError::into_inner) = *heads;
        self.head.store(heads.seq().0, Ordering::Release);
    }

    pub(crate) fn heads(&self) -> Heads {
        *self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn head(&self) -> EventSeq {
        EventSeq(self.head.load(Ordering::Acquire))
    }
}

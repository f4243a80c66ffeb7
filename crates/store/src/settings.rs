//! What the store is told at the start.
//!
//! Invariant: commits wait for the disk unless a test says otherwise, aloud.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use engine::ports::Sealer;
use model::{Clock, IdSource, limits};

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// Every commit is synced before it is answered (I1).
    #[default]
    Full,
    /// **Unsafe: a power cut loses what was acknowledged.** It exists so that the crash harness
    /// can be shown to find that out, and for nothing else; the hidden key `data.synchronous` reaches it, and no
    /// documentation of the product names it.
    Off,
}

impl Synchronous {
    pub(crate) const fn pragma(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Off => "OFF",
        }
    }
}

/// What [`crate::Store::open`] needs.
pub struct Settings {
    /// The data folder; it exists, and the caller holds its lock.
    pub folder: PathBuf,
    /// Where the day of an append and the duration of a commit are read.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids of panels and paths.
    pub ids: IdSource,
    /// Seals what is secret before it is stored.
    pub sealer: Arc<dyn Sealer>,
    /// Whether commits wait for the disk.
    pub synchronous: Synchronous,
    /// Octets kept back on the disk for when it is full.
    pub ballast_bytes: u64,
}

impl Settings {
    /// Settings for production.
    pub fn new(
        folder: PathBuf,
        clock: Arc<dyn Clock>,
        ids: IdSource,
        sealer: Arc<dyn Sealer>,
    ) -> Self {
        Self {
            folder,
            clock,
            ids,
            sealer,
            synchronous: Synchronous::Full,
            ballast_bytes: limits::BALLAST,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("folder", &self.folder)
            .field("synchronous", &self.synchronous)
            .field("ballast_bytes", &self.ballast_bytes)
            .finish_non_exhaustive()
    }
}

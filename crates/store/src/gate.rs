//! Whether the store may be written to, and the ballast that is thrown off when space runs out.
//!
//! ```text
//!           space ran out                 anything else failed
//!   Open ──────────────────► Full ─┐
//!    ▲                             │      Open, Full ──────────► Failed, for ever
//!    └── free ≥ ballast + quarter ─┘
//!        and the ballast is made again
//! ```
//!
//! Invariant: a failure that is not lack of space closes the gate for good: nothing is written
//! after it, since nobody knows what of it reached the disk. The process ends and starts anew.
//! Invariant: while the gate is `Full` nothing is appended, though the ballast's room is free:
//! that room is for carrying write-ahead logs into their files and for the state file.
//! Invariant: what is said of the gate is said once per change, in the log.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use engine::ports::AppendError;

use crate::disk;
use crate::error::{Trouble, Trying};

/// Whether the store may be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It may.
    Open,
    /// Space ran out; it may again when there is space.
    Full { path: String },
    /// It may never again in this process.
    Failed { path: String, cause: String },
}

/// Guards every write.
#[derive(Debug)]
pub(crate) struct Gate {
    folder: PathBuf,
    ballast: PathBuf,
    ballast_bytes: u64,
    /// Protects the condition, and with it that the ballast is made and removed by one thread at
    /// a time. Nothing awaits inside; making the ballast again takes a moment, in which nothing
    /// could be written anyway.
    condition: Mutex<Condition>,
}

impl Gate {
    pub(crate) fn new(folder: &Path, ballast_bytes: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            ballast: folder.join("ballast"),
            ballast_bytes,
            condition: Mutex::new(Condition::Open),
        }
    }

    pub(crate) fn condition(&self) -> Condition {
        self.lock().clone()
    }

    /// Free space at which a full store takes signals in again: the ballast, and a quarter of it
    /// to write, so that the gate does not swing with every page.
    pub(crate) fn needed(&self) -> u64 {
        self.ballast_bytes + self.ballast_bytes / 4
    }

    /// Makes the ballast at the start, if it is not there whole.
    pub(crate) fn settle(&self) {
        let mut condition = self.lock();
        if *condition != Condition::Open || disk::size(&self.ballast) == self.ballast_bytes {
            return;
        }
        if let Err(trouble) = self.make_ballast() {
            *condition = self.judge(&trouble);
        }
    }

    /// May something be appended now? Opens a full gate if space has come back.
    pub(crate) fn admit(&self) -> Result<(), AppendError> {
        let mut condition = self.lock();
        if matches!(*condition, Condition::Full { .. }) && self.has_room() {
            match self.make_ballast() {
                Ok(()) => {
                    tracing::info!(folder = %self.folder.display(), "space is back: taking signals in again");
                    *condition = Condition::Open;
                }
                Err(trouble) if trouble.is_full() => {}
                Err(trouble) => *condition = self.judge(&trouble),
            }
        }
        match &*condition {
            Condition::Open => Ok(()),
            Condition::Full { path } => Err(AppendError::Full { path: path.clone() }),
            Condition::Failed { path, cause } => Err(failed(path, cause)),
        }
    }

    /// May the state file be changed now? Also while the gate is full: the ballast is for that.
    pub(crate) fn admit_state(&self) -> Result<(), Trouble> {
        match &*self.lock() {
            Condition::Open | Condition::Full { .. } => Ok(()),
            Condition::Failed { path, cause } => Err(Trouble::Closed {
                path: path.into(),
                cause: cause.clone(),
            }),
        }
    }

    /// Is what readers see known to be on the disk? Not after a failure (I1).
    pub(crate) fn vouches(&self) -> Result<(), Trouble> {
        self.admit_state()
    }

    /// Takes note of what went wrong with a write, does what it asks for, and says what to answer.
    pub(crate) fn trouble(&self, trouble: &Trouble) -> AppendError {
        let mut condition = self.lock();
        if !matches!(*condition, Condition::Failed { .. }) {
            *condition = self.judge(trouble);
        }
        match &*condition {
            Condition::Failed { path, cause } => failed(path, cause),
            Condition::Open | Condition::Full { .. } => AppendError::Full {
                path: trouble.path().display().to_string(),
            },
        }
    }

    /// Closes the gate for good, whatever the trouble: the store could not come up for writing.
    pub(crate) fn close(&self, trouble: &Trouble) {
        let mut condition = self.lock();
        let cause = trouble.to_string();
        tracing::error!(path = %trouble.path().display(), %cause, "the store is open for reading only");
        *condition = Condition::Failed {
            path: trouble.path().display().to_string(),
            cause,
        };
    }

    fn judge(&self, trouble: &Trouble) -> Condition {
        let path = trouble.path().display().to_string();
        if !trouble.is_full() {
            let cause = trouble.to_string();
            tracing::error!(%path, %cause, "the store failed: nothing more is written");
            return Condition::Failed { path, cause };
        }
        tracing::error!(%path, "the disk is full: no signal is acknowledged until there is space");
        let freed = disk::remove(&self.ballast).and_then(|()| disk::sync_folder(&self.folder));
        if let Err(error) = freed {
            tracing::error!(path = %self.ballast.display(), %error, "the ballast could not be removed");
        }
        Condition::Full { path }
    }

    fn has_room(&self) -> bool {
        disk::free(&self.folder).is_ok_and(|free| free >= self.needed())
    }

    fn make_ballast(&self) -> Result<(), Trouble> {
        let made = disk::remove(&self.ballast)
            .and_then(|()| disk::occupy(&self.ballast, self.ballast_bytes))
            .and_then(|()| disk::sync_folder(&self.folder));
        if made.is_err() {
            // Half a ballast would keep back room that nobody ever frees.
            if let Err(error) = disk::remove(&self.ballast) {
                tracing::warn!(path = %self.ballast.display(), %error, "half a ballast is left");
            }
        }
        made.trying("the ballast could not be made", &self.ballast)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Condition> {
        self.condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(path: &str, cause: &str) -> AppendError {
    AppendError::Failed {
        path: path.to_owned(),
        cause: cause.to_owned(),
    }
}

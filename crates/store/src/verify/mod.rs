//! Checks the journal: whether any event was changed, removed or added.
//!
//! ```text
//!   anchors of the archive ─► archived events ─► each day: opening, events, heads ─► state file
//! ```
//!
//! Invariant: nothing is written, and a running server is not in the way: events are read a few
//! thousand at a time, so that its logs can be carried over; only SQLite's own check of a file
//! holds a longer snapshot.
//! Invariant: what is found is named: which event, or how many of which class between which.
//!
//! What it cannot see: that somebody who can write the whole folder has rewritten all chains and
//! the state file with them. For that, chain heads are to be kept elsewhere (R32).
//!
//! Failure: a file that cannot be read is a finding, and the rest is looked at all the same.

mod chains;
mod report;
mod walk;

use std::path::Path;

pub use report::{ChainReport, Finding, Progress, VerifyReport};

use self::walk::Walk;
use crate::error::{OpenError, Trouble, Trying};
use crate::files::{days_on_disk, journal_folder};

/// Checks everything in a data folder, also while a server runs on it, and tells `progress` about
/// every few thousand events how far it is.
///
/// # Errors
///
/// When there is no journal in the folder. Whatever else is wrong is in the report.
pub fn verify(
    folder: &Path,
    progress: &mut dyn FnMut(&Progress),
) -> Result<VerifyReport, OpenError> {
    let journal = journal_folder(folder);
    days_on_disk(folder)
        .trying("there is no journal", &journal)
        .map_err(Trouble::into_open)?;
    let mut walk = Walk::begin(folder, progress);
    walk.archived();
    walk.days();
    Ok(walk.conclude())
}

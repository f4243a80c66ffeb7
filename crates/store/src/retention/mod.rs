//! Lets go of what has been kept long enough.
//!
//! ```text
//!   archive:   rows past their period go, oldest first ──► the class's anchor moves on
//!   day file wholly past the shortest period:
//!       copy the classes still kept ──► lists, anchors of the others, row in `days` (one commit)
//!            ──► the day changes sides in the layout ──► its file is removed
//! ```
//!
//! Invariant: the newest day's file is never touched.
//! Invariant: nothing goes before what is kept of it has been committed elsewhere and synced.
//! Invariant: killed between any two steps, the next run, or the next start, ends it: nothing
//! is lost and nothing is there twice.
//!
//! Why files are removed and not rows: removing a day's rows inside one file held its writer for
//! eight seconds; removing a file takes a moment, and gives the room back.

use std::sync::Arc;
use std::time::Duration;

use engine::ports::AppendError;
use model::{RetentionClass, Wall};
use rusqlite::Connection;

use crate::crew::Member;
use crate::day::Day;
use crate::error::{At, Trouble};
use crate::files::FileId;
use crate::shared::Shared;
use crate::sqlite;

mod run;
#[cfg(test)]
mod tests;

pub(crate) use run::finish_removals;
use run::{Run, Step};

/// How long events are kept, by class of retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Events of priority 1 to 5.
    pub alarm: Duration,
    /// Events of priority 6 to 8.
    pub operation: Duration,
    /// Events of priority 9.
    pub routine: Duration,
}

impl Retention {
    fn period(&self, class: RetentionClass) -> Duration {
        match class {
            RetentionClass::Alarm => self.alarm,
            RetentionClass::Operation => self.operation,
            RetentionClass::Routine => self.routine,
        }
    }

    /// Whether the class's events of a day have been kept long enough: all of the day, since its
    /// last event is as old as its end.
    fn is_over(&self, class: RetentionClass, day: Day, now: Wall) -> bool {
        day.end() <= now.before(self.period(class))
    }
}

/// What a run of retention did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retained {
    /// Day files removed.
    pub days: usize,
    /// Rows let go of from the archive.
    pub rows: usize,
}

/// Owns the writing connection of the archive.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    archive: Option<Connection>,
}

impl Member for Keeper {}

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            archive: None,
        }
    }

    /// Lets go of what is past its period at `now`.
    pub(crate) fn retain(
        &mut self,
        now: Wall,
        retention: Retention,
    ) -> Result<Retained, AppendError> {
        self.watched(now, retention, &mut |step| {
            tracing::debug!(?step, "retention");
        })
    }

    fn watched(
        &mut self,
        now: Wall,
        retention: Retention,
        watch: &mut dyn FnMut(Step),
    ) -> Result<Retained, AppendError> {
        let mut run = |keeper: &mut Self| {
            keeper.shared.gate.admit_state()?;
            let mut run = Run {
                shared: Arc::clone(&keeper.shared),
                now,
                retention,
                watch: &mut *watch,
                done: Retained::default(),
            };
            let conn = keeper.connection()?;
            run.all(conn).map(|()| run.done)
        };
        match run(self) {
            // The ballast is freed, and retention is what makes room: once more.
            Err(trouble) if trouble.is_full() => {
                self.judge(&trouble);
                run(self).map_err(|trouble| self.judge(&trouble))
            }
            done => done.map_err(|trouble| self.judge(&trouble)),
        }
    }

    /// What a failure means. A day that cannot be read is no reason to take no more signals in.
    fn judge(&mut self, trouble: &Trouble) -> AppendError {
        // A day may still be attached.
        self.archive = None;
        if trouble.is_full() || trouble.may_have_lost_a_write() {
            return self.shared.gate.trouble(trouble);
        }
        tracing::error!(file = %trouble.path().display(), %trouble, "nothing is let go of");
        AppendError::Failed {
            path: trouble.path().display().to_string(),
            cause: trouble.to_string(),
        }
    }

    fn connection(&mut self) -> Result<&mut Connection, Trouble> {
        if self.archive.is_none() {
            let path = FileId::Archive.path(&self.shared.folder);
            let mut conn = sqlite::open_writer(&path, self.shared.synchronous).at(&path)?;
            FileId::Archive.kind().bring_up(&mut conn, &path)?;
            // What is let go of is overwritten, since it holds personal data.
            conn.pragma_update(None, "secure_delete", true).at(&path)?;
            self.archive = Some(conn);
        }
        Ok(self.archive.as_mut().expect("opened just now"))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let failed = self.shared.gate.vouches().is_err();
        if let Some(conn) = self.archive.take().filter(|_| failed) {
            sqlite::abandon(conn);
        }
    }
}

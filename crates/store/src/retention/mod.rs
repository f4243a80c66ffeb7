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
use model::{RetentionClass, Wall, limits};
use rusqlite::{Connection, TransactionBehavior};

use crate::archive;
use crate::crew::Member;
use crate::day::Day;
use crate::disk;
use crate::error::{At, Trouble, Trying};
use crate::files::{FileId, days_on_disk, journal_folder, logs_without_a_file};
use crate::journal::day_file;
use crate::layout::{ArchivedDay, JournalDay};
use crate::shared::Shared;
use crate::sqlite;

#[cfg(test)]
mod tests;

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

/// A step that has been taken; between any two of them the process may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Rows of a class left the archive.
    Trimmed(RetentionClass),
    /// Days of which nothing is kept were forgotten.
    Forgotten,
    /// Rows of a day were copied.
    Copied(Day),
    /// The archive stands for a day.
    Closed(Day),
    /// A day's file is gone, the files that belong to it not yet.
    Unlinked(Day),
    /// Nothing of a day's file is left.
    Removed(Day),
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

struct Run<'a> {
    shared: Arc<Shared>,
    now: Wall,
    retention: Retention,
    watch: &'a mut dyn FnMut(Step),
    done: Retained,
}

impl Run<'_> {
    fn all(&mut self, conn: &mut Connection) -> Result<(), Trouble> {
        finish_removals(&self.shared)?;
        self.trim(conn)?;
        self.forget(conn)?;
        let days = self.shared.layouts.current().days.clone();
        for pair in days.windows(2) {
            let [day, next] = pair else { break };
            let over = |class: &RetentionClass| self.retention.is_over(*class, day.day, self.now);
            if !RetentionClass::ALL.iter().any(over) {
                break;
            }
            self.archive(conn, *day, next.first - 1)?;
            self.done.days += 1;
        }
        let path = FileId::Archive.path(&self.shared.folder);
        sqlite::checkpoint(conn, sqlite::Checkpoint::Passive).at(&path)?;
        Ok(())
    }

    fn trim(&mut self, conn: &mut Connection) -> Result<(), Trouble> {
        let path = FileId::Archive.path(&self.shared.folder);
        let layout = self.shared.layouts.current();
        for class in RetentionClass::ALL {
            let over = layout.archived.iter();
            let over = over.filter(|day| self.retention.is_over(class, day.day, self.now));
            let Some(up_to) = over.map(|day| day.last).max() else {
                continue;
            };
            loop {
                let tx = begin(conn).at(&path)?;
                let limit = limits::ARCHIVE_BATCH;
                let gone = archive::trim(&tx, class, up_to, limit, self.now).at(&path)?;
                tx.commit().at(&path)?;
                if gone == 0 {
                    break;
                }
                self.done.rows += gone;
                (self.watch)(Step::Trimmed(class));
            }
        }
        Ok(())
    }

    fn forget(&mut self, conn: &mut Connection) -> Result<(), Trouble> {
        let path = FileId::Archive.path(&self.shared.folder);
        let layout = self.shared.layouts.current();
        let all_over = |day: Day| {
            let classes = RetentionClass::ALL.iter();
            classes
                .copied()
                .all(|class| self.retention.is_over(class, day, self.now))
        };
        let days = layout.archived.iter().map(|day| day.day);
        let Some(last) = days.take_while(|day| all_over(*day)).last() else {
            return Ok(());
        };
        let tx = begin(conn).at(&path)?;
        archive::forget_days(&tx, last).at(&path)?;
        tx.commit().at(&path)?;
        self.shared
            .layouts
            .change(|layout| layout.archived.retain(|day| day.day > last));
        (self.watch)(Step::Forgotten);
        Ok(())
    }

    /// Carries over what is kept of a day, and removes its file.
    fn archive(
        &mut self,
        conn: &mut Connection,
        day: JournalDay,
        last: u64,
    ) -> Result<(), Trouble> {
        let archive_path = FileId::Archive.path(&self.shared.folder);
        let path = FileId::Day(day.day).path(&self.shared.folder);
        let (kept, over): (Vec<_>, Vec<_>) = RetentionClass::ALL
            .into_iter()
            .partition(|class| !self.retention.is_over(*class, day.day, self.now));
        archive::attach(conn, &path)?;
        let mut after = 0;
        loop {
            let tx = begin(conn).at(&archive_path)?;
            let copied = archive::copy(&tx, &kept, after, limits::ARCHIVE_BATCH);
            let Some(copied) = copied.at(&archive_path)? else {
                break;
            };
            tx.commit().at(&archive_path)?;
            after = copied;
            (self.watch)(Step::Copied(day.day));
        }
        let (_, heads) = {
            let lease = self.shared.files.lease(FileId::Day(day.day))?;
            day_file::chains(&lease).at(&path)?
        };
        let archived = ArchivedDay {
            day: day.day,
            first: day.first,
            last,
        };
        let tx = begin(conn).at(&archive_path)?;
        archive::copy_lists(&tx).at(&archive_path)?;
        for class in over {
            archive::move_anchor(&tx, class, heads.of(class), self.now).at(&archive_path)?;
        }
        archive::close_day(&tx, &archived).at(&archive_path)?;
        tx.commit().at(&archive_path)?;
        archive::detach(conn).at(&archive_path)?;
        (self.watch)(Step::Closed(day.day));
        self.shared.layouts.change(|layout| {
            layout.days.retain(|kept| kept.day != day.day);
            layout.archived.push(archived);
        });
        self.remove(day.day)
    }

    fn remove(&mut self, day: Day) -> Result<(), Trouble> {
        let path = FileId::Day(day).path(&self.shared.folder);
        disk::remove(&path).trying("a day's file could not be removed", &path)?;
        (self.watch)(Step::Unlinked(day));
        remove_companions(&self.shared, day)?;
        (self.watch)(Step::Removed(day));
        Ok(())
    }
}

fn begin(conn: &mut Connection) -> rusqlite::Result<rusqlite::Transaction<'_>> {
    conn.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Removes the files of days that the archive stands for, and what is left of removed files: the
/// last steps of a run that was killed.
pub(crate) fn finish_removals(shared: &Shared) -> Result<(), Trouble> {
    let journal = journal_folder(&shared.folder);
    let archived = &shared.layouts.current().archived;
    let unlisted = "the day files could not be listed";
    for day in days_on_disk(&shared.folder).trying(unlisted, &journal)? {
        if archived.iter().any(|archived| archived.day == day) {
            let path = FileId::Day(day).path(&shared.folder);
            disk::remove(&path).trying("a day's file could not be removed", &path)?;
        }
    }
    for day in logs_without_a_file(&shared.folder).trying(unlisted, &journal)? {
        remove_companions(shared, day)?;
    }
    Ok(())
}

fn remove_companions(shared: &Shared, day: Day) -> Result<(), Trouble> {
    let path = FileId::Day(day).path(&shared.folder);
    shared.files.forget(FileId::Day(day));
    for companion in [sqlite::wal_of(&path), sqlite::shm_of(&path)] {
        disk::remove(&companion).trying("a day's log could not be removed", &companion)?;
    }
    let journal = journal_folder(&shared.folder);
    disk::sync_folder(&journal).trying("the folder could not be synced", &journal)
}

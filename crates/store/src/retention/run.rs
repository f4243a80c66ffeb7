//! One run of retention, step by step.
//!
//! Invariant: what is kept of a day is in the archive, synced, before the day's file goes.

use std::sync::Arc;

use model::{RetentionClass, Wall, limits};
use rusqlite::{Connection, TransactionBehavior};

use super::{Retained, Retention};
use crate::archive;
use crate::day::Day;
use crate::disk;
use crate::error::{At, Trouble, Trying};
use crate::files::{FileId, days_on_disk, journal_folder, logs_without_a_file};
use crate::journal::day_file;
use crate::layout::{ArchivedDay, JournalDay};
use crate::shared::Shared;
use crate::sqlite;

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

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) shared: Arc<Shared>,
    pub(super) now: Wall,
    pub(super) retention: Retention,
    pub(super) watch: &'a mut dyn FnMut(Step),
    pub(super) done: Retained,
}

impl Run<'_> {
    /// Everything, from what an earlier run left to the last day.
    pub(super) fn all(&mut self, conn: &mut Connection) -> Result<(), Trouble> {
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

//! Brings a file to our format, one numbered step after the other, forward only.
//!
//! Invariant: a step and its number (`PRAGMA user_version`) are one transaction.
//! Invariant: a file that is not new is copied beside itself before its first step; the copy
//! bears the old number and is whole before the step begins.
//! Invariant: a file with a number above ours is never touched.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::disk;
use crate::error::{At, Trouble, Trying};

/// A kind of file and the steps that made it what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    steps: &'static [&'static str],
}

/// `journal/YYYY-MM-DD.db`.
pub(crate) const JOURNAL: Kind = Kind {
    steps: &[include_str!("../migrations/journal/0001_events.sql")],
};

/// `archive.db`.
pub(crate) const ARCHIVE: Kind = Kind {
    steps: &[include_str!("../migrations/archive/0001_archive.sql")],
};

/// `state.db`.
pub(crate) const STATE: Kind = Kind {
    steps: &[
        include_str!("../migrations/state/0001_state.sql"),
        include_str!("../migrations/state/0002_registration.sql"),
        include_str!("../migrations/state/0003_quarantine.sql"),
        include_str!("../migrations/state/0004_supervision.sql"),
        include_str!("../migrations/state/0005_trust.sql"),
        include_str!("../migrations/state/0006_presence.sql"),
    ],
};

impl Kind {
    fn newest(self) -> i64 {
        i64::try_from(self.steps.len()).expect("steps are counted on fingers")
    }

    /// Refuses a file that is not of our format; for readers, who cannot change it.
    pub(crate) fn check(self, conn: &Connection, path: &Path) -> Result<(), Trouble> {
        let number = number(conn).at(path)?;
        self.refuse_newer(number, path)?;
        if number == self.newest() {
            return Ok(());
        }
        Err(Trouble::Corrupt {
            path: path.to_owned(),
            what: format!(
                "its format is {number} and must first be brought to {}",
                self.newest()
            ),
        })
    }

    /// Takes the steps that are missing.
    pub(crate) fn bring_up(self, conn: &mut Connection, path: &Path) -> Result<(), Trouble> {
        let number = number(conn).at(path)?;
        self.refuse_newer(number, path)?;
        if number > 0 && number < self.newest() {
            snapshot(conn, path, number)?;
        }
        let done = usize::try_from(number).unwrap_or(0);
        for (step, sql) in self.steps.iter().enumerate().skip(done) {
            if number > 0 {
                tracing::info!(file = %path.display(), step = step + 1, "bringing a file to our format");
            }
            take(conn, step + 1, sql).at(path)?;
        }
        Ok(())
    }

    fn refuse_newer(self, number: i64, path: &Path) -> Result<(), Trouble> {
        if number <= self.newest() {
            return Ok(());
        }
        Err(Trouble::TooNew {
            path: path.to_owned(),
            number,
            ours: self.newest(),
        })
    }
}

fn number(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn take(conn: &mut Connection, number: usize, sql: &str) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(sql)?;
    tx.pragma_update(
        None,
        "user_version",
        i64::try_from(number).unwrap_or(i64::MAX),
    )?;
    tx.commit()
}

/// Where the copy of a file before its step from `number` lies.
fn snapshot_of(path: &Path, number: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".format-{number}"));
    name.into()
}

fn snapshot(conn: &Connection, path: &Path, number: i64) -> Result<(), Trouble> {
    let copy = snapshot_of(path, number);
    let half = copy.with_extension("half");
    disk::remove(&half).trying("an unfinished copy could not be removed", &half)?;
    let target = half.to_str().ok_or_else(|| Trouble::Corrupt {
        path: path.to_owned(),
        what: "its path is not UTF-8, so that it cannot be copied".to_owned(),
    })?;
    conn.execute("VACUUM INTO ?1", [target]).at(path)?;
    File::open(&half)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&half, &copy))
        .and_then(|()| copy.parent().map_or(Ok(()), disk::sync_folder))
        .trying(
            "the copy before a change of format could not be made",
            &copy,
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Synchronous;
    use crate::sqlite;

    const OLD: Kind = Kind {
        steps: &["CREATE TABLE a (x); INSERT INTO a VALUES (7)"],
    };
    const NEW: Kind = Kind {
        steps: &[OLD.steps[0], "ALTER TABLE a ADD COLUMN y DEFAULT 8"],
    };
    const BROKEN: Kind = Kind {
        steps: &[OLD.steps[0], "ALTER TABLE a ADD COLUMN y; SELECT nonsense"],
    };

    fn file() -> (tempfile::TempDir, PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let conn = sqlite::open_writer(&path, Synchronous::Full).unwrap();
        (folder, path, conn)
    }

    fn values(conn: &Connection) -> (i64, i64) {
        conn.query_row("SELECT x, y FROM a", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
    }

    #[test]
    fn a_new_file_takes_all_steps_and_leaves_no_copy() {
        let (_folder, path, mut conn) = file();
        NEW.bring_up(&mut conn, &path).unwrap();
        assert_eq!(values(&conn), (7, 8));
        assert!(!snapshot_of(&path, 1).exists());
        NEW.check(&conn, &path).unwrap();
    }

    #[test]
    fn an_older_file_is_copied_and_brought_up_once() {
        let (_folder, path, mut conn) = file();
        OLD.bring_up(&mut conn, &path).unwrap();
        assert!(NEW.check(&conn, &path).is_err());
        NEW.bring_up(&mut conn, &path).unwrap();
        NEW.bring_up(&mut conn, &path).unwrap();
        assert_eq!(values(&conn), (7, 8));
        let copy = Connection::open(snapshot_of(&path, 1)).unwrap();
        OLD.check(&copy, &path).unwrap();
        let old: i64 = copy
            .query_row("SELECT x FROM a", [], |row| row.get(0))
            .unwrap();
        assert_eq!(old, 7);
    }

    #[test]
    fn a_newer_file_is_refused_with_its_name_and_both_numbers() {
        let (_folder, path, mut conn) = file();
        NEW.bring_up(&mut conn, &path).unwrap();
        let error = OLD.bring_up(&mut conn, &path).unwrap_err().into_open();
        assert_eq!(
            error.to_string(),
            format!(
                "{} has format 2, but this Watchfire knows formats up to 1",
                path.display()
            )
        );
        assert_eq!(values(&conn), (7, 8));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let (_folder, path, mut conn) = file();
        OLD.bring_up(&mut conn, &path).unwrap();
        assert!(BROKEN.bring_up(&mut conn, &path).is_err());
        OLD.check(&conn, &path).unwrap();
        assert!(conn.prepare("SELECT y FROM a").is_err());
        NEW.bring_up(&mut conn, &path).unwrap();
        assert_eq!(values(&conn), (7, 8));
    }
}

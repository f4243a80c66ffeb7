//! How SQLite is opened, and how its write-ahead logs are carried into their files.
//!
//! Invariant: a writing connection syncs at every commit (`synchronous=FULL`, I1): measured in a
//! simulated power cut, `NORMAL` lost 500 of 500 acknowledged rows and `FULL` none.
//! Invariant: no connection checkpoints by itself. Writers do, between answers, and none does
//! after a failed write: see [`crate::gate`].
//!
//! What a failed sync left behind is dealt with at the next start. The kernel may count pages
//! whose writing failed as clean, so that they can be read and yet are not on the disk. Before
//! the store answers anything, each write-ahead log that holds anything is carried into its file
//! and emptied (`TRUNCATE`): that writes every page anew and syncs it, and only then does what
//! was read there count as stored. (Another process that reads the folder all the while, such as
//! a verification, can keep SQLite from forgetting how far it had carried over: stop it first.)

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::disk;
use crate::error::OpenError;
use crate::settings::Synchronous;

/// The first version without the defect by which two connections could corrupt a file when its
/// write-ahead log was begun anew.
const LEAST_SQLITE: (i32, &str) = (3_051_003, "3.51.3");

/// How long a connection waits for a lock. Within the store there is one writer a file, so this
/// is for tools that people run on the files.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Kibibytes of pages that a writing connection keeps.
const WRITER_CACHE_KIB: i64 = 4_096;

/// Kibibytes of pages that a reading connection keeps, of which there are up to
/// [`READER_CONNECTIONS`](model::limits::READER_CONNECTIONS).
const READER_CACHE_KIB: i64 = 512;

/// Statements kept prepared by a connection.
const STATEMENTS: usize = 48;

/// Refuses versions of SQLite with known defects.
pub(crate) fn check_version() -> Result<(), OpenError> {
    if rusqlite::version_number() >= LEAST_SQLITE.0 {
        return Ok(());
    }
    Err(OpenError::OldSqlite {
        found: rusqlite::version().to_owned(),
        needed: LEAST_SQLITE.1,
    })
}

/// The one writing connection of a file; makes the file if there is none.
///
/// Its cache is small: what it lets go of is in the operating system's, and memory here is the engine's,
/// which has a kilobyte and a half for each panel. A transaction that needs more takes it for as long.
pub(crate) fn open_writer(path: &Path, synchronous: Synchronous) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| {
        let mode: String = row.get(0)?;
        if mode == "wal" {
            Ok(())
        } else {
            Err(rusqlite::Error::InvalidQuery)
        }
    })?;
    conn.pragma_update(None, "synchronous", synchronous.pragma())?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    conn.pragma_update(None, "cache_spill", false)?;
    Ok(conn)
}

/// A connection that only reads. Fails if there is no file.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let usual = Connection::open_with_flags(path, flags).and_then(readable);
    // On a file system mounted read-only, SQLite cannot make the files that readers share with a
    // writer. Nobody can write either: what is there can be read as it is, if no log is left.
    match usual {
        Err(_) if disk::is_read_only(path) && disk::size(&wal_of(path)) == 0 => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(path), flags).and_then(readable)
        }
        other => other,
    }
}

fn readable(conn: Connection) -> rusqlite::Result<Connection> {
    prepare(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    // The first look at the schema, which fails where the write-ahead log cannot be read.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(LOCK_WAIT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement on the index of repeats, which has a condition, is made anew whenever a value is
    // bound to it, in case another plan fits that value better: four fifths of looking for a repeat.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Personal data never leaves the data folder for a temporary one.
    conn.pragma_update(None, "temp_store", "MEMORY")
}

fn immutable_uri(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut uri = "file:".to_owned();
    for octet in path.as_os_str().as_bytes() {
        if octet.is_ascii_alphanumeric() || b"/-_.~".contains(octet) {
            uri.push(char::from(*octet));
        } else {
            write!(uri, "%{octet:02X}").expect("a String takes everything");
        }
    }
    uri + "?immutable=1"
}

/// The write-ahead log of a file.
pub(crate) fn wal_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The shared index of a file's write-ahead log.
pub(crate) fn shm_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-shm");
    name.into()
}

/// How far a write-ahead log is carried into its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checkpoint {
    /// Not at all: only look.
    Look,
    /// As far as readers allow; waits for nobody.
    Passive,
    /// Entirely, and emptied; waits for readers.
    Truncate,
}

/// Pages of a write-ahead log that are not in its file yet, after the checkpoint.
pub(crate) fn checkpoint(conn: &Connection, how: Checkpoint) -> rusqlite::Result<u64> {
    let sql = match how {
        Checkpoint::Look => "PRAGMA wal_checkpoint(NOOP)",
        Checkpoint::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Checkpoint::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let (log, carried): (i64, i64) = conn
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(log.saturating_sub(carried).max(0).unsigned_abs())
}

/// The size of a page, as new files have it.
pub(crate) const PAGE_OCTETS: u64 = 4_096;

/// Closes a connection without touching the file: after a failed write nothing more is written.
pub(crate) fn abandon(conn: Connection) {
    let told = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    if let Err(error) = told {
        // Closing would carry the log into the file. Better to leave the connection open.
        tracing::error!(%error, "a connection is left open");
        std::mem::forget(conn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linked_version_is_new_enough() {
        assert!(check_version().is_ok());
    }

    #[test]
    fn a_writing_connection_syncs_every_commit_and_checkpoints_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let conn = open_writer(&folder.path().join("a.db"), Synchronous::Full).unwrap();
        let asked = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        assert_eq!(asked("synchronous").unwrap(), 2, "FULL");
        assert_eq!(asked("wal_autocheckpoint").unwrap(), 0);
        assert_eq!(asked("page_size").unwrap().unsigned_abs(), PAGE_OCTETS);
        conn.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
            .unwrap();
        assert!(checkpoint(&conn, Checkpoint::Look).unwrap() > 0);
        assert_eq!(checkpoint(&conn, Checkpoint::Truncate).unwrap(), 0);
    }

    #[test]
    fn a_path_with_odd_characters_survives_as_a_uri() {
        let uri = immutable_uri(Path::new("/a b/100%?#ü.db"));
        assert_eq!(uri, "file:/a%20b/100%25%3F%23%C3%BC.db?immutable=1");
    }
}

//! The files of the data folder, and read connections to them.
//!
//! Invariant: a read connection is used by one query at a time, and every query sees its own
//! short snapshot: no transaction outlives a job of a reader.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::limits;
use rusqlite::Connection;

use crate::day::Day;
use crate::error::{At, Trouble};
use crate::migrate::{ARCHIVE, JOURNAL, Kind, STATE};
use crate::sqlite;

/// A file of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileId {
    /// `state.db`.
    State,
    /// `archive.db`.
    Archive,
    /// `journal/YYYY-MM-DD.db`.
    Day(Day),
}

impl FileId {
    pub(crate) fn path(self, folder: &Path) -> PathBuf {
        match self {
            Self::State => folder.join("state.db"),
            Self::Archive => folder.join("archive.db"),
            Self::Day(day) => journal_folder(folder).join(format!("{day}.db")),
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::State => STATE,
            Self::Archive => ARCHIVE,
            Self::Day(_) => JOURNAL,
        }
    }
}

/// The folder of the day files.
pub(crate) fn journal_folder(folder: &Path) -> PathBuf {
    folder.join("journal")
}

/// The days that have a file, the oldest first. Other names are nobody's business.
pub(crate) fn days_on_disk(folder: &Path) -> std::io::Result<Vec<Day>> {
    let mut days = Vec::new();
    for entry in std::fs::read_dir(journal_folder(folder))? {
        let name = entry?.file_name();
        let day = name.to_str().and_then(|name| name.strip_suffix(".db"));
        days.extend(day.and_then(Day::parse));
    }
    days.sort_unstable();
    Ok(days)
}

/// The days of which a log or its index is left, and no file.
pub(crate) fn logs_without_a_file(folder: &Path) -> std::io::Result<Vec<Day>> {
    let mut days = Vec::new();
    for entry in std::fs::read_dir(journal_folder(folder))? {
        let name = entry?.file_name();
        let name = name.to_str().unwrap_or_default();
        let file = name
            .strip_suffix("-wal")
            .or_else(|| name.strip_suffix("-shm"));
        let day = file
            .and_then(|file| file.strip_suffix(".db"))
            .and_then(Day::parse);
        days.extend(day.filter(|day| !FileId::Day(*day).path(folder).exists()));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// Read connections, kept open between queries.
pub(crate) struct Files {
    folder: PathBuf,
    /// Protects the idle connections, the longest idle first; locked to take one or put one back.
    idle: Mutex<Vec<(FileId, Connection)>>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl Files {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            idle: Mutex::default(),
        }
    }

    pub(crate) fn path(&self, file: FileId) -> PathBuf {
        file.path(&self.folder)
    }

    /// A read connection to a file, until the lease is dropped.
    pub(crate) fn lease(&self, file: FileId) -> Result<Lease<'_>, Trouble> {
        let path = self.path(file);
        let taken = {
            let mut idle = self.lock();
            let at = idle.iter().rposition(|(idle, _)| *idle == file);
            at.map(|at| idle.remove(at).1)
        };
        let conn = match taken {
            Some(conn) => conn,
            None => sqlite::open_reader(&path).at(&path)?,
        };
        Ok(Lease {
            files: self,
            file,
            path,
            conn: Some(conn),
        })
    }

    /// Closes the idle connections to a file that has been removed.
    pub(crate) fn forget(&self, file: FileId) {
        self.lock().retain(|(idle, _)| *idle != file);
    }

    /// Closes all idle connections.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    fn put_back(&self, file: FileId, path: &Path, conn: Connection) {
        // A file that retention has removed keeps its room on the disk while it is open.
        if !path.exists() {
            return;
        }
        let mut idle = self.lock();
        if idle.len() >= limits::READER_CONNECTIONS {
            idle.remove(0);
        }
        idle.push((file, conn));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(FileId, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A read connection on loan.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    files: &'a Files,
    file: FileId,
    path: PathBuf,
    conn: Option<Connection>,
}

impl Lease<'_> {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Deref for Lease<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn.as_ref().expect("taken out when dropped only")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            self.files.put_back(self.file, &self.path, conn);
        }
    }
}

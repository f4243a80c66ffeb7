//! What can go wrong, by what it means for the store.
//!
//! Invariant: no error holds personal data or a secret: paths, SQL and codes only.
//!
//! Inside, everything is a [`Trouble`] that knows its file. At the ports it becomes the port's
//! error, and at the start an [`OpenError`].

use std::io;
use std::path::{Path, PathBuf};

use engine::ports::{AddError, ReadError};
use model::{ErrorCode, PublicMessage};
use rusqlite::ffi;

/// Why the store could not be opened, not even for reading.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The SQLite that was linked has known defects in its write-ahead log.
    #[error("SQLite {found} is linked, but at least {needed} is needed")]
    OldSqlite {
        /// The version linked.
        found: String,
        /// The least version.
        needed: &'static str,
    },
    /// A newer Watchfire has written the file.
    #[error(
        "{} has format {number}, but this Watchfire knows formats up to {ours}",
        path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its number.
        number: i64,
        /// Our newest number.
        ours: i64,
    },
    /// The operating system refused something.
    #[error("{}: {what}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// SQLite could not open or read a file.
    #[error("{} cannot be opened", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A row does not make sense.
    #[error("{} holds what makes no sense: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Which row, and what is wrong with it.
        what: String,
    },
}

impl OpenError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooNew { .. } => ErrorCode::StoreTooNew,
            Self::Corrupt { .. } => ErrorCode::StoreCorrupt,
            Self::OldSqlite { .. } | Self::Io { .. } | Self::Sqlite { .. } => {
                ErrorCode::StoreFailed
            }
        }
    }

    /// What an operator should do.
    pub fn public(&self) -> PublicMessage {
        let hint = match self {
            Self::OldSqlite { .. } => "Use the Watchfire binary as it was released.",
            Self::TooNew { .. } => {
                "Start the newer Watchfire that wrote this data folder, or restore a backup that \
                 was made before it."
            }
            Self::Io { .. } | Self::Sqlite { .. } => {
                "Check that the data folder belongs to the user that Watchfire runs as, and look \
                 at the machine's log for errors of the disk."
            }
            Self::Corrupt { .. } => "Run `watchfire verify`, and restore a backup.",
        };
        PublicMessage {
            title: self.to_string(),
            hint: Some(hint.to_owned()),
        }
    }
}

/// Something went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{} (SQLite {})", source, extended(source))]
    Sql {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("{what}: {source}")]
    Io {
        path: PathBuf,
        what: &'static str,
        source: io::Error,
    },
    #[error("{what}")]
    Corrupt { path: PathBuf, what: String },
    #[error("format {number} is newer than {ours}")]
    TooNew {
        path: PathBuf,
        number: i64,
        ours: i64,
    },
    #[error("{cause}")]
    Closed { path: PathBuf, cause: String },
}

impl Trouble {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Sql { path, .. }
            | Self::Io { path, .. }
            | Self::Corrupt { path, .. }
            | Self::TooNew { path, .. }
            | Self::Closed { path, .. } => path,
        }
    }

    /// Whether space ran out, which can be waited for; everything else cannot.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Sql { path, source } => {
                let out_of_space = || crate::disk::free(path).is_ok_and(|free| free < 1 << 20);
                match extended(source) {
                    ffi::SQLITE_FULL => true,
                    // The index of a write-ahead log could not grow. SQLite does not say why.
                    ffi::SQLITE_IOERR_SHMSIZE => out_of_space(),
                    _ => false,
                }
            }
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            Self::Corrupt { .. } | Self::TooNew { .. } | Self::Closed { .. } => false,
        }
    }

    /// Whether something that was written may be lost, rather than something not readable.
    pub(crate) fn may_have_lost_a_write(&self) -> bool {
        match self {
            Self::Sql { source, .. } => {
                let reading = [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHORT_READ];
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
                    && !reading.contains(&extended(source))
            }
            Self::Io { .. } => true,
            Self::Corrupt { .. } | Self::TooNew { .. } | Self::Closed { .. } => false,
        }
    }

    pub(crate) fn into_add(self, full: bool) -> AddError {
        AddError::Store {
            full,
            cause: format!("{}: {self}", self.path().display()),
        }
    }

    pub(crate) fn into_read(self) -> ReadError {
        let path = self.path().display().to_string();
        match self {
            Self::Corrupt { what, .. } => ReadError::Corrupt { path, what },
            other => ReadError::Failed {
                path,
                cause: other.to_string(),
            },
        }
    }

    pub(crate) fn into_open(self) -> OpenError {
        match self {
            Self::Sql { path, source } => OpenError::Sqlite { path, source },
            Self::Io { path, what, source } => OpenError::Io {
                path,
                what: what.to_owned(),
                source,
            },
            Self::Corrupt { path, what } => OpenError::Corrupt { path, what },
            Self::TooNew { path, number, ours } => OpenError::TooNew { path, number, ours },
            Self::Closed { path, cause } => OpenError::Corrupt { path, what: cause },
        }
    }
}

/// SQLite's extended result code; 0 where the error is not SQLite's own.
fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

/// Names the file that an error is about.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, Trouble>;
}

impl<T> At<T> for rusqlite::Result<T> {
    fn at(self, path: &Path) -> Result<T, Trouble> {
        self.map_err(|source| Trouble::Sql {
            path: path.to_owned(),
            source,
        })
    }
}

/// Names the file that the operating system's refusal is about, and what was tried.
pub(crate) trait Trying<T> {
    fn trying(self, what: &'static str, path: &Path) -> Result<T, Trouble>;
}

impl<T, E: Into<io::Error>> Trying<T> for Result<T, E> {
    fn trying(self, what: &'static str, path: &Path) -> Result<T, Trouble> {
        self.map_err(|source| Trouble::Io {
            path: path.to_owned(),
            what,
            source: source.into(),
        })
    }
}

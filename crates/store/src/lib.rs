//! The durable store: journals of events by day, an archive, the state file, on SQLite.
//!
//! ```text
//!   DATA/journal/YYYY-MM-DD.db   events of a UTC day; append only; removed whole
//!   DATA/archive.db              what is kept longer than its day
//!   DATA/state.db                organisations, sites, panels, states, tokens, audit
//!   DATA/ballast                 room that is freed when the disk is full
//!
//!   engine ── ports ──► Store ──┬─ journal thread   the newest day's only writer
//!                               ├─ state thread     the state file's only writer
//!                               ├─ archive thread   retention
//!                               ├─ repeats thread   asked before every acknowledgement (I9)
//!                               └─ reader threads   everything that people ask
//! ```
//!
//! Invariant: an append is answered after its commit has been synced, never before (I1).
//! Invariant: after a failure that is not lack of space nothing is written any more; the
//! process ends and starts anew from what the disk then holds.
//! Invariant: no transaction spans files; where two files must agree, one is written first and
//! the other names how far it has followed.
//!
//! What never happens here: a decision about what is a repeat, what an event means, who may see
//! it. The folder itself, its lock, its keys and `run/` belong to the server.

mod archive;
mod crew;
mod day;
mod disk;
mod error;
mod figures;
mod files;
mod gate;
mod health;
mod journal;
mod layout;
mod migrate;
mod open;
mod ports;
mod presence;
mod retention;
mod settings;
mod shared;
mod sqlite;
mod state;
mod store;
mod verify;

pub use error::OpenError;
pub use retention::{Retained, Retention};
pub use settings::{Settings, Synchronous};
pub use store::Store;
pub use verify::{ChainReport, Finding, Progress, VerifyReport, verify};

/// The version of SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

//! The journal: append, find repeats, read by cursor.
//!
//! Invariant: [`EventLog::append`] answers `Ok` only when every message of the batch is synced
//! to disk (I1), and then readers see all of it; otherwise none of it was stored, and none of the
//! numbers is used up.

use model::{
    Account, ErrorCode, Event, EventClass, EventSeq, NewEvent, PanelId, PathIndex, RepeatKey, Wall,
};

use super::Answering;

/// One message and its events, to be stored as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its events, at least one; the first carries the message's key and bytes.
    pub events: Vec<NewEvent>,
}

/// What was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The number of the first event of each message, in the order of the batch.
    pub first_seqs: Vec<EventSeq>,
    /// The number of the last event stored.
    pub head: EventSeq,
}

/// Why nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// No space is left. Space may come back: try again later.
    #[error("the disk that holds {path} is full")]
    Full {
        /// The file or folder concerned.
        path: String,
    },
    /// Writing or syncing failed. What reached the disk is unknown: the process must end, and
    /// start anew from what the disk then says. Never tried again as if nothing had happened.
    #[error("writing {path} failed: {cause}")]
    Failed {
        /// The file concerned.
        path: String,
        /// What the operating system or SQLite said.
        cause: String,
    },
}

impl AppendError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Full { .. } => ErrorCode::StoreFull,
            Self::Failed { .. } => ErrorCode::StoreFailed,
        }
    }
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("reading {path} failed: {cause}")]
    Failed {
        /// The file concerned.
        path: String,
        /// What SQLite said.
        cause: String,
    },
    /// A row does not make sense.
    #[error("{path} holds a row that makes no sense: {what}")]
    Corrupt {
        /// The file concerned.
        path: String,
        /// Which row, and what is wrong with it.
        what: String,
    },
}

impl ReadError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Failed { .. } => ErrorCode::StoreFailed,
            Self::Corrupt { .. } => ErrorCode::StoreCorrupt,
        }
    }
}

/// Asks for the newest stored message of a path with a key (R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatQuery {
    /// The path.
    pub path: PathIndex,
    /// The key.
    pub key: RepeatKey,
    /// The frame timestamp, to prefer a message with the same one over a newer one without.
    pub panel_time: Option<Wall>,
    /// Whether the key has a number in it ([`RepeatKey::number`]): then, where there is no message with this
    /// key, one with the same number is the answer.
    pub numbered: bool,
}

/// What a stored message is remembered by (R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredMessage {
    /// The path that it came by.
    pub path: PathIndex,
    /// Its key.
    pub key: RepeatKey,
    /// The number of its first event.
    pub seq: EventSeq,
    /// Its frame timestamp.
    pub panel_time: Option<Wall>,
    /// When it was received.
    pub received: Wall,
}

/// Which events a reader wants. Empty means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Of this panel only.
    pub panel: Option<PanelId>,
    /// Of this account only.
    pub account: Option<Account>,
    /// Of these classes only; empty means all.
    pub classes: Vec<EventClass>,
    /// Doubtful ones only (R1), whatever was said of them since.
    pub doubtful: bool,
    /// Received at or after this time.
    pub from: Option<Wall>,
    /// Received before this time.
    pub until: Option<Wall>,
}

/// One page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, in the order asked for.
    pub events: Vec<Event>,
    /// Where to go on: the number of the last event looked at. Filters may leave a page short,
    /// so the end is reached when this is `None`, not when a page is empty.
    pub next: Option<EventSeq>,
}

/// The journal of events.
pub trait EventLog: Send + Sync {
    /// Stores all messages in one transaction, in their order, and syncs it.
    fn append(&self, batch: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>>;

    /// Commits and syncs a row of no meaning, to learn whether an alarm could be stored (R4).
    fn probe(&self) -> Answering<'_, Result<(), AppendError>>;

    /// For each query the stored message of that path and key from today's or yesterday's
    /// journal: the newest with the same frame timestamp if there is one, else the newest.
    fn find_repeats(
        &self,
        queries: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>>;

    /// The newest message of each path that was received at or after `since`.
    fn latest_by_path(&self, since: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>>;

    /// Events after (or, `newest_first`, before) the cursor, at most `limit`, by number. Without
    /// a cursor from the first, or from the newest.
    fn events(
        &self,
        filter: EventFilter,
        cursor: Option<EventSeq>,
        newest_first: bool,
        limit: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>>;

    /// The event with this number; `None` if there is none, or it is no longer kept.
    fn event(&self, seq: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>>;

    /// The number of the newest committed event; 0 before the first.
    fn head(&self) -> EventSeq;
}

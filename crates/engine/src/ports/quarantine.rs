//! The quarantine as people and the store see it (R6).
//!
//! Invariant: adoption is a record beside the history, never a rewrite of it: what came before
//! the panel was registered raises nothing and is forwarded to nobody.

use std::fmt;
use std::net::IpAddr;

use arrayvec::ArrayString;
use model::{
    Account, Actor, CipherKey, ErrorCode, FamilyName, ListenerName, PanelId, PathIndex, PathPolicy,
    SiteId, Wall,
};

use super::{AddError, Answering, ReadError};

/// The number of an entry: given once, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryNumber(pub u64);

impl fmt::Display for EntryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What strays are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StrayIdentity {
    /// The family whose protocol carried the account.
    pub family: FamilyName,
    /// The account shown.
    pub account: Account,
    /// The receiver number shown, if one was.
    pub receiver: Option<u32>,
    /// The line number shown, if one was.
    pub line: Option<u32>,
    /// Why they are strays, by the name of `proto::StrayReason`.
    pub reason: ArrayString<16>,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It waits for somebody to look at it.
    Open,
    /// Somebody does not want to see it: what comes is only counted.
    Rejected,
    /// A panel was made of it.
    Adopted,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Rejected, Self::Adopted];

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Rejected => "rejected",
            Self::Adopted => "adopted",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// One stranger: everything that came under one identity for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayEntry {
    /// Its number.
    pub number: EntryNumber,
    /// Who it says it is, and why it is a stray.
    pub identity: StrayIdentity,
    /// What became of it.
    pub standing: Standing,
    /// What came.
    pub seen: StraySeen,
}

/// What came of a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StraySeen {
    /// The listener that the last frame came by.
    pub listener: ListenerName,
    /// The registered path whose key does not open the frames, if the account is registered.
    pub path: Option<PathIndex>,
    /// The address that the first frame came from.
    pub opened_by: IpAddr,
    /// The last few addresses, the newest first.
    pub sources: Vec<IpAddr>,
    /// When the first frame came.
    pub first: Wall,
    /// When the last one came.
    pub last: Wall,
    /// How many came.
    pub count: u64,
    /// How many of these were acknowledged all the same.
    pub acknowledged: u64,
}

/// A frame that was kept to be looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptFrame {
    /// When the gateway read it.
    pub received: Wall,
    /// Where it came from.
    pub source: IpAddr,
    /// The protocol's name for the format.
    pub format: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Whether it was acknowledged all the same.
    pub acknowledged: bool,
    /// The bytes, redacted, cut to [`model::limits::QUARANTINE_FRAME`]. Personal data.
    pub raw: Vec<u8>,
}

/// Contents are personal data: they stay out of logs.
impl fmt::Debug for KeptFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptFrame")
            .field("received", &self.received)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// A stranger as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownEntry {
    /// The entry.
    pub entry: StrayEntry,
    /// The frames kept of it, the oldest first.
    pub frames: Vec<KeptFrame>,
}

/// What came of a stranger since the last time that it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayUpdate {
    /// Who it says it is, and why it is a stray.
    pub identity: StrayIdentity,
    /// What came: `first`, `count` and `acknowledged` of these frames alone, the rest as it is now.
    pub seen: StraySeen,
    /// The last few frames, the oldest first.
    pub frames: Vec<KeptFrame>,
}

/// One page of the quarantine, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries, the newest number first.
    pub entries: Vec<StrayEntry>,
    /// Where to go on; `None` at the end.
    pub next: Option<EntryNumber>,
}

/// That a panel became of a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptionRow {
    /// The number that the entry had.
    pub number: EntryNumber,
    /// When it was adopted.
    pub at: Wall,
    /// By whom.
    pub who: String,
    /// When its first frame came.
    pub first: Wall,
    /// When its last frame came.
    pub last: Wall,
    /// How many came.
    pub count: u64,
}

/// What is registered of a stranger beside what it showed itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adoption {
    /// What people will call the panel; the account, if absent.
    pub name: Option<String>,
    /// Where it stands; the default site of the default organisation, if absent.
    pub site: Option<SiteId>,
    /// The listener by which it must come; `None` means any.
    pub listener: Option<ListenerName>,
    /// What its path may do.
    pub policy: PathPolicy,
    /// The key that opens its frames; `None` if it does not encrypt.
    pub key: Option<CipherKey>,
}

/// Why an entry was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuarantineError {
    /// There is no such entry, or it is no longer kept.
    #[error("there is no entry {number} in the quarantine, or it is no longer kept")]
    Unknown {
        /// Which was asked for.
        number: EntryNumber,
    },
    /// A panel was made of it before.
    #[error("entry {number} was adopted before")]
    Adopted {
        /// Which was asked for.
        number: EntryNumber,
    },
    /// Its account is registered: it is the key that does not fit.
    #[error(
        "the account of entry {number} is registered already: its key does not open the frames"
    )]
    Registered {
        /// Which was asked for.
        number: EntryNumber,
    },
    /// The panel could not be registered.
    #[error(transparent)]
    Refused(#[from] AddError),
    /// The entry could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl QuarantineError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::NotFound,
            Self::Adopted { .. } => ErrorCode::StrayAdopted,
            Self::Registered { .. } => ErrorCode::StrayRegistered,
            Self::Refused(error) => error.code(),
            Self::Read(error) => error.code(),
        }
    }
}

/// Keeps strangers.
pub trait Strays: Send + Sync {
    /// Writes down what came, in one transaction. An entry that is rejected is counted, and its
    /// frames and addresses are left out. At most [`model::limits::STATE_BATCH`] at once.
    fn keep(&self, batch: Vec<StrayUpdate>) -> Answering<'_, Result<(), AddError>>;

    /// Entries with lower numbers than the cursor, the newest first, at most `limit`; only those
    /// that are open, unless `all`.
    fn entries(
        &self,
        all: bool,
        cursor: Option<EntryNumber>,
        limit: usize,
    ) -> Answering<'_, Result<EntryPage, ReadError>>;

    /// One entry with the frames kept of it; `None` if there is none.
    fn entry(&self, number: EntryNumber) -> Answering<'_, Result<Option<ShownEntry>, ReadError>>;

    /// Records that the panel became of the entry, with an audit row.
    fn adopted(
        &self,
        actor: Actor,
        at: Wall,
        number: EntryNumber,
        panel: PanelId,
    ) -> Answering<'_, Result<(), QuarantineError>>;

    /// Rejects an entry, or opens it again, with an audit row; answers it as it then is.
    fn stand(
        &self,
        actor: Actor,
        at: Wall,
        number: EntryNumber,
        standing: Standing,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>>;

    /// Forgets entries of which nothing came at or after `since`, at most
    /// [`model::limits::STATE_BATCH`]; answers how many there were. Adoptions stay on record.
    fn forget(&self, since: Wall) -> Answering<'_, Result<usize, AddError>>;

    /// Who became this panel.
    fn adoptions(&self, panel: PanelId) -> Answering<'_, Result<Vec<AdoptionRow>, ReadError>>;
}

/// Changes the quarantine while the server runs.
pub trait QuarantineAdmin: Send + Sync {
    /// Registers a panel with the identity that the stranger showed, and records what it was. A
    /// panel that has this very identity already, by an adoption cut short or by another hand,
    /// stays as it is, and becomes the one on record.
    fn adopt(
        &self,
        actor: Actor,
        number: EntryNumber,
        adoption: Adoption,
    ) -> Answering<'_, Result<PanelId, QuarantineError>>;

    /// Hides an entry: what comes is only counted from now on. `again` undoes this.
    fn reject(
        &self,
        actor: Actor,
        number: EntryNumber,
        again: bool,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>>;
}

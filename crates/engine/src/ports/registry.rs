//! Who is registered: organisations, sites, panels, paths; and the audit of every change.
//!
//! Invariant: a change and its audit row are one transaction.

use model::{
    Account, Actor, CipherKey, ErrorCode, FamilyName, Learned, ListenerName, Organisation, Panel,
    PanelId, PanelIndex, Path, PathId, PathIndex, PathName, PathPolicy, Site, SiteId, TokenId,
    Wall, Watch,
};

use super::{
    Answering, ChangeError, NewPath, OutputRow, PartitionRow, PathChange, ReadError, ZoneRow,
};

/// A panel to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPanel {
    /// What people will call it; the account, if absent.
    pub name: Option<String>,
    /// Where it stands; the default site of the default organisation, if absent.
    pub site: Option<SiteId>,
    /// The protocol that it speaks.
    pub family: FamilyName,
    /// The account that it shows.
    pub account: Account,
    /// The receiver number that it must show; `None` means any.
    pub receiver: Option<u32>,
    /// The line number that it must show; `None` means any.
    pub line: Option<u32>,
    /// The listener by which it must come; `None` means any.
    pub listener: Option<ListenerName>,
    /// What the panel must call it, in families that name paths; `None` means any name, or none.
    pub path_name: Option<PathName>,
    /// What its path may do.
    pub policy: PathPolicy,
    /// The key that opens its frames; `None` if it does not encrypt.
    pub key: Option<CipherKey>,
    /// How closely it is watched; as the default says, if absent. Whether it may be is asked of
    /// [`super::Supervision::may_begin`] before.
    pub watch: Option<Watch>,
}

impl NewPanel {
    /// Its path.
    pub fn path(&self) -> NewPath {
        NewPath {
            family: self.family,
            account: self.account,
            receiver: self.receiver,
            line: self.line,
            listener: self.listener,
            path_name: self.path_name,
            policy: self.policy,
            key: self.key.clone(),
        }
    }
}

/// Why a panel was not registered. The others of a batch are not concerned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// The very same path, by family, account, receiver, line and listener, exists already: a
    /// re-run.
    #[error("panel {panel} has this account already")]
    Exists {
        /// Which.
        panel: PanelId,
    },
    /// A frame could match both (R30): receiver, line or listener must tell them apart.
    #[error(
        "a frame of this account could also be from panel {panel}: a path without receiver, line \
         or listener matches any"
    )]
    Ambiguous {
        /// Which.
        panel: PanelId,
    },
    /// There is no such site.
    #[error("there is no site {site}")]
    UnknownSite {
        /// Which was asked for.
        site: SiteId,
    },
    /// The store failed: neither this panel nor any after it in the batch was stored.
    #[error("the panel could not be stored: {cause}")]
    Store {
        /// Whether space ran out.
        full: bool,
        /// What SQLite said.
        cause: String,
    },
}

impl AddError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Exists { .. } | Self::Ambiguous { .. } => ErrorCode::PanelAmbiguous,
            Self::UnknownSite { .. } => ErrorCode::SiteUnknown,
            Self::Store { full: true, .. } => ErrorCode::StoreFull,
            Self::Store { full: false, .. } => ErrorCode::StoreFailed,
        }
    }
}

/// What ingest and identification need of a path, for tables in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathBinding {
    /// The path.
    pub path: Path,
    /// Its panel.
    pub panel: PanelId,
    /// Its panel, by the dense number.
    pub panel_index: PanelIndex,
    /// Where the panel stands.
    pub site: SiteId,
    /// Whose it is.
    pub organisation: model::OrganisationId,
    /// The keys that open its frames, the one in use first. Empty also if the key that
    /// [`Path::cipher`] tells of could not be opened.
    pub keys: Vec<CipherKey>,
    /// What was learned of it.
    pub learned: Learned,
    /// The digest of its secret, if it has one.
    pub secret: Option<[u8; 32]>,
    /// Whether a person disabled its panel.
    pub disabled: bool,
}

impl PathBinding {
    /// Whether it has a key that could not be opened ([`PathStanding::key_is_lost`]).
    pub fn key_is_lost(&self) -> bool {
        self.path.cipher.is_some() && self.keys.is_empty()
    }
}

/// Which panels a reader wants. Empty means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PanelFilter {
    /// With this account on one of its paths.
    pub account: Option<Account>,
    /// With this text in its name or in one of its accounts, whatever the case.
    pub text: Option<String>,
}

/// One page of panels, by dense number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelPage {
    /// The panels.
    pub panels: Vec<Panel>,
    /// Where to go on; `None` at the end.
    pub next: Option<PanelIndex>,
}

/// How a path stands beyond what was registered of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathStanding {
    /// What was learned of it.
    pub learned: Learned,
    /// It has a key that cannot be opened: it was sealed under another `seal.key`. Its encrypted
    /// frames are refused until the key is set again.
    pub key_is_lost: bool,
    /// Whether it has a secret that the panel can show in place of a certificate.
    pub has_secret: bool,
}

/// A panel and what is known of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelDetail {
    /// The panel.
    pub panel: Panel,
    /// How each of its paths stands, in the order of [`Panel::paths`].
    pub standings: Vec<PathStanding>,
    /// Since when it is disabled; `None` if it is not.
    pub disabled: Option<Wall>,
    /// Its partitions, by number.
    pub partitions: Vec<PartitionRow>,
    /// Its zones, by number.
    pub zones: Vec<ZoneRow>,
    /// Its outputs, by number.
    pub outputs: Vec<OutputRow>,
}

/// Who is registered.
pub trait Registry: Send + Sync {
    /// Every path, for the tables in memory.
    fn bindings(&self) -> Answering<'_, Result<Vec<PathBinding>, ReadError>>;

    /// Registers panels, each in one transaction with its audit row; an answer each, in order.
    /// Those that cannot be registered leave the others alone. A long batch is cut into several
    /// transactions, so that no other change waits for all of it.
    fn add_panels(
        &self,
        actor: Actor,
        at: Wall,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>>;

    /// Registers another path of a panel, with its audit row.
    fn add_path(
        &self,
        actor: Actor,
        at: Wall,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<PathBinding, ChangeError>>;

    /// Changes what a path may do and its key, with one audit row.
    fn change_path(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<PathBinding, ChangeError>>;

    /// Removes a path and its keys, with an audit row; answers what it was. Its events stay, and
    /// its dense number is never given again.
    fn remove_path(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
    ) -> Answering<'_, Result<Path, ChangeError>>;

    /// Forgets what was learned of a path, with an audit row.
    fn relearn(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
    ) -> Answering<'_, Result<PathBinding, ChangeError>>;

    /// Keeps what was learned of some paths, at most [`model::limits::STATE_BATCH`] of them.
    /// Those that have been removed are left out.
    fn learn(&self, batch: Vec<(PathIndex, Learned)>) -> Answering<'_, Result<(), AddError>>;

    /// Panels after the cursor, at most `limit`.
    fn panels(
        &self,
        filter: PanelFilter,
        cursor: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<PanelPage, ReadError>>;

    /// One panel with its parts; `None` if there is none.
    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelDetail>, ReadError>>;

    /// All organisations.
    fn organisations(&self) -> Answering<'_, Result<Vec<Organisation>, ReadError>>;

    /// All sites.
    fn sites(&self) -> Answering<'_, Result<Vec<Site>, ReadError>>;

    /// Writes an audit row of something that changes nothing: a read of personal data (R30).
    /// `action` is a name such as `event.read_personal`, `subject` says what was read.
    fn audit(
        &self,
        actor: Actor,
        at: Wall,
        action: &'static str,
        subject: String,
    ) -> Answering<'_, Result<(), AddError>>;
}

/// A bearer token, as it is kept: never itself, only its keyed digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Stable id.
    pub id: TokenId,
    /// What people call it, and the name in audit rows.
    pub name: String,
    /// HMAC-SHA-256 of the token under the key file's key.
    pub digest: [u8; 32],
    /// When it was made.
    pub created: Wall,
}

/// Bearer tokens.
pub trait Tokens: Send + Sync {
    /// All tokens.
    fn tokens(&self) -> Answering<'_, Result<Vec<TokenRow>, ReadError>>;

    /// Adds a token, or replaces the one of the same name, with its audit row.
    fn put_token(&self, actor: Actor, token: TokenRow) -> Answering<'_, Result<(), AddError>>;
}

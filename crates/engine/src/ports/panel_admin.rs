//! What people change of panels while the server runs.

use model::{
    Account, Actor, CipherKey, ErrorCode, FamilyName, ListenerName, Panel, PanelId, Path, PathId,
    PathName, PathPolicy,
};

use super::{AddError, Answering, NewPanel};

/// A path to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPath {
    /// The protocol that is spoken on it.
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
    /// What it may do.
    pub policy: PathPolicy,
    /// The key that opens its frames; `None` if it does not encrypt.
    pub key: Option<CipherKey>,
}

/// What becomes of a path's key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyChange {
    /// It stays as it is.
    #[default]
    Keep,
    /// This one takes its place.
    Set(CipherKey),
    /// The path has none any more: it does not encrypt. What was learned of it is forgotten, or
    /// every signal would be doubted as plain after encrypted (R1).
    Remove,
}

/// What is to be changed of a path; `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathChange {
    /// [`PathPolicy::hub`].
    pub hub: Option<bool>,
    /// [`PathPolicy::accept_skewed`].
    pub accept_skewed: Option<bool>,
    /// Its key.
    pub key: KeyChange,
}

impl PathChange {
    /// Whether what was learned of the path is forgotten with it.
    pub fn forgets(&self) -> bool {
        self.key == KeyChange::Remove
    }
}

/// Why a path was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such panel.
    #[error("there is no panel {panel}")]
    UnknownPanel {
        /// Which was asked for.
        panel: PanelId,
    },
    /// There is no such path, or it has been removed.
    #[error("there is no path {path}")]
    UnknownPath {
        /// Which was asked for.
        path: PathId,
    },
    /// A panel that could not reach us would be none.
    #[error("{path} is the only path of panel {panel}")]
    LastPath {
        /// Which was to be removed.
        path: PathId,
        /// Whose it is.
        panel: PanelId,
    },
    /// As a panel that is added would be refused.
    #[error(transparent)]
    Refused(#[from] AddError),
}

impl ChangeError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownPanel { .. } | Self::UnknownPath { .. } => ErrorCode::NotFound,
            Self::LastPath { .. } => ErrorCode::PathLast,
            Self::Refused(error) => error.code(),
        }
    }
}

/// Changes panels while the server runs: in the store, in the tables in memory, and in what
/// gateways remember of the accounts. When it answers, the change is known to everybody who
/// identifies panels.
pub trait PanelAdmin: Send + Sync {
    /// Registers panels as [`super::Registry::add_panels`] does; an answer each, in order.
    fn add_panels(
        &self,
        actor: Actor,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>>;

    /// Registers another path of a panel.
    fn add_path(
        &self,
        actor: Actor,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<Path, ChangeError>>;

    /// Changes what a path may do, and its key.
    fn change_path(
        &self,
        actor: Actor,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<Path, ChangeError>>;

    /// Removes a path, unless it is its panel's last. Its events stay.
    fn remove_path(&self, actor: Actor, path: PathId) -> Answering<'_, Result<(), ChangeError>>;

    /// Forgets what was learned of a path, which it then learns anew.
    fn relearn(&self, actor: Actor, path: PathId) -> Answering<'_, Result<Path, ChangeError>>;
}

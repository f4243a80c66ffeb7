//! Panels, the paths by which they reach us, and whom they belong to.

use crate::{
    Account, FamilyName, KeyStrength, ListenerName, OrganisationId, PanelId, PathId, PathName,
    SiteId, Wall,
};

/// A dense number of a panel, stable for ever, for tables on hot paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PanelIndex(pub u32);

/// A dense number of a path, stable for ever; it implies the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathIndex(pub u32);

impl PanelIndex {
    /// Watchfire itself, for events that are about no panel.
    pub const HOUSE: Self = Self(u32::MAX);
}

impl PathIndex {
    /// Watchfire itself, for events that came by no registered path.
    pub const HOUSE: Self = Self(u32::MAX);
}

impl PanelId {
    /// Watchfire itself, for events that are about no panel; no panel is ever given it.
    pub const HOUSE: Self = Self::from_bytes([0; 16]);
}

impl PathId {
    /// Watchfire itself, for events that came by no registered path; no path is ever given it.
    pub const HOUSE: Self = Self::from_bytes([0; 16]);
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Stable id.
    pub id: OrganisationId,
    /// What people call it.
    pub name: String,
}

/// Premises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Stable id.
    pub id: SiteId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What people call it.
    pub name: String,
    /// IANA time zone (R21), such as `Europe/Vienna`.
    pub time_zone: String,
}

/// A registered panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Stable id.
    pub id: PanelId,
    /// Dense number.
    pub index: PanelIndex,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it stands.
    pub site: SiteId,
    /// What people call it; the account where nobody named it.
    pub name: String,
    /// When it was registered.
    pub created: Wall,
    /// How it reaches us; at least one.
    pub paths: Vec<Path>,
}

/// One way by which a panel reaches us, and the identity that it shows there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Stable id.
    pub id: PathId,
    /// Dense number.
    pub index: PathIndex,
    /// The protocol that is spoken on it.
    pub family: FamilyName,
    /// The account shown.
    pub account: Account,
    /// The receiver number that must be shown; `None` means any.
    pub receiver: Option<u32>,
    /// The line number that must be shown; `None` means any.
    pub line: Option<u32>,
    /// The listener by which it must come; `None` means any.
    pub listener: Option<ListenerName>,
    /// What the panel must call it, in families that name paths; `None` means any name, or none.
    pub path_name: Option<PathName>,
    /// What it may do beyond a plain path.
    pub policy: PathPolicy,
    /// The key that opens its frames, by what may be told of it; `None` if it does not encrypt.
    pub cipher: Option<PathCipher>,
}

/// What may be told of a path's key: never the key itself (I10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathCipher {
    /// How long the key is.
    pub strength: KeyStrength,
    /// When it was set.
    pub set: Wall,
}

/// What a path may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PathPolicy {
    /// It may report for accounts other than its own (R5).
    pub hub: bool,
    /// R3: an alarm whose clock stays wrong is acknowledged once it is stored; otherwise it is
    /// stored, and still answered with our time.
    pub accept_skewed: bool,
}

impl Path {
    /// Whether some frame could match both: two such paths are ambiguous and never coexist.
    pub fn overlaps(&self, other: &Self) -> bool {
        fn meet<T: PartialEq + Copy>(a: Option<T>, b: Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        self.family == other.family
            && self.account == other.account
            && meet(self.receiver, other.receiver)
            && meet(self.line, other.line)
            && meet(self.listener, other.listener)
            && meet(self.path_name, other.path_name)
    }

    /// Whether both are found by the very same: family, account, receiver, line, listener
    /// and path name.
    pub fn is_twin_of(&self, other: &Self) -> bool {
        let shown = |path: &Self| (path.family, path.account, path.receiver, path.line);
        shown(self) == shown(other)
            && (self.listener, self.path_name) == (other.listener, other.path_name)
    }
}

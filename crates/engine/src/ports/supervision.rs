//! What supervision keeps, and what it shows.
//!
//! Invariant: faults and outages are kept as the journal tells them: a projection and its cursor
//! are one transaction, so that a restart neither repeats nor forgets one (I3).

use std::time::Duration;

use model::{
    Actor, Assurance, Claim, ErrorCode, EventSeq, FamilyName, Mono, OrganisationId, OwnCode,
    PanelId, PanelIndex, PathId, PathIndex, SiteId, SupervisionClass, SupervisionSettings, Wall,
    Watch,
};

use super::{AddError, Answering, NewPanel, ReadError};
use crate::supervision::{Group, Incident, MassOutage, Served};

/// A registered path and what was set of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedPath {
    /// The path.
    pub path: PathIndex,
    /// Its stable id.
    pub path_id: PathId,
    /// Its panel.
    pub panel: PanelIndex,
    /// Its panel's stable id.
    pub panel_id: PanelId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it stands.
    pub site: SiteId,
    /// The protocol that is spoken on it.
    pub family: FamilyName,
    /// When the panel was registered.
    pub created: Wall,
    /// What was set of the panel.
    pub of_panel: SupervisionSettings,
    /// What was set of the path.
    pub of_path: SupervisionSettings,
}

/// What to set, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingChange {
    /// The panel.
    pub panel: PanelId,
    /// Of this path of it; of the panel itself, if absent.
    pub path: Option<PathId>,
    /// What to set. What is absent is taken from the panel, or from the default.
    pub settings: SupervisionSettings,
}

/// Where supervision stood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HouseState {
    /// What told this boot of the machine from others.
    pub boot: String,
    /// The machine's monotonic clock, which means something in that boot only.
    pub mono: Mono,
    /// Our clock.
    pub wall: Wall,
    /// What the clock of service showed.
    pub served: Served,
    /// Whether it was a stop in order, at which everything was written down and synced.
    pub clean: bool,
    /// What was left of a hold (R11).
    pub hold: Duration,
    /// The last event of the journal that was projected.
    pub cursor: EventSeq,
}

/// When 512 paths were heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceRow {
    /// The number of its first path, divided by 512.
    pub row: u32,
    /// Of each path four octets, in an order of supervision's own.
    pub heard: Vec<u8>,
}

/// When paths were heard, as it was sketched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PresenceRows {
    /// The boot of the machine in which it was: in another one rows may be missing.
    pub boot: String,
    /// The rows.
    pub rows: Vec<PresenceRow>,
}

/// A fault that the journal tells of, and that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFault {
    /// The path by which it was told.
    pub path: PathIndex,
    /// What told it: `PathLost`, `NeverReported`, `PanelLost` or `TestOverdue`.
    pub code: OwnCode,
    /// When it happened.
    pub since: Wall,
    /// What the clock of service showed when it was last told.
    pub told: Served,
}

/// What an event of our own, or a test signal, changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A fault began.
    Began {
        /// The event that told it.
        seq: EventSeq,
        /// The fault.
        fault: OpenFault,
    },
    /// Faults of these kinds of the path, or of the panel where the panel is restored, are over.
    Ended {
        /// The event that told it: what was told later goes on.
        seq: EventSeq,
        /// The path by which it was told.
        path: PathIndex,
        /// `PathRestored`, `PanelRestored` or `TestRestored`.
        code: OwnCode,
        /// When it happened.
        at: Wall,
    },
    /// A path was reported lost again.
    Reminded {
        /// The path.
        path: PathIndex,
        /// What the clock of service showed.
        at: Served,
    },
    /// An outage of ours was told.
    Outage {
        /// The event that told it.
        seq: EventSeq,
        /// From when.
        from: Wall,
        /// Until when.
        until: Wall,
    },
    /// An expected test signal came.
    Tested {
        /// The path on which it is expected.
        path: PathIndex,
        /// What the clock of service showed.
        at: Served,
    },
}

/// What is written down in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SupervisionChange {
    /// Where supervision stands.
    pub house: HouseState,
    /// What the journal told, in its order.
    pub told: Vec<Told>,
}

/// Everything that a new life of the engine takes up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resumed {
    /// Where supervision stood; `None` at the first start.
    pub house: Option<HouseState>,
    /// When paths were heard.
    pub presence: PresenceRows,
    /// Faults that are not over.
    pub faults: Vec<OpenFault>,
    /// When expected test signals last came.
    pub tests: Vec<(PathIndex, Served)>,
    /// Losses of the last day, in the order in which they were told.
    pub losses: Vec<(PathIndex, Served)>,
}

/// A time in which a path was lost, or in which we ourselves were out of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// From when.
    pub from: Wall,
    /// Until when; `None` if it is not over.
    pub until: Option<Wall>,
}

/// What availability is computed from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spells {
    /// Of each path of the panel its losses that touch the period.
    pub paths: Vec<(PathId, Vec<Spell>)>,
    /// Our own outages that touch the period.
    pub ours: Vec<Spell>,
    /// When the panel was registered.
    pub registered: Wall,
}

/// Keeps what supervision must know after a restart.
pub trait SupervisionStore: Send + Sync {
    /// Registered paths after `after`, all at once, by number.
    fn watched(
        &self,
        after: Option<PathIndex>,
    ) -> Answering<'_, Result<Vec<WatchedPath>, ReadError>>;

    /// The paths of one panel.
    fn watched_panel(&self, panel: PanelId) -> Answering<'_, Result<Vec<WatchedPath>, ReadError>>;

    /// Sets, each with its audit row. A long batch is cut into several transactions.
    fn set_supervision(
        &self,
        actor: Actor,
        at: Wall,
        changes: Vec<SettingChange>,
    ) -> Answering<'_, Result<(), AddError>>;

    /// What the last life wrote down.
    fn resume(&self) -> Answering<'_, Result<Resumed, ReadError>>;

    /// Notes rows of presence where a new life of this process finds them, and a new boot of the
    /// machine perhaps not: it is not synced, so that it costs next to nothing. Returns at once.
    fn sketch(&self, boot: &str, rows: &[PresenceRow]) -> Result<(), AddError>;

    /// Writes down, in one transaction. At a stop in order what was sketched is synced first.
    fn keep(&self, change: SupervisionChange) -> Answering<'_, Result<(), AddError>>;

    /// Panels of a group that lost a path while the clock of service showed these times, both included, after
    /// the cursor, at most `limit`.
    fn lost_between(
        &self,
        group: Group,
        told: (Served, Served),
        after: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<Vec<PanelIndex>, ReadError>>;

    /// Losses of a panel's paths, and outages of ours, that touch the period; `None` if there is
    /// no such panel.
    fn spells(
        &self,
        panel: PanelId,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Option<Spells>, ReadError>>;
}

/// How a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathState {
    /// Heard within its time, or its time is not over.
    Ok,
    /// Not heard within its time.
    Lost,
    /// Never heard, though it should have been.
    Never,
    /// Not watched.
    Unsupervised,
}

impl PathState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Lost, Self::Never, Self::Unsupervised];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Lost => "lost",
            Self::Never => "never",
            Self::Unsupervised => "unsupervised",
        }
    }
}

/// What is known of a path at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStatus {
    /// How it is.
    pub state: PathState,
    /// Since when it is lost.
    pub since: Option<Wall>,
    /// For how long it may be silent.
    pub time: Option<Duration>,
    /// When it is lost if nothing is heard; may have passed while reports are held.
    pub deadline: Option<Wall>,
    /// Its silence is not reported yet, since it may be our own fault (R11).
    pub held: bool,
    /// Lost five times within an hour.
    pub flapping: bool,
    /// An expected test signal did not come.
    pub test_overdue: bool,
}

/// What is set of a path, and what that comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathSupervision {
    /// The path.
    pub path: PathIndex,
    /// Its stable id.
    pub id: PathId,
    /// What was set of the path itself.
    pub set: SupervisionSettings,
    /// With what was set of the panel, and the default.
    pub effective: SupervisionSettings,
    /// What the channel is worth against forgery.
    pub assurance: Assurance,
    /// What it may be called, if a class was set.
    pub called: Option<SupervisionClass>,
    /// Why that is less than what was set (R1, R10).
    pub lacking: Option<Claim>,
    /// How it is.
    pub status: PathStatus,
}

/// What is set of a panel, and what that comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelSupervision {
    /// The panel.
    pub panel: PanelId,
    /// What was set of the panel.
    pub set: SupervisionSettings,
    /// Its paths.
    pub paths: Vec<PathSupervision>,
}

/// Supervision as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SupervisionSummary {
    /// Paths that are watched.
    pub watched: usize,
    /// Paths that are lost.
    pub lost: usize,
    /// Paths that never reported.
    pub never: usize,
    /// Paths whose loss is held back.
    pub held: usize,
    /// How long reports are still held (R11).
    pub hold: Duration,
    /// Whether timers stand still, since nothing can be stored (R4).
    pub paused: bool,
    /// Mass outages, the newest first, with the times of the first and the last loss.
    pub outages: Vec<(MassOutage, Wall, Wall)>,
    /// What is in force where nothing was set.
    pub default: Option<Watch>,
}

/// Why something was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// There is no such panel.
    #[error("there is no panel {0}")]
    UnknownPanel(PanelId),
    /// It is no path of the panel.
    #[error("panel {0} has no path {1}")]
    UnknownPath(PanelId, PathId),
    /// R1, R10: a path of the panel may not claim the class.
    #[error("{class} is refused: {claim}")]
    Claim {
        /// The class.
        class: SupervisionClass,
        /// Why.
        claim: Claim,
    },
    /// The class is about two paths, and there is one.
    #[error("{0} is refused: the panel has one path only; add the other one first")]
    OnePath(SupervisionClass),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] AddError),
}

impl SetError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownPanel(_) | Self::UnknownPath(..) => ErrorCode::NotFound,
            Self::Claim { .. } | Self::OnePath(_) => ErrorCode::SupervisionRefused,
            Self::Read(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// Supervision, as those who serve people see it.
pub trait Supervision: Send + Sync {
    /// How a path is. From memory; never waits.
    fn status(&self, path: PathIndex) -> PathStatus;

    /// Panels with a path that is lost or never reported, after the cursor, at most `limit`.
    fn panels_with_faults(&self, after: Option<PanelIndex>, limit: usize) -> Vec<PanelIndex>;

    /// Supervision as a whole.
    fn summary(&self) -> SupervisionSummary;

    /// Mass outages of the last day, each once whatever groups it touches, the newest first.
    fn incidents(&self) -> Vec<Incident>;

    /// Panels that lost a path in an incident, after the cursor, at most `limit`; `None` if there is no such
    /// incident.
    fn panels_of(
        &self,
        incident: u64,
        after: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<Option<Vec<PanelIndex>>, ReadError>>;

    /// What is set of a panel; `None` if there is none.
    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelSupervision>, ReadError>>;

    /// Whether a panel may be watched as it asks for from its registration on, with the one path
    /// that it then has (R1, R10). From memory; never waits.
    fn may_begin(&self, panel: &NewPanel) -> Result<(), SetError>;

    /// Sets, in force when it answers. An answer each; one that is refused leaves the others
    /// alone.
    fn set(
        &self,
        actor: Actor,
        changes: Vec<SettingChange>,
    ) -> Answering<'_, Vec<Result<(), SetError>>>;

    /// What the availability of a panel's paths is computed from.
    fn spells(
        &self,
        panel: PanelId,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Option<Spells>, ReadError>>;
}

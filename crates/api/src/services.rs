//! What the API stands on.

use std::fmt;
use std::sync::Arc;

use engine::ports::{
    EventLog, Health, JudgesEvents, Measured, PanelAdmin, Presence, QuarantineAdmin, Registry,
    ShowsCondition, ShowsPerformance, ShowsSessions, Strays, Supervision, TrustAdmin, Verdicts,
};
use model::{Clock, EventSeq, FamilyName};
use tokio::sync::watch;

use crate::Authenticate;
use crate::dto::supervision::Known;

/// A family of panels that this server speaks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyTitle {
    /// Its name: `dc09`.
    pub name: FamilyName,
    /// What people call it: `SIA DC-09`.
    pub title: String,
    /// Whether it is spoken over TLS only.
    pub over_tls: bool,
}

/// Everything that the API asks or tells.
#[derive(Clone)]
pub struct Services {
    /// The journal.
    pub events: Arc<dyn EventLog>,
    /// What people said of doubtful events.
    pub verdicts: Arc<dyn Verdicts>,
    /// Takes what people say of them.
    pub judge: Arc<dyn JudgesEvents>,
    /// Who is in the quarantine.
    pub strays: Arc<dyn Strays>,
    /// Changes the quarantine.
    pub quarantine: Arc<dyn QuarantineAdmin>,
    /// Who is registered.
    pub registry: Arc<dyn Registry>,
    /// Registers panels while gateways run.
    pub panel_admin: Arc<dyn PanelAdmin>,
    /// Gives panels certificates and secrets, and takes them away.
    pub trust: Arc<dyn TrustAdmin>,
    /// Watches that panels are reachable.
    pub supervision: Arc<dyn Supervision>,
    /// Where paths are connected.
    pub sessions: Arc<dyn ShowsSessions>,
    /// How panels are, by what they tell of themselves.
    pub condition: Arc<dyn ShowsCondition>,
    /// When paths were last heard, where somebody knows.
    pub presence: Option<Arc<dyn Presence>>,
    /// Rings after commits. The number only says that there is something to read (I3).
    pub bell: watch::Receiver<EventSeq>,
    /// What readiness depends on.
    pub health: Vec<Arc<dyn Health>>,
    /// Whose figures `/metrics` shows.
    pub measured: Vec<Arc<dyn Measured>>,
    /// How fast and how full the server is.
    pub performance: Arc<dyn ShowsPerformance>,
    /// The families that a panel can be of.
    pub families: Vec<FamilyTitle>,
    /// Who a bearer token stands for.
    pub authenticate: Arc<dyn Authenticate>,
    /// Time is given (I11).
    pub clock: Arc<dyn Clock>,
    /// What tells this build from others of its version, such as the commit.
    pub build: String,
}

impl Services {
    /// What is known of paths at this moment.
    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            presence: self.presence.as_deref(),
            supervision: &*self.supervision,
            sessions: &*self.sessions,
            condition: &*self.condition,
            families: &self.families,
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("families", &self.families)
            .field("build", &self.build)
            .finish_non_exhaustive()
    }
}

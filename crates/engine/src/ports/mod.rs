//! Every trait by which the engine meets the outside.
//!
//! Downwards to the store: [`EventLog`], [`Registry`], [`States`], [`SupervisionStore`],
//! [`Verdicts`], [`Strays`], [`Tokens`], [`TrustStore`]; with [`Sealer`] for the secrets in it.
//! Downwards to the files of TLS: [`Authority`]. Upwards from the
//! edges that serve panels: [`Intake`], [`Identities`], [`Supervises`], [`WatchesClocks`],
//! [`Learns`], [`Quarantines`], [`ProvidesTls`], [`WatchesLoad`]. From those that serve people: [`PanelAdmin`], [`JudgesEvents`],
//! [`QuarantineAdmin`], [`Presence`], [`Supervision`], [`TrustAdmin`],
//! [`ShowsPerformance`]. Downwards to the operating system: [`ReadsMachine`]. From our own services: [`Reports`], and for
//! them [`Confirmations`].
//!
//! Invariant: the traits speak the domain's operations, never tables or messages; each is
//! object-safe, so that an engine is the same whatever stands behind it.

mod condition;
mod edges;
mod event_log;
mod measured;
mod panel_admin;
mod performance;
mod presence;
mod quarantine;
mod registry;
mod reports;
mod sealer;
mod sessions;
mod sightings;
mod states;
mod supervision;
mod trust;
mod verdicts;

use std::future::Future;
use std::pin::Pin;

pub use condition::{
    ConditionChange, ConditionStore, LastConnection, PathCondition, Reported, ShowsCondition, Span,
    Spread, Trend, TrendRow,
};
pub use edges::{Admission, Answer, AnswerSender, Changed, Identities, Intake, Origin, Submission};
pub use event_log::{
    AppendError, Appended, EventFilter, EventLog, EventPage, NewMessage, ReadError, RepeatQuery,
    StoredMessage,
};
pub use measured::{Check, Health, Measured, Measurement, Reading};
pub use panel_admin::{ChangeError, KeyChange, NewPath, PanelAdmin, PathChange};
pub use performance::{
    CommitFigures, GatewayFigures, GatewayLoad, MachineFigures, MachineReading, Performance,
    ProcessFigures, ProcessReading, ReadsMachine, RequestCounts, RequestFigures, RequestKind, Role,
    ShowsPerformance, Took, TookFigures, WatchesLoad, Windows,
};
pub use presence::{Link, Links, Presence};
pub use quarantine::{
    Adoption, AdoptionRow, EntryNumber, EntryPage, KeptFrame, QuarantineAdmin, QuarantineError,
    ShownEntry, Standing, StrayEntry, StrayIdentity, StraySeen, StrayUpdate, Strays,
};
pub use registry::{
    AddError, NewPanel, PanelDetail, PanelFilter, PanelPage, PathBinding, PathStanding, Registry,
    TokenRow, Tokens,
};
pub use reports::{OwnEvent, Reports};
pub use sealer::Sealer;
pub use sessions::{
    Arrival, SessionPlace, Sessions, ShownSession, ShowsSessions, TakesReports, WatchesHealth,
};
pub use sightings::{Learns, Quarantines, Sign, StrayFrame, Supervises, WatchesClocks};
pub use states::{
    KnownPartitions, Observation, OutputRow, PartitionRow, Projection, Since, States, ZoneRow,
};
pub use supervision::{
    HouseState, OpenFault, PanelSupervision, PathState, PathStatus, PathSupervision, PresenceRow,
    PresenceRows, Resumed, SetError, SettingChange, Spell, Spells, Supervision, SupervisionChange,
    SupervisionStore, SupervisionSummary, Told, WatchedPath,
};
pub use trust::{
    Authority, AuthorityError, CertificateOrder, CertificateRow, Credentials, ExpirySubject,
    ExpiryTold, Loaded, ProvidesTls, TICKET_KEY, TicketKey, TlsMaterial, TrustAdmin, TrustError,
    TrustStatus, TrustStore, TrustedRoot,
};
pub use verdicts::{Confirmations, JudgesEvents, NewVerdict, Verdict, VerdictError, Verdicts};

/// A boxed future: a moment's allocation beside a disk sync.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

//! Every trait by which the engine meets the outside.
//!
//! Downwards to the store: [`EventLog`], [`Registry`], [`States`], [`Tokens`]. Upwards from the edges that
//! serve panels: [`Intake`], [`Identities`]. From those that serve people: [`PanelAdmin`],
//! [`Presence`].
//!
//! Invariant: the traits speak the domain's operations, never tables or messages; each is
//! object-safe, so that an engine is the same whatever stands behind it.

mod edges;
mod event_log;
mod measured;
mod presence;
mod registry;
mod states;

use std::future::Future;
use std::pin::Pin;

pub use edges::{Answer, AnswerSender, Identities, Intake, Origin, Submission};
pub use event_log::{
    AppendError, Appended, EventFilter, EventLog, EventPage, NewMessage, ReadError, RepeatQuery,
    StoredMessage,
};
pub use measured::{Check, Health, Measured, Measurement, Reading};
pub use presence::Presence;
pub use registry::{
    AddError, NewPanel, PanelAdmin, PanelDetail, PanelFilter, PanelPage, PathBinding, Registry,
    TokenRow, Tokens,
};
pub use states::{Observation, PartitionRow, Projection, States, ZoneRow};

/// A boxed future: a moment's allocation beside a disk sync.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

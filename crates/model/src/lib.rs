//! The language of Watchfire: what every other crate means by a panel, a signal, an event.
//!
//! Ids, signals and events, the table of event codes, panels and their paths, the proof of
//! commitment, time and entropy as traits, limits, error codes.
//!
//! What never happens here: input or output, `async`, a real clock, global randomness, a
//! serialisation format. Edges translate these types; they are never the wire or row format.

mod account;
mod actor;
mod cipher_key;
mod class;
mod code_table;
pub mod codes;
mod committed;
mod credential;
mod entropy;
mod error;
mod event;
mod id;
mod intake;
mod learned;
pub mod limits;
mod own_code;
mod panel;
mod panel_code;
mod partition;
mod report;
mod signal;
mod supervision;
mod time;

pub use account::{
    Account, AccountKey, BadAccount, FamilyName, ListenerName, PathName, PointNumber,
};
pub use actor::{Actor, Right};
pub use cipher_key::{BadCipherKey, CipherKey, KeyStrength};
pub use class::{EventClass, Priority, RetentionClass, UnknownClass};
pub use codes::{Code, Qualifier};
pub use committed::{AckMode, Committed, Refusal, RepeatKey, SignalToken};
pub use credential::{
    HolderName, IdentityClaim, IdentityRefusal, Issuer, NAMES, PanelSecret, PeerCertificate,
    Proven, SERIAL, Serial,
};
pub use entropy::Entropy;
pub use error::{ErrorCode, PublicMessage};
pub use event::{Event, EventFlags, EventSeq, Message, NewEvent};
pub use id::{BadId, IdSource, NewId, OrganisationId, PanelId, PathId, SiteId, TokenId};
pub use intake::{Epoch, IntakeState};
pub use learned::{Forgery, Learned, MEMO};
pub use own_code::OwnCode;
pub use panel::{Organisation, Panel, PanelIndex, Path, PathCipher, PathIndex, PathPolicy, Site};
pub use panel_code::PanelCode;
pub use partition::{ArmMode, PartitionState, partition_move};
pub use report::{
    ConnectionReport, ConnectionState, LinkKind, PanelReport, RebootReason, ReportedPartition,
    ShortText, StatusReport, ZoneState,
};
pub use signal::{Extended, Item, Point, Signal, Stream};
pub use supervision::{
    Assurance, BadWatch, Claim, Counts, LONGEST_WATCH, SHORTEST_WATCH, SupervisionClass,
    SupervisionSettings, TestWatch, Watch, duration, spoken,
};
pub use time::{Clock, Mono, Now, Wall, micros};

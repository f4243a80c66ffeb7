//! What the supervisor tells a child at its start.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The build of this binary, compared between the ends of the link.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

/// What every child is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Common {
    /// The supervisor's process id: another parent means that it died before we looked.
    pub supervisor: i32,
    /// Which of this role's incarnations this is; larger than any before on this machine.
    pub incarnation: u64,
    /// `log.filter` of the configuration.
    pub log_filter: String,
    /// Whether logs are JSON.
    pub log_json: bool,
}

/// The engine's setup. Descriptors: the link's listening socket, the API's listening socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineSetup {
    /// What every child is told.
    pub common: Common,
    /// The data folder.
    pub data: PathBuf,
    /// Whether commits are synced; `false` is for showing that tests notice.
    pub synchronous: bool,
    /// Size of the ballast file in octets.
    pub ballast: u64,
    /// How long events are kept, by retention class.
    pub retention: Retention,
    /// How many gateways there should be.
    pub gateways: usize,
}

/// How long events are kept, by retention class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Priority 1 to 5.
    pub alarm: Duration,
    /// Priority 6 to 8.
    pub operation: Duration,
    /// Priority 9.
    pub routine: Duration,
}

/// A gateway's setup. Descriptors: a listening socket for each listener, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaySetup {
    /// What every child is told.
    pub common: Common,
    /// Its number, from 0.
    pub index: u16,
    /// The families of the listening sockets.
    pub listeners: Vec<String>,
    /// Where the engine's link socket is bound.
    pub link: PathBuf,
}

//! What the supervisor tells a child at its start.

use std::path::PathBuf;
use std::time::Duration;

use gateway::worker;
use proto::Strangers;
use serde::{Deserialize, Serialize};

use crate::config::ClientCertificates;

/// The build of this binary, compared between the ends of the link.
pub(crate) const BUILD: &str = env!("CARGO_PKG_VERSION");

/// What every child is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Common {
    /// The supervisor's process id: another parent means that it died before we looked.
    pub(crate) supervisor: i32,
    /// Which of this role's incarnations this is; larger than any before on this machine.
    pub(crate) incarnation: u64,
    /// `log.filter` of the configuration.
    pub(crate) log_filter: String,
    /// Whether logs are JSON.
    pub(crate) log_json: bool,
}

/// The engine's setup. Descriptors: the link's listening socket, the API's listening socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EngineSetup {
    /// What every child is told.
    pub(crate) common: Common,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// Whether commits are synced; `false` is for showing that tests notice.
    pub(crate) synchronous: bool,
    /// Size of the ballast file in octets.
    pub(crate) ballast: u64,
    /// How long events are kept, by retention class.
    pub(crate) retention: Retention,
    /// How panels are watched of which nothing was set, as the configuration has it.
    pub(crate) supervision: String,
    /// How many gateways there should be.
    pub(crate) gateways: usize,
    /// Whether the server is being started, and nobody relies on it yet: then what a person can put right
    /// keeps it from starting. A replacement goes on with what it has.
    pub(crate) first: bool,
    /// The operator's files of TLS.
    pub(crate) tls: TlsSetup,
    /// Listeners where every panel must show a certificate.
    pub(crate) certified: Vec<String>,
}

/// The operator's files of TLS; what is not given is made in the data folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TlsSetup {
    /// The server's certificate and its key.
    pub(crate) certificate: Option<(PathBuf, PathBuf)>,
    /// Authorities whose client certificates are taken, besides our own.
    pub(crate) client_ca: Vec<PathBuf>,
    /// Revocation lists of those.
    pub(crate) crl: Vec<PathBuf>,
    /// Names of the server, besides this machine's own.
    pub(crate) names: Vec<String>,
}

/// How long events are kept, by retention class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retention {
    /// Priority 1 to 5.
    pub(crate) alarm: Duration,
    /// Priority 6 to 8.
    pub(crate) operation: Duration,
    /// Priority 9.
    pub(crate) routine: Duration,
}

/// What a gateway is told of a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListenerSetup {
    /// Its name in the configuration.
    pub(crate) name: String,
    /// The protocol that panels speak there.
    pub(crate) family: String,
    /// Whether there is a socket for datagrams, too.
    pub(crate) udp: bool,
    /// Whether connections are encrypted, and then whether panels show certificates.
    pub(crate) tls: Option<Certificates>,
    /// How strangers are answered (R6).
    pub(crate) strangers: Manner,
}

/// Whether panels show certificates: [`ClientCertificates`], as it is said to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Certificates {
    /// A handshake without one fails.
    Required,
    /// Those who have one do.
    Optional,
    /// None is asked for.
    Off,
}

impl From<ClientCertificates> for Certificates {
    fn from(certificates: ClientCertificates) -> Self {
        match certificates {
            ClientCertificates::Required => Self::Required,
            ClientCertificates::Optional => Self::Optional,
            ClientCertificates::Off => Self::Off,
        }
    }
}

impl From<Certificates> for worker::ClientCertificates {
    fn from(certificates: Certificates) -> Self {
        match certificates {
            Certificates::Required => Self::Required,
            Certificates::Optional => Self::Optional,
            Certificates::Off => Self::Off,
        }
    }
}

/// How strangers are answered: [`Strangers`], as it is said to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Manner {
    /// That it cannot be processed.
    Decline,
    /// Not at all.
    Silence,
    /// Acknowledged once it is stored.
    Acknowledge,
}

impl From<Strangers> for Manner {
    fn from(strangers: Strangers) -> Self {
        match strangers {
            Strangers::Decline => Self::Decline,
            Strangers::Silence => Self::Silence,
            Strangers::Acknowledge => Self::Acknowledge,
        }
    }
}

impl From<Manner> for Strangers {
    fn from(manner: Manner) -> Self {
        match manner {
            Manner::Decline => Self::Decline,
            Manner::Silence => Self::Silence,
            Manner::Acknowledge => Self::Acknowledge,
        }
    }
}

/// A gateway's setup. Descriptors: for each listener, in order, the listening socket and, where there
/// is one, the socket for datagrams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GatewaySetup {
    /// What every child is told.
    pub(crate) common: Common,
    /// Its number, from 0.
    pub(crate) index: u16,
    /// What is spoken at the listening sockets.
    pub(crate) listeners: Vec<ListenerSetup>,
    /// Where the engine's link socket is bound.
    pub(crate) link: PathBuf,
}

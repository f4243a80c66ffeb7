//! What a gateway process is given, and why it may end.

use std::io;
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Entropy, ErrorCode, ListenerName, limits};
use proto::{Family, SessionBounds, Strangers};
use rustix::process::{Resource, getrlimit};

use super::limits::Rate;
use crate::tls::ClientCertificates;

/// A listener: its sockets, and what is spoken there.
#[derive(Debug)]
pub struct Listening {
    /// Its name in the configuration.
    pub name: ListenerName,
    /// The protocol that panels speak.
    pub family: &'static dyn Family,
    /// How strangers are answered (R6).
    pub strangers: Strangers,
    /// What is demanded of panels under TLS; `None` for a listener without.
    pub tls: Option<ClientCertificates>,
    /// Where panels connect to.
    pub stream: TcpListener,
    /// Where they send datagrams to, if they may.
    pub datagrams: Option<UdpSocket>,
}

/// What a gateway process is given.
pub struct GatewaySetup {
    /// Which gateway this is, from 0.
    pub index: u16,
    /// Which start of it this is; never used twice.
    pub incarnation: u64,
    /// Our build; an engine of another one makes us drain and end.
    pub build: String,
    /// Where panels connect; made by the supervisor.
    pub listeners: Vec<Listening>,
    /// Where the engine listens for gateways.
    pub link_path: PathBuf,
    /// What it may hold, and for how long.
    pub limits: GatewayLimits,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// Where the seeds of sessions come from.
    pub entropy: Box<dyn Entropy>,
}

impl std::fmt::Debug for GatewaySetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewaySetup")
            .field("index", &self.index)
            .field("incarnation", &self.incarnation)
            .field("listeners", &self.listeners)
            .field("link_path", &self.link_path)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What a gateway may hold, and for how long. The defaults are those of [`model::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayLimits {
    /// Connections in all.
    pub connections: usize,
    /// Connections whose panel is not known; the oldest makes room for a newer one.
    pub without_identity: usize,
    /// TLS handshakes that go on in one turn.
    pub handshakes: usize,
    /// Datagrams without answer.
    pub datagrams: usize,
    /// A connection must show a frame of a registered account within this time (R7).
    pub first_frame: Duration,
    /// A connection whose panel is known may be silent for this long.
    pub idle: Duration,
    /// R4: how old the last commit may be.
    pub promise: Duration,
    /// Signals without answer.
    pub unacknowledged: usize,
    /// Octets of signals without answer.
    pub unacknowledged_octets: usize,
    /// Frames of one registered account (R7).
    pub account: Rate,
    /// Frames and connections of one address before it names a registered account (R7).
    pub address: Rate,
    /// How long to wait for what is not yet committed when draining.
    pub drain: Duration,
    /// What sessions are told.
    pub session: SessionBounds,
}

impl GatewayLimits {
    /// The defaults for a process that may open so many files.
    pub fn for_descriptors(descriptors: u64) -> Self {
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let connections = descriptors
            .saturating_sub(limits::DESCRIPTOR_RESERVE)
            .max(1);
        Self {
            connections,
            without_identity: (connections / limits::WITHOUT_IDENTITY_SHARE).max(1),
            handshakes: limits::HANDSHAKE_QUOTA,
            datagrams: limits::OPEN_DATAGRAMS,
            first_frame: limits::FIRST_FRAME,
            idle: limits::IDLE_CONNECTION,
            promise: limits::PROMISE,
            unacknowledged: limits::LINK_UNACKNOWLEDGED,
            unacknowledged_octets: limits::LINK_UNACKNOWLEDGED_BYTES,
            account: Rate {
                per_second: limits::ACCOUNT_RATE,
                burst: limits::ACCOUNT_BURST,
            },
            address: Rate {
                per_second: limits::ADDRESS_RATE,
                burst: limits::ADDRESS_BURST,
            },
            drain: limits::DRAIN,
            session: SessionBounds::default(),
        }
    }
}

/// The defaults for this process.
impl Default for GatewayLimits {
    fn default() -> Self {
        Self::for_descriptors(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
    }
}

/// Why a gateway ended other than by draining.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The supervisor is gone: nobody would replace or stop us.
    #[error("the supervisor is gone")]
    SupervisorGone,
    /// The operating system's readiness queue cannot be used.
    #[error("sockets cannot be waited for")]
    Poll(#[source] io::Error),
    /// A listening socket cannot be used.
    #[error("a listening socket cannot be used")]
    Listener(#[source] io::Error),
    /// The control stream cannot be used.
    #[error("the control stream cannot be read")]
    Control(#[source] io::Error),
}

impl GatewayError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::SupervisorGone => ErrorCode::Unavailable,
            Self::Poll(_) | Self::Listener(_) | Self::Control(_) => ErrorCode::Internal,
        }
    }
}

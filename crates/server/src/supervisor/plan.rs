//! What the children are started with: made once, the same for every replacement.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::Context;
use model::Clock;

use super::ports::{self, Shared};
use crate::child::setup::{Common, EngineSetup, GatewaySetup, ListenerSetup, Retention, TlsSetup};
use crate::clock::SystemClock;
use crate::config::{ClientCertificates, Config, Listener, LogFormat, Synchronous};

/// A child's place in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// The one engine.
    Engine,
    /// A gateway, by its number from 0.
    Gateway(u16),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => f.write_str("engine"),
            Self::Gateway(index) => write!(f, "gateway {index}"),
        }
    }
}

/// Everything that children are started with, sockets included.
#[derive(Debug)]
pub(super) struct Plan {
    config: Config,
    data: PathBuf,
    link: PathBuf,
    link_socket: OwnedFd,
    api_socket: OwnedFd,
    api: SocketAddr,
    listeners: Vec<Opened>,
    gateways: u16,
    incarnation: AtomicU64,
    /// Whether everything has worked once.
    served: AtomicBool,
    /// Holds a short folder for the link's socket where the data folder's path is too long.
    _short: Option<tempfile::TempDir>,
}

#[derive(Debug)]
struct Opened {
    listener: Listener,
    sockets: Shared,
}

/// The longest path of a unix socket is 107 octets on Linux (`sun_path`).
const SOCKET_PATH: usize = 107;

impl Plan {
    /// Binds everything. `data` exists and is locked.
    pub(super) fn make(config: Config, data: PathBuf, gateways: usize) -> anyhow::Result<Self> {
        let (api_socket, api) = ports::exclusive(config.api.address, "the API")?;
        api_socket.set_nonblocking(true)?;
        let mut listeners = Vec::new();
        for listener in &config.listeners {
            let what = format!("listener.{}", listener.name);
            let sockets = ports::shared(listener.address, gateways, listener.udp, &what)?;
            listeners.push(Opened {
                listener: listener.clone(),
                sockets,
            });
        }
        let (link, short) = link_path(&data)?;
        let link_socket = UnixListener::bind(&link)
            .with_context(|| format!("cannot make the link's socket {}", link.display()))?;
        link_socket.set_nonblocking(true)?;
        Ok(Self {
            data,
            link,
            link_socket: link_socket.into(),
            api_socket: TcpListener::into(api_socket),
            api,
            listeners,
            gateways: u16::try_from(gateways).context("too many gateways")?,
            // Wall time in microseconds grows over restarts, faster than children can die.
            incarnation: AtomicU64::new(u64::try_from(SystemClock.now().wall.0).unwrap_or(0)),
            served: AtomicBool::new(false),
            config,
            _short: short,
        })
    }

    pub(super) fn roles(&self) -> impl Iterator<Item = Role> {
        std::iter::once(Role::Engine).chain((0..self.gateways).map(Role::Gateway))
    }

    /// Notes that everything works: from now on panels rely on the engine.
    pub(super) fn serves(&self) {
        self.served.store(true, Ordering::Relaxed);
    }

    pub(super) fn api(&self) -> SocketAddr {
        self.api
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// The operator's certificate, where the server does not show our own.
    pub(super) fn certificate(&self) -> Option<&Path> {
        let given = self.config.tls.certificate.as_ref();
        given.map(|(certificate, _)| certificate.as_path())
    }

    pub(super) fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        self.listeners()
            .map(|(listener, address)| (listener.name.clone(), address))
            .collect()
    }

    /// The names of the listeners with TLS.
    pub(super) fn with_tls(&self) -> Vec<String> {
        let with = self
            .listeners()
            .filter(|(listener, _)| listener.tls.is_some());
        with.map(|(listener, _)| listener.name.clone()).collect()
    }

    /// Each listener and where it is.
    pub(super) fn listeners(&self) -> impl Iterator<Item = (&Listener, SocketAddr)> {
        self.listeners
            .iter()
            .map(|opened| (&opened.listener, opened.sockets.address))
    }

    pub(super) fn engine_descriptors(&self) -> Vec<&OwnedFd> {
        vec![&self.link_socket, &self.api_socket]
    }

    pub(super) fn gateway_descriptors(&self, index: u16) -> Vec<&OwnedFd> {
        let index = usize::from(index);
        let sockets = self.listeners.iter().flat_map(|opened| {
            let Shared {
                streams, datagrams, ..
            } = &opened.sockets;
            streams.get(index).into_iter().chain(datagrams.get(index))
        });
        sockets.collect()
    }

    pub(super) fn engine_setup(&self) -> EngineSetup {
        EngineSetup {
            common: self.common(),
            data: self.data.clone(),
            synchronous: self.config.data.synchronous == Synchronous::Full,
            ballast: self.config.data.ballast,
            supervision: self.config.supervision.default.to_string(),
            retention: Retention {
                alarm: self.config.retention.alarm,
                operation: self.config.retention.operation,
                routine: self.config.retention.routine,
            },
            gateways: self.roles().count() - 1,
            first: !self.served.load(Ordering::Relaxed),
            tls: TlsSetup {
                certificate: self.config.tls.certificate.clone(),
                client_ca: self.config.tls.client_ca.clone(),
                crl: self.config.tls.crl.clone(),
                names: self.config.tls.names.clone(),
            },
            certified: self.certified(),
        }
    }

    /// Listeners where every panel must show a certificate.
    fn certified(&self) -> Vec<String> {
        let listeners = self.listeners.iter().map(|opened| &opened.listener);
        let certified =
            listeners.filter(|listener| listener.tls == Some(ClientCertificates::Required));
        certified.map(|listener| listener.name.clone()).collect()
    }

    pub(super) fn gateway_setup(&self, index: u16) -> GatewaySetup {
        GatewaySetup {
            common: self.common(),
            index,
            listeners: self
                .listeners
                .iter()
                .map(|Opened { listener, .. }| ListenerSetup {
                    name: listener.name.clone(),
                    family: listener.family.to_string(),
                    udp: listener.udp,
                    tls: listener.tls.map(Into::into),
                    strangers: listener.strangers.into(),
                })
                .collect(),
            link: self.link.clone(),
        }
    }

    fn common(&self) -> Common {
        Common {
            supervisor: rustix::process::getpid().as_raw_nonzero().get(),
            incarnation: self.incarnation.fetch_add(1, Ordering::Relaxed),
            log_filter: self.config.log.filter.clone(),
            log_json: self.config.log.format == LogFormat::Json,
        }
    }
}

fn link_path(data: &Path) -> anyhow::Result<(PathBuf, Option<tempfile::TempDir>)> {
    let beside = data.join("run").join("link.sock");
    if beside.as_os_str().len() <= SOCKET_PATH {
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| {
                    format!("cannot remove the old link socket {}", beside.display())
                });
            }
            _ => return Ok((beside, None)),
        }
    }
    let short = tempfile::Builder::new().prefix("watchfire-").tempdir()?;
    Ok((short.path().join("link.sock"), Some(short)))
}

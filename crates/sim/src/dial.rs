//! One way to the receiver, from an address of the panel's own: a connection, or a socket for
//! datagrams.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::fleet::Transport;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way to the receiver.
#[derive(Debug)]
pub(crate) enum Way {
    /// A connection.
    Tcp(TcpStream),
    /// A socket that sends to the receiver and hears nobody else.
    Udp(UdpSocket),
}

impl Way {
    /// Opens one to `target`, from `source` if one is given.
    pub(crate) async fn open(
        transport: Transport,
        target: SocketAddr,
        source: Option<Ipv4Addr>,
    ) -> io::Result<Self> {
        match transport {
            Transport::Tcp => dial(target, source).await.map(Self::Tcp),
            Transport::Udp => {
                let any = match target {
                    SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
                    SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
                };
                let from = source.map_or(any, IpAddr::from);
                let socket = UdpSocket::bind(SocketAddr::from((from, 0))).await?;
                socket.connect(target).await?;
                Ok(Self::Udp(socket))
            }
        }
    }

    /// Completes when something has arrived, or the way is gone.
    pub(crate) async fn readable(&self) {
        // What is wrong is found when it is read.
        let (Ok(()) | Err(_)) = match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Udp(socket) => socket.readable().await,
        };
    }

    /// Takes what has arrived, without waiting: of datagrams one at a time.
    pub(crate) fn hear(&self, buffer: &mut [u8]) -> Heard {
        match self {
            Self::Tcp(stream) => hear(stream, buffer),
            Self::Udp(socket) => match socket.try_recv(buffer) {
                Ok(octets) => Heard::Datagram(octets),
                Err(error) => Heard::none(&error),
            },
        }
    }

    /// Writes octets: a datagram, or a part of the stream.
    pub(crate) async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(octets).await,
            Self::Udp(socket) => socket.send(octets).await.map(|_| ()),
        }
    }
}

/// Connects to `target`, from `source` if one is given.
pub(crate) async fn dial(target: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<TcpStream> {
    let socket = match target {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = source {
        socket.bind(SocketAddr::from((source, 0)))?;
    }
    // A frame is one small write whose answer is waited for: nothing to gather.
    socket.set_nodelay(true)?;
    timeout(PATIENCE, socket.connect(target)).await?
}

/// What a look at a socket found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// So many octets of the stream.
    Octets(usize),
    /// A datagram of so many octets.
    Datagram(usize),
    /// Nothing yet.
    Nothing,
    /// The other side closed, or the connection broke.
    Gone,
}

impl Heard {
    fn none(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock => Self::Nothing,
            _ => Self::Gone,
        }
    }
}

/// Takes what has arrived, without waiting.
pub(crate) fn hear(stream: &TcpStream, buffer: &mut [u8]) -> Heard {
    match stream.try_read(buffer) {
        Ok(0) => Heard::Gone,
        Ok(octets) => Heard::Octets(octets),
        Err(error) => Heard::none(&error),
    }
}

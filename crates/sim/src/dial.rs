//! One way to the receiver, from an address of the panel's own: a connection, bare or under TLS,
//! or a socket for datagrams.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::fleet::Transport;
use crate::reason::Reason;
use crate::tls::{self, Shaken};

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the handshake of TLS may take: a server to which a whole fleet returns lets many wait.
const SHAKE_PATIENCE: Duration = Duration::from_secs(30);

/// The receive buffer of a panel that never reads, in octets: a server's answers must soon find no
/// room. The system takes at least some two thousand.
const UNREAD: u32 = 4_096;

/// A way to the receiver.
#[derive(Debug)]
pub(crate) enum Way {
    /// A connection.
    Tcp(TcpStream),
    /// A connection under TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// A socket that sends to the receiver and hears nobody else.
    Udp(UdpSocket),
}

/// Where a way leads, and how it is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Road {
    pub(crate) transport: Transport,
    pub(crate) target: SocketAddr,
    pub(crate) source: Option<Ipv4Addr>,
    /// Whether what comes back will be read.
    pub(crate) reads: bool,
}

/// Why there is no way.
#[derive(Debug)]
pub(crate) enum NoWay {
    /// Nobody answers.
    Unreachable,
    /// Somebody answers, and TLS does not come about; with the reason, if one was told.
    Handshake(Option<Reason>),
}

/// A way, and whether its TLS, if it has that, resumed an earlier session.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) way: Way,
    pub(crate) resumed: Option<bool>,
}

impl Way {
    /// Opens one, under TLS if a client side for it is given.
    pub(crate) async fn open(road: Road, tls: Option<&mut tls::Client>) -> Result<Opened, NoWay> {
        let bare = |way| Opened { way, resumed: None };
        match (road.transport, tls) {
            (Transport::Udp, _) => {
                let socket = call(road).await.map_err(|_| NoWay::Unreachable)?;
                Ok(bare(Self::Udp(socket)))
            }
            (Transport::Tcp, None) => {
                let stream = dial(road).await.map_err(|_| NoWay::Unreachable)?;
                Ok(bare(Self::Tcp(stream)))
            }
            (Transport::Tcp, Some(client)) => {
                let stream = dial(road).await.map_err(|_| NoWay::Unreachable)?;
                let shaken = timeout(SHAKE_PATIENCE, client.shake(stream)).await;
                match shaken {
                    Ok(Ok(Shaken { stream, resumed })) => Ok(Opened {
                        way: Self::Tls(stream),
                        resumed: Some(resumed),
                    }),
                    Ok(Err(error)) => Err(NoWay::Handshake(tls::reason_of(&error))),
                    Err(_) => Err(NoWay::Handshake(None)),
                }
            }
        }
    }

    /// Completes when something has arrived, or the way is gone.
    pub(crate) async fn readable(&self) {
        // What is wrong is found when it is read.
        let (Ok(()) | Err(_)) = match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Tls(stream) => stream.get_ref().0.readable().await,
            Self::Udp(socket) => socket.readable().await,
        };
    }

    /// Takes what has arrived, without waiting: of datagrams one at a time.
    pub(crate) fn hear(&mut self, buffer: &mut [u8]) -> Heard {
        match self {
            Self::Tcp(stream) => hear(stream, buffer),
            Self::Tls(stream) => hear_under_tls(stream, buffer),
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
            Self::Tls(stream) => {
                stream.write_all(octets).await?;
                stream.flush().await
            }
            Self::Udp(socket) => socket.send(octets).await.map(|_| ()),
        }
    }
}

async fn call(road: Road) -> io::Result<UdpSocket> {
    let any = match road.target {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let from = road.source.map_or(any, IpAddr::from);
    let socket = UdpSocket::bind(SocketAddr::from((from, 0))).await?;
    socket.connect(road.target).await?;
    Ok(socket)
}

/// Connects.
pub(crate) async fn dial(road: Road) -> io::Result<TcpStream> {
    let socket = match road.target {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = road.source {
        socket.bind(SocketAddr::from((source, 0)))?;
    }
    if !road.reads {
        socket.set_recv_buffer_size(UNREAD)?;
    }
    // A frame is one small write whose answer is waited for: nothing to gather.
    socket.set_nodelay(true)?;
    timeout(PATIENCE, socket.connect(road.target)).await?
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
    /// The other side broke off, and said why.
    Refused(Reason),
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

fn hear_under_tls(stream: &mut TlsStream<TcpStream>, buffer: &mut [u8]) -> Heard {
    let mut read = ReadBuf::new(buffer);
    // Nobody needs to be woken: who waits, waits for the socket.
    let mut nobody = Context::from_waker(Waker::noop());
    match Pin::new(stream).poll_read(&mut nobody, &mut read) {
        Poll::Pending => Heard::Nothing,
        Poll::Ready(Ok(())) if read.filled().is_empty() => Heard::Gone,
        Poll::Ready(Ok(())) => Heard::Octets(read.filled().len()),
        Poll::Ready(Err(error)) => tls::reason_of(&error).map_or(Heard::Gone, Heard::Refused),
    }
}

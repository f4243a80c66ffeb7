//! One way to the receiver, from an address of the panel's own: a connection, bare or under TLS,
//! or a socket for datagrams. Nothing here waits: who wants to know more waits for the socket.
//!
//! Invariant: a way at rest keeps no buffer. Octets lie in those of [`Buffers`], which all ways of
//! a fleet share, but for the beginning of a record and what a slow socket did not take.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::event::Source;
use mio::net::{TcpStream, UdpSocket};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};

use crate::fleet::Transport;
use crate::reason::Reason;
use crate::tls::{self, Holder, LARGEST_RECORD, Secured};

/// The receive buffer of a panel that never reads, in octets: a server's answers must soon find no
/// room. The system takes at least some two thousand.
const UNREAD: usize = 4_096;

/// How many octets are read at a time, besides the beginning of a record.
const READ: usize = 16_384;

/// A way to the receiver.
#[derive(Debug)]
pub(crate) struct Way {
    socket: Socket,
    tls: Option<Box<Secured>>,
    /// What the socket has not taken; no memory while there is nothing.
    unsent: Vec<u8>,
    /// Whether there may be something to read: sockets tell of a change only.
    stirred: bool,
    /// Whether the other side has closed: there is an end to be read, and no change will tell.
    ended: bool,
}

#[derive(Debug)]
enum Socket {
    Stream(TcpStream),
    Datagrams(UdpSocket),
}

/// Octets on their way, of one way at a time.
#[derive(Debug)]
pub(crate) struct Buffers {
    incoming: Box<[u8]>,
    /// What a panel hears.
    pub(crate) plain: Vec<u8>,
    /// What goes to the socket.
    outgoing: Vec<u8>,
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

/// What a look at a way found. Octets lie in [`Buffers::plain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Some of the stream; none, if they were TLS's own.
    Octets,
    /// A datagram.
    Datagram,
    /// Nothing yet.
    Nothing,
    /// The other side closed, or the connection broke.
    Gone,
    /// The other side broke off, and said why.
    Refused(Reason),
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self {
            incoming: vec![0; LARGEST_RECORD + READ].into(),
            plain: Vec::new(),
            outgoing: Vec::new(),
        }
    }
}

impl Buffers {
    /// Before another way: what one could not send is no other's.
    pub(crate) fn clear(&mut self) {
        self.plain.clear();
        self.outgoing.clear();
    }
}

impl Way {
    /// Opens one. A connection is not made yet, as [`Self::is_made`] tells.
    pub(crate) fn open(road: Road) -> io::Result<Self> {
        Ok(Self {
            socket: match road.transport {
                Transport::Tcp => Socket::Stream(call(road)?),
                Transport::Udp => Socket::Datagrams(tune_in(road)?),
            },
            tls: None,
            unsent: Vec::new(),
            stirred: true,
            ended: false,
        })
    }

    /// To be told of changes.
    pub(crate) fn source(&mut self) -> &mut dyn Source {
        match &mut self.socket {
            Socket::Stream(stream) => stream,
            Socket::Datagrams(socket) => socket,
        }
    }

    /// Something has changed about the socket.
    pub(crate) fn stir(&mut self, ended: bool) {
        self.stirred = true;
        self.ended |= ended;
    }

    /// Whether the connection is made, or cannot be.
    pub(crate) fn is_made(&self) -> io::Result<bool> {
        let Socket::Stream(stream) = &self.socket else {
            return Ok(true);
        };
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        match stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Begins TLS on a connection.
    pub(crate) fn begin_tls(
        &mut self,
        holder: &mut Holder<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), rustls::Error> {
        self.tls = Some(Box::new(Secured::begin(holder, &mut buffers.outgoing)?));
        Ok(())
    }

    /// Whether the handshake of TLS, which was begun, resumed an earlier session; nothing while it
    /// lasts.
    pub(crate) fn shaken(&self) -> Option<bool> {
        self.tls.as_ref()?.resumed()
    }

    /// Takes what has arrived. Under TLS its `holder` must be told.
    pub(crate) fn hear(&mut self, holder: Option<Holder<'_>>, buffers: &mut Buffers) -> Heard {
        buffers.plain.clear();
        if !self.stirred {
            return Heard::Nothing;
        }
        let before = self.tls.as_ref().map_or(0, |tls| tls.kept());
        let space = &mut buffers.incoming[before..];
        let room = space.len();
        let read = match &mut self.socket {
            Socket::Stream(stream) => stream.read(space),
            Socket::Datagrams(socket) => socket.recv(space),
        };
        let octets = match read {
            Ok(octets) => octets,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.stirred = false;
                return Heard::Nothing;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Heard::Octets,
            Err(_) => return Heard::Gone,
        };
        if matches!(self.socket, Socket::Datagrams(_)) {
            buffers.plain.extend_from_slice(&buffers.incoming[..octets]);
            return Heard::Datagram;
        }
        // A stream that gave less than was asked for has nothing more, unless it has an end.
        self.stirred = octets == room || self.ended;
        if octets == 0 {
            return Heard::Gone;
        }
        let incoming = &mut buffers.incoming[..before + octets];
        let (Some(tls), Some(mut holder)) = (&mut self.tls, holder) else {
            buffers.plain.extend_from_slice(incoming);
            return Heard::Octets;
        };
        let taken = tls.take(
            &mut holder,
            incoming,
            &mut buffers.plain,
            &mut buffers.outgoing,
        );
        match taken {
            Ok(true) => Heard::Octets,
            // What came before the end is heard first.
            Ok(false) if !buffers.plain.is_empty() => {
                self.stirred = true;
                Heard::Octets
            }
            Ok(false) => Heard::Gone,
            Err(error) => {
                self.flush(buffers).ok();
                tls::reason_of(&error).map_or(Heard::Gone, Heard::Refused)
            }
        }
    }

    /// Puts down what a panel says, to be sent by [`Self::flush`].
    pub(crate) fn say(&mut self, plain: &[u8], buffers: &mut Buffers) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            buffers.outgoing.extend_from_slice(plain);
            return Ok(());
        };
        let sealed = tls.seal(plain, &mut buffers.outgoing);
        sealed.then_some(()).ok_or(io::ErrorKind::BrokenPipe.into())
    }

    /// Sends what was put down, a datagram at a time: what the socket does not take is kept.
    /// Whether all is sent.
    pub(crate) fn flush(&mut self, buffers: &mut Buffers) -> io::Result<bool> {
        let outgoing = &mut buffers.outgoing;
        let sent = if self.unsent.is_empty() {
            let sent = self.socket.send(outgoing);
            if let Ok(sent) = sent {
                self.unsent = outgoing[sent..].to_vec();
            }
            sent
        } else {
            self.unsent.extend_from_slice(outgoing);
            let sent = self.socket.send(&self.unsent);
            if let Ok(sent) = sent {
                self.unsent = self.unsent[sent..].to_vec();
            }
            sent
        };
        outgoing.clear();
        sent.map(|_| self.unsent.is_empty())
    }
}

impl Socket {
    /// How many octets the socket took.
    fn send(&mut self, octets: &[u8]) -> io::Result<usize> {
        let stream = match self {
            Self::Stream(stream) => stream,
            // A datagram that finds no room is lost, as others are on their way.
            Self::Datagrams(socket) if !octets.is_empty() => {
                return match socket.send(octets) {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                    _ => Ok(octets.len()),
                };
            }
            Self::Datagrams(_) => return Ok(0),
        };
        let mut sent = 0;
        while sent < octets.len() {
            match stream.write(&octets[sent..]) {
                Ok(taken) => sent += taken,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }
}

/// A socket for datagrams that sends to the receiver and hears nobody else.
fn tune_in(road: Road) -> io::Result<UdpSocket> {
    let any = match road.target {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let from = road.source.map_or(any, IpAddr::from);
    let socket = UdpSocket::bind(SocketAddr::from((from, 0)))?;
    socket.connect(road.target)?;
    Ok(socket)
}

/// A connection that begins to be made.
fn call(road: Road) -> io::Result<TcpStream> {
    let family = match road.target {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    if let Some(source) = road.source {
        bind(&socket, &SocketAddr::from((source, 0)))?;
    }
    if !road.reads {
        sockopt::set_socket_recv_buffer_size(&socket, UNREAD)?;
    }
    // A frame is one small write whose answer is waited for: nothing to gather.
    sockopt::set_tcp_nodelay(&socket, true)?;
    match connect(&socket, &road.target) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(TcpStream::from_std(socket.into()))
}

//! What a connection's octets come and go by: plain or under TLS, its session sees no difference.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use model::limits;
use proto::{Counted, Session};
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;

use super::datagrams::ReturnAddress;
use crate::tls::Secured;

/// The way to a panel.
#[derive(Debug)]
pub(super) enum Channel {
    /// A socket of its own.
    Plain(TcpStream),
    /// A socket of its own, under TLS.
    Tls(Box<TlsStream>),
    /// The socket that its datagram came by.
    Datagram(Box<ReturnAddress>),
}

/// A socket under TLS.
#[derive(Debug)]
pub(super) struct TlsStream {
    socket: TcpStream,
    secured: Secured,
}

/// Buffers for one look at one socket, shared by all.
#[derive(Debug)]
pub(super) struct Buffers {
    /// As read. Behind what a connection kept, a whole read fits.
    pub(super) incoming: Box<[u8]>,
    /// As a session hears or says it.
    plain: Vec<u8>,
}

impl Default for Buffers {
    fn default() -> Self {
        let octets = limits::READ_BUFFER + limits::TLS_PARTIAL;
        Self {
            incoming: vec![0; octets].into_boxed_slice(),
            plain: Vec::new(),
        }
    }
}

/// The shared buffers are given back when one turn needed more than this.
const KEPT: usize = 64 << 10;

impl Buffers {
    /// Gives back what one turn needed beyond the ordinary; nothing that was said stays behind.
    pub(super) fn shrink(&mut self) {
        self.plain.clear();
        self.plain.shrink_to(KEPT);
    }
}

/// What a look at the socket gave.
pub(super) struct Received<'a> {
    /// For the session.
    pub(super) plain: &'a [u8],
    /// Nothing is left in the socket, unless the end is still to be read.
    pub(super) drained: bool,
    /// The other side has closed its direction.
    pub(super) ended: bool,
    /// A TLS handshake is done, in this way.
    pub(super) shaken: Option<Counted>,
    /// What is unsent may wait for the session's first word.
    pub(super) may_wait: bool,
}

/// Why it gave nothing.
pub(super) enum Nothing {
    /// There is nothing yet.
    Yet,
    /// The connection broke.
    Broken,
    /// It is no TLS, or none that we take; an alert may have been put into `unsent`.
    Refused(Counted),
}

impl Channel {
    /// Under TLS.
    pub(super) fn secured(
        socket: TcpStream,
        config: &Arc<ServerConfig>,
    ) -> Result<Self, rustls::Error> {
        let secured = Secured::new(config)?;
        Ok(Self::Tls(Box::new(TlsStream { socket, secured })))
    }

    /// Its socket, unless it shares one.
    pub(super) fn socket(&mut self) -> Option<&mut TcpStream> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Tls(stream) => Some(&mut stream.socket),
            Self::Datagram(_) => None,
        }
    }

    /// Whether it is still being settled who speaks, which is dear.
    pub(super) fn is_handshaking(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.secured.is_handshaking())
    }

    /// Whether a handshake has begun that would have to be begun again.
    pub(super) fn has_answered(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.secured.has_answered())
    }

    /// The certificates that TLS has verified, the panel's own first.
    pub(super) fn certificates(&self) -> Option<&[CertificateDer<'static>]> {
        match self {
            Self::Tls(stream) => stream.secured.certificates(),
            Self::Plain(_) | Self::Datagram(_) => None,
        }
    }

    /// Reads once, at most `room` octets. What TLS itself has to say goes into `unsent`.
    pub(super) fn receive<'b>(
        &mut self,
        room: usize,
        buffers: &'b mut Buffers,
        unsent: &mut Vec<u8>,
    ) -> Result<Received<'b>, Nothing> {
        let Buffers { incoming, plain } = buffers;
        let stream = match self {
            Self::Plain(socket) => {
                let count = read_once(socket, &mut incoming[..room])?;
                return Ok(Received {
                    plain: &incoming[..count],
                    drained: count < room,
                    ended: count == 0,
                    shaken: None,
                    may_wait: false,
                });
            }
            Self::Tls(stream) => stream,
            Self::Datagram(_) => return Err(Nothing::Yet), // It was read as a whole.
        };
        let kept = stream.secured.put_back(incoming);
        let read = read_once(&mut stream.socket, &mut incoming[kept..kept + room]);
        let count = *read.as_ref().unwrap_or(&0);
        let at_hand = &mut incoming[..kept + count];
        plain.clear();
        let taken = stream.secured.take(at_hand, most_kept(room), plain, unsent);
        let count = read?;
        let progress = taken.map_err(Nothing::Refused)?;
        Ok(Received {
            plain,
            drained: count < room,
            ended: count == 0 || progress.ended,
            shaken: progress.shaken,
            may_wait: progress.may_wait,
        })
    }

    /// Appends to `out` all that the session has to say; the farewell too, if that is all.
    pub(super) fn gather(
        &mut self,
        session: &mut dyn Session,
        is_all: bool,
        buffers: &mut Buffers,
        out: &mut Vec<u8>,
    ) {
        let Self::Tls(stream) = self else {
            while session.poll_transmit(out) {}
            return;
        };
        let plain = &mut buffers.plain;
        plain.clear();
        while session.poll_transmit(plain) {}
        stream.secured.seal(plain, out);
        if is_all {
            stream.secured.finish(out);
        }
    }

    /// Says farewell under TLS, if that can be done without waiting. The connection is closed next.
    pub(super) fn say_farewell(&mut self) {
        if let Self::Tls(stream) = self {
            let mut out = Vec::new();
            stream.secured.finish(&mut out);
            // Whether it gets there is all the same to us.
            let _written = write_some(&mut stream.socket, &out);
        }
    }
}

/// What a connection may keep that is read so much of at once.
fn most_kept(room: usize) -> usize {
    if room < limits::READ_BUFFER {
        limits::TLS_PARTIAL_WITHOUT_IDENTITY
    } else {
        limits::TLS_PARTIAL
    }
}

fn read_once(socket: &mut TcpStream, buffer: &mut [u8]) -> Result<usize, Nothing> {
    loop {
        let error = match socket.read(buffer) {
            Ok(count) => return Ok(count),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::Interrupted => {}
            ErrorKind::WouldBlock => return Err(Nothing::Yet),
            _ => return Err(Nothing::Broken),
        }
    }
}

/// Writes as much as the socket takes; an error if it takes nothing ever again.
pub(super) fn write_some(socket: &mut TcpStream, out: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while let Some(rest) = out.get(written..).filter(|rest| !rest.is_empty()) {
        match socket.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => break,
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(written)
}

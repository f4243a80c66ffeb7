//! Frames that come alone: read in batches, answered from the address that they came to, forgotten.
//!
//! ```text
//!   recvmmsg ─► a connection for each, fed once ─► drive ─► … ─► answer ─► sendmsg, and gone
//! ```
//!
//! Invariants:
//! 1. A datagram is answered to whom it came from, from the address that it came to, whichever
//!    address of a machine with several that is.
//! 2. While too many are unanswered, or there is no room, the sockets are left unread (I7).
//! 3. Nothing is answered while storage cannot be promised (R4).
//!
//! Failure: what cannot be sent, or is not answered in time, is dropped and counted: the panel
//! sends its frame again, and the engine finds the repeat (R2), whichever gateway gets it.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket as StdSocket};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use model::limits;
use proto::Counted;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

use super::accept::{Spoken, source_of};
use super::channel::Channel;
use super::connection::Connection;
use super::promise::Outlook;
use super::{DATAGRAMS, Worker};

/// Octets of what the kernel hands over as one: several datagrams of one peer, when it gathers
/// them (GRO), are never more than the largest IP packet.
const PIECE: usize = 64 << 10;

/// Where an answer goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReturnAddress {
    /// By which socket.
    socket: usize,
    /// To whom.
    peer: SocketAddr,
    /// From which address of ours.
    ours: Option<IpAddr>,
}

/// The sockets for datagrams.
pub(super) struct Datagrams {
    sockets: Vec<DatagramSocket>,
    /// Only what arrives is ever touched.
    buffer: Box<[u8]>,
}

struct DatagramSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    spoken: Spoken,
    /// Datagrams may be waiting.
    pending: bool,
}

impl std::fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Datagrams")
            .field("sockets", &self.sockets.len())
            .finish_non_exhaustive()
    }
}

impl Datagrams {
    /// Takes the sockets over.
    pub(super) fn open(sockets: Vec<(Spoken, StdSocket)>, registry: &Registry) -> io::Result<Self> {
        let mut opened = Vec::with_capacity(sockets.len());
        for (at, (spoken, socket)) in sockets.into_iter().enumerate() {
            let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
            socket.set_nonblocking(true)?;
            let mut socket = UdpSocket::from_std(socket);
            registry.register(&mut socket, Token(DATAGRAMS + at), Interest::READABLE)?;
            opened.push(DatagramSocket {
                socket,
                state,
                spoken,
                pending: true,
            });
        }
        let octets = if opened.is_empty() {
            0
        } else {
            BATCH_SIZE * PIECE
        };
        Ok(Self {
            sockets: opened,
            buffer: vec![0; octets].into_boxed_slice(),
        })
    }

    /// Datagrams are waiting at this socket.
    pub(super) fn stir(&mut self, at: usize) {
        if let Some(socket) = self.sockets.get_mut(at) {
            socket.pending = true;
        }
    }

    /// Whether datagrams may be waiting that no event will tell of.
    pub(super) fn has_more(&self) -> bool {
        self.sockets.iter().any(|socket| socket.pending)
    }

    /// Reads what one call gives; `None` when nothing is waiting.
    fn receive(&mut self, at: usize, meta: &mut [RecvMeta; BATCH_SIZE]) -> Option<usize> {
        let socket = self.sockets.get_mut(at)?;
        let mut pieces = self.buffer.chunks_mut(PIECE);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(pieces.next().unwrap_or_default()));
        let reference = UdpSockRef::from(&socket.socket);
        match socket.state.recv(reference, &mut slices, meta) {
            Ok(count) => Some(count),
            Err(error) => {
                if error.kind() != ErrorKind::WouldBlock {
                    tracing::debug!(%error, "datagrams could not be read");
                }
                socket.pending = false;
                None
            }
        }
    }

    /// Sends an answer; `false` if that is not possible now.
    pub(super) fn send(&self, to: &ReturnAddress, contents: &[u8]) -> bool {
        let Some(socket) = self.sockets.get(to.socket) else {
            return false;
        };
        let transmit = Transmit {
            destination: to.peer,
            ecn: None,
            contents,
            segment_size: None,
            src_ip: to.ours,
        };
        let sent = socket
            .state
            .try_send(UdpSockRef::from(&socket.socket), &transmit);
        sent.is_ok()
    }
}

impl Worker {
    /// Whether a datagram may be read, if only to be dropped.
    pub(super) fn may_read_datagrams(&self) -> bool {
        self.drain.is_none()
            && self.promise.outlook(self.now.mono) != Outlook::Waiting
            && self.connections.datagrams() < self.limits.datagrams
            && self.has_room()
    }

    /// Reads datagrams, a quota of each socket a turn, as long as there is room.
    pub(super) fn read_datagrams(&mut self) {
        let mut meta = [RecvMeta::default(); BATCH_SIZE];
        for at in 0..self.datagrams.sockets.len() {
            let mut left = limits::DATAGRAM_QUOTA;
            while left > 0 && self.datagrams.sockets[at].pending && self.may_read_datagrams() {
                let Some(count) = self.datagrams.receive(at, &mut meta) else {
                    break;
                };
                let buffer = std::mem::take(&mut self.datagrams.buffer);
                for (piece, meta) in buffer.chunks(PIECE).zip(meta.iter().take(count)) {
                    left = left.saturating_sub(self.take_piece(at, meta, piece));
                }
                self.datagrams.buffer = buffer;
            }
        }
    }

    /// Takes the datagrams of one peer; tells how many they are.
    fn take_piece(&mut self, at: usize, meta: &RecvMeta, piece: &[u8]) -> usize {
        let from = ReturnAddress {
            socket: at,
            peer: meta.addr,
            ours: meta.dst_ip,
        };
        let octets = piece.get(..meta.len).unwrap_or_default();
        if octets.is_empty() {
            self.take_datagram(from, octets);
            return 1;
        }
        let datagrams = octets.chunks(meta.stride.max(1));
        let count = datagrams.len();
        for datagram in datagrams {
            self.take_datagram(from, datagram);
        }
        count
    }

    fn take_datagram(&mut self, from: ReturnAddress, octets: &[u8]) {
        self.counts.add(Counted::Datagram);
        if self.promise.outlook(self.now.mono) != Outlook::Promised {
            return self.counts.add(Counted::NoPromise); // R4
        }
        let spoken = self.datagrams.sockets[from.socket].spoken;
        let setting = spoken.setting(self.seeds.next(), self.limits.session);
        let Some(mut session) = spoken.family.open_datagram(setting) else {
            return self.counts.add(Counted::NotAFrame);
        };
        session.handle_bytes(self.now, octets);
        let source = source_of(from.peer.ip());
        let opened = self.now.mono;
        let place = self.connections.insert(|number| {
            let channel = Channel::Datagram(Box::new(from));
            Connection::new(number, channel, session, source, opened)
        });
        self.drive(place);
    }

    /// Sends what the session has to say, and lets go of the datagram when nothing is open.
    pub(super) fn answer_datagram(&mut self, place: usize) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        let Channel::Datagram(to) = &connection.channel else {
            return;
        };
        let out = &mut self.scratch.transmit;
        out.clear();
        while connection.session.poll_transmit(out) {}
        if !out.is_empty() && !self.datagrams.send(to, out) {
            self.counts.add(Counted::DatagramUnsent);
        }
        let number = connection.number;
        let open = self.window.awaits(number)
            || self.identities.awaits(number)
            || connection.marks.stalled;
        if open {
            return self.arm(place);
        }
        // R7: also what showed nothing at all.
        if connection.path.is_some() || self.charge_waste(place) {
            self.remove(place);
        }
    }
}

//! Letting panels in: quotas, addresses, room, and who goes when there is none.
//!
//! Invariant: what is not let in is closed and counted (I4), never left hanging, except while
//! the engine may be about to give its first word (R4).

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener as StdListener};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use model::{ListenerName, Mono, limits};
use proto::{Counted, Family, SessionBounds, SessionSetting, Strangers};
use rustix::net::sockopt;

use super::channel::Channel;
use super::connection::{Connection, Dues};
use super::promise::Outlook;
use super::seeds::Seed;
use super::{CONNECTIONS, LISTENERS, Listening, Worker};
use crate::tls::ClientCertificates;

/// The listening sockets, and who came in without identity.
#[derive(Debug)]
pub(super) struct Gate {
    listeners: Vec<Listener>,
    /// Whose turn it is.
    first: usize,
    /// Given up when no descriptor is left, so that one connection can be taken and closed.
    spare: Option<File>,
    /// Connections without identity.
    strangers: Lobby,
    /// R7: those of them that came from an address which had spent its share.
    flooded: Lobby,
}

/// Connections without identity, of which the oldest makes room for a newer one.
#[derive(Debug, Default)]
struct Lobby {
    /// The oldest first; some have got an identity or are gone.
    queue: VecDeque<u64>,
    /// How many have not.
    count: usize,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    spoken: Spoken,
    /// Connections may be waiting.
    pending: bool,
    /// Accepting failed; it is tried again then.
    again_at: Option<Mono>,
}

/// What is spoken at a listener, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken {
    pub(super) family: &'static dyn Family,
    name: ListenerName,
    strangers: Strangers,
    /// What is demanded under TLS, if it is spoken.
    tls: Option<ClientCertificates>,
}

impl Spoken {
    pub(super) fn at(listening: &Listening) -> Self {
        Self {
            family: listening.family,
            name: listening.name,
            strangers: listening.strangers,
            tls: listening.tls,
        }
    }

    /// What a session that is opened there is told.
    pub(super) fn setting(&self, seed: Seed, bounds: SessionBounds) -> SessionSetting {
        SessionSetting {
            listener: self.name,
            strangers: self.strangers,
            seed,
            bounds,
        }
    }
}

impl Listener {
    fn is_due(&mut self, now: Mono) -> bool {
        let again = self.again_at.take_if(|at| *at <= now).is_some();
        self.pending |= again;
        self.pending
    }

    fn try_again_at(&mut self, at: Mono) {
        self.pending = false;
        self.again_at = Some(at);
    }
}

impl Gate {
    pub(super) fn open(
        sockets: Vec<(Spoken, StdListener)>,
        registry: &Registry,
    ) -> io::Result<Self> {
        let mut listeners = Vec::with_capacity(sockets.len());
        for (at, (spoken, socket)) in sockets.into_iter().enumerate() {
            socket.set_nonblocking(true)?;
            let mut socket = TcpListener::from_std(socket);
            set_up(&socket)?;
            let token = Token(LISTENERS + at);
            registry.register(&mut socket, token, Interest::READABLE)?;
            listeners.push(Listener {
                socket,
                spoken,
                pending: true,
                again_at: None,
            });
        }
        Ok(Self {
            listeners,
            first: 0,
            spare: File::open("/dev/null").ok(),
            strangers: Lobby::default(),
            flooded: Lobby::default(),
        })
    }

    /// All listeners, another one first each time, since they share what a turn can bear.
    fn in_turn(&mut self) -> impl Iterator<Item = usize> + use<> {
        let count = self.listeners.len();
        self.first = (self.first + 1) % count.max(1);
        let first = self.first;
        (0..count).map(move |n| (first + n) % count)
    }

    /// Connections whose panel is not known.
    pub(super) fn without_identity(&self) -> usize {
        self.strangers.count + self.flooded.count
    }

    fn lobby(&mut self, flooded: bool) -> &mut Lobby {
        if flooded {
            &mut self.flooded
        } else {
            &mut self.strangers
        }
    }

    /// Connections are waiting at this listener.
    pub(super) fn stir(&mut self, at: usize) {
        if let Some(listener) = self.listeners.get_mut(at) {
            listener.pending = true;
        }
    }

    /// Whether connections may be waiting that no event will tell of, and that can be let in.
    pub(super) fn has_more(&self, tls_is_ready: bool) -> bool {
        let mut listeners = self.listeners.iter();
        listeners.any(|one| one.pending && (tls_is_ready || one.spoken.tls.is_none()))
    }

    /// Lets nobody in any more. The supervisor keeps the sockets for whoever comes after us.
    pub(super) fn shut(&mut self) {
        self.listeners.clear();
    }

    /// The next connection at this listener; `None` when none is waiting.
    fn next(&mut self, at: usize) -> Option<io::Result<(TcpStream, SocketAddr)>> {
        let listener = self.listeners.get_mut(at)?;
        loop {
            let error = match listener.socket.accept() {
                Ok(accepted) => return Some(Ok(accepted)),
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                ErrorKind::WouldBlock => {
                    listener.pending = false;
                    return None;
                }
                _ => return Some(Err(error)),
            }
        }
    }

    /// No descriptor is left: takes a connection with the spare one, and closes it. Otherwise it
    /// would wait for ever, and wake us for ever.
    fn turn_one_away(&mut self, at: usize) -> bool {
        self.spare = None;
        let taken = self.next(at).is_some_and(|accepted| accepted.is_ok());
        self.spare = File::open("/dev/null").ok();
        taken
    }
}

impl Worker {
    /// Whether anybody may be accepted, if only to be closed.
    pub(super) fn may_accept(&self) -> bool {
        self.drain.is_none() && self.promise.outlook(self.now.mono) != Outlook::Waiting
    }

    /// Takes connections in, a quota a turn.
    pub(super) fn accept(&mut self) {
        if !self.may_accept() {
            return;
        }
        for at in self.gate.in_turn() {
            if !self.gate.listeners[at].is_due(self.now.mono) {
                continue;
            }
            let quota = match self.gate.listeners[at].spoken.tls {
                Some(_) => self.room_for_handshakes(),
                None => limits::ACCEPT_QUOTA,
            };
            for _ in 0..quota {
                if self.is_crowded(at) {
                    let soon = self.now.mono.after(limits::WAKE_GATHER_CALM);
                    self.gate.listeners[at].try_again_at(soon);
                    break;
                }
                match self.gate.next(at) {
                    Some(Ok((socket, peer))) => self.let_in(at, socket, peer),
                    Some(Err(error)) => {
                        tracing::error!(%error, "a connection could not be accepted");
                        if self.gate.turn_one_away(at) {
                            self.counts.add(Counted::Full);
                        } else {
                            let soon = self.now.mono.after(limits::LINK_PERIOD);
                            self.gate.listeners[at].try_again_at(soon);
                        }
                        break;
                    }
                    None => break,
                }
            }
        }
    }

    /// Whether newcomers are to wait in front of the door for now: handshakes wait for each other already, all places
    /// for strangers are taken, and whoever has had one for longest is about to say who it is. To close that connection
    /// for one that has not begun would waste its half of a handshake, and a whole one when it returns: a storm would
    /// feed itself (R11). Who has begun nothing, or takes too long, keeps nobody out (R7).
    fn is_crowded(&mut self, at: usize) -> bool {
        let now = self.now.mono;
        let lobby = &mut self.gate.strangers;
        let is_full = lobby.count >= self.limits.without_identity;
        let under_tls = self.gate.listeners[at].spoken.tls.is_some();
        if !is_full || !under_tls || !self.securing.is_strained(now) {
            return false;
        }
        while let Some(number) = lobby.queue.front() {
            let place = self.connections.place_of(*number);
            match place.and_then(|place| self.connections.get(place)) {
                Some(oldest) if oldest.path.is_none() => {
                    let is_new = now.since(oldest.opened) < limits::HANDSHAKE_GRACE;
                    return is_new && oldest.channel.has_answered();
                }
                _ => lobby.queue.pop_front(),
            };
        }
        false
    }

    fn let_in(&mut self, at: usize, socket: TcpStream, peer: SocketAddr) {
        let source = source_of(peer.ip());
        if self.promise.outlook(self.now.mono) == Outlook::Broken {
            return self.counts.add(Counted::NoPromise);
        }
        if self.connections.streams() >= self.limits.connections {
            return self.counts.add(Counted::Full);
        }
        let flooded = !self.addresses.spend(source, self.now.mono);
        let room = if flooded {
            self.tell_flood(source, None);
            (self.limits.without_identity / limits::FLOODED_SHARE).max(1)
        } else {
            self.limits.without_identity
        };
        if self.gate.lobby(flooded).count >= room {
            self.evict_oldest_stranger(flooded);
        }
        self.counts.add(Counted::Accepted);
        if self.open(at, socket, source, flooded).is_err() {
            self.counts.add(Counted::Broken);
        }
    }

    fn open(
        &mut self,
        at: usize,
        mut socket: TcpStream,
        source: IpAddr,
        flooded: bool,
    ) -> io::Result<()> {
        let spoken = self.gate.listeners[at].spoken;
        let setting = spoken.setting(self.seeds.next(), self.limits.session);
        let token = Token(CONNECTIONS + self.connections.next_place());
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut socket, token, interest)?;
        let channel = match spoken.tls {
            None => Channel::Plain(socket),
            Some(demand) => {
                let config = self.securing.configuration(demand);
                let config = config.ok_or(ErrorKind::NotConnected)?;
                Channel::secured(socket, config).map_err(io::Error::other)?
            }
        };
        let opened = self.now.mono;
        let place = self.connections.insert(|number| {
            let session = spoken.family.open_stream(setting);
            Connection {
                dues: Dues {
                    flooded,
                    ..Dues::default()
                },
                ..Connection::new(number, channel, session, source, opened)
            }
        });
        let lobby = self.gate.lobby(flooded);
        lobby.count += 1;
        if let Some(connection) = self.connections.get(place) {
            lobby.queue.push_back(connection.number);
        }
        self.mark_readable(place);
        self.touch(place);
        Ok(())
    }

    fn evict_oldest_stranger(&mut self, flooded: bool) {
        while let Some(number) = self.gate.lobby(flooded).queue.pop_front() {
            let Some(place) = self.connections.place_of(number) else {
                continue;
            };
            let known = self.connections.get(place).is_none_or(|c| c.path.is_some());
            if !known {
                let reason = if flooded {
                    Counted::AddressLimited
                } else {
                    Counted::EvictedWithoutIdentity
                };
                return self.cut(place, reason);
            }
        }
    }

    /// A connection has got an identity or is gone: it no longer counts as without.
    pub(super) fn no_longer_stranger(&mut self, flooded: bool) {
        // What has no identity is gone after a while, so the front is never old; but those behind
        // it need not keep their place once they are known.
        let enough = 2 * self.limits.without_identity + limits::ACCEPT_QUOTA;
        let lobby = self.gate.lobby(flooded);
        lobby.count -= 1;
        if lobby.queue.len() > enough {
            let connections = &self.connections;
            lobby.queue.retain(|number| {
                let place = connections.place_of(*number);
                let connection = place.and_then(|place| connections.get(place));
                connection.is_some_and(|connection| connection.path.is_none())
            });
        }
    }
}

/// What holds for all connections of a listener: they inherit it. Answers leave at once, and TCP
/// finds out when a panel has vanished; without that the idle time-out does.
fn set_up(listener: &TcpListener) -> io::Result<()> {
    sockopt::set_tcp_nodelay(listener, true)?;
    sockopt::set_socket_keepalive(listener, true)?;
    sockopt::set_tcp_keepidle(listener, limits::KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(listener, limits::KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(listener, limits::KEEPALIVE_PROBES)?;
    Ok(())
}

/// What counts as one address: of IPv6 the network, since whoever has one address of it has all.
pub(super) fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one_address_and_mapped_ipv4_as_itself() {
        let source = |text: &str| source_of(text.parse().unwrap()).to_string();
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(source("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(source("192.0.2.7"), "192.0.2.7");
    }
}

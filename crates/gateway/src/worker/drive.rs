//! Doing what sessions want done.

use std::time::Duration;

use model::{AccountKey, Mono, PathIndex, SignalToken, Stream, limits};
use proto::{Counted, Outgoing, SessionEvent, Stray};
use rustix::net::sockopt;

use super::Worker;
use super::connection::Phase;
use crate::link::{IdentityAnswer, Upward};

impl Worker {
    /// After any input of a session: does what it wants, until it wants nothing or there is no
    /// room for more (I7).
    pub(super) fn drive(&mut self, place: usize) {
        loop {
            if !self.has_room() {
                self.stall(place);
                break;
            }
            let Some(connection) = self.connections.get_mut(place) else {
                return;
            };
            let Some(event) = connection.session.poll_event() else {
                break;
            };
            self.act(place, event);
        }
        self.touch(place);
    }

    fn act(&mut self, place: usize, event: SessionEvent) {
        match event {
            SessionEvent::Identify(key) => self.identify(place, key),
            SessionEvent::Signal(outgoing) => self.send_up(place, &outgoing),
            SessionEvent::Alive { path, .. } => {
                self.heard.note(path, self.now.mono);
                self.charge_account(place, path);
            }
            SessionEvent::Skewed { path } => {
                self.uplink.say(Stream::Normal, &Upward::Skewed { path });
                self.charge_account(place, path);
            }
            SessionEvent::Learned { path, learned } => {
                let learned = Upward::Learned { path, learned };
                self.uplink.say(Stream::Normal, &learned);
            }
            SessionEvent::Stray(stray) => self.report_stray(place, stray),
            SessionEvent::Count(reason) => {
                self.counts.add(reason);
                if is_waste(reason) {
                    self.charge_waste(place);
                }
            }
            SessionEvent::Close(_) => {
                if let Some(connection) = self.connections.get_mut(place) {
                    connection.phase = Phase::Closing(self.now.mono);
                }
            }
        }
    }

    /// Answers from memory, or asks the engine.
    fn identify(&mut self, place: usize, key: AccountKey) {
        let Some(number) = self.connections.get(place).map(|c| c.number) else {
            return;
        };
        if let Some(answer) = self.identities.recall(number, key, self.now.mono) {
            return self.introduce(place, &answer);
        }
        self.identities.ask(number, key);
        let question = Upward::Identify {
            connection: number,
            key,
        };
        self.uplink.say(Stream::Normal, &question);
    }

    /// Tells a session who speaks. Its events are for the caller to see to.
    pub(super) fn introduce(&mut self, place: usize, answer: &IdentityAnswer) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection
            .session
            .handle_identity(self.now, answer.identity());
        match &answer.admitted {
            Some(admitted) if connection.path.is_none() => {
                connection.path = Some(admitted.path);
                keep_alive(&connection.socket);
                self.no_longer_stranger();
            }
            Some(_) => {}
            None => self.charge_address(place),
        }
    }

    /// R6: a stranger is the quarantine's, and counts to its address.
    fn report_stray(&mut self, place: usize, stray: Box<Stray>) {
        if let Some(connection) = self.connections.get(place) {
            let report = Upward::Stray {
                source: connection.source,
                path: connection.path,
                stray,
            };
            self.uplink.say(Stream::Normal, &report);
            self.charge_waste(place);
        }
    }

    fn send_up(&mut self, place: usize, outgoing: &Outgoing) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.next_token = SignalToken(outgoing.token.0.saturating_add(1));
        let number = connection.number;
        let pushed = self
            .window
            .push(number, outgoing, &mut self.scratch.outbound);
        for (stream, frame) in self.scratch.outbound.drain(..) {
            self.uplink.send(stream, frame);
        }
        match pushed {
            Ok(()) => self.charge_account(place, outgoing.path),
            Err(error) => {
                // Sessions bound their frames far below the link's: this is an error of ours.
                tracing::error!(%error, path = outgoing.path.0, "a signal cannot be stored");
                self.cut(place, Counted::Refused);
            }
        }
    }

    /// R7: a known panel that sends more than its share is read later, and loses nothing.
    fn charge_account(&mut self, place: usize, path: PathIndex) {
        let pause = self.accounts.charge(path, self.now.mono);
        if pause.is_zero() {
            return;
        }
        if let Some(connection) = self.connections.get_mut(place) {
            let until: Mono = self.now.mono.after(pause);
            if connection.paused_until.replace(until).is_none() {
                self.counts.add(Counted::AccountLimited);
            }
        }
    }

    /// R7: what cannot be used counts to the panel, if it is known, else to the address.
    fn charge_waste(&mut self, place: usize) {
        match self.connections.get(place).map(|c| c.path) {
            Some(Some(path)) => self.charge_account(place, path),
            Some(None) => self.charge_address(place),
            None => {}
        }
    }

    fn charge_address(&mut self, place: usize) {
        let Some(source) = self.connections.get(place).map(|c| c.source) else {
            return;
        };
        if !self.addresses.spend(source, self.now.mono) {
            self.cut(place, Counted::AddressLimited);
        }
    }

    /// Has the connection written to, and its deadline looked at, at the end of the turn.
    pub(super) fn touch(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place)
            && !std::mem::replace(&mut connection.marks.touched, true)
        {
            self.lists.touched.push(place);
        }
    }
}

/// Frames that cost us work and tell us nothing. Unknown accounts are charged when the engine,
/// or memory, says that they are.
fn is_waste(reason: Counted) -> bool {
    matches!(
        reason,
        Counted::BadCrc
            | Counted::BadLength
            | Counted::NotAFrame
            | Counted::Malformed
            | Counted::UnknownToken
            | Counted::NoKey
    )
}

/// Has TCP find out when a known panel has vanished. Without it the idle time-out does.
fn keep_alive(socket: &mio::net::TcpStream) {
    let seconds = |time: Duration| time.max(Duration::from_secs(1));
    let set = sockopt::set_socket_keepalive(socket, true)
        .and_then(|()| sockopt::set_tcp_keepidle(socket, seconds(limits::KEEPALIVE_IDLE)))
        .and_then(|()| sockopt::set_tcp_keepintvl(socket, seconds(limits::KEEPALIVE_INTERVAL)))
        .and_then(|()| sockopt::set_tcp_keepcnt(socket, limits::KEEPALIVE_PROBES));
    if let Err(error) = set {
        tracing::debug!(%error, "a connection has no TCP keep-alive");
    }
}

//! R7: who pays for what comes in. Known panels pay by account, everybody else by address.
//!
//! | what | who pays |
//! | --- | --- |
//! | a connection | its address |
//! | a question to the engine | its address; given back once the panel is known |
//! | a frame of an unknown account, a wrong key, of doubt, of no use | its address; the panel, if the connection is a known one's |
//! | a signal or a sign of life of a known panel | the panel |
//!
//! An address that has spent its share is served from memory only: a panel that is remembered
//! gets through, however much its neighbours behind the same address send, and the engine is
//! asked nothing. A panel that has spent its share is read later; its datagrams, which cannot
//! wait, are left unanswered, and it sends them again.

use std::net::IpAddr;

use model::{PathIndex, Stream};
use proto::Counted;

use super::Worker;
use super::floods::Flooding;
use crate::link::Upward;

impl Worker {
    /// The session took a frame of this path for its own, without doubt: the panel is known.
    pub(super) fn recognise(&mut self, place: usize, path: PathIndex) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        if connection.path.is_some() {
            return;
        }
        connection.path = Some(path);
        if std::mem::take(&mut connection.dues.paid) {
            self.addresses.refund(connection.source);
        }
        if !connection.is_datagram() {
            let flooded = connection.dues.flooded;
            self.no_longer_stranger(flooded);
        }
    }

    /// Charges a frame of a known panel; `false` if it is to be left unanswered.
    pub(super) fn charge_account(&mut self, place: usize, path: PathIndex) -> bool {
        let Some(connection) = self.connections.get_mut(place) else {
            return false;
        };
        let source = connection.source;
        if connection.is_datagram() {
            let within = self.accounts.spend(path, self.now.mono);
            if !within {
                self.counts.add(Counted::AccountLimited);
                self.tell_flood(source, Some(path));
                self.remove(place);
            }
            return within;
        }
        let pause = self.accounts.charge(path, self.now.mono);
        if !pause.is_zero() {
            let until = self.now.mono.after(pause);
            if connection.paused_until.replace(until).is_none() {
                self.counts.add(Counted::AccountLimited);
                self.tell_flood(source, Some(path));
            }
        }
        true
    }

    /// Charges what is of no use, or of doubt; `false` if the connection is gone for it.
    pub(super) fn charge_waste(&mut self, place: usize) -> bool {
        match self.connections.get(place).map(|c| c.path) {
            Some(Some(path)) => self.charge_account(place, path),
            Some(None) => self.charge_stranger(place),
            None => false,
        }
    }

    /// Charges the address for a question to the engine; `false` if the connection is gone for it.
    pub(super) fn charge_question(&mut self, place: usize) -> bool {
        let Some(connection) = self.connections.get_mut(place) else {
            return false;
        };
        if connection.path.is_some() || connection.dues.paid {
            return true;
        }
        connection.dues.paid = true;
        let source = connection.source;
        self.spend_or_limit(place, source)
    }

    /// Charges the address for a frame, once: the question about it may have been paid for.
    fn charge_stranger(&mut self, place: usize) -> bool {
        let Some(connection) = self.connections.get_mut(place) else {
            return false;
        };
        // A datagram is one frame; the next frame of a connection pays for itself.
        let is_datagram = connection.is_datagram();
        let paid = std::mem::replace(&mut connection.dues.paid, is_datagram);
        let source = connection.source;
        paid || self.spend_or_limit(place, source)
    }

    fn spend_or_limit(&mut self, place: usize, source: IpAddr) -> bool {
        let within = self.addresses.spend(source, self.now.mono);
        if !within {
            self.tell_flood(source, None);
            self.cut(place, Counted::AddressLimited);
        }
        within
    }

    /// Tells the engine who floods us, if that is news and somebody is there to hear it.
    pub(super) fn tell_flood(&mut self, source: IpAddr, path: Option<PathIndex>) {
        let flooding = path.map_or(Flooding::Address(source), Flooding::Path);
        if self.uplink.is_up() && self.floods.is_news(flooding, self.now.mono) {
            self.uplink
                .say(Stream::Normal, &Upward::Flood { source, path });
        }
    }
}

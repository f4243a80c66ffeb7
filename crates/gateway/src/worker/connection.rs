//! The connections of a gateway: a compact record each, in a slab. A datagram is a short one: it
//! is read once, answered, and gone.
//!
//! Invariant: a connection's number is never used again, though its place in the slab is; a place
//! that was reused is never mistaken for what stood there before.
//! Invariant: `path` is set once a session took a frame of a registered account for its own,
//! without doubt. Until then the connection counts to its address (R7).

use std::net::IpAddr;
use std::time::Duration;

use model::{Epoch, Mono, PathIndex, SignalToken, limits};
use proto::Session;
use slab::Slab;

use super::channel::Channel;
use super::setup::GatewayLimits;
use super::speakers::Speaker;

/// Whether octets can be read. Sockets tell of a change only, so it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// Nothing until the next event.
    Quiet,
    /// Perhaps something.
    Ready,
    /// The other side has closed; whatever is left, then the end.
    Ending,
}

/// How far the life of a connection has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Both directions are open.
    Open,
    /// The other side closed its direction; what it sent is still answered.
    Ended(Mono),
    /// It closes as soon as what is unsent is written.
    Closing(Mono),
    /// All is written. What still comes is thrown away until the other side closes, too: a socket
    /// closed over unread octets would take back what the other side has not read yet.
    Lingering(Mono),
}

/// In which lists of the turn it stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    pub(super) readable: bool,
    pub(super) touched: bool,
    pub(super) stalled: bool,
}

/// R7: what the address of a connection spent on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dues {
    /// It has paid for what the connection shows now.
    pub(super) paid: bool,
    /// It had spent its share when the connection came.
    pub(super) flooded: bool,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) channel: Channel,
    pub(super) session: Box<dyn Session>,
    pub(super) number: u64,
    /// The address that it counts to before its panel is known (R7).
    pub(super) source: IpAddr,
    /// The path that it was first known as.
    pub(super) path: Option<PathIndex>,
    /// The path of the account that it last showed, if that is registered.
    pub(super) shown: Option<PathIndex>,
    /// Its first admission (I6).
    pub(super) epoch: Epoch,
    /// The account that its session knows (streams only).
    pub(super) speaker: Option<Speaker>,
    /// Whether that account is known to encrypt.
    pub(super) encrypts: bool,
    /// It has proved who it is, and the engine knows that it is here (R9).
    pub(super) proven: bool,
    /// R7: what its address spent on it.
    pub(super) dues: Dues,
    /// The token of the next signal.
    pub(super) next_token: SignalToken,
    pub(super) opened: Mono,
    pub(super) heard: Mono,
    /// R7: not read before this time.
    pub(super) paused_until: Option<Mono>,
    /// When the wheel will bring it up.
    pub(super) armed: Option<Mono>,
    /// Octets that the socket did not take; no memory while there are none.
    pub(super) unsent: Vec<u8>,
    /// They wait for the session's first word, not for the socket.
    pub(super) withheld: bool,
    pub(super) input: Input,
    pub(super) phase: Phase,
    pub(super) marks: Marks,
}

impl Connection {
    /// One that has just begun.
    pub(super) fn new(
        number: u64,
        channel: Channel,
        session: Box<dyn Session>,
        source: IpAddr,
        opened: Mono,
    ) -> Self {
        let input = match channel {
            // Often the first frame is already there.
            Channel::Plain(_) | Channel::Tls(_) => Input::Ready,
            Channel::Datagram(_) => Input::Quiet,
        };
        Self {
            channel,
            session,
            number,
            source,
            path: None,
            shown: None,
            epoch: Epoch::default(),
            speaker: None,
            encrypts: false,
            proven: false,
            dues: Dues::default(),
            next_token: SignalToken(1),
            opened,
            heard: opened,
            paused_until: None,
            armed: None,
            unsent: Vec::new(),
            withheld: false,
            input,
            phase: Phase::Open,
            marks: Marks::default(),
        }
    }

    /// Whether it is a datagram.
    pub(super) fn is_datagram(&self) -> bool {
        matches!(self.channel, Channel::Datagram(_))
    }

    /// Whether it may be read, as far as it alone is concerned.
    pub(super) fn may_read(&self) -> bool {
        self.phase == Phase::Open
            && self.input != Input::Quiet
            && self.paused_until.is_none()
            && (self.unsent.is_empty() || self.withheld)
            && self.session.wants_read()
    }

    /// When it must be looked at again, whatever comes or does not come.
    pub(super) fn due(&self, limits: &GatewayLimits) -> Mono {
        let timers = [self.session.poll_timeout(), self.paused_until];
        let timers = timers.into_iter().flatten();
        timers.fold(self.expires(limits), Mono::min)
    }

    /// When its time is over.
    pub(super) fn expires(&self, limits: &GatewayLimits) -> Mono {
        if self.is_datagram() {
            return self.opened.after(limits::DATAGRAM_TIME);
        }
        match (self.phase, self.path) {
            (Phase::Ended(since) | Phase::Closing(since), _) => since.after(LINGER),
            (Phase::Lingering(since), _) => since.after(limits::GOODBYE),
            // R7: absolute, so that one octet a second does not prolong it.
            (Phase::Open, None) => self.opened.after(limits.first_frame),
            (Phase::Open, Some(_)) => self.heard.after(limits.idle),
        }
    }
}

/// How long a connection that one side has closed may wait for its last octets.
const LINGER: Duration = limits::FRAME_COMPLETION;

/// Bits of a connection's number that are its place: more than descriptors there can be.
const PLACE_BITS: u32 = 24;

/// No connection has a smaller number.
pub(super) const FIRST_NUMBER: u64 = 1 << PLACE_BITS;

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slab: Slab<Connection>,
    /// How many of them are datagrams.
    datagrams: usize,
    accepted: u64,
}

impl Connections {
    /// Makes a place for a connection, which is told its place and number.
    pub(super) fn insert(&mut self, make: impl FnOnce(u64) -> Connection) -> usize {
        let entry = self.slab.vacant_entry();
        let place = entry.key();
        self.accepted += 1;
        let number = self.accepted << PLACE_BITS | as_number(place);
        let connection = entry.insert(make(number));
        self.datagrams += usize::from(connection.is_datagram());
        place
    }

    /// The place that the next connection will have.
    pub(super) fn next_place(&self) -> usize {
        self.slab.vacant_key()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Connection> {
        self.slab.get(place)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Connection> {
        self.slab.get_mut(place)
    }

    pub(super) fn remove(&mut self, place: usize) -> Option<Connection> {
        let connection = self.slab.try_remove(place)?;
        self.datagrams -= usize::from(connection.is_datagram());
        Some(connection)
    }

    /// Where the connection of this number stands, if it is still there.
    pub(super) fn place_of(&self, number: u64) -> Option<usize> {
        let place = usize::try_from(number & ((1 << PLACE_BITS) - 1)).ok()?;
        let connection = self.slab.get(place)?;
        (connection.number == number).then_some(place)
    }

    /// How many have a socket of their own.
    pub(super) fn streams(&self) -> usize {
        self.slab.len() - self.datagrams
    }

    /// How many are datagrams without answer.
    pub(super) fn datagrams(&self) -> usize {
        self.datagrams
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.slab.iter().map(|(_, connection)| connection)
    }

    /// The places of all, so that each may be changed or removed in turn.
    pub(super) fn places(&self) -> Vec<usize> {
        self.slab.iter().map(|(place, _)| place).collect()
    }
}

fn as_number(place: usize) -> u64 {
    u64::try_from(place)
        .ok()
        .filter(|place| place >> PLACE_BITS == 0)
        .expect("a process opens fewer files than places have numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_a_connection_is_small() {
        // Each octet here is 50 KB for 50,000 panels.
        assert!(
            size_of::<Connection>() <= 256,
            "{}",
            size_of::<Connection>()
        );
    }
}

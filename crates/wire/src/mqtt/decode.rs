//! Cuts a stream of octets into packets, however it was split.
//!
//! Invariant: at most one packet that is not complete is held, with no more memory than the caller
//! allows for a packet and than came so far, doubled; nothing at all is held between packets. A
//! length that the peer claims reserves nothing.
//! Invariant: packets and refusals do not depend on how the input was split.
//! Invariant: after a refusal nothing more is read.
//!
//! A packet that lies whole in the input is copied once; one in pieces twice. The copy that held a
//! CONNECT is wiped, since a password may be in it (I10).

use zeroize::Zeroize;

use super::fixed::{self, FixedHeader};
use super::{Kind, Level, Packet, ReasonCode, read};

/// Octets that no peer may send. The connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream is not MQTT from here on: reason code {:#04x}", reason.number())]
pub struct Refused {
    /// What the standard calls it.
    pub reason: ReasonCode,
    /// What kind of packet it would have been; `None` where even that is not known.
    pub kind: Option<Kind>,
}

/// Finds packets in a stream. See the module.
pub struct Decoder {
    /// A packet that is not complete, from its first octet on.
    partial: Vec<u8>,
    /// Octets of the largest packet.
    maximum: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but CONNECT may come.
    Unconnected,
    /// Anything else may come.
    Speaks(Level),
    /// CONNECT was refused after it said which level it speaks.
    Refused(Option<Level>),
}

impl Decoder {
    /// The server's end: CONNECT comes first, once, and says the level. `maximum`: octets of the
    /// largest packet, its fixed header included.
    pub const fn server(maximum: u32) -> Self {
        Self::starting(State::Unconnected, maximum)
    }

    /// The client's end, which knows the level and never gets a CONNECT.
    pub const fn client(level: Level, maximum: u32) -> Self {
        Self::starting(State::Speaks(level), maximum)
    }

    const fn starting(state: State, maximum: u32) -> Self {
        Self {
            partial: Vec::new(),
            maximum,
            state,
        }
    }

    /// What the connection speaks: known from the first octets of a CONNECT on, even where the
    /// rest of it was refused, so that it can be answered in its own terms.
    pub const fn level(&self) -> Option<Level> {
        match self.state {
            State::Unconnected => None,
            State::Speaks(level) => Some(level),
            State::Refused(level) => level,
        }
    }

    /// Takes octets from the front of `input` up to the end of the next packet; `None` when all of
    /// them are taken.
    ///
    /// # Errors
    ///
    /// [`Refused`] where no packet can be read. The rest of the input is gone, and whatever comes
    /// later is swallowed.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Packet>, Refused> {
        let next = self.advance(input);
        if next.is_err() {
            *input = &[];
            self.partial = Vec::new();
            self.state = State::Refused(self.level());
        }
        next
    }

    /// Whether a packet was begun and is waited for.
    pub const fn is_begun(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Octets of memory held for the packet that is waited for.
    pub const fn held(&self) -> usize {
        self.partial.capacity()
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Option<Packet>, Refused> {
        if matches!(self.state, State::Refused(_)) {
            *input = &[];
            return Ok(None);
        }
        if self.partial.is_empty() {
            let octets = *input;
            return match self.fixed_header(octets)? {
                Some(header) if header.whole <= octets.len() => {
                    let (packet, rest) = octets.split_at(header.whole);
                    *input = rest;
                    self.read(&header, packet).map(Some)
                }
                header => {
                    self.hold(input, header);
                    Ok(None)
                }
            };
        }
        self.advance_partial(input)
    }

    /// Tops up what is held: octet by octet in the fixed header, then up to the packet's end, so
    /// that nothing behind the packet is ever taken.
    fn advance_partial(&mut self, input: &mut &[u8]) -> Result<Option<Packet>, Refused> {
        loop {
            let header = self.fixed_header(&self.partial)?;
            match header {
                Some(header) if header.whole == self.partial.len() => {
                    let mut packet = std::mem::take(&mut self.partial);
                    let read = self.read(&header, &packet);
                    if header.kind == Kind::Connect {
                        packet.zeroize();
                    }
                    return read.map(Some);
                }
                _ if input.is_empty() => return Ok(None),
                Some(_) => self.hold(input, header),
                None => {
                    let (mut octet, rest) = input.split_at(1);
                    self.hold(&mut octet, None);
                    *input = rest;
                }
            }
        }
    }

    /// Takes octets over, up to the end of the packet where that is known.
    fn hold(&mut self, input: &mut &[u8], header: Option<FixedHeader>) {
        let whole = header.map_or(fixed::LONGEST, |header| header.whole);
        let (taken, rest) = input.split_at(input.len().min(whole - self.partial.len()));
        let needed = self.partial.len() + taken.len();
        if needed > self.partial.capacity() {
            let room = (2 * needed).min(whole);
            self.grow(room);
        }
        self.partial.extend_from_slice(taken);
        *input = rest;
    }

    /// Moves what is held into `room` octets, and wipes where it was: it may be a CONNECT.
    fn grow(&mut self, room: usize) {
        let mut larger = Vec::with_capacity(room);
        larger.extend_from_slice(&self.partial);
        self.partial.zeroize();
        self.partial = larger;
    }

    fn fixed_header(&self, octets: &[u8]) -> Result<Option<FixedHeader>, Refused> {
        let maximum = usize::try_from(self.maximum).unwrap_or(usize::MAX);
        fixed::read(octets, self.level(), maximum).map_err(|reason| Refused {
            reason,
            kind: octets.first().copied().and_then(Kind::of),
        })
    }

    fn read(&mut self, header: &FixedHeader, packet: &[u8]) -> Result<Packet, Refused> {
        let refused = |reason| Refused {
            reason,
            kind: Some(header.kind),
        };
        let body = &packet[header.header..];
        let level = match self.level() {
            Some(level) => level,
            None => read::level(body).map_err(refused)?,
        };
        self.state = State::Speaks(level);
        read::packet(level, header, packet).map_err(refused)
    }
}

/// What is held may be personal data or a secret: it stays out of logs.
impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder")
            .field("held_octets", &self.partial.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

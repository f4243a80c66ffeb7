//! What the codec lets pass and the standards forbid: checks on the octets of a body.

use super::{Level, ReasonCode};

/// A walk over octets of which only the ends matter.
struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn take(&mut self, octets: usize) -> Result<&'a [u8], ReasonCode> {
        let (taken, rest) = self
            .0
            .split_at_checked(octets)
            .ok_or(ReasonCode::MalformedPacket)?;
        self.0 = rest;
        Ok(taken)
    }

    fn octet(&mut self) -> Result<u8, ReasonCode> {
        self.take(1).map(|taken| taken[0])
    }

    /// A string or binary data: two octets of length, then that many (1.5.4, 1.5.6).
    fn prefixed(&mut self) -> Result<&'a [u8], ReasonCode> {
        let length = self.take(2)?;
        self.take(usize::from(u16::from_be_bytes([length[0], length[1]])))
    }

    /// Properties: a variable length, then that many octets (2.2.2).
    fn properties(&mut self) -> Result<(), ReasonCode> {
        let mut length = 0_usize;
        for at in 0..4 {
            let octet = self.octet()?;
            length |= usize::from(octet & 0x7F) << (7 * at);
            if octet & 0x80 == 0 {
                // MQTT-1.5.5-1: the shortest form.
                if octet == 0 && at > 0 {
                    break;
                }
                return self.take(length).map(drop);
            }
        }
        Err(ReasonCode::MalformedPacket)
    }

    const fn end(&self) -> Result<(), ReasonCode> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ReasonCode::MalformedPacket)
        }
    }
}

/// The name and number of the protocol that a CONNECT begins with (3.1.2.1, 3.1.2.2).
///
/// # Errors
///
/// [`ReasonCode::UnsupportedProtocolVersion`] for MQTT of another level, and
/// [`ReasonCode::MalformedPacket`] for anything else.
pub(super) fn level(body: &[u8]) -> Result<Level, ReasonCode> {
    let mut walk = Walk(body);
    match (walk.prefixed()?, walk.octet()?) {
        (b"MQTT", 4) => Ok(Level::V311),
        (b"MQTT", 5) => Ok(Level::V5),
        (b"MQTT" | b"MQIsdp", _) => Err(ReasonCode::UnsupportedProtocolVersion),
        _ => Err(ReasonCode::MalformedPacket),
    }
}

/// That a CONNECT is as long as its parts, and that its flags go together.
pub(super) fn connect(level: Level, body: &[u8]) -> Result<(), ReasonCode> {
    const RESERVED: u8 = 0b0000_0001;
    const WILL: u8 = 0b0000_0100;
    const WILL_QOS_AND_RETAIN: u8 = 0b0011_1000;
    const PASSWORD: u8 = 0b0100_0000;
    const USER_NAME: u8 = 0b1000_0000;
    let mut walk = Walk(body);
    walk.prefixed()?;
    walk.octet()?;
    let flags = walk.octet()?;
    let has = |flag| flags & flag != 0;
    // MQTT-3.1.2-3, MQTT-3.1.2-11 and MQTT-3.1.2-13.
    if has(RESERVED) || (has(WILL_QOS_AND_RETAIN) && !has(WILL)) {
        return Err(ReasonCode::MalformedPacket);
    }
    // 3.1.1: MQTT-3.1.2-22; 5 allows it.
    if level == Level::V311 && has(PASSWORD) && !has(USER_NAME) {
        return Err(ReasonCode::ProtocolError);
    }
    walk.take(2)?;
    if level == Level::V5 {
        walk.properties()?;
    }
    walk.prefixed()?;
    if has(WILL) {
        if level == Level::V5 {
            walk.properties()?;
        }
        walk.prefixed()?;
        walk.prefixed()?;
    }
    for flag in [USER_NAME, PASSWORD] {
        if has(flag) {
            walk.prefixed()?;
        }
    }
    walk.end()
}

/// That the upper bits beside each QoS of a SUBSCRIBE of 3.1.1 are clear (MQTT-3.8.3-4).
pub(super) fn subscribe_311(body: &[u8]) -> Result<(), ReasonCode> {
    let mut walk = Walk(body);
    walk.take(2)?;
    while !walk.0.is_empty() {
        walk.prefixed()?;
        if walk.octet()? > 2 {
            return Err(ReasonCode::MalformedPacket);
        }
    }
    Ok(())
}

/// That there is no more than the codec reads: `octets` in all.
pub(super) const fn length(body: &[u8], octets: usize) -> Result<(), ReasonCode> {
    if body.len() == octets {
        Ok(())
    } else {
        Err(ReasonCode::MalformedPacket)
    }
}

/// That a string has no NUL in it (MQTT-1.5.4-2).
pub(super) fn text(text: &str) -> Result<String, ReasonCode> {
    if text.contains('\0') {
        Err(ReasonCode::MalformedPacket)
    } else {
        Ok(text.to_owned())
    }
}

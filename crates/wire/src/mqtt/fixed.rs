//! The fixed header: what kind of packet comes, and how long it is (2.1).

use super::{Level, Qos, ReasonCode};

/// The kinds of packets, by the upper four bits of the first octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// CONNECT.
    Connect = 1,
    /// CONNACK.
    ConnAck,
    /// PUBLISH.
    Publish,
    /// PUBACK.
    PubAck,
    /// PUBREC, of QoS 2.
    PubRec,
    /// PUBREL, of QoS 2.
    PubRel,
    /// PUBCOMP, of QoS 2.
    PubComp,
    /// SUBSCRIBE.
    Subscribe,
    /// SUBACK.
    SubAck,
    /// UNSUBSCRIBE.
    Unsubscribe,
    /// UNSUBACK.
    UnsubAck,
    /// PINGREQ.
    PingReq,
    /// PINGRESP.
    PingResp,
    /// DISCONNECT.
    Disconnect,
    /// AUTH, of 5.
    Auth,
}

impl Kind {
    /// The kind in a first octet; `None` for the reserved one.
    pub(super) const fn of(first: u8) -> Option<Self> {
        Some(match first >> 4 {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// The first octet of a packet of this kind that is not PUBLISH (2.1.3).
    pub(super) const fn first_octet(self) -> u8 {
        let flags = match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 0b0010,
            _ => 0,
        };
        ((self as u8) << 4) | flags
    }
}

/// Octets of the longest fixed header.
pub(super) const LONGEST: usize = 5;

/// The largest remaining length, in octets (1.5.5).
pub(super) const LARGEST: usize = 268_435_455;

/// A fixed header that was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FixedHeader {
    pub(super) first: u8,
    pub(super) kind: Kind,
    /// Octets of the header itself.
    pub(super) header: usize,
    /// Octets of header and body.
    pub(super) whole: usize,
}

/// Judges what `octets` begin with, as far as it is there: `None` while the header is not whole.
/// `level` is `None` before CONNECT.
///
/// # Errors
///
/// The reserved kind, reserved flags, AUTH in 3.1.1, a length of more than four octets or not the
/// shortest, a packet that is not due, a packet of more than `maximum` octets, PINGREQ or PINGRESP
/// with a body.
pub(super) fn read(
    octets: &[u8],
    level: Option<Level>,
    maximum: usize,
) -> Result<Option<FixedHeader>, ReasonCode> {
    let Some(&first) = octets.first() else {
        return Ok(None);
    };
    let kind = judge_first(first, level)?;
    let mut remaining = 0_usize;
    for (at, octet) in octets.iter().skip(1).enumerate() {
        remaining |= usize::from(octet & 0x7F) << (7 * at);
        if octet & 0x80 == 0 {
            let header = at + 2;
            if *octet == 0 && at > 0 {
                // MQTT-1.5.5-1: the shortest form.
                return Err(ReasonCode::MalformedPacket);
            }
            if header + remaining > maximum {
                return Err(ReasonCode::PacketTooLarge);
            }
            if matches!(kind, Kind::PingReq | Kind::PingResp) && remaining > 0 {
                return Err(ReasonCode::MalformedPacket);
            }
            return Ok(Some(FixedHeader {
                first,
                kind,
                header,
                whole: header + remaining,
            }));
        }
        if at == 3 {
            return Err(ReasonCode::MalformedPacket);
        }
    }
    Ok(None)
}

fn judge_first(first: u8, level: Option<Level>) -> Result<Kind, ReasonCode> {
    let kind = Kind::of(first).ok_or(ReasonCode::MalformedPacket)?;
    let flags_fit = match kind {
        Kind::Publish => match Qos::from_number((first >> 1) & 0b11) {
            // MQTT-3.3.1-4: both bits set.
            None => false,
            // MQTT-3.3.1-2.
            Some(Qos::AtMostOnce) => first & 0b1000 == 0,
            Some(_) => true,
        },
        Kind::Auth if level == Some(Level::V311) => false,
        _ => first == kind.first_octet(),
    };
    if !flags_fit {
        return Err(ReasonCode::MalformedPacket);
    }
    // MQTT-3.1.0-1 and MQTT-3.1.0-2: CONNECT comes first, and once.
    if (kind == Kind::Connect) != level.is_none() {
        return Err(ReasonCode::ProtocolError);
    }
    Ok(kind)
}

//! The body of a packet, by way of `rmqtt-codec`: into its types, checked, and out of them.

mod v3;
mod v5;

use bytes::{BufMut, BytesMut};
use rmqtt_codec::error::DecodeError;
use rmqtt_codec::types::QoS;
use tokio_util::codec::Decoder as _;
use zeroize::Zeroize;

pub(super) use super::check::level;
use super::fixed::FixedHeader;
use super::{Kind, Level, Packet, Qos, ReasonCode, Subscribe, check, topic};

/// Octets that the codec wants to find free behind a packet; it would allocate again for them.
const SLACK: usize = super::fixed::LONGEST;

/// Reads one whole packet.
pub(super) fn packet(
    level: Level,
    header: &FixedHeader,
    octets: &[u8],
) -> Result<Packet, ReasonCode> {
    let body = &octets[header.header..];
    match header.kind {
        Kind::Connect => check::connect(level, body)?,
        Kind::Subscribe if level == Level::V311 => check::subscribe_311(body)?,
        Kind::ConnAck if level == Level::V311 => check::length(body, 2)?,
        Kind::Disconnect if level == Level::V311 => check::length(body, 0)?,
        Kind::PingReq => return Ok(Packet::PingReq),
        Kind::PingResp => return Ok(Packet::PingResp),
        _ => {}
    }
    let mut copy = BytesMut::with_capacity(octets.len() + SLACK);
    copy.put_slice(octets);
    let packet = match level {
        Level::V311 => {
            decoded(rmqtt_codec::v3::Codec::new(0).decode(&mut copy)).and_then(v3::packet)
        }
        Level::V5 => {
            decoded(rmqtt_codec::v5::Codec::new(0, 0).decode(&mut copy)).and_then(v5::packet)
        }
    };
    if header.kind == Kind::Connect {
        wipe(copy);
    }
    let packet = packet?;
    // The codec must have read the kind that the fixed header named.
    debug_assert_eq!(packet.kind(), header.kind);
    if let Packet::Subscribe(subscribe) = &packet {
        shared_is_not_local(subscribe)?;
    }
    Ok(packet)
}

fn decoded<T>(result: Result<Option<(T, u32)>, DecodeError>) -> Result<T, ReasonCode> {
    match result {
        Ok(Some((packet, _))) => Ok(packet),
        Ok(None) => Err(ReasonCode::MalformedPacket),
        Err(error) => Err(reason(&error)),
    }
}

/// Overwrites the memory of a packet that nothing else refers to any more, and says whether it
/// could.
fn wipe(mut copy: BytesMut) -> bool {
    copy.clear();
    let whole = copy.try_reclaim(SLACK + 1);
    copy.resize(copy.capacity(), 0);
    copy.zeroize();
    whole
}

/// The standard's name for an error of the codec.
const fn reason(error: &DecodeError) -> ReasonCode {
    match error {
        DecodeError::UnsupportedProtocolLevel => ReasonCode::UnsupportedProtocolVersion,
        DecodeError::InvalidClientId => ReasonCode::ClientIdentifierNotValid,
        DecodeError::MaxSizeExceeded { .. } => ReasonCode::PacketTooLarge,
        DecodeError::InvalidTopicFilter => ReasonCode::ProtocolError,
        DecodeError::InvalidTopicName => ReasonCode::TopicNameInvalid,
        DecodeError::InvalidProtocol
        | DecodeError::InvalidLength
        | DecodeError::MalformedPacket
        | DecodeError::ConnectReservedFlagSet
        | DecodeError::InvalidConnectFlags
        | DecodeError::ConnAckReservedFlagSet
        | DecodeError::UnsupportedPacketType
        | DecodeError::PacketIdRequired
        | DecodeError::Utf8Error
        | DecodeError::Io(_) => ReasonCode::MalformedPacket,
    }
}

const fn qos(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce => Qos::AtLeastOnce,
        QoS::ExactlyOnce => Qos::ExactlyOnce,
    }
}

/// A topic that something is to be published to.
fn name(topic: &str) -> Result<String, ReasonCode> {
    let topic = check::text(topic)?;
    if topic::is_name(&topic) {
        Ok(topic)
    } else {
        Err(ReasonCode::TopicNameInvalid)
    }
}

fn filter(filter: &str) -> Result<String, ReasonCode> {
    let filter = check::text(filter)?;
    if topic::is_filter(&filter) {
        Ok(filter)
    } else {
        Err(ReasonCode::TopicFilterInvalid)
    }
}

/// MQTT-3.8.3-4 of 5.
fn shared_is_not_local(subscribe: &Subscribe) -> Result<(), ReasonCode> {
    let mut filters = subscribe.filters.iter();
    if filters.any(|one| one.no_local && topic::is_shared(&one.filter)) {
        Err(ReasonCode::ProtocolError)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_connect_is_wiped_once_nothing_refers_to_it() {
        let octets = b"\x10\x16\0\x04MQTT\x04\xC2\0\x3C\0\x02ab\0\x02cd\0\x02ef".as_slice();
        let mut copy = BytesMut::with_capacity(octets.len() + SLACK);
        copy.put_slice(octets);
        let packet = rmqtt_codec::v3::Codec::new(0).decode(&mut copy).unwrap();
        assert!(packet.is_some());
        drop(packet);
        assert!(wipe(copy));
    }
}

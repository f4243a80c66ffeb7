//! The family `mqtt`: its octets for the conformance suite, and what it alone promises.

mod admission;
mod endings;
mod events;
mod line;
mod refusals;

use std::num::NonZeroU16;

use model::Account;
use proto::conformance::Fixture;
use wire::mqtt::{
    Connect, Decoder, Level, MessageProperties, Packet, Publish, Qos, ReasonCode, encode,
};

/// More than any packet here.
const LARGE: u32 = 1 << 20;

/// Panels at one level of MQTT.
#[derive(Debug)]
pub(crate) struct MqttFixture(pub(crate) Level);

pub(crate) fn octets(packet: &Packet, level: Level) -> Vec<u8> {
    let mut octets = Vec::new();
    encode(packet, level, &mut octets).unwrap();
    octets
}

/// The packets that a server sent.
pub(crate) fn packets(mut transmitted: &[u8], level: Level) -> Vec<Packet> {
    let mut decoder = Decoder::client(level, LARGE);
    let mut packets = Vec::new();
    while let Some(packet) = decoder.next(&mut transmitted).unwrap() {
        packets.push(packet);
    }
    assert!(!decoder.is_begun());
    packets
}

/// A message on a topic of this account.
pub(crate) fn publish(account: &str, topic: &str, id: Option<u16>, payload: &str) -> Publish {
    Publish {
        dup: false,
        qos: match id {
            Some(_) => Qos::AtLeastOnce,
            None => Qos::AtMostOnce,
        },
        retain: false,
        topic: format!("ap/v1/{account}/{topic}"),
        packet_id: id.and_then(NonZeroU16::new),
        properties: MessageProperties::default(),
        payload: payload.as_bytes().to_vec().into(),
    }
}

/// An event with this number.
pub(crate) fn event(account: &str, number: u16) -> Publish {
    let payload = format!(r#"{{"seq":{number},"boot":1,"cid":"1130","part":1,"zone":{number}}}"#);
    publish(account, "evt", Some(number), &payload)
}

impl MqttFixture {
    fn octets(&self, packet: &Packet) -> Vec<u8> {
        octets(packet, self.0)
    }
}

impl Fixture for MqttFixture {
    fn signal(&self, number: u16) -> Vec<u8> {
        self.octets(&Packet::Publish(event("12AB", number)))
    }

    fn signal_of_other_account(&self, number: u16) -> Vec<u8> {
        self.octets(&Packet::Publish(event("9999", number)))
    }

    fn supervision(&self) -> Vec<u8> {
        self.octets(&Packet::PingReq)
    }

    /// No octets may stand between packets; packets that are dropped come nearest to garbage.
    fn garbage(&self) -> Vec<Vec<u8>> {
        [("9999", "evt"), ("12AB", "nowhere"), ("12AB", "cmd/res")]
            .map(|(account, topic)| {
                self.octets(&Packet::Publish(publish(account, topic, None, "x")))
            })
            .to_vec()
    }

    fn replies(&self, transmitted: &[u8]) -> Vec<Vec<u8>> {
        let packets = packets(transmitted, self.0);
        packets.iter().map(|packet| self.octets(packet)).collect()
    }

    fn acknowledges(&self, reply: &[u8], request: &[u8]) -> bool {
        let mut decoder = Decoder::client(self.0, LARGE);
        let request = decoder.next(&mut &*request).unwrap();
        match (&packets(reply, self.0)[..], request) {
            ([Packet::PubAck(ack)], Some(Packet::Publish(publish))) => {
                ack.reason == ReasonCode::Success && publish.packet_id == Some(ack.packet_id)
            }
            ([Packet::PingResp], Some(Packet::PingReq)) => true,
            _ => false,
        }
    }

    fn greeting(&self) -> Option<Vec<u8>> {
        let account = Account::parse(b"12ab").unwrap();
        let connect = Connect::new(format!("{account}/lan"));
        Some(self.octets(&Packet::Connect(Box::new(connect))))
    }

    fn announces_bound(&self) -> bool {
        self.0 == Level::V5
    }
}

//! What is not offered, each with the standard's reason and one counted reason.

use std::num::NonZeroU16;

use proto::CloseReason;
use wire::mqtt::{
    Level, Packet, Publish, Qos, ReasonCode, SubAck, Subscribe, Subscription, Unsubscribe,
};

use super::line::{LEVELS, Line, goodbye, pub_acks};
use super::{octets, publish};

#[test]
fn a_publish_elsewhere_is_refused_with_its_reason() {
    for (account, topic, reason, counted) in [
        ("9999", "evt", ReasonCode::NotAuthorized, "foreign_topic"),
        (
            "9999",
            "nothing",
            ReasonCode::NotAuthorized,
            "foreign_topic",
        ),
        (
            "1234",
            "nothing",
            ReasonCode::TopicNameInvalid,
            "unknown_topic",
        ),
        (
            "1234",
            "cmd",
            ReasonCode::ImplementationSpecificError,
            "not_served",
        ),
        (
            "1234",
            "cfg/rep",
            ReasonCode::ImplementationSpecificError,
            "not_served",
        ),
    ] {
        let asked = Packet::Publish(publish(account, topic, Some(7), "{}"));
        let mut line = Line::live(Level::V5);
        assert_eq!(pub_acks(&line.say(&asked)), [(7, reason)]);
        assert_eq!(line.counted, [counted]);
        assert!(line.closes.is_empty());
        // 3.1.1 cannot say no.
        let mut line = Line::live(Level::V311);
        assert!(line.say(&asked).is_empty());
        assert_eq!(line.counted, [counted]);
        assert_eq!(line.closes, [CloseReason::Protocol]);
        // Nobody waits for an answer.
        for level in LEVELS {
            let mut line = Line::live(level);
            let unasked = Packet::Publish(publish(account, topic, None, "{}"));
            assert!(line.say(&unasked).is_empty() && line.closes.is_empty());
            assert_eq!(line.counted, [counted]);
            assert!(line.signals.is_empty() && line.reports.is_empty());
        }
    }
}

/// That octets end the session, at 5 with this reason.
#[track_caller]
fn ends(octets: &[u8], level: Level, reason: ReasonCode, counted: &str) {
    let mut line = Line::live(level);
    let answer = line.feed(octets);
    match level {
        Level::V311 => assert!(answer.is_empty()),
        Level::V5 => assert_eq!(goodbye(&answer).0, reason),
    }
    assert_eq!(line.counted, [counted]);
    assert_eq!(line.closes, [CloseReason::Protocol]);
    assert!(!line.session.wants_read());
    assert_eq!(line.session.poll_timeout(), None);
}

#[test]
fn qos_2_is_not_offered() {
    for level in LEVELS {
        let publish = Publish {
            qos: Qos::ExactlyOnce,
            ..publish("1234", "evt", Some(1), "{}")
        };
        let octets = octets(&Packet::Publish(publish), level);
        ends(
            &octets,
            level,
            ReasonCode::QosNotSupported,
            "qos_not_offered",
        );
    }
}

#[test]
fn topic_aliases_are_not_offered() {
    for topic in ["ap/v1/1234/evt", ""] {
        let mut publish = publish("1234", "evt", Some(1), "{}");
        topic.clone_into(&mut publish.topic);
        publish.properties.topic_alias = NonZeroU16::new(1);
        let octets = octets(&Packet::Publish(publish), Level::V5);
        ends(
            &octets,
            Level::V5,
            ReasonCode::TopicAliasInvalid,
            "topic_alias",
        );
    }
}

#[test]
fn a_packet_too_large_is_refused_from_its_first_octets() {
    for level in LEVELS {
        let octets = [0x32, 0x80, 0x80, 0x01];
        ends(
            &octets,
            level,
            ReasonCode::PacketTooLarge,
            "packet_too_large",
        );
    }
}

#[test]
fn malformed_packets_end_the_session() {
    for octets in [
        &[0x00_u8][..],
        &[0xC1],
        &[0xC0, 0x01],
        &[0x36, 0x00],
        &[0x32, 0x05, 0x00, 0x01, b'a', 0x00, 0x00],
        &[0x30, 0x03, 0x00, 0x09, b'a'],
    ] {
        for level in LEVELS {
            ends(octets, level, ReasonCode::MalformedPacket, "mqtt_malformed");
        }
    }
}

#[test]
fn packets_that_only_a_server_sends_are_protocol_errors() {
    let ack = SubAck {
        packet_id: NonZeroU16::MIN,
        reasons: vec![ReasonCode::Success],
        reason_string: None,
    };
    for packet in [
        Packet::SubAck(ack.clone()),
        Packet::UnsubAck(ack),
        Packet::PingResp,
    ] {
        for level in LEVELS {
            let octets = octets(&packet, level);
            ends(
                &octets,
                level,
                ReasonCode::ProtocolError,
                "mqtt_protocol_error",
            );
        }
    }
    for octets in [&[0x62, 0x02, 0x00, 0x01][..], &[0xF0, 0x00]] {
        ends(
            octets,
            Level::V5,
            ReasonCode::ProtocolError,
            "mqtt_protocol_error",
        );
    }
}

fn wishes(filters: &[&str], qos: Qos, subscription_id: Option<u32>) -> Packet {
    Packet::Subscribe(Subscribe {
        packet_id: NonZeroU16::MIN,
        subscription_id,
        filters: filters
            .iter()
            .map(|filter| Subscription {
                filter: (*filter).to_owned(),
                qos,
                no_local: false,
            })
            .collect(),
    })
}

fn reasons(answer: &[Packet]) -> Vec<ReasonCode> {
    match answer {
        [Packet::SubAck(ack) | Packet::UnsubAck(ack)] => ack.reasons.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn own_topics_may_be_subscribed_to_at_most_at_qos_1() {
    let own = ["ap/v1/1234/#", "ap/v1/1234/+", "ap/v1/1234/cmd"];
    for level in LEVELS {
        for (qos, granted) in [
            (Qos::AtMostOnce, ReasonCode::Success),
            (Qos::AtLeastOnce, ReasonCode::GrantedQos1),
            (Qos::ExactlyOnce, ReasonCode::GrantedQos1),
        ] {
            let mut line = Line::live(level);
            let answer = line.say(&wishes(&own, qos, None));
            assert_eq!(reasons(&answer), [granted; 3]);
            assert!(line.counted.is_empty());
            assert_eq!(line.alive, 1);
        }
    }
}

#[test]
fn other_subscriptions_are_refused_each_for_itself() {
    let filters = [
        "ap/v1/9999/#",
        "ap/v1/1234/cmd",
        "$share/g/ap/v1/1234/#",
        "#",
    ];
    let mut line = Line::live(Level::V5);
    let answer = line.say(&wishes(&filters, Qos::AtLeastOnce, None));
    let expected = [
        ReasonCode::NotAuthorized,
        ReasonCode::GrantedQos1,
        ReasonCode::SharedSubscriptionsNotSupported,
        ReasonCode::NotAuthorized,
    ];
    assert_eq!(reasons(&answer), expected);
    line.counted.sort_unstable();
    let counted = [
        "foreign_subscription",
        "foreign_subscription",
        "subscription_not_offered",
    ];
    assert_eq!(line.counted, counted);
    assert!(line.closes.is_empty());
    let mut line = Line::live(Level::V311);
    let answer = line.say(&wishes(&filters[..2], Qos::AtLeastOnce, None));
    let expected = [ReasonCode::UnspecifiedError, ReasonCode::GrantedQos1];
    assert_eq!(reasons(&answer), expected);
}

#[test]
fn subscription_identifiers_are_not_offered() {
    let mut line = Line::live(Level::V5);
    let answer = line.say(&wishes(&["ap/v1/1234/cmd"], Qos::AtLeastOnce, Some(1)));
    assert_eq!(
        reasons(&answer),
        [ReasonCode::SubscriptionIdentifiersNotSupported]
    );
}

#[test]
fn an_unsubscribe_is_answered_filter_by_filter() {
    let packet = Packet::Unsubscribe(Unsubscribe {
        packet_id: NonZeroU16::MIN,
        filters: vec!["ap/v1/1234/#".to_owned(), "ap/v1/9999/#".to_owned()],
    });
    let mut line = Line::live(Level::V5);
    let expected = [ReasonCode::Success, ReasonCode::NotAuthorized];
    assert_eq!(reasons(&line.say(&packet)), expected);
    let mut line = Line::live(Level::V311);
    assert!(reasons(&line.say(&packet)).is_empty());
}

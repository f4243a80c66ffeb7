//! What is not offered, each with the standard's reason and one counted reason.

use std::fmt::Write;
use std::num::NonZeroU16;

use proto::CloseReason;
use wire::mqtt::{
    Level, Packet, Publish, Qos, ReasonCode, SubAck, Subscribe, Subscription, Unsubscribe,
};

use super::line::{LEVELS, Line, goodbye, pub_acks};
use super::{octets, publish};

const TABLE: &str = include_str!("../../../src/mqtt/testdata/publishes.txt");

/// What became of a publish, in the words of the table.
fn outcome(line: &mut Line, publish: Publish) -> String {
    let mut answer = line.say(&Packet::Publish(publish));
    let mut outcome = String::new();
    if !line.signals.is_empty() {
        assert!(answer.is_empty(), "I1");
        outcome.push_str("stored ");
        answer = line.commit(0);
    }
    match &pub_acks(&answer)[..] {
        [] if line.closes == [CloseReason::Protocol] => outcome.push_str("ends"),
        [] => outcome.push('-'),
        [(7, reason)] => write!(outcome, "{:#04x}", reason.number()).unwrap(),
        other => panic!("{other:?}"),
    }
    outcome
}

#[test]
fn a_publish_becomes_what_the_table_says() {
    let rows = TABLE
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'));
    for row in rows {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [request, in_5, in_311, counted] = columns[..] else {
            panic!("{row}");
        };
        let mut parts = request.splitn(2, char::is_whitespace);
        let (account, topic) = parts.next().unwrap().split_once('/').unwrap();
        let (qos, payload) = parts.next().unwrap().trim().split_once(' ').unwrap();
        let id = (qos == "1").then_some(7);
        for (level, expected) in [(Level::V5, in_5), (Level::V311, in_311)] {
            let mut line = Line::live(level);
            let publish = publish(account, topic, id, payload);
            assert_eq!(outcome(&mut line, publish), expected, "{row}");
            assert!(line.counted.contains(&counted), "{row}: {:?}", line.counted);
            let is_refused =
                expected == "ends" || expected.starts_with("0x8") || counted == "unknown_topic";
            if is_refused {
                assert_eq!(line.counted, [counted], "one counted reason");
            }
            assert_eq!(line.reports.len(), usize::from(counted == "report"));
            assert_eq!(line.alive, usize::from(line.signals.is_empty()), "R7");
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

//! Events and reports: what becomes of them, and when they are answered.

use std::time::Duration;

use model::{ConnectionState, EventFlags, PanelReport, Proven, Refusal};
use proto::{Admitted, CloseReason};
use wire::mqtt::{Connect, Level, MessageProperties, Packet, PubAck, Publish, Qos, ReasonCode};
use wire::panel::{Document, Evt, Format};

use super::line::{LEVELS, Line, admitted, goodbye, pub_acks};
use super::{event, octets, publish};

fn said(publish: Publish) -> Packet {
    Packet::Publish(publish)
}

fn status(id: u16) -> Packet {
    said(publish("1234", "status", Some(id), r#"{"rssi":-71}"#))
}

#[test]
fn a_puback_means_stored_and_leaves_in_the_order_of_publishes() {
    for level in LEVELS {
        let mut line = Line::live(level);
        assert!(line.say(&said(event("1234", 1))).is_empty(), "I1");
        assert!(line.say(&status(2)).is_empty(), "I5");
        assert!(line.say(&said(event("1234", 3))).is_empty());
        assert!(line.commit(1).is_empty(), "I5");
        let acks = pub_acks(&line.commit(0));
        let ok = ReasonCode::Success;
        assert_eq!(acks, [(1, ok), (2, ok), (3, ok)]);
        assert_eq!(pub_acks(&line.say(&status(4))), [(4, ok)]);
    }
}

#[test]
fn an_event_is_what_its_payload_says() {
    let mut line = Line::live(Level::V311);
    let payload = r#"{"seq":7,"boot":2,"cid":"1130","part":1,"zone":3,"t":1790000000000}"#;
    line.say(&said(publish("1234", "evt", Some(9), payload)));
    let outgoing = &line.signals[0];
    assert!(outgoing.numbered && !outgoing.skewed);
    assert_eq!(outgoing.received, line.now.wall);
    let signal = &outgoing.signal;
    assert_eq!(signal.account.as_str(), "1234");
    assert_eq!(signal.panel_sequence, Some(7));
    assert_eq!(signal.raw, payload.as_bytes());
    assert_eq!(signal.flags, EventFlags::empty());
    assert_eq!(signal.items[0].code.to_string(), "1130");
    assert_eq!(outgoing.class, model::EventClass::Burglary);
}

#[test]
fn an_event_in_cbor_is_the_same_event() {
    let mut line = Line::live(Level::V5);
    let json = event("1234", 1);
    let decoded = Evt::decode(Format::Json, &json.payload).unwrap();
    let cbor = Publish {
        payload: decoded.encode(Format::Cbor).into(),
        properties: MessageProperties {
            content_type: Some("application/cbor".to_owned()),
            ..MessageProperties::default()
        },
        ..json.clone()
    };
    line.say(&said(json));
    line.say(&said(cbor));
    assert_eq!(line.signals[0].key, line.signals[1].key, "R2");
    assert_eq!(line.signals[0].signal.items, line.signals[1].signal.items);
}

/// Payloads that cannot be read, each for another reason.
fn unreadable() -> Vec<Publish> {
    let of = |payload: &str| publish("1234", "evt", Some(1), payload);
    let mut list = vec![
        of(""),
        of("fire!"),
        of(r#"{"seq":1,"boot":1}"#),
        of(r#"{"seq":0,"boot":1,"cid":"1130"}"#),
        of(r#"{"seq":1,"boot":1,"code":"no_such_code"}"#),
        of(&format!(
            r#"{{"seq":1,"boot":1,"cid":"1130","x":"{}"}}"#,
            "x".repeat(5_000)
        )),
    ];
    for content_type in ["application/cbor", "text/plain"] {
        let mut publish = event("1234", 1);
        publish.properties.content_type = Some(content_type.to_owned());
        list.push(publish);
    }
    list
}

#[test]
fn an_event_that_cannot_be_read_is_stored_as_it_came() {
    for publish in unreadable() {
        for level in LEVELS {
            if level == Level::V311 && publish.properties.content_type.is_some() {
                continue;
            }
            let mut line = Line::live(level);
            assert!(line.say(&said(publish.clone())).is_empty(), "I1");
            let outgoing = &line.signals[0];
            assert_eq!(outgoing.signal.raw, publish.payload);
            assert!(
                outgoing.signal.items[0]
                    .flags
                    .contains(EventFlags::UNDECODED)
            );
            assert!(outgoing.class.is_alarm() && !outgoing.numbered);
            let answer = line.commit(0);
            match (level, &answer[..]) {
                (Level::V311, _) => assert_eq!(pub_acks(&answer), [(1, ReasonCode::Success)]),
                (
                    Level::V5,
                    [
                        Packet::PubAck(PubAck {
                            reason,
                            reason_string,
                            ..
                        }),
                    ],
                ) => {
                    assert_eq!(*reason, ReasonCode::PayloadFormatInvalid);
                    assert!(
                        reason_string
                            .as_ref()
                            .is_some_and(|text| text.contains(':'))
                    );
                }
                other => panic!("{other:?}"),
            }
            assert!(line.counted.contains(&"bad_event") && line.closes.is_empty());
        }
    }
}

#[test]
fn an_event_at_qos_0_is_stored_though_nobody_waits_for_it() {
    for level in LEVELS {
        let mut line = Line::live(level);
        let publish = Publish {
            qos: Qos::AtMostOnce,
            packet_id: None,
            ..event("1234", 1)
        };
        line.say(&said(publish));
        assert!(
            line.signals[0]
                .signal
                .flags
                .contains(EventFlags::NON_STANDARD)
        );
        assert!(line.commit(0).is_empty());
        assert!(line.counted.contains(&"unanswered_event"));
    }
}

#[test]
fn events_under_an_expired_certificate_are_flagged() {
    let expired = Admitted {
        proven: Proven::ByExpiredCertificate,
        ..admitted()
    };
    let mut line = Line::live_with(Level::V5, Connect::new("1234"), expired);
    line.say(&said(event("1234", 1)));
    assert!(
        line.signals[0]
            .signal
            .flags
            .contains(EventFlags::EXPIRED_CERTIFICATE),
        "R27"
    );
    assert_eq!(line.commit(0).len(), 1);
}

#[test]
fn an_event_that_is_not_stored_in_ten_seconds_ends_the_session() {
    for level in LEVELS {
        let mut line = Line::live(level);
        line.say(&said(event("1234", 1)));
        line.pass(Duration::from_secs(4));
        line.say(&said(event("1234", 2)));
        assert!(line.pass(Duration::from_millis(5_999)).is_empty());
        assert!(line.closes.is_empty());
        let answer = line.pass(Duration::from_millis(1));
        match level {
            Level::V311 => assert!(answer.is_empty()),
            Level::V5 => assert_eq!(goodbye(&answer).0, ReasonCode::ServerBusy),
        }
        assert_eq!(line.closes, [CloseReason::Unstored], "R28");
        assert!(line.counted.contains(&"unstored"));
        assert!(line.commit(0).is_empty(), "too late");
        assert!(!line.counted.contains(&"proof_mismatch"));
    }
}

#[test]
fn each_event_has_its_own_ten_seconds() {
    let mut line = Line::live(Level::V5);
    line.say(&said(event("1234", 1)));
    line.pass(Duration::from_secs(9));
    line.say(&said(event("1234", 2)));
    line.commit(0);
    line.pass(Duration::from_secs(9));
    assert!(line.closes.is_empty());
    line.commit(1);
    assert_eq!(line.session.poll_timeout(), None);
}

#[test]
fn an_event_that_the_engine_refuses_ends_the_session() {
    let mut line = Line::live(Level::V5);
    line.say(&said(event("1234", 1)));
    let token = line.signals[0].token;
    line.session
        .handle_refused(line.now, token, Refusal::UnknownPath);
    assert_eq!(goodbye(&line.poll()).0, ReasonCode::AdministrativeAction);
    assert_eq!(line.closes, [CloseReason::NotAdmitted]);
}

#[test]
fn one_publish_more_than_announced_ends_the_session_in_5() {
    let mut line = Line::live(Level::V5);
    for number in 1..=15 {
        line.say(&said(event("1234", number)));
    }
    line.say(&status(16));
    assert!(line.closes.is_empty() && line.session.wants_read());
    let answer = line.say(&status(17));
    assert_eq!(goodbye(&answer).0, ReasonCode::ReceiveMaximumExceeded);
    assert!(line.counted.contains(&"receive_maximum"));
}

#[test]
fn in_3_1_1_reading_stops_at_sixteen_unanswered() {
    let mut line = Line::live(Level::V311);
    let all: Vec<u8> = (1..=20)
        .flat_map(|number| octets(&said(event("1234", number)), Level::V311))
        .collect();
    line.feed(&all);
    assert_eq!(line.signals.len(), 16);
    assert!(!line.session.wants_read(), "I7");
    line.commit(0);
    assert_eq!(line.signals.len(), 17);
}

#[test]
fn a_status_report_is_a_report_and_a_sign_of_life() {
    for level in LEVELS {
        let mut line = Line::live(level);
        line.say(&said(publish("1234", "status", None, r#"{"battery":80}"#)));
        line.say(&status(1));
        assert_eq!(line.alive, 2);
        let [PanelReport::Status(first), PanelReport::Status(second)] = &line.reports[..] else {
            panic!("{:?}", line.reports);
        };
        assert_eq!((first.battery, second.rssi), (Some(80), Some(-71)));
        assert!(line.signals.is_empty(), "it is not journalled");
    }
}

#[test]
fn a_retained_word_about_the_connection_is_accepted() {
    let mut line = Line::live(Level::V5);
    let payload = r#"{"state":"online","boot":4,"fw":"1.2","reason":"watchdog"}"#;
    let answer = line.say(&said(Publish {
        retain: true,
        ..publish("1234", "conn", Some(1), payload)
    }));
    assert_eq!(pub_acks(&answer), [(1, ReasonCode::Success)]);
    let [PanelReport::Connection(report)] = &line.reports[..] else {
        panic!("{:?}", line.reports);
    };
    assert_eq!((report.state, report.boot), (ConnectionState::Online, 4));
}

#[test]
fn a_report_that_cannot_be_read_is_refused_where_that_can_be_said() {
    for topic in ["status", "conn"] {
        for level in LEVELS {
            let mut line = Line::live(level);
            let answer = line.say(&said(publish("1234", topic, Some(1), "[]")));
            let reason = match level {
                Level::V311 => ReasonCode::Success,
                Level::V5 => ReasonCode::PayloadFormatInvalid,
            };
            assert_eq!(pub_acks(&answer), [(1, reason)]);
            assert!(
                line.say(&said(publish("1234", topic, None, "[]")))
                    .is_empty()
            );
            assert!(line.reports.is_empty() && line.closes.is_empty());
            assert_eq!(line.counted, ["bad_report", "bad_report"]);
        }
    }
}

//! Who is let in, and what is said to whom is not.

use std::sync::Arc;
use std::time::Duration;

use model::{Account, IdentityRefusal, PathName, Proven};
use proto::{Admitted, CloseReason, Identity};
use wire::mqtt::{Connect, Level, Packet, Password, Qos, ReasonCode, Will};

use super::line::{LEVELS, Line, admitted, conn_ack, goodbye};
use super::{event, octets, publish};

fn account() -> Account {
    Account::parse(b"1234").unwrap()
}

fn with_secret(user_name: &str) -> Connect {
    Connect {
        user_name: Some(user_name.to_owned()),
        password: Some(Password::new(b"wfp_hidden")),
        ..Connect::new("12ab/cell")
    }
}

/// What a refused CONNECT is answered: the reason in 5, the return code in 3.1.1 or nothing.
fn refused(connect: &Connect, counted: &str) -> (ReasonCode, Option<ReasonCode>) {
    let [old, new] = LEVELS.map(|level| {
        let mut line = Line::new(level);
        let answer = line.connect(connect.clone());
        assert_eq!(line.counted, [counted]);
        assert_eq!(line.closes, [CloseReason::Protocol]);
        assert!(line.claims.is_empty(), "nobody need be asked");
        match &answer[..] {
            [] => None,
            some => Some(conn_ack(some).reason),
        }
    });
    (new.unwrap(), old)
}

#[test]
fn a_client_id_is_an_account_and_the_name_of_a_path() {
    for id in ["", "12 34", "1234/LAN", "1234/lan/x", "12345678901234567"] {
        let reason = ReasonCode::ClientIdentifierNotValid;
        let answers = refused(&Connect::new(id), "bad_client_id");
        assert_eq!(answers, (reason, Some(reason)), "{id}");
    }
}

#[test]
fn another_way_of_authentication_is_not_offered() {
    let connect = Connect {
        authentication_method: Some("SCRAM-SHA-256".to_owned()),
        ..Connect::new("1234")
    };
    let mut line = Line::new(Level::V5);
    let answer = line.connect(connect);
    assert_eq!(
        conn_ack(&answer).reason,
        ReasonCode::BadAuthenticationMethod
    );
    assert_eq!(line.counted, ["bad_authentication"]);
}

fn with_will(topic: &str, qos: Qos) -> Connect {
    Connect {
        will: Some(Will {
            topic: topic.to_owned(),
            payload: br#"{"state":"lost","boot":1}"#.to_vec().into(),
            qos,
            retain: true,
            delay: None,
            properties: wire::mqtt::MessageProperties::default(),
        }),
        ..Connect::new("1234")
    }
}

#[test]
fn a_will_is_for_its_own_conn_topic_at_most_at_qos_1() {
    for topic in ["ap/v1/9999/conn", "ap/v1/1234/evt", "conn"] {
        let answers = refused(&with_will(topic, Qos::AtLeastOnce), "foreign_will");
        let reason = ReasonCode::NotAuthorized;
        assert_eq!(answers, (reason, Some(reason)));
    }
    let connect = with_will("ap/v1/1234/conn", Qos::ExactlyOnce);
    let answers = refused(&connect, "qos_not_offered");
    assert_eq!(answers, (ReasonCode::QosNotSupported, None));
}

#[test]
fn a_claim_says_account_path_and_secret() {
    let mut line = Line::new(Level::V5);
    assert!(line.connect(with_secret("12Ab")).is_empty());
    let claim = &line.claims[0];
    assert_eq!(claim.key.account, Account::parse(b"12AB").unwrap());
    assert_eq!(claim.key.path_name, PathName::parse("cell"));
    assert_eq!(claim.key.family.as_str(), "mqtt");
    let secret = claim.secret.as_ref().unwrap();
    assert_eq!(secret.octets(), b"wfp_hidden");
    assert!(claim.must_prove);
    assert!(!format!("{line:?}").contains("hidden"), "I10");
    // Somebody else's user name: what comes with it is no secret of this account.
    let mut line = Line::new(Level::V5);
    line.connect(with_secret("9999"));
    assert_eq!(line.claims[0].secret, None);
}

#[test]
fn who_is_refused_is_told_no_more_than_that() {
    for reason in IdentityRefusal::ALL {
        for level in LEVELS {
            let mut line = Line::new(level);
            line.connect(Connect::new("1234"));
            let refusal = Identity::Refused {
                account: account(),
                reason: *reason,
            };
            let answer = line.identify(refusal);
            assert_eq!(conn_ack(&answer).reason, ReasonCode::NotAuthorized);
            assert_eq!(line.counted, ["not_admitted"]);
            assert_eq!(line.closes, [CloseReason::NotAdmitted]);
            assert_eq!(line.alive, 0);
        }
    }
}

#[test]
fn who_comes_at_a_bad_time_is_told_when_to_come_back() {
    for (level, reason) in [
        (Level::V5, ReasonCode::ServerBusy),
        (Level::V311, ReasonCode::ServerUnavailable),
    ] {
        let mut line = Line::new(level);
        line.connect(Connect::new("1234"));
        let answer = line.identify(Identity::Busy {
            retry_after: Duration::from_secs(17),
        });
        let ack = conn_ack(&answer);
        assert_eq!(ack.reason, reason);
        let hint = [("retry-after".to_owned(), "17".to_owned())];
        let expected: &[_] = if level == Level::V5 { &hint } else { &[] };
        assert_eq!(ack.user_properties, expected);
        assert_eq!(line.counted, ["busy"]);
    }
}

#[test]
fn what_is_offered_is_said() {
    let mut line = Line::new(Level::V5);
    line.connect(Connect {
        session_expiry: 3_600,
        ..Connect::new("1234")
    });
    let ack = conn_ack(&line.identify(Identity::Admitted(Arc::new(admitted()))));
    assert!(!ack.session_present);
    assert_eq!(ack.session_expiry, Some(0));
    assert_eq!(ack.receive_maximum.map(std::num::NonZero::get), Some(16));
    assert_eq!(ack.maximum_qos, Qos::AtLeastOnce);
    assert_eq!(ack.maximum_packet_size, Some(16_384));
    assert_eq!(ack.topic_alias_maximum, 0);
    assert!(!ack.shared_available && !ack.subscription_ids_available);
    let time = ("time".to_owned(), line.now.wall.millis().to_string());
    assert_eq!(ack.user_properties, [time]);
    assert_eq!((line.alive, &line.counted[..]), (1, &["connected"][..]));
}

/// The server's keep-alive in CONNACK, and after how many seconds of silence the session ends.
fn keep_alive(level: Level, wanted: u16, allowed: Option<u64>) -> (Option<u16>, Option<u64>) {
    let admitted = Admitted {
        keep_alive: allowed.map(Duration::from_secs),
        ..admitted()
    };
    let mut line = Line::new(level);
    line.connect(Connect {
        keep_alive: wanted,
        ..Connect::new("1234")
    });
    let ack = conn_ack(&line.identify(Identity::Admitted(Arc::new(admitted))));
    let due = line.session.poll_timeout();
    let silence = due.map(|due| due.since(line.now.mono).as_secs());
    (ack.server_keep_alive, silence)
}

#[test]
fn a_class_shortens_the_keep_alive_where_the_level_can_say_so() {
    let (v5, v311) = (Level::V5, Level::V311);
    assert_eq!(keep_alive(v5, 60, None), (None, Some(90)));
    assert_eq!(keep_alive(v5, 0, None), (None, None));
    assert_eq!(keep_alive(v5, 60, Some(39)), (Some(39), Some(58)));
    assert_eq!(keep_alive(v5, 0, Some(39)), (Some(39), Some(58)));
    assert_eq!(keep_alive(v5, 20, Some(39)), (None, Some(30)));
    assert_eq!(
        keep_alive(v5, 0, Some(1_000_000)),
        (Some(65_535), Some(98_302))
    );
    assert_eq!(keep_alive(v311, 60, Some(39)), (None, Some(90)));
    assert_eq!(keep_alive(v311, 0, Some(39)), (None, None));
}

#[test]
fn nothing_is_acted_on_before_the_engine_lets_it_in() {
    for level in LEVELS {
        let mut line = Line::new(level);
        let parts = [
            Packet::Connect(Box::new(Connect::new("1234"))),
            Packet::Publish(event("1234", 1)),
            Packet::PingReq,
        ];
        let all: Vec<u8> = parts.iter().flat_map(|one| octets(one, level)).collect();
        assert!(line.feed(&all).is_empty());
        assert!(line.signals.is_empty() && !line.session.wants_read());
        assert_eq!((line.alive, line.claims.len()), (0, 1));
        let answer = line.identify(Identity::Admitted(Arc::new(admitted())));
        assert_eq!(conn_ack(&answer).reason, ReasonCode::Success);
        assert_eq!(line.signals.len(), 1);
        assert_eq!(line.commit(0).len(), 2, "PUBACK and PINGRESP");
    }
}

#[test]
fn another_level_is_answered_as_3_1_1_has_it() {
    for (name, number) in [("MQIsdp", 3), ("MQTT", 3), ("MQTT", 6)] {
        let mut line = Line::new(Level::V311);
        let length = u8::try_from(name.len()).unwrap();
        let mut connect = vec![0x10, length + 9, 0, length];
        connect.extend_from_slice(name.as_bytes());
        connect.extend_from_slice(&[number, 2, 0, 60, 0, 1, b'1']);
        let answer = line.feed(&connect);
        let reason = ReasonCode::UnsupportedProtocolVersion;
        assert_eq!(conn_ack(&answer).reason, reason, "{name} {number}");
        assert_eq!(line.counted, ["mqtt_level"]);
    }
}

#[test]
fn a_connect_that_is_malformed_is_told_so_in_5_alone() {
    for (number, level) in [(4, Level::V311), (5, Level::V5)] {
        let mut line = Line::new(level);
        let answer = line.feed(&[0x10, 8, 0, 4, b'M', b'Q', b'T', b'T', number, 1]);
        match level {
            Level::V311 => assert!(answer.is_empty()),
            Level::V5 => assert_eq!(conn_ack(&answer).reason, ReasonCode::MalformedPacket),
        }
        assert_eq!(line.counted, ["mqtt_malformed"]);
        assert_eq!(line.closes, [CloseReason::Protocol]);
    }
}

#[test]
fn a_packet_before_connect_closes_at_once() {
    for first in [0xC0, 0x30, 0xE0] {
        let mut line = Line::new(Level::V5);
        assert!(line.feed(&[first]).is_empty(), "nothing is said");
        assert_eq!(line.counted, ["mqtt_out_of_turn"]);
        assert_eq!(line.closes, [CloseReason::Protocol]);
    }
}

#[test]
fn a_second_connect_is_a_protocol_error() {
    for level in LEVELS {
        let mut line = Line::live(level);
        let answer = line.connect(Connect::new("1234"));
        match level {
            Level::V311 => assert!(answer.is_empty()),
            Level::V5 => assert_eq!(goodbye(&answer).0, ReasonCode::ProtocolError),
        }
        assert_eq!(line.counted, ["mqtt_out_of_turn"]);
        assert_eq!(line.closes, [CloseReason::Protocol]);
    }
}

#[test]
fn what_may_have_changed_is_asked_again_without_a_new_connection() {
    let by_secret = Admitted {
        proven: Proven::BySecret,
        ..admitted()
    };
    let connect = Connect {
        client_id: "1234/cell".to_owned(),
        ..with_secret("1234")
    };
    let mut line = Line::live_with(Level::V5, connect, by_secret.clone());
    line.identify(Identity::Stale { account: account() });
    assert_eq!(line.claims.len(), 2);
    assert_eq!(line.claims[0], line.claims[1], "with the same secret");
    // What comes meanwhile waits.
    assert!(line.say(&Packet::Publish(event("1234", 1))).is_empty());
    assert!(line.signals.is_empty() && line.closes.is_empty());
    line.identify(Identity::Admitted(Arc::new(by_secret)));
    assert_eq!(line.signals.len(), 1);
    assert_eq!(line.commit(0).len(), 1);
    // About somebody else: nothing changes.
    let other = Account::parse(b"9999").unwrap();
    line.identify(Identity::Stale { account: other });
    assert_eq!(line.claims.len(), 2);
}

#[test]
fn who_is_no_longer_let_in_is_ended() {
    let refusal = Identity::Refused {
        account: account(),
        reason: IdentityRefusal::Revoked,
    };
    for asked in [false, true] {
        for level in LEVELS {
            let mut line = Line::live(level);
            if asked {
                line.identify(Identity::Stale { account: account() });
            }
            let answer = line.identify(refusal.clone());
            match level {
                Level::V311 => assert!(answer.is_empty()),
                Level::V5 => assert_eq!(goodbye(&answer).0, ReasonCode::AdministrativeAction),
            }
            assert_eq!(line.closes, [CloseReason::NotAdmitted]);
            assert_eq!(line.counted, ["ended"]);
            assert!(
                line.say(&Packet::Publish(publish("1234", "evt", Some(1), "{}")))
                    .is_empty()
            );
            assert!(line.signals.is_empty());
        }
    }
}

#[test]
fn a_secret_is_not_kept_where_a_certificate_proves_the_path() {
    let connect = Connect {
        client_id: "1234".to_owned(),
        ..with_secret("1234")
    };
    let mut line = Line::live_with(Level::V5, connect, admitted());
    line.identify(Identity::Stale { account: account() });
    assert!(line.claims[0].secret.is_some());
    assert_eq!(line.claims[1].secret, None);
}

#[test]
fn who_is_to_be_heard_more_often_is_asked_to_come_again_where_that_can_be_said() {
    for (level, keep_alive, ends) in [
        (Level::V5, Some(Duration::from_secs(39)), true),
        (Level::V5, Some(Duration::from_hours(1)), false),
        (Level::V5, None, false),
        (Level::V311, Some(Duration::from_secs(39)), false),
    ] {
        let connect = Connect {
            keep_alive: 600,
            ..with_secret("1234")
        };
        let connect = Connect {
            client_id: "1234/cell".to_owned(),
            ..connect
        };
        let mut line = Line::live_with(level, connect, admitted());
        line.identify(Identity::Stale { account: account() });
        let now_seldom = Admitted {
            keep_alive,
            ..admitted()
        };
        let answer = line.identify(Identity::Admitted(Arc::new(now_seldom)));
        if ends {
            assert_eq!(goodbye(&answer).0, ReasonCode::ServerBusy);
            assert_eq!(line.counted, ["keep_alive_shortened"]);
        } else {
            assert!(answer.is_empty() && line.closes.is_empty(), "{level:?}");
        }
    }
}

//! How connections end, and what is said last.

use std::time::Duration;

use model::{ConnectionState, PanelReport};
use proto::CloseReason;
use wire::mqtt::{Connect, Disconnect, Level, MessageProperties, Packet, Qos, ReasonCode, Will};

use super::line::{LEVELS, Line, admitted, goodbye, pub_acks};
use super::{event, octets};

/// A panel that promises a word every minute and leaves a will.
fn mortal(level: Level) -> Line {
    let connect = Connect {
        keep_alive: 60,
        will: Some(Will {
            topic: "ap/v1/1234/conn".to_owned(),
            payload: br#"{"state":"lost","boot":6}"#.to_vec().into(),
            qos: Qos::AtLeastOnce,
            retain: true,
            delay: None,
            properties: MessageProperties::default(),
        }),
        ..Connect::new("1234/lan")
    };
    Line::live_with(level, connect, admitted())
}

/// Whether the will was told, as it was written.
fn is_told(line: &Line) -> bool {
    match &line.reports[..] {
        [] => false,
        [PanelReport::Connection(report)] => {
            assert_eq!((report.state, report.boot), (ConnectionState::Lost, 6));
            true
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn silence_of_one_and_a_half_keep_alives_ends_the_session() {
    for level in LEVELS {
        let mut line = mortal(level);
        line.pass(Duration::from_secs(89));
        assert_eq!(line.say(&Packet::PingReq), [Packet::PingResp]);
        line.pass(Duration::from_secs(89));
        assert!(line.closes.is_empty());
        let answer = line.pass(Duration::from_secs(1));
        match level {
            Level::V311 => assert!(answer.is_empty()),
            Level::V5 => assert_eq!(goodbye(&answer).0, ReasonCode::KeepAliveTimeout),
        }
        assert_eq!(line.closes, [CloseReason::KeepAlive]);
        assert!(line.counted.contains(&"keep_alive") && is_told(&line));
    }
}

#[test]
fn silence_does_not_count_while_we_do_not_listen() {
    let mut line = mortal(Level::V311);
    for number in 1..=16 {
        line.say(&Packet::Publish(event("1234", number)));
    }
    line.pass(Duration::from_secs(9));
    line.commit(0);
    let due = line.session.poll_timeout().unwrap();
    assert_eq!(
        due.since(line.now.mono),
        Duration::from_secs(1),
        "R28 comes first"
    );
    for place in 1..16 {
        line.commit(place);
    }
    let due = line.session.poll_timeout().unwrap();
    assert_eq!(due.since(line.now.mono), Duration::from_secs(90));
}

#[test]
fn draining_answers_what_was_read_and_then_says_goodbye() {
    for level in LEVELS {
        let mut line = mortal(level);
        line.say(&Packet::Publish(event("1234", 1)));
        assert!(line.close(CloseReason::Draining).is_empty());
        let mut answer = line.commit(0);
        let last = answer.split_off(1);
        assert_eq!(pub_acks(&answer), [(1, ReasonCode::Success)]);
        match level {
            Level::V311 => assert!(last.is_empty()),
            Level::V5 => {
                let hint = ("retry-after".to_owned(), "5".to_owned());
                assert_eq!(goodbye(&last), (ReasonCode::ServerShuttingDown, vec![hint]));
            }
        }
        assert_eq!(line.closes, [CloseReason::Draining]);
        assert!(!is_told(&line), "I6: our end is not the panel's");
    }
}

#[test]
fn draining_does_not_wait_for_ever() {
    let mut line = mortal(Level::V5);
    line.say(&Packet::Publish(event("1234", 1)));
    line.close(CloseReason::Draining);
    line.pass(Duration::from_secs(10));
    assert_eq!(line.closes, [CloseReason::Unstored]);
}

#[test]
fn who_is_ended_by_us_is_told_why() {
    for (reason, code, counted) in [
        (
            CloseReason::TakenOver,
            ReasonCode::SessionTakenOver,
            "taken_over",
        ),
        (
            CloseReason::NotAdmitted,
            ReasonCode::AdministrativeAction,
            "ended",
        ),
    ] {
        for level in LEVELS {
            let mut line = mortal(level);
            line.say(&Packet::Publish(event("1234", 1)));
            let answer = line.close(reason);
            match level {
                Level::V311 => assert!(answer.is_empty()),
                Level::V5 => assert_eq!(goodbye(&answer).0, code),
            }
            assert_eq!(line.closes, [reason]);
            assert!(line.counted.contains(&counted) && !is_told(&line));
            assert!(
                line.commit(0).is_empty(),
                "the new connection brings it again"
            );
        }
    }
}

#[test]
fn a_newcomer_is_turned_away_while_we_drain() {
    for (level, reason) in [
        (Level::V5, ReasonCode::ServerBusy),
        (Level::V311, ReasonCode::ServerUnavailable),
    ] {
        let mut line = Line::new(level);
        line.connect(Connect::new("1234"));
        let answer = line.close(CloseReason::Draining);
        assert_eq!(super::line::conn_ack(&answer).reason, reason);
        let mut line = Line::new(level);
        assert!(line.close(CloseReason::Draining).is_empty());
        assert_eq!(line.closes, [CloseReason::Draining]);
    }
}

/// CONNACK has no word for these, and 3.1.1 fewer.
#[test]
fn an_end_before_the_engine_answered_is_told_in_the_words_of_connack() {
    for (reason, code) in [
        (CloseReason::TakenOver, ReasonCode::ServerUnavailable),
        (CloseReason::NotAdmitted, ReasonCode::NotAuthorized),
    ] {
        for level in LEVELS {
            let mut line = Line::new(level);
            line.connect(Connect::new("1234"));
            let answer = line.close(reason);
            assert_eq!(super::line::conn_ack(&answer).reason, code);
            assert_eq!(line.closes, [reason]);
        }
    }
}

#[test]
fn a_will_is_told_unless_the_panel_says_goodbye() {
    for level in LEVELS {
        let mut line = mortal(level);
        line.close(CloseReason::Peer);
        assert!(is_told(&line));
        let mut line = mortal(level);
        assert!(
            line.say(&Packet::Disconnect(Disconnect::because(
                ReasonCode::Success
            )))
            .is_empty()
        );
        assert_eq!(line.closes, [CloseReason::Peer]);
        line.close(CloseReason::Peer);
        assert!(!is_told(&line));
        let mut line = mortal(level);
        line.feed(&[0]);
        assert!(is_told(&line), "it broke the protocol");
    }
    let mut line = mortal(Level::V5);
    line.say(&Packet::Disconnect(Disconnect::because(
        ReasonCode::DisconnectWithWill,
    )));
    assert!(is_told(&line));
}

#[test]
fn a_will_that_cannot_be_read_is_counted_and_not_told() {
    let connect = Connect {
        will: Some(Will {
            topic: "ap/v1/1234/conn".to_owned(),
            payload: b"gone".to_vec().into(),
            qos: Qos::AtMostOnce,
            retain: false,
            delay: None,
            properties: MessageProperties::default(),
        }),
        ..Connect::new("1234")
    };
    let mut line = Line::new(Level::V5);
    line.connect(connect);
    assert_eq!(line.counted, ["bad_report"]);
    assert_eq!(line.claims.len(), 1, "the panel is let in all the same");
}

#[test]
fn a_packet_that_stops_short_ends_the_session() {
    for level in LEVELS {
        let mut line = Line::live(level);
        let octets = octets(&Packet::Publish(event("1234", 1)), level);
        line.feed(&octets[..10]);
        line.pass(Duration::from_secs(20));
        assert_eq!(line.closes, [CloseReason::Incomplete]);
        assert_eq!(line.counted, ["incomplete"]);
    }
}

//! Datagrams: a session each.

use families::dc09::Dc09;
use proto::conformance::{BENCH_TIME, Fixture};
use proto::{CloseReason, Family, SessionBounds, SessionSetting};
use wire::dc09::Message;

use crate::dc09::Dc09Fixture;
use crate::driver::{Heard, Line, at, key, sealed, setting, with_keys};

fn receive(octets: &[u8]) -> Heard {
    receive_with(SessionBounds::default(), octets)
}

fn receive_with(bounds: SessionBounds, octets: &[u8]) -> Heard {
    let setting = SessionSetting {
        bounds,
        ..setting()
    };
    let session = Dc09.open_datagram(setting).unwrap();
    let mut line = Line::of(session, Some(with_keys([key()])));
    let heard = line.say(octets);
    assert_eq!(heard.closes, [CloseReason::Answered]);
    assert!(!line.session.wants_read());
    assert_eq!(line.session.poll_timeout(), None);
    heard
}

#[test]
fn a_datagram_is_answered_as_a_stream_is() {
    let null = at(Message::null("1234"), BENCH_TIME);
    let alarm = at(Message::adm_cid("1234", 5, "1130 01 015"), BENCH_TIME);
    let heard = receive(&sealed(&null, &key()));
    assert_eq!(heard.words(&key()), ["\"*ACK\"0000L0#1234"]);
    assert_eq!((heard.alive, heard.learned.len()), (1, 1));
    let heard = receive(&sealed(&alarm, &key()));
    assert_eq!(heard.words(&key()), ["\"*ACK\"0005L0#1234"]);
    assert_eq!(heard.signals.len(), 1);
}

#[test]
fn all_frames_of_a_datagram_are_answered_even_if_only_one_may_wait_at_a_time() {
    let octets: Vec<u8> = (1..=5).flat_map(|n| Dc09Fixture.signal(n)).collect();
    for pipeline in [1, 3, 8] {
        let bounds = SessionBounds {
            pipeline,
            ..SessionBounds::default()
        };
        let heard = receive_with(bounds, &octets);
        assert_eq!(heard.signals.len(), 5);
        assert_eq!(heard.words(&key()).len(), 5);
    }
}

#[test]
fn what_stops_short_in_a_datagram_is_dropped_and_counted_once() {
    let frame = Dc09Fixture.signal(1);
    let half = &frame[..frame.len() / 2];
    let heard = receive(half);
    assert_eq!(heard.counted, ["incomplete"]);
    assert!(heard.replies.is_empty() && heard.signals.is_empty());
    let heard = receive(&[&frame, half].concat());
    assert_eq!(heard.signals.len(), 1);
    let incomplete = heard.counted.iter().filter(|c| **c == "incomplete");
    assert_eq!(incomplete.count(), 1);
}

#[test]
fn a_datagram_without_a_frame_is_not_answered() {
    for octets in [&b""[..], b"\r\n", b"GET / HTTP/1.1\r\n\r\n"] {
        let heard = receive(octets);
        assert!(heard.replies.is_empty() && heard.signals.is_empty());
    }
    for garbage in Dc09Fixture.garbage() {
        assert!(receive(&garbage).replies.is_empty());
    }
}

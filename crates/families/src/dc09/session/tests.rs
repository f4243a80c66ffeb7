//! What is DC-09's own; what holds for every family is in the conformance suite.

use std::sync::Arc;

use model::{AccountKey, AckMode, EventSeq, ListenerName, PanelIndex, PathIndex, Wall};
use proto::{Admitted, Family, Outgoing, SessionBounds, Strangers};
use wire::dc09::{CrcForm, enclose};

use super::*;
use crate::dc09::Dc09;

const VECTORS: &str = include_str!("../../../../wire/testdata/dc09_vectors.txt");

fn now() -> Now {
    Now {
        mono: Mono(5),
        wall: Wall(1_569_420_730_000_000),
        suspect: false,
    }
}

fn setting() -> SessionSetting {
    SessionSetting {
        listener: ListenerName::parse("dc09").unwrap(),
        strangers: Strangers::Decline,
        seed: [7; 16],
        bounds: SessionBounds::default(),
    }
}

fn session() -> Box<dyn Session> {
    Dc09.open_stream(setting())
}

fn stream() -> Dc09Session {
    Dc09Session::new(Dc09.name(), setting(), Transport::Stream)
}

fn frame(covered: &str) -> Vec<u8> {
    let mut out = Vec::new();
    enclose(CrcForm::Text, covered.as_bytes(), &mut out).unwrap();
    out
}

/// What a session answers and counts, everybody being registered and everything stored.
#[derive(Debug, Default)]
struct Heard {
    replies: Vec<u8>,
    counted: Vec<&'static str>,
    questions: Vec<AccountKey>,
    signals: Vec<Outgoing>,
}

impl Heard {
    fn of(octets: &[u8]) -> Self {
        let mut heard = Self::default();
        heard.feed(session().as_mut(), octets);
        heard
    }

    fn feed(&mut self, session: &mut dyn Session, octets: &[u8]) {
        session.handle_bytes(now(), octets);
        while let Some(event) = session.poll_event() {
            match event {
                SessionEvent::Identify(claim) => {
                    self.questions.push(claim.key);
                    let admitted = Admitted::plain(PanelIndex(1), PathIndex(1));
                    session.handle_identity(now(), Identity::Admitted(Arc::new(admitted)));
                }
                SessionEvent::Signal(outgoing) => {
                    let (token, key) = (outgoing.token, outgoing.key);
                    let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
                    session.handle_committed(now(), proof);
                    self.signals.push(*outgoing);
                }
                SessionEvent::Count(reason) => self.counted.push(reason.as_str()),
                _ => {}
            }
        }
        session.poll_transmit(&mut self.replies);
        self.counted.sort_unstable();
    }

    fn reply(&self) -> String {
        self.replies
            .escape_ascii()
            .to_string()
            .replace("\\\"", "\"")
    }
}

fn vectors() -> impl Iterator<Item = (&'static str, String, String)> {
    let rows = VECTORS.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let mut cell = || cells.next().unwrap();
        (cell(), cell().to_owned(), cell().to_owned())
    })
}

/// Octets of a Rust byte string.
fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.chars();
    while let Some(first) = rest.next() {
        match (first, if first == '\\' { rest.next() } else { None }) {
            (_, None) => octets.push(u8::try_from(first).unwrap()),
            (_, Some('n')) => octets.push(b'\n'),
            (_, Some('r')) => octets.push(b'\r'),
            (_, Some('x')) => {
                let digits: String = rest.by_ref().take(2).collect();
                octets.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            (_, Some(other)) => panic!("unknown escape {other}"),
        }
    }
    octets
}

#[test]
fn published_requests_get_the_published_replies_octet_for_octet() {
    let mut checked = 0;
    for (name, request, reply) in vectors().filter(|(_, request, _)| request != "-") {
        let heard = Heard::of(&unescape(&request));
        let expected = unescape(&reply);
        assert_eq!(heard.replies, expected, "{name}: {}", heard.reply());
        checked += 1;
    }
    assert_eq!(checked, 8);
}

#[test]
fn what_cannot_be_processed_is_answered_with_duh_and_counted() {
    let check = |covered: &str, echoed: &str, reason: &'static str| {
        let heard = Heard::of(&frame(covered));
        let duh = frame(&format!("\"DUH\"{echoed}[]"));
        assert_eq!(heard.replies, duh, "{covered}: {}", heard.reply());
        assert_eq!(heard.counted, [reason], "{covered}");
        assert!(heard.questions.is_empty(), "{covered}");
    };
    check("\"HELLO\"0001L0#1234[]", "0001L0#1234", "unknown_token");
    check("\"sia-dcs\"0001L0#1234[]", "0001L0#1234", "unknown_token");
    check("\"RSP\"0001L0#1234[]", "0001L0#1234", "unknown_token");
    check("\"*HELLO\"0001L0#1234[1F7E", "0001L0#1234", "unknown_token");
    check("\"*SIA-DCS\"L0#1234[1F7E", "L0#1234", "malformed");
    check("\"SIA-DCS\"0001L0[#1234|NBA1]", "0001L0", "malformed");
    check("\"SIA-DCS\"0001L0#12-34[]", "0001L0#12", "malformed");
    check("\"SIA-DCS\"L0#1234[]", "L0#1234", "malformed");
    check("\"NULL\"", "", "malformed");
}

#[test]
fn an_answer_is_not_answered() {
    for token in ["ACK", "NAK", "DUH", "*ACK"] {
        let heard = Heard::of(&frame(&format!("\"{token}\"0001L0#1234[]")));
        assert!(heard.replies.is_empty(), "{token}");
        assert_eq!(heard.counted, ["unknown_token"]);
    }
}

#[test]
fn frames_that_are_none_are_not_answered_and_counted_by_reason() {
    let good = frame("\"SIA-DCS\"0001L0#1234[#1234|NBA1]");
    let check = |at: usize, octet: u8, reason: &'static str| {
        let mut octets = good.clone();
        octets[at] = octet;
        let heard = Heard::of(&octets);
        assert!(heard.replies.is_empty());
        assert_eq!(heard.counted, [reason]);
    };
    check(30, b'?', "bad_crc");
    check(8, b'1', "bad_length");
    check(5, b'1', "bad_length");
    check(0, b'x', "not_a_frame");
    let tokenless = Heard::of(&frame("\"SIA"));
    assert!(tokenless.replies.is_empty());
    assert_eq!(tokenless.counted, ["not_a_frame"]);
}

#[test]
fn optional_fields_are_echoed_as_they_came_and_only_if_they_came() {
    for address in [
        "0001L0#1234",
        "0001R1L0#1234",
        "0001R00579bL7#12ab",
        "0001L#1234",
        "0001#1234",
        "00a1L0#1234",
        "0001RL0#1234",
    ] {
        for token in ["NULL", "SIA-DCS", "ADM-CID", "ACR-SF", "XNM"] {
            let heard = Heard::of(&frame(&format!("\"{token}\"{address}[]")));
            assert_eq!(
                heard.replies,
                frame(&format!("\"ACK\"{address}[]")),
                "{token}"
            );
        }
    }
}

#[test]
fn the_question_names_account_receiver_and_line() {
    let heard = Heard::of(&frame("\"NULL\"0000R57L0A#12ab[]"));
    let [key] = heard.questions[..] else {
        panic!("one question");
    };
    assert_eq!(key.account.as_str(), "12AB");
    assert_eq!((key.receiver, key.line), (Some(0x57), Some(0x0A)));
    let unused = Heard::of(&frame("\"NULL\"0000L0#12ab[]")).questions[0];
    assert_eq!((unused.receiver, unused.line), (None, None));
}

#[test]
fn every_token_of_the_standard_without_a_decoder_is_kept_raw() {
    for token in [
        "SIA-PUL", "ACR-SF", "ADM-41E", "ADM-42E", "ADM-HS", "DSC-43", "FBI-SF", "ITI-I", "SCN-S8",
        "SCN-S16", "SCN-S24", "SCT", "SES-SS", "SIA-S2K", "SK-FSK1", "SK-FSK2",
    ] {
        let octets = frame(&format!("\"{token}\"0001L0#1234[#1234|what ever]"));
        let heard = Heard::of(&octets);
        assert_eq!(heard.replies, frame("\"ACK\"0001L0#1234[]"), "{token}");
        assert_eq!(heard.signals[0].signal.raw, octets);
        assert!(heard.signals[0].class.is_alarm(), "I12");
    }
}

#[test]
fn odd_supervision_is_answered_and_counted_as_odd() {
    let odd = ["supervision", "non_standard"];
    for (covered, counted) in [
        ("\"NULL\"0000L0#1234[]", &odd[..1]),
        ("\"XNM\"0012L0#1234[][Cx]", &odd[..1]),
        ("\"NULL\"0012L0#1234[]", &odd),
        ("\"NULL\"0000L0#1234", &odd),
        ("\"NULL\"0000L#1234[]", &odd),
        ("\"NULL\"0000L0#1234[]\0\0", &odd),
        ("\"NULL\"0000L0#1234[oops", &odd),
    ] {
        let mut counted = counted.to_vec();
        counted.sort_unstable();
        let heard = Heard::of(&frame(covered));
        assert_eq!(heard.counted, counted, "{covered}");
        assert!(heard.reply().contains("\"ACK\""), "{covered}");
        assert!(heard.signals.is_empty());
    }
}

#[test]
fn a_path_that_was_removed_is_asked_for_again() {
    let mut session = session();
    let mut heard = Heard::default();
    let null = frame("\"NULL\"0000L0#1234[]");
    heard.feed(session.as_mut(), &null);
    heard.feed(session.as_mut(), &null);
    assert_eq!(heard.questions.len(), 1);
    let account = heard.questions[0].account;
    session.handle_identity(now(), Identity::Stale { account });
    heard.feed(session.as_mut(), &null);
    assert_eq!(heard.questions.len(), 2);
    session.handle_refused(now(), SignalToken(1), Refusal::UnknownPath);
    heard.feed(session.as_mut(), &null);
    assert_eq!(heard.questions.len(), 3);
}

#[test]
fn a_read_full_of_garbage_is_a_number_and_no_queue() {
    let mut session = stream();
    session.handle_bytes(now(), &b"\nxxxxxxxxxx".repeat(5_000));
    assert!(session.events.is_empty());
    let mut count = 0;
    while session.poll_event().is_some() {
        count += 1;
    }
    assert_eq!(count, 5_000);
}

#[test]
fn a_session_at_rest_is_small_and_holds_no_memory_of_its_own() {
    let mut session = stream();
    let mut heard = Heard::default();
    for octets in frame("\"SIA-DCS\"0001L0#1234[#1234|NBA1]").chunks(7) {
        heard.feed(&mut session, octets);
    }
    heard.feed(&mut session, &frame("\"NULL\"0000L0#1234[]").repeat(100));
    heard.feed(&mut session, b"garbage");
    assert_eq!(session.events.capacity(), 0);
    assert!(session.backlog.is_empty() && session.replies.is_empty());
    // Times 50,000 panels: 25 MB.
    assert!(
        size_of::<Dc09Session>() <= 496,
        "{}",
        size_of::<Dc09Session>()
    );
    println!("a session has {} octets", size_of::<Dc09Session>());
}

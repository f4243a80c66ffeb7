//! The table of `testdata/signals.txt`, and what it cannot say.

use wire::dc09::{CrcForm, Deframer, Found, enclose, redact};

use super::*;
use crate::dc09::repeat::repeat_key;
use crate::dc09::speaker::doubt_of_time;
use crate::dc09::token::Asks;

const TABLE: &str = include_str!("../testdata/signals.txt");

fn received_at() -> Wall {
    timestamp::parse(b"14:12:30,09-25-2019").unwrap()
}

fn octets(text: &str) -> Vec<u8> {
    let parts = text.split("\\x").enumerate().flat_map(|(number, part)| {
        if number == 0 {
            return part.replace("\\0", "\0").into_bytes();
        }
        let (digits, rest) = part.split_at(2);
        let mut octets = vec![u8::from_str_radix(digits, 16).unwrap()];
        octets.extend(rest.as_bytes());
        octets
    });
    parts.collect()
}

fn with_frame<T>(covered: &[u8], hub: bool, check: impl FnOnce(&Received<'_>) -> T) -> T {
    let mut frame = Vec::new();
    enclose(CrcForm::Text, covered, &mut frame).unwrap();
    let mut input = frame.as_slice();
    let mut deframer = Deframer::new();
    let Some(Found::Frame(envelope)) = deframer.next(&mut input) else {
        panic!("no frame");
    };
    let frame = Frame::parse(envelope.covered()).unwrap();
    let Asks::Signal(format) = Asks::of(&frame) else {
        panic!("no signal");
    };
    let read = Now {
        wall: received_at(),
        ..Now::default()
    };
    let body = Body::parse(frame.body);
    check(&Received {
        arrived: &Arrived {
            envelope: &envelope,
            frame: &frame,
            address: &frame.address().unwrap(),
            read,
        },
        format,
        body: &body,
        hub,
        doubt: doubt_of_time(&body, read),
    })
}

fn decoded(received: &Received<'_>) -> Signal {
    let Arrived {
        envelope, frame, ..
    } = received.arrived;
    signal(received, redact(envelope, frame))
}

fn decode(covered: &[u8]) -> Signal {
    with_frame(covered, false, decoded)
}

fn plain(token: &str, body: &str) -> Signal {
    let mut covered = format!("\"{token}\"0001L0#1234").into_bytes();
    covered.extend(octets(body));
    decode(&covered)
}

/// The events, as the table writes them. Flags of the message are marked by `+`.
fn lines(signal: &Signal) -> Vec<String> {
    let items = signal.items.iter().map(|item| {
        let mut flags: Vec<String> = item.flags.names().collect();
        flags.extend(signal.flags.names().map(|name| format!("+{name}")));
        let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            dash(item.account.map(|account| account.to_string())),
            item.code.to_string(),
            dash(item.partition.map(|partition| partition.to_string())),
            dash(item.point.map(|point| format!("{point:?}"))),
            dash(item.text.as_ref().map(|text| text.replace(' ', "_"))),
            dash((!flags.is_empty()).then(|| flags.join(","))),
        ]
        .join(" ")
    });
    items.collect()
}

#[test]
fn frames_become_the_events_of_the_table() {
    let mut cases = 0;
    let mut rows = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    while let Some(row) = rows.next() {
        let (token, body) = row.split_once(' ').unwrap();
        let is_event = |line: &&str| !line.contains('[');
        let expected: Vec<&str> = std::iter::from_fn(|| rows.next_if(is_event)).collect();
        assert!(!expected.is_empty(), "{row}");
        assert_eq!(lines(&plain(token, body)), expected, "{row}");
        cases += 1;
    }
    assert!(cases > 40, "{cases}");
}

#[test]
fn a_hub_may_report_for_other_accounts() {
    let covered = b"\"SIA-DCS\"0001L0#1234[#99AB|NBA1]";
    let signal = with_frame(covered, true, decoded);
    assert_eq!(lines(&signal), ["99AB BA - Zone(1) - -"]);
    assert_eq!(signal.account.as_str(), "1234");
}

#[test]
fn times_of_the_panel_and_of_the_event_are_kept_apart() {
    let body = "[#1234|Nti13:00:00/BA1][H14:01:00,09-25-2019]_14:12:04,09-25-2019";
    let signal = plain("SIA-DCS", body);
    assert_eq!(signal.panel_time, timestamp::parse(b"14:12:04,09-25-2019"));
    assert_eq!(signal.occurred, timestamp::parse(b"14:01:00,09-25-2019"));
    let by_block = plain("SIA-DCS", "[#1234|Nti14:11:00/BA1]");
    assert_eq!(by_block.occurred, timestamp::parse(b"14:11:00,09-25-2019"));
    let by_zone = plain("SIA-DCS", "[#1234|Nti16:12:00/BA1]");
    assert_eq!(by_zone.occurred, None);
}

#[test]
fn the_header_tells_account_format_and_sequence() {
    let signal = decode(b"\"SIA-DCS\"0042L0#12ab[#12AB|NBA1]");
    assert_eq!(signal.account.as_str(), "12AB");
    assert_eq!(signal.format.as_str(), "SIA-DCS");
    assert_eq!(signal.panel_sequence, Some(42));
    assert!(signal.flags.is_empty());
    for odd in [
        &b"\"SIA-DCS\"0000L0#1234[#1234|NBA1]"[..],
        b"\"SIA-DCS\"00A1L0#1234[#1234|NBA1]",
        b"\"SIA-DCS\"0001L#1234[#1234|NBA1]",
        b"\"SIA-DCS\"0001#1234[#1234|NBA1]",
        b"\"SIA-DCS\"0001L0#XYZ1[#XYZ1|NBA1]",
    ] {
        let flags = decode(odd).flags;
        assert_eq!(flags, EventFlags::NON_STANDARD, "{}", odd.escape_ascii());
    }
}

#[test]
fn secrets_are_in_neither_the_blocks_nor_the_raw_octets() {
    let signal = plain("SIA-DCS", "[#1234|NBA1][K00112233][X9][P44][A55]");
    let contents: Vec<_> = signal
        .extended
        .iter()
        .map(|block| (block.letter, block.content.as_slice()))
        .collect();
    let hidden = b"***".as_slice();
    assert_eq!(
        contents,
        [(b'K', hidden), (b'X', b"9"), (b'P', hidden), (b'A', hidden)]
    );
    let raw = signal.raw.escape_ascii().to_string();
    assert!(
        raw.starts_with("\\n") && raw.ends_with("[K***][X9][P***][A***]\\r"),
        "{raw}"
    );
    for secret in ["00112233", "44", "55"] {
        let body = raw.split_once('[').unwrap().1;
        assert!(!body.contains(secret), "{body}");
    }
}

#[test]
fn a_message_of_too_many_events_keeps_the_rest_as_one() {
    let blocks = "NFA1|".repeat(200);
    let signal = plain("SIA-DCS", &format!("[#1234|{blocks}]"));
    assert_eq!(signal.items.len(), limits::MESSAGE_EVENTS);
    let last = signal.items.last().unwrap();
    assert!(last.flags.contains(EventFlags::UNDECODED));
    assert_eq!(signal.class(), EventClass::Fire);
}

#[test]
fn what_cannot_be_read_is_of_an_alarm_class() {
    for (token, body) in [
        ("SIA-DCS", "[#1234|?]"),
        ("ADM-CID", "[["),
        ("ACR-SF", "[x]"),
    ] {
        assert!(plain(token, body).class().is_alarm(), "{token} {body}");
    }
}

fn key(covered: &str) -> model::RepeatKey {
    with_frame(covered.as_bytes(), false, |received| {
        let Arrived { address, frame, .. } = received.arrived;
        repeat_key(address.account, frame, received.body)
    })
}

#[test]
fn a_repeat_differs_in_frame_time_receiver_line_and_padding_only() {
    let first = key("\"SIA-DCS\"0001L0#12ab[#12AB|NBA1][X1]_14:12:04,09-25-2019");
    for same in [
        "\"SIA-DCS\"0001L0#12AB[#12AB|NBA1][X1]_14:12:09,09-25-2019",
        "\"SIA-DCS\"0001R1L2#12ab[#12AB|NBA1][X1]",
        "\"SIA-DCS\"0001L0#12ab[#12AB|NBA1][X1]\0",
    ] {
        assert_eq!(key(same), first, "{same}");
    }
    for other in [
        "\"SIA-DCS\"0002L0#12ab[#12AB|NBA1][X1]",
        "\"ADM-CID\"0001L0#12ab[#12AB|NBA1][X1]",
        "\"SIA-DCS\"0001L0#12ac[#12AB|NBA1][X1]",
        "\"SIA-DCS\"0001L0#12ab[#12AB|NBA2][X1]",
        "\"SIA-DCS\"0001L0#12ab[#12AB|NBA1][X2]",
        "\"SIA-DCS\"0001L0#12ab[#12AB|NBA1][Y1]",
        "\"SIA-DCS\"0001L0#12ab[#12AB|NBA1]",
        "\"SIA-DCS\"0001L0#12ab[#12AB|NBA1][X1][X1]",
    ] {
        assert_ne!(key(other), first, "{other}");
    }
}

#[test]
fn secrets_count_for_repeats_as_they_came() {
    let one = key("\"SIA-DCS\"0001L0#1234[#1234|NBA1][K1]");
    let two = key("\"SIA-DCS\"0001L0#1234[#1234|NBA1][K2]");
    assert_ne!(one, two);
}

/// Keys are in the journal: this one must never change.
#[test]
fn the_form_of_keys_is_the_one_that_is_stored() {
    let known = key("\"SIA-DCS\"0001L0#1234[#1234|Nri1/BA001][X1]");
    assert_eq!(format!("{known:?}"), "46826493080f69e43a4410a7bc2dde58");
}

//! Frames in a stream: split anywhere, several at once, garbage between.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::dc09::{CrcForm, Deframer, Found, LONGEST_FRAME, Message, Refused, enclose};

/// What was found, without borrows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Thing {
    Frame(Vec<u8>),
    Refused(Refused),
}

fn found_in<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Thing> {
    let mut deframer = Deframer::new();
    let mut things = Vec::new();
    for mut input in chunks {
        while let Some(found) = deframer.next(&mut input) {
            things.push(match found {
                Found::Frame(envelope) => Thing::Frame(envelope.octets().to_vec()),
                Found::Refused(reason) => Thing::Refused(reason),
            });
        }
        assert!(input.is_empty());
    }
    things
}

fn whole(octets: &[u8]) -> Vec<Thing> {
    found_in([octets])
}

fn frame(form: CrcForm) -> Vec<u8> {
    let mut out = Vec::new();
    let message = Message::sia_dcs("1234", 1, "Nri1/BA001");
    message.encode(form, &mut out).unwrap();
    out
}

#[test]
fn a_frame_may_be_split_at_any_octet() {
    for form in [CrcForm::Text, CrcForm::Binary] {
        let octets = frame(form);
        for at in 0..=octets.len() {
            let (head, tail) = octets.split_at(at);
            assert_eq!(found_in([head, tail]), [Thing::Frame(octets.clone())]);
        }
    }
}

#[test]
fn several_frames_in_one_read_are_all_found() {
    let mut octets = frame(CrcForm::Text);
    octets.extend(frame(CrcForm::Binary));
    octets.extend(frame(CrcForm::Text));
    let frames = [CrcForm::Text, CrcForm::Binary, CrcForm::Text].map(|f| Thing::Frame(frame(f)));
    assert_eq!(whole(&octets), frames);
}

#[test]
fn a_binary_crc_may_hold_the_octets_that_begin_and_end_frames() {
    let mut seen = 0;
    for n in 0..20_000 {
        let covered = format!("\"SIA-DCS\"0001L0#1234[#1234|Nri1/BA{n}]");
        let mut octets = Vec::new();
        enclose(CrcForm::Binary, covered.as_bytes(), &mut octets).unwrap();
        if octets[1..3].iter().any(|b| matches!(b, b'\n' | b'\r')) {
            seen += 1;
            for at in 0..octets.len() {
                let (head, tail) = octets.split_at(at);
                assert_eq!(found_in([head, tail]), [Thing::Frame(octets.clone())]);
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn what_is_no_frame_is_refused_with_its_reason() {
    let good = frame(CrcForm::Text);
    let check = |from: &str, to: &str, reason| {
        let bad = String::from_utf8(good.clone())
            .unwrap()
            .replacen(from, to, 1);
        assert_ne!(bad.as_bytes(), good);
        let mut octets = bad.into_bytes();
        octets.extend(&good);
        let expected = [Thing::Refused(reason), Thing::Frame(good.clone())];
        assert_eq!(whole(&octets), expected, "{from} -> {to}");
    };
    check("B964", "B965", Refused::BadCrc);
    check("B964", "!!!!", Refused::BadCrc);
    check("BA001", "BA002", Refused::BadCrc);
    check("0026", "0025", Refused::BadLength);
    check("0026", "0027", Refused::BadLength);
    check("0026", "0FFF", Refused::BadLength);
    check("0026", "1026", Refused::BadLength);
    check("0026", "F026", Refused::BadLength);
    check("0026", "002G", Refused::NotAFrame);
    check("\"SIA", "'SIA", Refused::NotAFrame);
    check("]\r", "]", Refused::BadLength);
    check("\n", "", Refused::NotAFrame);
}

#[test]
fn lower_case_digits_are_as_good_as_upper_case() {
    let mut octets = frame(CrcForm::Text);
    octets[..9].make_ascii_lowercase();
    assert_eq!(whole(&octets), [Thing::Frame(octets.clone())]);
}

#[test]
fn a_run_of_garbage_is_refused_once_and_filler_not_at_all() {
    let good = frame(CrcForm::Text);
    let mut octets = b"hello there".to_vec();
    octets.extend(&good);
    octets.extend(b"\r\n\r\n\0\0");
    octets.extend(&good);
    octets.extend(b"\0");
    octets.extend(&good);
    let frame = Thing::Frame(good);
    let expected = [
        Thing::Refused(Refused::NotAFrame),
        frame.clone(),
        frame.clone(),
        frame,
    ];
    assert_eq!(whole(&octets), expected);
}

#[test]
fn a_frame_hiding_behind_a_bogus_header_is_found() {
    let good = frame(CrcForm::Text);
    for bogus in [
        &b"\n1234"[..],
        b"\n12340FFF\"SIA",
        b"\nxx0FFF\"",
        b"\n\n\n",
        b"\n0000003",
    ] {
        let mut octets = bogus.to_vec();
        octets.extend(&good);
        let last = whole(&octets).pop();
        assert_eq!(
            last,
            Some(Thing::Frame(good.clone())),
            "{}",
            bogus.escape_ascii()
        );
    }
}

#[test]
fn nul_octets_before_the_end_are_let_pass_up_to_a_bound() {
    let good = frame(CrcForm::Text);
    for count in 1..12 {
        let mut octets = good[..good.len() - 1].to_vec();
        octets.extend(vec![0; count]);
        octets.push(b'\r');
        let expected = if count <= 8 {
            Thing::Frame(octets.clone())
        } else {
            Thing::Refused(Refused::BadLength)
        };
        assert_eq!(whole(&octets)[0], expected, "{count}");
    }
}

#[test]
fn a_frame_is_begun_by_more_than_filler_and_ends_with_its_end() {
    let octets = frame(CrcForm::Text);
    let mut deframer = Deframer::new();
    for mut part in [&b"\r"[..], b"\n", b"\r", b"\n"] {
        assert_eq!(deframer.next(&mut part), None);
        assert!(!deframer.is_begun());
    }
    let (head, mut tail) = octets.split_at(20);
    let mut input = head;
    assert_eq!(deframer.next(&mut input), None);
    assert!(deframer.is_begun());
    assert!(matches!(deframer.next(&mut tail), Some(Found::Frame(_))));
    assert!(!deframer.is_begun());
}

#[test]
fn the_longest_frame_passes_and_no_more_than_it_is_ever_held() {
    let mut covered = b"\"SIA-DCS\"0001L0#1234[".to_vec();
    covered.resize(4094, b'x');
    covered.push(b']');
    let mut octets = Vec::new();
    enclose(CrcForm::Text, &covered, &mut octets).unwrap();
    let chunks = octets.chunks(1);
    assert_eq!(found_in(chunks), [Thing::Frame(octets.clone())]);
    octets[20] ^= 1;
    octets.pop();
    octets.resize(2 * LONGEST_FRAME, b'x');
    assert_eq!(
        found_in(octets.chunks(7)),
        [Thing::Refused(Refused::BadLength)]
    );
}

/// Pieces of a stream: frames in both forms, damaged frames, garbage rich in delimiters.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let good = ("[ -Z^-~]{0,40}", any::<bool>()).prop_map(|(text, binary)| {
        let form = if binary {
            CrcForm::Binary
        } else {
            CrcForm::Text
        };
        let mut out = Vec::new();
        let message = Message::sia_dcs("1234", 1, &text);
        message.encode(form, &mut out).unwrap();
        out
    });
    let damaged = (good.clone(), any::<prop::sample::Index>(), any::<u8>());
    let damaged = damaged.prop_map(|(mut octets, at, value)| {
        let at = at.index(octets.len());
        octets[at] = value;
        octets
    });
    let cut = (good.clone(), any::<prop::sample::Index>());
    let cut = cut.prop_map(|(mut octets, at)| {
        octets.truncate(at.index(octets.len()));
        octets
    });
    let octet = prop_oneof![
        Just(b'\n'),
        Just(b'\r'),
        Just(b'"'),
        Just(b'0'),
        Just(0),
        any::<u8>()
    ];
    prop_oneof![4 => good, 2 => damaged, 1 => cut, 2 => vec(octet, 0..30)]
}

fn split(octets: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
    places.extend([0, octets.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| octets[pair[0]..pair[1]].to_vec())
        .collect()
}

proptest! {
    #[test]
    fn what_is_found_does_not_depend_on_how_the_stream_was_split(
        pieces in vec(piece(), 0..8),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let octets = pieces.concat();
        let expected = whole(&octets);
        let chunks = split(&octets, &cuts);
        prop_assert_eq!(&found_in(chunks.iter().map(Vec::as_slice)), &expected);
        prop_assert_eq!(&found_in(octets.chunks(1)), &expected);
    }

    #[test]
    fn a_good_frame_behind_garbage_that_ended_is_always_found(
        pieces in vec(piece(), 0..6),
    ) {
        let good = frame(CrcForm::Text);
        let mut octets = pieces.concat();
        // Ten octets without a quote complete and refuse whatever header was begun.
        octets.extend(b"\r..........");
        octets.extend(&good);
        prop_assert_eq!(whole(&octets).pop(), Some(Thing::Frame(good)));
    }
}

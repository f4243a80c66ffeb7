//! The format: recorded, split, cut, changed, random.

use std::fmt::Debug;
use std::path::Path;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use model::{
    Account, Code, EventClass, EventFlags, Extended, Item, Mono, PathIndex, Point, PointNumber,
    RepeatKey, Signal, SignalToken, Wall, limits,
};
use proto::Outgoing;

use super::codec::{self, DecodeError, LENGTH, Message};
use super::{Downward, FrameBuffer, Upward, samples};

/// Set this to write the recorded messages anew.
const RECORD: &str = "WATCHFIRE_RECORD";

fn check_recorded<M: Message + Debug + PartialEq>(direction: &str, samples: &[(String, M)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for (name, message) in samples {
        let file = folder.join(format!("{direction}-{name}.bin"));
        let encoded = codec::encode(message).unwrap();
        if std::env::var_os(RECORD).is_some() {
            std::fs::write(&file, &encoded).unwrap();
        }
        let recorded = std::fs::read(&file).unwrap_or_default();
        let advice = format!(
            "the link's format has changed: {} is not what `{name}` encodes to. If that is \
             meant, raise `link::VERSION`, so that old and new processes part in order, and \
             record anew with {RECORD}=1 cargo test -p gateway recorded",
            file.display()
        );
        assert!(recorded == encoded, "{advice}");
        let mut frames = FrameBuffer::default();
        frames.feed(&recorded);
        let decoded = frames.next_message::<M>().unwrap().unwrap();
        assert_eq!(&decoded, message, "{advice}");
    }
    let recorded = std::fs::read_dir(&folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(direction)
    });
    assert_eq!(
        recorded.count(),
        samples.len(),
        "a recorded message is no longer checked"
    );
}

#[test]
fn recorded_messages_are_read_and_written_bit_for_bit() {
    check_recorded("upward", &samples::upward());
    check_recorded("downward", &samples::downward());
}

#[test]
fn every_prefix_of_a_message_is_refused_by_type() {
    for (name, message) in samples::upward() {
        let frame = codec::encode(&message).unwrap();
        for end in LENGTH + 1..frame.len() {
            let result = codec::decode::<Upward>(&frame[LENGTH..end]);
            assert!(result.is_err(), "{name} cut at {end}");
        }
    }
}

#[test]
fn what_follows_the_last_field_is_refused() {
    let frame = codec::encode(&Upward::Closed { connection: 1 }).unwrap();
    let mut longer = frame[LENGTH..].to_vec();
    longer.push(0);
    assert_eq!(
        codec::decode::<Upward>(&longer),
        Err(DecodeError::Trailing { octets: 1 })
    );
}

#[test]
fn a_direction_does_not_know_the_kinds_of_the_other() {
    let frame = codec::encode(&Upward::Ready).unwrap();
    assert_eq!(
        codec::decode::<Downward>(&frame[LENGTH..]),
        Err(DecodeError::UnknownKind {
            kind: frame[LENGTH]
        })
    );
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_its_octets_arrive() {
    for octets in [0, limits::LINK_FRAME + 1, u32::MAX as usize] {
        let mut frames = FrameBuffer::default();
        frames.feed(&u32::try_from(octets).unwrap().to_le_bytes());
        assert_eq!(
            frames.next_message::<Upward>(),
            Err(DecodeError::Length { octets })
        );
    }
}

#[test]
fn a_count_beyond_the_frame_takes_no_memory() {
    let mut frame = codec::encode(&Upward::Alive(Vec::new())).unwrap()[LENGTH..].to_vec();
    frame[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        codec::decode::<Upward>(&frame),
        Err(DecodeError::Truncated { .. })
    ));
}

#[test]
fn other_spellings_of_a_value_are_refused() {
    let (_, identify) = &samples::upward()[1];
    let frame = codec::encode(identify).unwrap()[LENGTH..].to_vec();
    let at = frame.windows(4).position(|four| four == b"12AB").unwrap();
    let mut lower = frame;
    lower[at..at + 4].copy_from_slice(b"12ab");
    assert!(matches!(
        codec::decode::<Upward>(&lower),
        Err(DecodeError::Invalid { .. })
    ));
}

fn account() -> impl Strategy<Value = Account> {
    "[0-9A-Z]{1,16}".prop_map(|text| Account::parse(text.as_bytes()).unwrap())
}

fn number() -> impl Strategy<Value = PointNumber> {
    "[0-9A-Z]{1,8}".prop_map(|text| PointNumber::parse(text.as_bytes()).unwrap())
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![
        "[136][0-9B-F]{3}".prop_map(|text| Code::contact_id(text.as_bytes()).unwrap()),
        "[A-Z]{2}".prop_map(|text| Code::parse("SIA", &text).unwrap()),
        "[A-Z-]{1,12}".prop_map(|text| Code::undecoded(&text).unwrap()),
    ]
}

fn flags() -> impl Strategy<Value = EventFlags> {
    any::<u32>().prop_map(EventFlags::from_bits_truncate)
}

prop_compose! {
    fn item()(
        account in of(account()),
        code in code(),
        partition in of(number()),
        point in of((select(&[Point::Zone, Point::User, Point::Output]), number())),
        text in of(".{0,20}"),
        flags in flags(),
    ) -> Item {
        let point = point.map(|(kind, number)| kind(number));
        Item { account, code, partition, point, text, flags }
    }
}

prop_compose! {
    fn signal()(
        account in account(),
        format in "[A-Z-]{0,12}",
        panel_sequence in any::<Option<u64>>(),
        panel_time in of(any::<i64>().prop_map(Wall)),
        occurred in of(any::<i64>().prop_map(Wall)),
        flags in flags(),
        items in vec(item(), 0..5),
        extended in vec((any::<u8>(), vec(any::<u8>(), 0..40)), 0..4),
        raw in vec(any::<u8>(), 0..200),
    ) -> Signal {
        let extended = extended.into_iter().map(|(letter, content)| Extended { letter, content });
        Signal {
            account,
            format: format.parse().unwrap(),
            panel_sequence,
            panel_time,
            occurred,
            flags,
            items,
            extended: extended.collect(),
            raw,
        }
    }
}

prop_compose! {
    fn signal_message()(
        connection in any::<u64>(),
        token in any::<u32>(),
        path in any::<u32>(),
        class in select(EventClass::ALL),
        key in any::<[u8; 16]>(),
        received in any::<i64>(),
        read_at in any::<u64>(),
        skewed in any::<bool>(),
        signal in signal(),
    ) -> Upward {
        let outgoing = Outgoing {
            token: SignalToken(token),
            path: PathIndex(path),
            class,
            key: RepeatKey(key),
            received: Wall(received),
            skewed,
            signal,
            numbered: false,
        };
        Upward::Signal { connection, read_at: Mono(read_at), outgoing: Box::new(outgoing) }
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(message in signal_message()) {
        let frame = codec::encode(&message).unwrap();
        prop_assert_eq!(codec::decode::<Upward>(&frame[LENGTH..]), Ok(message));
    }

    #[test]
    fn a_stream_is_cut_into_the_same_messages_however_it_is_split(
        messages in vec(signal_message(), 1..4),
        pieces in vec(1_usize..300, 1..40),
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(|m| codec::encode(m).unwrap()).collect();
        let mut frames = FrameBuffer::default();
        let mut seen = Vec::new();
        let mut rest = stream.as_slice();
        for size in pieces.into_iter().cycle() {
            let (piece, after) = rest.split_at(size.min(rest.len()));
            frames.feed(piece);
            while let Some(message) = frames.next_message::<Upward>().unwrap() {
                seen.push(message);
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(seen, messages);
    }

    #[test]
    fn random_octets_never_panic(bytes in vec(any::<u8>(), 0..600)) {
        codec::fuzz_link(&bytes);
    }

    #[test]
    fn a_changed_octet_never_panics(
        message in signal_message(),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut frame = codec::encode(&message).unwrap().to_vec();
        let at = at.index(frame.len());
        frame[at] = value;
        codec::fuzz_link(&frame[LENGTH..]);
        codec::fuzz_link(&frame);
    }
}

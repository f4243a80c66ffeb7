//! Encrypted DC-09: what is answered, learned, doubted and kept.

use model::{CipherKey, EventFlags, Forgery, Refusal, Wall};
use proto::conformance::BENCH_TIME;
use wire::dc09::{CrcForm, Message, PadKind, timestamp};

use crate::driver::{Fate, Heard, Line, at, dice, encrypt, key, other_key, sealed, with_keys};

const VECTORS: &str = include_str!("../../../wire/testdata/dc09_encrypted.txt");

fn line() -> Line {
    Line::new(Some(with_keys([key()])))
}

fn null() -> Message<'static> {
    at(Message::null("1234"), BENCH_TIME)
}

fn alarm(number: u16) -> Message<'static> {
    at(Message::sia_dcs("1234", number, "Nri1/BA1"), BENCH_TIME)
}

fn seconds(seconds: i64) -> Wall {
    Wall(BENCH_TIME.0 + seconds * 1_000_000)
}

fn flags(heard: &Heard) -> EventFlags {
    heard.signals[0].signal.flags
}

/// Octets of a Rust byte string that has no other escapes than these.
fn unescape(text: &str) -> Vec<u8> {
    text.replace("\\n", "\n").replace("\\r", "\r").into_bytes()
}

#[test]
fn published_requests_are_acknowledged_in_kind() {
    let mut checked = 0;
    for row in VECTORS.lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<_> = row.split(" | ").collect();
        let [name, digits, frame, _, _, body] = cells[..] else {
            panic!("{row}");
        };
        if name.starts_with("ACK") {
            continue;
        }
        let key = CipherKey::from_hex(digits).unwrap();
        let mut line = Line::new(Some(with_keys([key.clone()])));
        let (_, time) = body.rsplit_once('_').unwrap();
        line.now.wall = timestamp::parse(time.as_bytes()).unwrap();
        let heard = line.say(&unescape(frame));
        let (_, behind) = frame.rsplit_once('"').unwrap();
        let (header, _) = behind.split_once('[').unwrap();
        assert_eq!(heard.words(&key), [format!("\"*ACK\"{header}")], "{name}");
        assert_eq!(heard.alive + heard.signals.len(), 1, "{name}");
        assert!(!heard.counted.contains(&"non_standard"), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 9);
}

#[test]
fn the_window_is_40_seconds_back_and_20_ahead() {
    for (offset, inside) in [
        (0, true),
        (-40, true),
        (-41, false),
        (20, true),
        (21, false),
    ] {
        let heard = line().say(&sealed(&at(null(), seconds(offset)), &key()));
        let word = if inside {
            "\"*ACK\"0000L0#1234"
        } else {
            "\"NAK\"0000R0L0A0"
        };
        assert_eq!(heard.words(&key()), [word], "{offset} s");
        assert_eq!(heard.alive, usize::from(inside), "{offset} s");
        assert_eq!(heard.skewed, usize::from(!inside), "{offset} s");
        assert_eq!(heard.learned.len(), usize::from(inside), "{offset} s");
    }
}

#[test]
fn who_is_outside_the_window_is_told_our_time_in_the_form_of_its_crc() {
    let message = at(null(), seconds(-3600));
    let pad = vec![b'p'; message.pad_length(true)];
    let mut frame = Vec::new();
    message
        .encode_encrypted(&key(), &pad, true, CrcForm::Binary, &mut frame)
        .unwrap();
    let heard = line().say(&frame);
    let expected = wire::dc09::reply::try_again_at(BENCH_TIME, CrcForm::Binary);
    assert_eq!(heard.replies, expected);
    assert_eq!(heard.counted, ["outside_window"]);
}

#[test]
fn an_alarm_outside_the_window_is_handed_on_as_skewed_and_never_believed() {
    let mut line = line();
    let frame = sealed(&at(alarm(1), seconds(-3600)), &key());
    line.fate = Fate::Refused(Refusal::OutsideWindow);
    let heard = line.say(&frame);
    assert_eq!(heard.words(&key()), ["\"NAK\"0000R0L0A0"]);
    assert!(heard.signals[0].skewed);
    assert!(flags(&heard).contains(EventFlags::CLOCK_OUTSIDE_WINDOW));
    line.fate = Fate::Stored;
    assert_eq!(line.say(&frame).words(&key()), ["\"NAK\"0000R0L0A0"]);
    line = Line::new(Some(with_keys([key()])));
    line.registered.as_mut().unwrap().policy.accept_skewed = true;
    assert_eq!(line.say(&frame).words(&key()), ["\"*ACK\"0001L0#1234"]);
}

#[test]
fn a_restore_of_an_alarm_class_outside_the_window_is_counted_like_its_alarm() {
    let restore = Message::sia_dcs("1234", 1, "Nri1/BR1");
    let heard = line().say(&sealed(&at(restore, seconds(99)), &key()));
    assert!(heard.signals[0].skewed);
    assert!(flags(&heard).is_doubtful());
}

#[test]
fn every_key_of_the_path_opens_and_the_answer_is_encrypted_with_it() {
    let mut line = Line::new(Some(with_keys([key(), other_key()])));
    for key in [key(), other_key()] {
        let heard = line.say(&sealed(&null(), &key));
        assert_eq!(heard.words(&key), ["\"*ACK\"0000L0#1234"]);
        assert_eq!(heard.alive, 1);
    }
}

#[test]
fn what_a_connection_learned_is_kept_when_it_is_told_older_news() {
    let mut line = line();
    let told = line.registered.clone().unwrap();
    for number in 1..=8 {
        line.say(&sealed(&alarm(number), &key()));
    }
    let identity = proto::Identity::Admitted(std::sync::Arc::new(told));
    line.session.handle_identity(line.now, identity);
    let odd = encrypt(&alarm(9), &key(), PadKind::Digits, &mut dice(3));
    assert_eq!(flags(&line.say(&odd)), EventFlags::ODD_PADDING);
}

#[test]
fn a_plain_poll_tells_of_life_whatever_its_clock_says() {
    let mut poll = Vec::new();
    at(null(), seconds(-86_400))
        .encode(CrcForm::Text, &mut poll)
        .unwrap();
    let heard = line().say(&poll);
    assert_eq!((heard.alive, heard.skewed), (1, 0));
    assert_eq!(heard.words(&key()), ["\"ACK\"0000L0#1234"]);
}

#[test]
fn keys_that_change_count_from_the_next_frame_on() {
    let mut line = line();
    assert_eq!(line.say(&sealed(&null(), &key())).alive, 1);
    let mut changed = line.registered.clone().unwrap();
    changed.keys = [other_key()].into_iter().collect();
    let identity = proto::Identity::Admitted(std::sync::Arc::new(changed));
    line.session.handle_identity(line.now, identity);
    assert_eq!(line.say(&sealed(&null(), &key())).strays.len(), 1);
    assert_eq!(line.say(&sealed(&null(), &other_key())).alive, 1);
}

#[test]
fn no_two_acknowledgements_are_the_same() {
    let mut line = line();
    let frame = sealed(&null(), &key());
    let first = line.say(&frame).replies;
    assert_ne!(line.say(&frame).replies, first);
}

#[test]
fn an_acknowledgement_tells_the_time_at_which_it_leaves() {
    let mut line = line();
    line.session
        .handle_bytes(line.now, &sealed(&alarm(1), &key()));
    let mut heard = Heard::default();
    let Some(proto::SessionEvent::Identify(_)) = line.session.poll_event() else {
        panic!("a question");
    };
    let admitted = std::sync::Arc::new(with_keys([key()]));
    line.session
        .handle_identity(line.now, proto::Identity::Admitted(admitted));
    line.now.wall = seconds(30);
    let later = line.say(b"");
    assert_eq!(later.signals.len(), 1);
    heard.replies = later.replies;
    let covered = crate::driver::frames(&heard.replies).remove(0);
    let digits = 1 + covered.iter().position(|octet| *octet == b'[').unwrap();
    let plain = wire::dc09::decrypt(&key(), &covered[digits..]).unwrap();
    let body = wire::dc09::Body::parse(plain.body()).unwrap();
    assert_eq!(body.sent, Some(seconds(30)));
}

#[test]
fn a_panel_with_a_key_may_speak_plain_until_it_encrypts() {
    let mut plain_alarm = Vec::new();
    alarm(1).encode(CrcForm::Text, &mut plain_alarm).unwrap();
    let mut line = line();
    let before = line.say(&plain_alarm);
    assert_eq!(flags(&before), EventFlags::empty());
    assert!(before.learned.is_empty());
    let first = line.say(&sealed(&null(), &key()));
    assert!(first.learned[0].once_encrypted);
    let after = line.say(&plain_alarm);
    assert_eq!(flags(&after), EventFlags::PLAIN_AFTER_ENCRYPTED);
    assert_eq!(
        after.words(&key()),
        ["\"ACK\"0001L0#1234"],
        "R1: never a refusal"
    );
    assert!(after.counted.contains(&"plain_after_encrypted"));
    // On another connection too: it is kept with the account.
    let mut another = Line::new(line.registered.clone());
    assert_eq!(
        flags(&another.say(&plain_alarm)),
        EventFlags::PLAIN_AFTER_ENCRYPTED
    );
}

#[test]
fn a_habit_is_learned_over_the_first_frames_and_outlives_connections() {
    let mut registered = Some(with_keys([key()]));
    let mut random = dice(0x5EED_0009);
    for number in 1..=20 {
        // Each frame on a connection of its own, as datagrams come.
        let mut line = Line::new(registered);
        let frame = encrypt(&alarm(number), &key(), PadKind::Digits, &mut random);
        let heard = line.say(&frame);
        assert_eq!(flags(&heard), EventFlags::empty());
        assert_eq!(heard.learned.len(), usize::from(number <= 8), "{number}");
        registered = line.registered;
        let forgery = registered.as_ref().unwrap().learned.forgery;
        let settled = number >= 8;
        let expected = if settled {
            Forgery::Visible
        } else {
            Forgery::Unknown
        };
        assert_eq!(forgery, expected, "{number}");
    }
    let mut line = Line::new(registered);
    let odd = encrypt(&alarm(1), &key(), PadKind::Printable, &mut random);
    let heard = line.say(&odd);
    assert_eq!(flags(&heard), EventFlags::ODD_PADDING);
    assert_eq!(
        heard.words(&key()),
        ["\"*ACK\"0001L0#1234"],
        "R1: never a refusal"
    );
    assert!(heard.learned.is_empty() && heard.counted.contains(&"odd_padding"));
    let poll = line.say(&encrypt(&null(), &key(), PadKind::Printable, &mut random));
    assert_eq!((poll.alive, poll.words(&key()).len()), (0, 1));
    let poll = line.say(&encrypt(&null(), &key(), PadKind::Digits, &mut random));
    assert_eq!(poll.alive, 1);
}

#[test]
fn data_that_is_no_text_is_odd_unless_the_panel_is_used_to_it() {
    let sealed_text = |number, name: &[u8]| {
        let data = [b"#1234|Nri1/BR1^", name, b"^"].concat();
        let message = Message {
            data,
            ..alarm(number)
        };
        sealed(&message, &key())
    };
    let mut utf_8 = line();
    let mut windows = line();
    for number in 1..=8 {
        assert!(flags(&utf_8.say(&sealed_text(number, "Küche".as_bytes()))).is_empty());
        assert!(flags(&windows.say(&sealed_text(number, b"K\xFCche"))).is_empty());
    }
    let noise = sealed_text(9, b"\x01\x9B\xC3\x28");
    assert_eq!(flags(&utf_8.say(&noise)), EventFlags::ODD_PADDING);
    assert!(flags(&windows.say(&noise)).is_empty());
    let forgery = |line: &Line| line.registered.as_ref().unwrap().learned.forgery;
    assert_eq!(forgery(&utf_8), Forgery::Visible);
    assert_eq!(forgery(&windows), Forgery::Invisible);
}

#[test]
fn a_repeat_has_another_pad_time_and_key_and_the_same_content() {
    let mut line = Line::new(Some(with_keys([key(), other_key()])));
    let mut random = dice(0x5EED_000A);
    let mut key_of = |message: &Message<'_>, key: &CipherKey| {
        let frame = encrypt(message, key, PadKind::Binary, &mut random);
        line.say(&frame).signals[0].key
    };
    let first = key_of(&alarm(1), &key());
    assert_eq!(key_of(&at(alarm(1), seconds(5)), &key()), first);
    assert_eq!(key_of(&alarm(1), &other_key()), first);
    let routed = Message {
        receiver: Some(1),
        line: 2,
        ..alarm(1)
    };
    assert_eq!(key_of(&routed, &key()), first);
    assert_ne!(key_of(&alarm(2), &key()), first);
    let extended = Message {
        extended: vec![(b'X', b"1".to_vec())],
        ..alarm(1)
    };
    assert_ne!(key_of(&extended, &key()), first);
    // What somebody said in clear before must not make the panel's own signal a repeat.
    let mut plain = Vec::new();
    alarm(1).encode(CrcForm::Text, &mut plain).unwrap();
    assert_ne!(line.say(&plain).signals[0].key, first);
}

#[test]
fn what_is_kept_is_the_decrypted_frame_without_pad_and_secrets() {
    let message = Message {
        extended: vec![
            (b'K', b"00112233".to_vec()),
            (b'X', b"9".to_vec()),
            (b'P', b"4455".to_vec()),
            (b'A', b"6677".to_vec()),
        ],
        ..alarm(1)
    };
    let heard = line().say(&sealed(&message, &key()));
    let signal = &heard.signals[0].signal;
    let raw = signal.raw.escape_ascii().to_string();
    let (_, kept) = raw.split_at(10);
    let expected = "\\\"*SIA-DCS\\\"0001L0#1234[#1234|Nri1/BA1][K***][X9][P***][A***]_";
    assert!(kept.starts_with(expected), "{raw}");
    assert!(raw.ends_with("2026\\r"), "{raw}");
    let secret = signal.extended.iter().filter(|block| block.letter != b'X');
    assert!(secret.clone().count() == 3 && secret.clone().all(|b| b.content == b"***"));
}

#[test]
fn frames_that_are_not_quite_standard_are_accepted_when_encrypted_too() {
    let encrypted = crate::driver::frames(&sealed(&alarm(1), &key())).remove(0);
    let text = String::from_utf8(encrypted).unwrap();
    let (_, digits) = text.split_once('[').unwrap();
    for (header, standard) in [
        ("0001L0#1234", true),
        ("0001#1234", false),
        ("0001L#1234", false),
        ("00A1R1L0#1234", false),
    ] {
        for digits in [digits.to_owned(), digits.to_lowercase()] {
            let covered = format!("\"*SIA-DCS\"{header}[{digits}");
            let mut frame = Vec::new();
            wire::dc09::enclose(CrcForm::Text, covered.as_bytes(), &mut frame).unwrap();
            let heard = line().say(&frame);
            assert_eq!(heard.words(&key()), [format!("\"*ACK\"{header}")]);
            let non_standard = flags(&heard).contains(EventFlags::NON_STANDARD);
            assert_eq!(non_standard, !standard, "{header}");
        }
    }
}

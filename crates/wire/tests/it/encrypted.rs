//! Encrypted frames: the published ones of `testdata/dc09_encrypted.txt` in both directions, every
//! form of pad and bar, and what a wrong key makes of them.

use model::{CipherKey, Wall};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::dc09::crypt::{self, LONGEST_TAIL};
use wire::dc09::reply::{self, Reply, ReplyKind};
use wire::dc09::{
    Body, CannotEncrypt, CrcForm, Frame, Message, PadKind, Plain, Undecipherable, decrypt, enclose,
    redact_decrypted, timestamp,
};

use crate::vectors::{unescape, with_frame};

const VECTORS: &str = include_str!("../../testdata/dc09_encrypted.txt");

struct Vector {
    name: &'static str,
    key: CipherKey,
    frame: Vec<u8>,
    pad: Vec<u8>,
    has_bar: bool,
    body: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    let vectors = lines.map(|line| {
        let parts: Vec<_> = line.split(" | ").collect();
        let [name, key, frame, pad, bar, body] = parts.try_into().unwrap();
        Vector {
            name,
            key: CipherKey::from_hex(key).unwrap(),
            frame: unescape(frame),
            pad: unescape(pad),
            has_bar: bar == "bar",
            body: unescape(body),
        }
    });
    vectors.collect()
}

fn key() -> CipherKey {
    CipherKey::from_ascii("AAAAAAAAAAAAAAAA").unwrap()
}

/// The hexadecimal digits of `plain` under `key`.
fn digits(key: &CipherKey, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    crypt::write_encrypted(key, &mut plain.to_vec(), &mut out).unwrap();
    out
}

/// What is decrypted of `rest` behind as much of pad as it takes, at least `shortest`.
fn opened(rest: &[u8], shortest: usize) -> Result<Plain, Undecipherable> {
    let length = shortest + (rest.len() + shortest).wrapping_neg() % 16;
    let plain = [&vec![b'p'; length], rest].concat();
    decrypt(&key(), &digits(&key(), &plain))
}

fn now() -> Wall {
    timestamp::parse(b"14:12:04,09-25-2019").unwrap()
}

#[test]
fn every_published_frame_is_decrypted_octet_for_octet() {
    assert_eq!(vectors().len(), 11);
    for vector in vectors() {
        with_frame(&vector.frame, |envelope| {
            let frame = Frame::parse(envelope.covered()).unwrap();
            assert!(frame.encrypted);
            assert!(frame.address().unwrap().is_standard, "{}", vector.name);
            let plain = decrypt(&vector.key, &frame.body[1..]).unwrap();
            assert_eq!(plain.pad(), vector.pad, "{}", vector.name);
            assert_eq!(plain.has_bar(), vector.has_bar, "{}", vector.name);
            assert_eq!(plain.body()[1..], vector.body, "{}", vector.name);
            assert_eq!(plain.tail(), b"", "{}", vector.name);
            let body = Body::parse(plain.body()).unwrap();
            assert!(body.is_standard && body.sent.is_some(), "{}", vector.name);
        });
    }
}

#[test]
fn every_published_frame_is_encrypted_octet_for_octet() {
    for vector in vectors() {
        let written = with_frame(&vector.frame, |envelope| {
            let frame = Frame::parse(envelope.covered()).unwrap();
            let bar: &[u8] = if vector.has_bar { b"|" } else { b"" };
            let plain = [&vector.pad, bar, &vector.body].concat();
            let mut encrypted = digits(&vector.key, &plain);
            if frame.body.iter().any(u8::is_ascii_lowercase) {
                encrypted.make_ascii_lowercase();
            }
            let body = [b"[", encrypted.as_slice()].concat();
            let mut covered = Vec::new();
            Frame {
                body: &body,
                ..frame
            }
            .write(&mut covered);
            let mut out = Vec::new();
            enclose(envelope.form(), &covered, &mut out).unwrap();
            out
        });
        assert_eq!(written, vector.frame, "{}", vector.name);
    }
}

#[test]
fn messages_are_encrypted_as_published() {
    let message = Message {
        sent: Some(now()),
        ..Message::sia_dcs("AAA", 5, "Nri1/BA001")
    };
    let located = Message {
        extended: vec![(b'M', b"0026B9E4268B".to_vec())],
        sent: Some(now()),
        ..Message::adm_cid("AAA", 6, "1130 01 015")
    };
    let null = Message {
        sent: Some(now()),
        ..Message::null("AAA")
    };
    for (name, message) in [
        ("DCS AES-128 short pad", &message),
        ("DCS AES-128 long pad", &message),
        ("DCS AES-192", &message),
        ("DCS AES-256", &message),
        ("CID with M", &located),
        ("NULL without bar", &null),
        ("NULL with bar", &null),
    ] {
        let vector = vectors().into_iter().find(|v| v.name == name).unwrap();
        let mut out = Vec::new();
        let (key, pad) = (&vector.key, &vector.pad);
        let done = message.encode_encrypted(key, pad, vector.has_bar, CrcForm::Text, &mut out);
        assert_eq!(done, Ok(()), "{name}");
        assert_eq!(out, vector.frame, "{name}");
        let wanted = message.pad_length(vector.has_bar);
        assert!(wanted == pad.len() || wanted == pad.len() + 16, "{name}");
    }
}

#[test]
fn a_message_that_cannot_be_encrypted_says_why_and_writes_nothing() {
    let mut message = Message::sia_dcs("1234", 1, "NBA1");
    let mut out = Vec::new();
    let mut encode = |message: &Message<'_>, pad: &[u8]| {
        let done = message.encode_encrypted(&key(), pad, true, CrcForm::Text, &mut out);
        assert!(out.is_empty());
        done
    };
    assert_eq!(encode(&message, b""), Err(CannotEncrypt::NoTimestamp));
    message.sent = Some(now());
    let pad = vec![b'0'; message.pad_length(true)];
    assert_eq!(encode(&message, &pad[1..]), Err(CannotEncrypt::Pad));
    for illegal in *b"[]|" {
        let mut pad = pad.clone();
        pad[3] = illegal;
        assert_eq!(encode(&message, &pad), Err(CannotEncrypt::Pad));
    }
    message.data = vec![b'x'; 2100];
    let pad = vec![b'0'; message.pad_length(true)];
    assert!(matches!(
        encode(&message, &pad),
        Err(CannotEncrypt::TooLong(_))
    ));
}

#[test]
fn a_pad_of_any_length_is_read() {
    let body = b"|#1234|NBA1]_14:12:04,09-25-2019";
    assert_eq!(body.len() % 16, 0);
    for length in [0, 16, 32, 48, 160] {
        let plain = opened(body, length).unwrap();
        assert_eq!(plain.pad(), vec![b'p'; length]);
        assert_eq!(Body::parse(plain.body()).unwrap().data, b"#1234|NBA1");
    }
}

#[test]
fn data_begins_behind_the_first_bar_that_stands_before_the_closing_bracket() {
    let data = |rest: &[u8]| {
        let plain = opened(rest, 3).unwrap();
        (
            Body::parse(plain.body()).unwrap().data.to_vec(),
            plain.has_bar(),
        )
    };
    let time = "_14:12:04,09-25-2019";
    let with_time = |text: &str| data(format!("{text}{time}").as_bytes());
    assert_eq!(with_time("|#1|NBA1]"), (b"#1|NBA1".to_vec(), true));
    assert_eq!(with_time("|]"), (Vec::new(), true));
    assert_eq!(with_time("]"), (Vec::new(), false));
    assert_eq!(with_time("][Xa|b]"), (Vec::new(), false));
}

#[test]
fn what_some_panels_leave_behind_the_timestamp_is_let_pass() {
    let rest = |tail: usize| {
        let mut rest = b"|#1234|NBA1]_14:12:04,09-25-2019".to_vec();
        rest.extend(vec![16; tail]);
        rest
    };
    let plain = opened(&rest(16), 0).unwrap();
    assert_eq!(plain.tail(), [16; 16]);
    let body = Body::parse(plain.body()).unwrap();
    assert_eq!((body.data, body.sent), (&b"#1234|NBA1"[..], Some(now())));
    assert!(!body.is_standard);
    assert!(opened(&rest(LONGEST_TAIL + 16), 0).is_err());
}

#[test]
fn what_is_no_ciphertext_or_has_no_time_is_undecipherable() {
    use Undecipherable::{NoTimestamp, NotBlocks};
    let good = digits(&key(), b"|#1234|NBA1]_14:12:04,09-25-2019");
    let opens = |body: &[u8]| decrypt(&key(), body).map(drop);
    assert_eq!(opens(&good), Ok(()));
    assert_eq!(opens(&[&good[..], b"\0\0"].concat()), Ok(()));
    assert_eq!(opens(&good.to_ascii_lowercase()), Ok(()));
    for body in [&b""[..], &good[..30], &good[..33], b"\0\0", b"]"] {
        assert_eq!(opens(body), Err(NotBlocks), "{}", body.escape_ascii());
    }
    let mut spoilt = good.clone();
    spoilt[5] = b'G';
    assert_eq!(opens(&spoilt), Err(NotBlocks));
    for plain in [
        &b"ppppppppppppppppppppppp|#1234|NBA1_14:12:04,09-25-2019"[..],
        b"pppppppppppppp|#1234|NBA1]",
        b"ppp|#1234|NBA1]_24:12:04,09-25-2019",
        b"pp|#1234|NBA1]_14:12:04,09-25-201",
        b"pp|#1234|NBA1]X_14:12:04,09-25-2019",
        b"pp|#1234|NBA1][X_14:12:04,09-25-2019",
    ] {
        let pad = vec![b'0'; plain.len().wrapping_neg() % 16];
        let body = digits(&key(), &[&pad, plain].concat());
        assert_eq!(opens(&body), Err(NoTimestamp), "{}", plain.escape_ascii());
    }
}

#[test]
fn a_wrong_key_opens_nothing() {
    for vector in vectors() {
        with_frame(&vector.frame, |envelope| {
            let frame = Frame::parse(envelope.covered()).unwrap();
            for wrong in 0..=255 {
                let wrong = CipherKey::from_octets(&[wrong; 16]).unwrap();
                let plain = decrypt(&wrong, &frame.body[1..]);
                let is_right = wrong == vector.key;
                assert_eq!(plain.is_ok(), is_right, "{}", vector.name);
            }
        });
    }
}

#[test]
fn an_acknowledgement_is_encrypted_with_the_key_and_tells_the_time() {
    for vector in vectors() {
        with_frame(&vector.frame, |envelope| {
            let request = Frame::parse(envelope.covered()).unwrap();
            let random = std::array::from_fn(|place| b"[]|\x00\xFF"[place % 5]);
            let form = CrcForm::Binary;
            let ack = reply::acknowledge_encrypted(&request, form, &vector.key, random, now());
            with_frame(&ack, |envelope| {
                assert_eq!(envelope.form(), CrcForm::Binary);
                let reply = Reply::parse(envelope.covered()).unwrap();
                assert_eq!((reply.kind, reply.encrypted), (ReplyKind::Ack, true));
                let frame = Frame::parse(envelope.covered()).unwrap();
                assert_eq!(frame.sequence, request.sequence);
                assert_eq!(
                    (frame.receiver, frame.line),
                    (request.receiver, request.line)
                );
                assert_eq!(frame.account, request.account);
                let plain = decrypt(&vector.key, &frame.body[1..]).unwrap();
                assert!((16..32).contains(&plain.pad().len()));
                assert!(!plain.pad().iter().any(|octet| b"[]|".contains(octet)));
                let body = Body::parse(plain.body()).unwrap();
                assert_eq!((body.data, body.sent), (&b""[..], Some(now())));
            });
        });
    }
}

#[test]
fn the_answer_to_a_wrong_clock_is_the_published_one() {
    let nak = reply::try_again_at(now(), CrcForm::Text);
    assert_eq!(nak, b"\n842F0025\"NAK\"0000R0L0A0[]_14:12:04,09-25-2019\r");
    let later = timestamp::parse(b"16:09:09,04-14-2015").unwrap();
    let nak = reply::try_again_at(later, CrcForm::Text);
    assert_eq!(nak, b"\n3C830025\"NAK\"0000R0L0A0[]_16:09:09,04-14-2015\r");
}

#[test]
fn neither_plaintext_nor_keys_print_themselves() {
    let plain = opened(b"|#1234|NBA1^Hall^]_14:12:04,09-25-2019", 0).unwrap();
    assert!(!format!("{plain:?}").contains("Hall"));
}

proptest! {
    #[test]
    fn what_is_encrypted_is_decrypted_again(
        octets in (0_usize..3).prop_flat_map(|n| vec(any::<u8>(), 16 + 8 * n)),
        data in "[ -Z^-~]{0,60}",
        receiver in proptest::option::of(0_u32..0xFF_FFFF),
        random in vec(any::<u8>(), 31),
        bar in any::<bool>(),
        short in any::<bool>(),
    ) {
        let key = CipherKey::from_octets(&octets).unwrap();
        let message = Message {
            data: data.clone().into_bytes(),
            extended: vec![(b'V', b"x".to_vec())],
            receiver,
            sent: Some(now()),
            ..Message::null("12AB")
        };
        let length = message.pad_length(bar) - if short { 16 } else { 0 };
        let mut pad = random[..length].to_vec();
        PadKind::Binary.shape(&mut pad);
        let mut out = Vec::new();
        message.encode_encrypted(&key, &pad, bar, CrcForm::Text, &mut out).unwrap();
        with_frame(&out, |envelope| {
            let frame = Frame::parse(envelope.covered()).unwrap();
            let plain = decrypt(&key, &frame.body[1..]).unwrap();
            assert_eq!(plain.pad(), pad);
            assert_eq!(plain.has_bar(), bar || !data.is_empty());
            let body = Body::parse(plain.body()).unwrap();
            assert_eq!((body.data, body.sent), (data.as_bytes(), Some(now())));
            assert!(body.is_standard);
        });
    }

    #[test]
    fn octets_that_decrypt_are_a_body_with_a_time(
        plain in vec(prop_oneof![
            4 => proptest::sample::select(&b"[]|_#"[..]).prop_map(|octet| vec![octet]),
            2 => Just(b"_14:12:04,09-25-2019".to_vec()),
            1 => vec(any::<u8>(), 0..9),
        ], 0..20),
    ) {
        let mut plain = plain.concat();
        plain.resize(plain.len().next_multiple_of(16), 0);
        if let Ok(opened) = decrypt(&key(), &digits(&key(), &plain)) {
            let body = Body::parse(opened.body()).unwrap();
            prop_assert!(body.sent.is_some());
            prop_assert!(opened.tail().len() <= LONGEST_TAIL);
        }
    }

    #[test]
    fn secrets_in_an_encrypted_body_are_not_kept(
        secret in "[0-9]{6,20}\r[0-9]{6}",
        letter in proptest::sample::select(&b"KPAkpa"[..]),
    ) {
        let message = Message {
            extended: vec![(b'X', b"1".to_vec()), (letter, secret.clone().into_bytes())],
            sent: Some(now()),
            ..Message::sia_dcs("12AB", 1, "NBA1")
        };
        let pad = vec![b'0'; message.pad_length(true)];
        let mut out = Vec::new();
        message.encode_encrypted(&key(), &pad, true, CrcForm::Text, &mut out).unwrap();
        let kept = with_frame(&out, |envelope| {
            let frame = Frame::parse(envelope.covered()).unwrap();
            let plain = decrypt(&key(), &frame.body[1..]).unwrap();
            redact_decrypted(&envelope, &frame, &plain)
        });
        let letter = char::from(letter);
        let expected = format!(
            "\"*SIA-DCS\"0001L0#12AB[#12AB|NBA1][X1][{letter}***]_14:12:04,09-25-2019\r"
        );
        prop_assert_eq!(&kept[..9], &out[..9]);
        prop_assert_eq!(&kept[9..], expected.as_bytes());
    }
}

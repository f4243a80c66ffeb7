//! The published exchanges of `testdata/dc09_vectors.txt`, byte for byte in both directions.

use wire::dc09::{Body, CrcForm, Deframer, Envelope, Found, Frame, Message, enclose, reply};

const VECTORS: &str = include_str!("../../testdata/dc09_vectors.txt");

struct Vector {
    name: &'static str,
    request: Option<Vec<u8>>,
    reply: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    let vectors = lines.map(|line| {
        let [name, request, reply] = line.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        Vector {
            name,
            request: (request != "-").then(|| unescape(request)),
            reply: unescape(reply),
        }
    });
    vectors.collect()
}

/// Octets of a Rust byte string.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let (octet, used) = match (first, tail.first()) {
            (b'\\', Some(b'n')) => (b'\n', 1),
            (b'\\', Some(b'r')) => (b'\r', 1),
            (b'\\', Some(b'x')) => {
                let digits = std::str::from_utf8(&tail[1..3]).unwrap();
                (u8::from_str_radix(digits, 16).unwrap(), 3)
            }
            (b'\\', other) => panic!("unknown escape {other:?}"),
            (octet, _) => (*octet, 0),
        };
        octets.push(octet);
        rest = &tail[used..];
    }
    octets
}

/// Runs `check` on the only frame that `octets` are.
pub(crate) fn with_frame<T>(octets: &[u8], check: impl FnOnce(Envelope<'_>) -> T) -> T {
    let mut deframer = Deframer::new();
    let mut input = octets;
    match deframer.next(&mut input) {
        Some(Found::Frame(envelope)) => {
            assert_eq!(envelope.octets(), octets);
            assert!(input.is_empty());
            check(envelope)
        }
        other => panic!("{other:?} in {}", octets.escape_ascii()),
    }
}

#[test]
fn every_published_frame_is_read_and_written_back_octet_for_octet() {
    for vector in vectors() {
        for octets in vector.request.iter().chain([&vector.reply]) {
            with_frame(octets, |envelope| {
                let frame = Frame::parse(envelope.covered()).unwrap();
                let mut covered = Vec::new();
                frame.write(&mut covered);
                let mut again = Vec::new();
                enclose(envelope.form(), &covered, &mut again).unwrap();
                // Senders differ in the case of the digits of CRC and length.
                assert!(again.eq_ignore_ascii_case(octets), "{}", vector.name);
                assert_eq!(&again[9..], &octets[9..], "{}", vector.name);
                assert!(Body::parse(frame.body).unwrap().is_standard);
            });
        }
    }
}

#[test]
fn every_published_request_is_acknowledged_octet_for_octet() {
    for vector in vectors() {
        let Some(request) = vector.request else {
            continue;
        };
        let reply = with_frame(&request, |envelope| {
            let frame = Frame::parse(envelope.covered()).unwrap();
            assert!(frame.address().unwrap().is_standard, "{}", vector.name);
            reply::acknowledge(&frame, envelope.form())
        });
        assert_eq!(
            reply.escape_ascii().to_string(),
            vector.reply.escape_ascii().to_string(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn what_cannot_be_processed_is_told_so_octet_for_octet() {
    let request = vectors().remove(1).request.unwrap();
    let expected = vectors().into_iter().find(|v| v.name == "DUH").unwrap();
    let duh = with_frame(&request, |envelope| {
        let frame = Frame::parse(envelope.covered()).unwrap();
        reply::cannot_process(&frame, envelope.form())
    });
    assert_eq!(duh, expected.reply);
}

#[test]
fn published_replies_are_understood() {
    use wire::dc09::reply::{Reply, ReplyKind};
    for vector in vectors() {
        with_frame(&vector.reply, |envelope| {
            let reply = Reply::parse(envelope.covered()).unwrap();
            let word = vector.reply.escape_ascii().to_string();
            let kind = match reply.kind {
                ReplyKind::Ack => "\"ACK\"",
                ReplyKind::Nak => "\"NAK\"",
                ReplyKind::Duh => "\"DUH\"",
                ReplyKind::Rsp => "\"RSP\"",
            };
            assert!(word.contains(&kind.replace('"', "\\\"")), "{}", vector.name);
            assert_eq!(reply.time.is_some(), word.contains('_'), "{}", vector.name);
        });
    }
}

#[test]
fn replies_of_careless_receivers_are_understood() {
    use wire::dc09::reply::{Reply, ReplyKind};
    let none = Reply::parse(b"\"ACK\"0001NoneL0#1234[]").unwrap();
    assert_eq!(none.kind, ReplyKind::Ack);
    assert_eq!(none.sequence, b"0001");
    assert_eq!(none.account, Some(&b"1234"[..]));
    for nak in ["0000R1L0A0", "0000L0R0A0", "0000NoneL0A0", "0000R0L0A0"] {
        let text = format!("\"NAK\"{nak}[]_14:12:04,09-25-2019");
        let reply = Reply::parse(text.as_bytes()).unwrap();
        assert_eq!(reply.kind, ReplyKind::Nak);
        assert!(reply.time.is_some(), "{nak}");
    }
    assert!(Reply::parse(b"\"SIA-DCS\"0001L0#1234[]").is_none());
}

#[test]
fn messages_are_encoded_as_published() {
    let requests = vectors();
    let request = |name: &str| {
        let vector = requests.iter().find(|v| v.name == name).unwrap();
        vector.request.clone().unwrap()
    };
    let encode = |message: &Message<'_>, form| {
        let mut out = Vec::new();
        message.encode(form, &mut out).unwrap();
        out
    };
    let sent = wire::dc09::timestamp::parse(b"14:12:04,09-25-2019");
    let plain = Message::sia_dcs("1234", 1, "Nri1/BA001");
    assert_eq!(
        encode(&Message::null("1234"), CrcForm::Text),
        request("NULL")
    );
    assert_eq!(encode(&plain, CrcForm::Text), request("DCS"));
    assert_eq!(encode(&plain, CrcForm::Binary), request("binary CRC"));
    let cid = Message {
        sent,
        ..Message::adm_cid("1234", 2, "1130 01 015")
    };
    assert_eq!(encode(&cid, CrcForm::Text), request("CID"));
    let routed = Message {
        receiver: Some(0x57_9BDF),
        line: 0x78_9ABC,
        ..Message::sia_dcs("12345A", 9876, "NFA129")
    };
    assert_eq!(encode(&routed, CrcForm::Text), request("DCS with R and L"));
    let located = Message {
        extended: vec![
            (b'X', b"093W23.456".to_vec()),
            (b'Y', b"45N23.456".to_vec()),
            (b'V', b"http://verify.example/1".to_vec()),
        ],
        sent,
        ..Message::sia_dcs("1234", 3, "Nri1/PA501")
    };
    assert_eq!(
        encode(&located, CrcForm::Text),
        request("DCS with extended data")
    );
}

#[test]
fn a_message_that_no_length_can_name_is_refused() {
    let long = Message {
        data: vec![b'x'; 4096],
        ..Message::null("1234")
    };
    let mut out = Vec::new();
    assert!(long.encode(CrcForm::Text, &mut out).is_err());
    assert!(out.is_empty());
}

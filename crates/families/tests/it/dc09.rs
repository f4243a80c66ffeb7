//! DC-09 for the conformance suite, in both forms of its CRC.

use proto::conformance::Fixture;
use wire::dc09::reply::{Reply, ReplyKind};
use wire::dc09::{CrcForm, Deframer, Found, Frame, Message};

/// Frames with a text CRC, except that every third signal has a binary one.
#[derive(Debug)]
pub(crate) struct Dc09Fixture;

fn encode(message: &Message<'_>, form: CrcForm) -> Vec<u8> {
    let mut out = Vec::new();
    message.encode(form, &mut out).unwrap();
    out
}

fn form(number: u16) -> CrcForm {
    if number.is_multiple_of(3) {
        CrcForm::Binary
    } else {
        CrcForm::Text
    }
}

impl Fixture for Dc09Fixture {
    fn signal(&self, number: u16) -> Vec<u8> {
        let blocks = format!("Nri1/BA{number}");
        encode(&Message::sia_dcs("1234", number, &blocks), form(number))
    }

    fn signal_of_other_account(&self, number: u16) -> Vec<u8> {
        let message = Message::adm_cid("5678", number, "1130 01 015");
        encode(&message, form(number))
    }

    fn supervision(&self) -> Vec<u8> {
        encode(&Message::null("1234"), CrcForm::Text)
    }

    fn garbage(&self) -> Vec<Vec<u8>> {
        let mut wrong_crc = self.signal(1);
        wrong_crc[2] ^= 1;
        let mut short = self.signal(1);
        short.remove(12);
        let mut unquoted = self.signal(1);
        unquoted[9] = b'\'';
        vec![
            b"GET / HTTP/1.1\r\nHost: alarm\r\n\r\nxxxxxxxxxx".to_vec(),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03".to_vec(),
            b"\nhello world\r".to_vec(),
            wrong_crc,
            short,
            unquoted,
        ]
    }

    fn replies(&self, transmitted: &[u8]) -> Vec<Vec<u8>> {
        let mut deframer = Deframer::new();
        let mut input = transmitted;
        let mut replies = Vec::new();
        while let Some(found) = deframer.next(&mut input) {
            match found {
                Found::Frame(envelope) => replies.push(envelope.octets().to_vec()),
                Found::Refused(reason) => panic!("a reply that is no frame: {reason:?}"),
            }
        }
        replies
    }

    fn acknowledges(&self, reply: &[u8], request: &[u8]) -> bool {
        let cut = |mut octets: &[u8]| {
            let mut deframer = Deframer::new();
            match deframer.next(&mut octets) {
                Some(Found::Frame(envelope)) => (envelope.form(), envelope.covered().to_vec()),
                other => panic!("{other:?}"),
            }
        };
        let ((reply_form, reply), (request_form, request)) = (cut(reply), cut(request));
        let reply = Reply::parse(&reply).unwrap();
        let request = Frame::parse(&request).unwrap();
        reply.kind == ReplyKind::Ack
            && reply_form == request_form
            && reply.sequence == request.sequence
            && reply.account == request.account
    }
}

#[test]
fn the_fixture_is_a_good_one() {
    let fixture = Dc09Fixture;
    assert!(fixture.signal(3) != fixture.signal(4));
    for garbage in fixture.garbage() {
        let mut deframer = Deframer::new();
        let mut input = garbage.as_slice();
        while let Some(found) = deframer.next(&mut input) {
            assert!(matches!(found, Found::Refused(_)));
        }
        assert!(!deframer.is_begun(), "{}", garbage.escape_ascii());
    }
}

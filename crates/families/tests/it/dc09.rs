//! DC-09 for the conformance suite, plain and encrypted, in both forms of its CRC.

use std::sync::LazyLock;

use arrayvec::ArrayVec;
use model::{CipherKey, Wall};
use proto::KEYS;
use proto::conformance::{BENCH_TIME, Encrypts, Fixture};
use wire::dc09::reply::{Reply, ReplyKind};
use wire::dc09::{CrcForm, Deframer, Found, Frame, Message, decrypt};

use crate::driver::{at, key, other_key, sealed};

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
        let answer = Reply::parse(&reply).unwrap();
        let request = Frame::parse(&request).unwrap();
        let opens = |reply: &Frame<'_>| decrypt(&key(), &reply.body[1..]).is_ok();
        answer.kind == ReplyKind::Ack
            && reply_form == request_form
            && answer.sequence == request.sequence
            && answer.account == request.account
            && answer.encrypted == request.encrypted
            && (!answer.encrypted || opens(&Frame::parse(&reply).unwrap()))
    }
}

/// The same, encrypted with the second of the account's two keys.
#[derive(Debug)]
pub(crate) struct EncryptedFixture;

/// Behaviours ask for the same few signals again and again.
static SIGNALS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| (0..100).map(EncryptedFixture::encrypted).collect());

const LATE: Wall = Wall(BENCH_TIME.0 - 3_600_000_000);

impl EncryptedFixture {
    fn message(number: u16) -> Message<'static> {
        Message::sia_dcs("1234", number, &format!("Nri1/BA{number}"))
    }

    fn encrypted(number: u16) -> Vec<u8> {
        let message = at(Self::message(number), BENCH_TIME);
        sealed(&message, &key())
    }
}

impl Fixture for EncryptedFixture {
    fn signal(&self, number: u16) -> Vec<u8> {
        let known = SIGNALS.get(usize::from(number)).cloned();
        known.unwrap_or_else(|| Self::encrypted(number))
    }

    fn signal_of_other_account(&self, number: u16) -> Vec<u8> {
        let message = Message::adm_cid("5678", number, "1130 01 015");
        sealed(&at(message, BENCH_TIME), &key())
    }

    fn supervision(&self) -> Vec<u8> {
        sealed(&at(Message::null("1234"), BENCH_TIME), &key())
    }

    fn garbage(&self) -> Vec<Vec<u8>> {
        let mut wrong_crc = self.signal(1);
        wrong_crc[2] ^= 1;
        let mut runs = Dc09Fixture.garbage();
        runs.push(wrong_crc);
        runs
    }

    fn replies(&self, transmitted: &[u8]) -> Vec<Vec<u8>> {
        Dc09Fixture.replies(transmitted)
    }

    fn acknowledges(&self, reply: &[u8], request: &[u8]) -> bool {
        Dc09Fixture.acknowledges(reply, request)
    }

    fn encrypts(&self) -> Option<&dyn Encrypts> {
        Some(self)
    }
}

impl Encrypts for EncryptedFixture {
    fn keys(&self) -> ArrayVec<CipherKey, KEYS> {
        [other_key(), key()].into_iter().collect()
    }

    fn plain_supervision(&self) -> Vec<u8> {
        Dc09Fixture.supervision()
    }

    fn plain_signal(&self, number: u16) -> Vec<u8> {
        Dc09Fixture.signal(number)
    }

    fn late_supervision(&self) -> Vec<u8> {
        sealed(&at(Message::null("1234"), LATE), &key())
    }

    fn late_alarm(&self) -> Vec<u8> {
        sealed(&at(Self::message(1), LATE), &key())
    }

    fn late_calming_signal(&self) -> Vec<u8> {
        let message = Message::sia_dcs("1234", 2, "Nri1/OP1");
        sealed(&at(message, LATE), &key())
    }

    fn of_another_key(&self) -> Vec<Vec<u8>> {
        let wrong = CipherKey::from_ascii("nobody told this").unwrap();
        let times = [BENCH_TIME, LATE].into_iter();
        let frames = times.flat_map(|sent| {
            let alarm = sealed(&at(Self::message(1), sent), &wrong);
            let null = sealed(&at(Message::null("1234"), sent), &wrong);
            [alarm, null]
        });
        frames.collect()
    }

    fn tells_time(&self, reply: &[u8]) -> bool {
        let frames = crate::driver::frames(reply);
        let reply = Reply::parse(&frames[0]).unwrap();
        reply.kind == ReplyKind::Nak && !reply.encrypted && reply.time == Some(BENCH_TIME)
    }
}

#[test]
fn the_fixtures_are_good_ones() {
    good(&Dc09Fixture);
    good(&EncryptedFixture);
    assert!(EncryptedFixture.encrypts().is_some());
}

fn good(fixture: &dyn Fixture) {
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

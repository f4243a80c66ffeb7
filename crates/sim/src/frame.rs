//! Between what a panel means and the octets of DC-09.

use model::{Account, CipherKey, Wall};
use wire::dc09::reply::{Reply as Answer, ReplyKind};
use wire::dc09::{CrcForm, Deframer, Found, Frame, Message, PadKind, decrypt};

use crate::content::{Content, Happening};
use crate::dice::Dice;
use crate::panel::Identity;

/// An answer of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Accepted: whose, and which; and whether it was encrypted.
    Ack(Echo, Under),
    /// Cannot be processed: whose, and which.
    Duh(Echo),
    /// The time is wrong; the receiver's time, where it could be read.
    Nak(Option<Wall>),
    /// Encrypted, and not under the panel's key: worth nothing.
    NotAuthentic,
    /// No answer, or one that does not say to what.
    Unreadable,
}

/// How an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    /// In clear.
    Nothing,
    /// Encrypted under the panel's key.
    TheKey,
}

/// What an answer repeats of the message that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Echo {
    pub(crate) sequence: u16,
    account: Account,
    /// Receiver and line, where they could be read. Receivers exist that write `NoneL0`.
    numbers: Option<(Option<u32>, u32)>,
}

impl Echo {
    /// Whether the answer is to a panel that is known by `identity`.
    pub(crate) fn is_to(&self, identity: &Identity) -> bool {
        let numbers = (identity.receiver, identity.line);
        self.account == identity.account && self.numbers.is_none_or(|read| read == numbers)
    }
}

/// Finds answers in what comes from the receiver.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    deframer: Deframer,
}

impl Replies {
    /// The answers that `bytes` complete, to a panel that encrypts under `key`, if it does.
    pub(crate) fn read(&mut self, key: Option<&CipherKey>, mut bytes: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        while let Some(found) = self.deframer.next(&mut bytes) {
            replies.push(match found {
                Found::Frame(envelope) => read_reply(key, envelope.covered()),
                Found::Refused(_) => Reply::Unreadable,
            });
        }
        replies
    }

    /// The answers in a datagram: a frame that it does not complete is none.
    pub(crate) fn read_datagram(key: Option<&CipherKey>, bytes: &[u8]) -> Vec<Reply> {
        Self::default().read(key, bytes)
    }
}

fn read_reply(key: Option<&CipherKey>, covered: &[u8]) -> Reply {
    let Some(answer) = Answer::parse(covered) else {
        return Reply::Unreadable;
    };
    let echo = read_echo(covered, &answer);
    match (answer.kind, echo) {
        (ReplyKind::Nak, _) => Reply::Nak(answer.time),
        (ReplyKind::Ack | ReplyKind::Rsp, Some(echo)) => match under(key, &answer, covered) {
            Some(under) => Reply::Ack(echo, under),
            None => Reply::NotAuthentic,
        },
        (ReplyKind::Duh, Some(echo)) => Reply::Duh(echo),
        (_, None) => Reply::Unreadable,
    }
}

/// How an answer came; `None` if it is encrypted and this key does not open it. NAK and DUH are
/// never encrypted; the others are where the message was (DC-09 5.5.3).
fn under(key: Option<&CipherKey>, answer: &Answer<'_>, covered: &[u8]) -> Option<Under> {
    if !answer.encrypted {
        return Some(Under::Nothing);
    }
    let frame = Frame::parse(covered).ok()?;
    let body = frame.body.strip_prefix(b"[")?;
    decrypt(key?, body).ok().map(|_| Under::TheKey)
}

fn read_echo(covered: &[u8], answer: &Answer<'_>) -> Option<Echo> {
    let address = Frame::parse(covered).ok()?.address();
    let digits = str::from_utf8(answer.sequence).ok()?;
    Some(Echo {
        sequence: digits.parse().ok()?,
        account: Account::parse(answer.account?).ok()?,
        numbers: address
            .ok()
            .map(|address| (address.receiver, address.line.unwrap_or(0))),
    })
}

/// How a panel encrypts.
pub(crate) struct Seal<'a> {
    pub(crate) key: &'a CipherKey,
    /// Of what its pads are made.
    pub(crate) pads: PadKind,
    pub(crate) dice: &'a mut Dice,
}

/// The frame of a message: NULL if it says nothing. An encrypted one needs a stamp.
pub(crate) fn encode(
    identity: &Identity,
    (sequence, content): (u16, Option<&Content>),
    stamp: Option<Wall>,
    seal: Option<Seal<'_>>,
) -> Vec<u8> {
    let account = identity.account.as_str();
    let mut message = match content {
        None => Message::null(account),
        Some(content) => signal(account, sequence, content),
    };
    message.receiver = identity.receiver;
    message.line = identity.line;
    message.sent = stamp;
    let mut frame = Vec::new();
    match seal {
        None => message
            .encode(CrcForm::Text, &mut frame)
            .expect("a few events with short names fit 4,095 octets"),
        Some(seal) => seal.encode(&message, &mut frame),
    }
    frame
}

impl Seal<'_> {
    fn encode(self, message: &Message<'_>, frame: &mut Vec<u8>) {
        let random = std::iter::repeat_with(|| self.dice.throw().to_le_bytes()).flatten();
        let mut pad: Vec<u8> = random.take(message.pad_length(false)).collect();
        self.pads.shape(&mut pad);
        message
            .encode_encrypted(self.key, &pad, false, CrcForm::Text, frame)
            .expect("it is short, has a stamp, and a pad of the length that it asked for");
    }
}

fn signal<'a>(account: &'a str, sequence: u16, content: &Content) -> Message<'a> {
    let is_contact_id = content.happenings.iter().all(|h| h.code.format() == "CID");
    let parts = content.happenings.iter();
    let mut message = if is_contact_id {
        let events: Vec<_> = parts.map(contact_id).collect();
        Message::adm_cid(account, sequence, &events.join("|"))
    } else {
        let blocks: Vec<_> = parts.map(sia_block).collect();
        Message::sia_dcs(account, sequence, &blocks.join("|"))
    };
    message.extended.push((b'I', content.mark().into_bytes()));
    message
}

/// `1130 01 015` (DC-05).
fn contact_id(happening: &Happening) -> String {
    let Happening {
        code,
        partition,
        point,
        ..
    } = happening;
    format!("{code} {partition:02} {point:03}")
}

/// `Nri1/BA015^Back door^` (DC-03).
fn sia_block(happening: &Happening) -> String {
    let Happening {
        code, partition, ..
    } = happening;
    let point = match happening.point {
        0 => String::new(),
        number => format!("{number:03}"),
    };
    let name = happening.name.as_ref();
    let name = name.map_or_else(String::new, |name| format!("^{name}^"));
    format!("Nri{partition}/{code}{point}{name}")
}

#[cfg(test)]
mod tests {
    use model::PointNumber;
    use wire::contact_id::ContactIdEvent;
    use wire::sia_dcs::{self, Part};

    use super::*;

    /// What the codec reads of an event: code, partition, point.
    fn read(happening: &Happening) -> (String, Option<PointNumber>, Option<PointNumber>) {
        if happening.code.format() == "CID" {
            let event = ContactIdEvent::parse(contact_id(happening).as_bytes()).unwrap();
            return (event.code.to_string(), event.group, event.number);
        }
        let parts = sia_dcs::parse(sia_block(happening).as_bytes());
        let [Part::Event(event)] = &parts[..] else {
            panic!("one event: {parts:?}");
        };
        (event.code.to_string(), event.modifiers.area, event.address)
    }

    #[test]
    fn what_a_panel_means_is_what_a_receiver_reads() {
        for number in 1..=1_000 {
            for happening in &Content::numbered(number).happenings {
                let (code, partition, point) = read(happening);
                assert_eq!(code, happening.code.to_string());
                let expected = happening.partition.to_string();
                assert_eq!(partition.unwrap().as_str(), expected, "{happening:?}");
                assert_eq!(point.unwrap().as_str(), happening.point.to_string());
            }
        }
    }
}

//! What a receiver answers, and what a panel or a sink reads of it.
//!
//! Written: ACK and DUH, echoing what the request had, in the form of its CRC (DC-09 5.5.3; the
//! optional timestamp is left out, as panels do not need it in plain replies); the encrypted
//! ACK, where it is mandatory; and NAK, which echoes nothing. Read: these and RSP, in all the
//! spellings that receivers in the field use.

use model::{CipherKey, Wall};

use super::crypt::{PadKind, pad_length, write_encrypted};
use super::envelope::{CrcForm, enclose};
use super::{Frame, timestamp};

/// The frame that acknowledges `request`, to be answered in the form of its CRC.
pub fn acknowledge(request: &Frame<'_>, form: CrcForm) -> Vec<u8> {
    answer(b"\"ACK\"", request, form)
}

/// The frame that says that `request` cannot be processed; never encrypted.
pub fn cannot_process(request: &Frame<'_>, form: CrcForm) -> Vec<u8> {
    answer(b"\"DUH\"", request, form)
}

/// What the body of an encrypted acknowledgement has behind its pad, in octets: a bracket, an
/// underscore and the time.
const TIME_ONLY: usize = 2 + timestamp::LENGTH;

/// How many random octets the pad of an encrypted acknowledgement needs.
pub const ACKNOWLEDGEMENT_PAD: usize = pad_length(TIME_ONLY);

/// The frame that acknowledges an encrypted `request`: it is encrypted with the same key, and
/// tells the time. `random` becomes the pad.
pub fn acknowledge_encrypted(
    request: &Frame<'_>,
    form: CrcForm,
    key: &CipherKey,
    random: [u8; ACKNOWLEDGEMENT_PAD],
    now: Wall,
) -> Vec<u8> {
    let mut covered = b"\"*ACK\"".to_vec();
    request.write_address(&mut covered);
    covered.push(b'[');
    write_time_only(key, random, now, &mut covered);
    enclosed(form, &covered)
}

fn write_time_only(
    key: &CipherKey,
    random: [u8; ACKNOWLEDGEMENT_PAD],
    now: Wall,
    out: &mut Vec<u8>,
) {
    let mut plain = Vec::with_capacity(ACKNOWLEDGEMENT_PAD + TIME_ONLY);
    plain.extend_from_slice(&random);
    PadKind::Binary.shape(&mut plain);
    plain.extend_from_slice(b"]_");
    timestamp::write(now, &mut plain);
    write_encrypted(key, &mut plain, out).expect("the pad fills the last block");
}

/// The frame that says that the timestamp is outside the window, and what time it is. It echoes
/// nothing and is never encrypted; the panel sets its clock by it and sends again (DC-09 5.5.3).
pub fn try_again_at(now: Wall, form: CrcForm) -> Vec<u8> {
    let mut covered = b"\"NAK\"0000R0L0A0[]_".to_vec();
    timestamp::write(now, &mut covered);
    enclosed(form, &covered)
}

fn answer(quoted: &[u8], request: &Frame<'_>, form: CrcForm) -> Vec<u8> {
    let mut covered = quoted.to_vec();
    request.write_address(&mut covered);
    covered.extend_from_slice(b"[]");
    enclosed(form, &covered)
}

fn enclosed(form: CrcForm, covered: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // What is echoed came in a frame. Only one whose address fills it to the brim gets a reply
    // that is too long; the panel then hears nothing, as after any frame that makes no sense.
    if enclose(form, covered, &mut out).is_err() {
        out.clear();
    }
    out
}

/// What a receiver said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyKind {
    /// Accepted.
    Ack,
    /// The timestamp is outside the window; the reply tells the receiver's time.
    Nak,
    /// Received well, and cannot be processed.
    Duh,
    /// Accepted, with data for the panel.
    Rsp,
}

/// A reply, as a panel or a sink reads it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// What was said.
    pub kind: ReplyKind,
    /// Whether the body is encrypted.
    pub encrypted: bool,
    /// The digits of the sequence number, echoed; `0000` in a NAK.
    pub sequence: &'a [u8],
    /// The account, echoed; none in a NAK.
    pub account: Option<&'a [u8]>,
    /// The receiver's time, where the reply is plain and tells it.
    pub time: Option<Wall>,
}

impl std::fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("kind", &self.kind)
            .field("sequence", &self.sequence.escape_ascii().to_string())
            .finish_non_exhaustive()
    }
}

impl<'a> Reply<'a> {
    /// Reads a reply from what CRC and length cover; `None` if it is none. The address is read
    /// as loosely as receivers write it: `"ACK"0001NoneL0#1234[]`, `"NAK"0000L0R0A0[]_…`.
    pub fn parse(covered: &'a [u8]) -> Option<Self> {
        let frame = Frame::parse(covered).ok()?;
        let kind = match frame.token {
            b"ACK" => ReplyKind::Ack,
            b"NAK" => ReplyKind::Nak,
            b"DUH" => ReplyKind::Duh,
            b"RSP" => ReplyKind::Rsp,
            _ => return None,
        };
        let account = frame.account.or_else(|| {
            let at = frame.body.iter().position(|b| *b == b'#')?;
            frame.body[at + 1..].split(|b| *b == b'[').next()
        });
        let time = frame.body.rsplit(|b| *b == b'_').next();
        Some(Self {
            kind,
            encrypted: frame.encrypted,
            sequence: frame.sequence,
            account,
            time: time.and_then(timestamp::parse),
        })
    }
}

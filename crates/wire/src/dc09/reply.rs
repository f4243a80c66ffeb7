//! What a receiver answers, and what a panel or a sink reads of it.
//!
//! Written: ACK and DUH, echoing what the request had, in the form of its CRC (DC-09 5.5.3; the
//! optional timestamp is left out, as panels do not need it in plain replies). Read: these, NAK
//! and RSP, in all the spellings that receivers in the field use.

use model::Wall;

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

fn answer(quoted: &[u8], request: &Frame<'_>, form: CrcForm) -> Vec<u8> {
    let mut covered = quoted.to_vec();
    request.write_address(&mut covered);
    covered.extend_from_slice(b"[]");
    let mut out = Vec::new();
    // What is echoed came in a frame. Only one whose address fills it to the brim gets a reply
    // that is too long; the panel then hears nothing, as after any frame that makes no sense.
    if enclose(form, &covered, &mut out).is_err() {
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

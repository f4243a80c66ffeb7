//! What stands behind the account: data, extended data, timestamp; and what of it is secret.

use model::Wall;

use super::crypt::Plain;
use super::envelope::CR;
use super::{Envelope, Frame, timestamp};

/// What stands in place of a secret, whatever its length was (R31).
pub const REDACTED: &[u8] = b"***";

/// A body that is not data in brackets, blocks in brackets, and a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not made of blocks in brackets and a timestamp")]
pub struct Unreadable;

/// One block of extended data, as it came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// `A` to `Z`; unknown letters are kept.
    pub letter: u8,
    /// What follows the letter.
    pub content: &'a [u8],
}

/// Contents are personal data: they stay out of logs.
impl std::fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}…]", self.letter.escape_ascii())
    }
}

impl<'a> Block<'a> {
    /// R31: keys (K), programming data (P) and authentication (A) are kept from the record.
    pub const fn is_secret(&self) -> bool {
        is_secret(self.letter)
    }

    /// The content as it may be kept.
    pub const fn redacted(&self) -> &'a [u8] {
        if self.is_secret() {
            REDACTED
        } else {
            self.content
        }
    }
}

const fn is_secret(letter: u8) -> bool {
    matches!(letter, b'K' | b'P' | b'A' | b'k' | b'p' | b'a')
}

/// A plain body, taken apart.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Body<'a> {
    /// What stands in the first brackets.
    pub data: &'a [u8],
    /// The blocks of extended data, in their order.
    pub extended: Vec<Block<'a>>,
    /// When the panel says that it sent this; `None` also if what it says is no time.
    pub sent: Option<Wall>,
    /// Whether all of it is as the standard wants it (R5).
    pub is_standard: bool,
}

/// Contents are personal data: they stay out of logs.
impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body")
            .field("data_octets", &self.data.len())
            .field("extended", &self.extended)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

impl<'a> Body<'a> {
    /// Takes a plain body apart. Missing brackets, a time that is none and octets behind it are
    /// let pass and noted in `is_standard`.
    pub fn parse(body: &'a [u8]) -> Result<Self, Unreadable> {
        let padding = body.iter().rev().take_while(|octet| **octet == 0).count();
        let mut rest = &body[..body.len() - padding];
        let mut is_standard = padding == 0 && !rest.is_empty();
        let mut blocks = Vec::new();
        while let Some(opened) = rest.strip_prefix(b"[") {
            let end = opened.iter().position(|b| *b == b']').ok_or(Unreadable)?;
            blocks.push(&opened[..end]);
            rest = &opened[end + 1..];
        }
        let sent = match rest.strip_prefix(b"_") {
            Some(time) => {
                let sent = timestamp::parse(time);
                is_standard &= sent.is_some() && time.len() == timestamp::LENGTH;
                sent
            }
            None if rest.is_empty() => None,
            None => return Err(Unreadable),
        };
        let mut blocks = blocks.into_iter();
        let data = blocks.next().unwrap_or_default();
        let extended: Vec<Block<'_>> = blocks
            .filter_map(|block| {
                let (letter, content) = block.split_first()?;
                Some(Block {
                    letter: *letter,
                    content,
                })
            })
            .collect();
        is_standard &= extended
            .iter()
            .all(|block| block.letter.is_ascii_uppercase());
        Ok(Self {
            data,
            extended,
            sent,
            is_standard,
        })
    }

    /// The first block with this letter.
    pub fn block(&self, letter: u8) -> Option<&'a [u8]> {
        let block = self.extended.iter().find(|block| block.letter == letter);
        block.map(|block| block.content)
    }
}

/// The octets of a plain frame with the content of its secret blocks replaced by [`REDACTED`].
///
/// Works on octets, not on what was understood of the body, so that one that cannot be read keeps
/// its secrets too: behind the first bracket, which opens the data, every block that begins with
/// a secret letter is replaced up to its closing bracket, or to the end of the frame if there is
/// none. `frame` is what was read of `envelope`.
pub fn redact(envelope: &Envelope<'_>, frame: &Frame<'_>) -> Vec<u8> {
    let (address, rest) = split_at_body(envelope, frame);
    let mut out = Vec::with_capacity(address.len() + rest.len());
    out.extend_from_slice(address);
    redact_body(rest.strip_suffix(&[CR]).unwrap_or(rest), &mut out);
    out.push(CR);
    out
}

/// What is kept of an encrypted frame (R31): its header as it came, CRC, length and asterisk
/// included, then the decrypted body without its pad, redacted as that of a plain frame, then CR.
///
/// The ciphertext is not kept: it has the secrets in it, and the key that opens it may be lost
/// long before the record is.
pub fn redact_decrypted(envelope: &Envelope<'_>, frame: &Frame<'_>, plain: &Plain) -> Vec<u8> {
    let (address, _) = split_at_body(envelope, frame);
    let mut out = Vec::with_capacity(address.len() + plain.body().len() + 1);
    out.extend_from_slice(address);
    redact_body(plain.body(), &mut out);
    out.push(CR);
    out
}

fn split_at_body<'a>(envelope: &Envelope<'a>, frame: &Frame<'_>) -> (&'a [u8], &'a [u8]) {
    let behind = envelope.form().header() + envelope.covered().len();
    let at = behind.saturating_sub(frame.body.len());
    envelope.octets().split_at(at)
}

fn redact_body(body: &[u8], out: &mut Vec<u8>) {
    let mut rest = body;
    let mut is_behind_data = false;
    while let Some(at) = rest.iter().position(|octet| *octet == b'[') {
        out.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 1..];
        if let Some(letter) = rest.first().filter(|letter| is_secret(**letter))
            && is_behind_data
        {
            out.push(*letter);
            out.extend_from_slice(REDACTED);
            let end = rest.iter().position(|octet| *octet == b']');
            rest = &rest[end.unwrap_or(rest.len())..];
        }
        is_behind_data = true;
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;

//! What an encrypted body says, once it is decrypted with the right key.

use model::CipherKey;
use zeroize::Zeroizing;

use super::cipher::{self, BLOCK};
use crate::dc09::timestamp;

/// The most octets that are let pass behind the timestamp: some panels add a block as PKCS #7
/// has it.
pub const LONGEST_TAIL: usize = BLOCK;

/// A body that this key does not open. Which of these it is says nothing to the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecipherable {
    /// Not hexadecimal digits of at least one whole block.
    #[error("the body is not made of blocks of 16 octets in hexadecimal digits")]
    NotBlocks,
    /// Decrypted, it is no data with a timestamp: the key is another one.
    #[error("decrypted with this key, the body has no data and timestamp")]
    NoTimestamp,
}

/// A decrypted body. Its octets are wiped when it is dropped.
pub struct Plain {
    /// The pad, then an opening bracket in place of the bar, then all the rest.
    octets: Zeroizing<Vec<u8>>,
    pad: usize,
    end: usize,
    has_bar: bool,
}

/// Decrypts the hexadecimal digits that follow the opening bracket of an encrypted frame.
///
/// The data begins behind the first bar, if that stands before the first closing bracket;
/// otherwise there is none, and the closing bracket ends the pad. That the key is the right one
/// shows in the timestamp, which an encrypted message must have (DC-09 5.5.1.9).
pub fn decrypt(key: &CipherKey, body: &[u8]) -> Result<Plain, Undecipherable> {
    let mut octets = unhex(body).ok_or(Undecipherable::NotBlocks)?;
    cipher::decrypt(key, &mut octets);
    let find = |wanted| octets.iter().position(|octet| *octet == wanted);
    let closing = find(b']').ok_or(Undecipherable::NoTimestamp)?;
    let bar = find(b'|').filter(|bar| *bar < closing);
    match bar {
        Some(bar) => octets[bar] = b'[',
        // There is room for it: nothing is copied elsewhere.
        None => octets.insert(closing, b'['),
    }
    let pad = bar.unwrap_or(closing);
    let length = length_with_timestamp(&octets[pad..]).ok_or(Undecipherable::NoTimestamp)?;
    if octets.len() - pad - length > LONGEST_TAIL {
        return Err(Undecipherable::NoTimestamp);
    }
    Ok(Plain {
        octets,
        pad,
        end: pad + length,
        has_bar: bar.is_some(),
    })
}

impl Plain {
    /// What stands in front of bar and data.
    pub fn pad(&self) -> &[u8] {
        &self.octets[..self.pad]
    }

    /// Whether a bar stood between pad and data.
    pub const fn has_bar(&self) -> bool {
        self.has_bar
    }

    /// Data, extended data and timestamp as a plain frame has them, with what follows them: what
    /// [`super::super::Body::parse`] reads.
    pub fn body(&self) -> &[u8] {
        &self.octets[self.pad..]
    }

    /// What stands behind the timestamp.
    pub fn tail(&self) -> &[u8] {
        &self.octets[self.end..]
    }
}

/// All of it is personal data: it stays out of logs.
impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plain")
            .field("octets", &self.octets.len())
            .finish_non_exhaustive()
    }
}

/// The octets of hexadecimal digits in either case, with room for one more; NUL behind them is
/// let pass (R5).
fn unhex(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let padding = body.iter().rev().take_while(|octet| **octet == 0).count();
    let (pairs, rest) = body[..body.len() - padding].as_chunks::<2>();
    if !rest.is_empty() || pairs.is_empty() || !pairs.len().is_multiple_of(BLOCK) {
        return None;
    }
    let mut octets = Zeroizing::new(Vec::with_capacity(pairs.len() + 1));
    for [high, low] in pairs {
        octets.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(octets)
}

const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// How long blocks in brackets and a timestamp are; `None` if there is something else.
fn length_with_timestamp(body: &[u8]) -> Option<usize> {
    let mut rest = body;
    while let Some(opened) = rest.strip_prefix(b"[") {
        let end = opened.iter().position(|octet| *octet == b']')?;
        rest = &opened[end + 1..];
    }
    let time = rest.strip_prefix(b"_")?;
    timestamp::parse(time)?;
    Some(body.len() - time.len() + timestamp::LENGTH)
}

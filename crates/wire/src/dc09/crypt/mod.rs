//! Encrypted bodies (DC-09 5.4.4): AES in CBC mode with an initial vector of zeros.
//!
//! ```text
//! "*SIA-DCS"0001L0#1234[ hex( AES-CBC( pad | data ] [x...]* _HH:MM:SS,MM-DD-YYYY ) )
//!                        ─── everything behind the bracket, which is not closed in clear
//! ```
//!
//! The pad stands in front and fills the whole up to a multiple of 16 octets. Any length of it is
//! read, none included; 16 to 31 octets are written, so that the first block is never the same
//! twice. Its octets are anything but `[`, `]` and `|`, so all this works on octets, not on text.
//! The bar may be missing where the data is empty.
//!
//! Nothing authenticates an encrypted body: who alters a block of the ciphertext alters the next
//! block of the plaintext at will, at the price of 16 octets of noise before it. That noise is
//! what a receiver can see, if it knows the panel's [`PadKind`] (R1).
//!
//! What never happens here: plaintext is left in memory that was let go of, or printed.

mod cipher;
mod pad;
mod plain;

pub use pad::{PadKind, pad_length};
pub use plain::{LONGEST_TAIL, Plain, Undecipherable, decrypt};

pub(super) use pad::is_legal;

use model::CipherKey;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// What is to be encrypted is not made of whole blocks of 16 octets: its pad is of a wrong length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only whole blocks of 16 octets can be encrypted")]
pub struct NotWholeBlocks;

/// Encrypts `plain`, pad included, in place, and appends it in upper-case hexadecimal digits.
/// [`super::Message::encode_encrypted`] is the usual way.
pub fn write_encrypted(
    key: &CipherKey,
    plain: &mut [u8],
    out: &mut Vec<u8>,
) -> Result<(), NotWholeBlocks> {
    if !plain.len().is_multiple_of(cipher::BLOCK) {
        return Err(NotWholeBlocks);
    }
    cipher::encrypt(key, plain);
    out.reserve(plain.len() * 2);
    for octet in plain {
        out.push(DIGITS[usize::from(*octet >> 4)]);
        out.push(DIGITS[usize::from(*octet & 0xF)]);
    }
    Ok(())
}

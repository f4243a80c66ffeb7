//! Opens the body of a frame with the keys of its path.
//!
//! Invariant: a frame that no key opens costs the same work whoever it names: an account with
//! keys, one without, or none at all (R6). So the time of the answer tells nobody which accounts
//! there are.

use std::hint::black_box;

use model::CipherKey;
use proto::{KEYS, StrayReason};
use wire::dc09::{Envelope, Frame, Plain, decrypt, redact, redact_decrypted};

/// A body that can be read.
#[derive(Debug)]
pub(super) enum Opened<'a> {
    /// It came in clear.
    Clear(&'a [u8]),
    /// It was encrypted.
    Decrypted {
        plain: Plain,
        /// The place of the key that opened it.
        key: usize,
    },
}

impl Opened<'_> {
    /// Data, extended data and timestamp.
    pub(super) fn body(&self) -> &[u8] {
        match self {
            Self::Clear(body) => body,
            Self::Decrypted { plain, .. } => plain.body(),
        }
    }

    /// The octets that are kept of the frame (R31).
    pub(super) fn kept(&self, envelope: &Envelope<'_>, frame: &Frame<'_>) -> Vec<u8> {
        match self {
            Self::Clear(_) => redact(envelope, frame),
            Self::Decrypted { plain, .. } => redact_decrypted(envelope, frame, plain),
        }
    }
}

/// Opens a frame with the first of the keys that fits.
pub(super) fn open<'a>(keys: &[CipherKey], frame: &Frame<'a>) -> Result<Opened<'a>, StrayReason> {
    if !frame.encrypted {
        return Ok(Opened::Clear(frame.body));
    }
    let digits = frame.body.strip_prefix(b"[").unwrap_or_default();
    for place in 0..KEYS {
        if let Some(key) = keys.get(place) {
            if let Ok(plain) = decrypt(key, digits) {
                return Ok(Opened::Decrypted { plain, key: place });
            }
        } else {
            // In place of the key that is not there, and for its time alone.
            black_box(decrypt(&nobodys_key(), digits).is_ok());
        }
    }
    Err(if keys.is_empty() {
        StrayReason::NoKey
    } else {
        StrayReason::WrongKey
    })
}

fn nobodys_key() -> CipherKey {
    CipherKey::from_octets(&[0; 16]).expect("16 octets are a key")
}

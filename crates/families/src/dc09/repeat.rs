//! What makes two signals the same (R2): header account, token, sequence, data, extended data.
//!
//! Not the frame's time, its padding, `R` and `L`: a panel that tries again changes these.
//!
//! The asterisk of an encrypted frame is part of its token: whoever says in clear beforehand what a
//! panel will say must not make a repeat of the panel's own signal.

use model::{Account, RepeatKey};
use sha2::{Digest, Sha256};
use wire::dc09::{Body, Frame, Unreadable};

/// The key of a signal: the first 16 octets of SHA-256 over a canonical form, in which every
/// part is preceded by its length. Extended data counts as it came, before redaction (R31).
///
/// Keys are stored: changing the form would make every retry across an upgrade a new signal.
pub(super) fn repeat_key(
    account: Account,
    frame: &Frame<'_>,
    body: &Result<Body<'_>, Unreadable>,
) -> RepeatKey {
    let mut form = Canonical(Sha256::new());
    form.part(account.as_str().as_bytes());
    if frame.encrypted {
        form.part(b"*");
    }
    form.part(frame.token);
    form.part(frame.sequence);
    if let Ok(body) = body {
        form.part(body.data);
        for block in &body.extended {
            form.part(&[block.letter]);
            form.part(block.content);
        }
    } else {
        // A length that no part has, so that no readable body has the same form.
        form.0.update([0xFF, 0xFF]);
        form.part(frame.body);
    }
    let digest = form.0.finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    RepeatKey(key)
}

struct Canonical(Sha256);

impl Canonical {
    fn part(&mut self, octets: &[u8]) {
        // A frame has at most 4095 octets.
        let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(octets);
    }
}

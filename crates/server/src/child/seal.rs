//! Seals what is secret in the store: XChaCha20-Poly1305, under a key derived from
//! `keys/seal.key`.
//!
//! Invariant: the key file's octets are never the key of two things: this one is derived from it
//! with a label of its own ([`Key::derive`]).
//! Invariant: the context is authenticated, so that a secret sealed for one path opens for no other.
//!
//! | octets | what |
//! | --- | --- |
//! | 1 | the form, 1 |
//! | 24 | nonce, random: at that length it may be drawn anew each time |
//! | as the secret, and 16 | the secret encrypted, and its tag |

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use engine::ports::Sealer;
use model::Entropy;
use zeroize::Zeroizing;

use super::secrets::Key;
use crate::clock::SystemEntropy;

/// What the derived key is for.
const LABEL: &[u8] = b"watchfire: secrets in the store, 1";

/// The form of what is sealed, for the day on which there is another.
const FORM: u8 = 1;

/// Octets of a nonce.
const NONCE: usize = 24;

/// Seals under the key of a data folder.
pub(crate) struct FolderSealer(XChaCha20Poly1305);

impl fmt::Debug for FolderSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FolderSealer(…)")
    }
}

impl FolderSealer {
    /// Derives its own key from that of the folder.
    pub(crate) fn new(key: &Key) -> Self {
        Self(XChaCha20Poly1305::new((&*key.derive(LABEL)).into()))
    }
}

impl Sealer for FolderSealer {
    fn seal(&self, context: &[u8], secret: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        SystemEntropy.fill(&mut nonce);
        let payload = Payload {
            msg: secret,
            aad: context,
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("secrets are far shorter than the 256 GiB that it takes");
        [&[FORM], &nonce[..], &sealed].concat()
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let rest = sealed.strip_prefix(&[FORM])?;
        let (nonce, msg) = rest.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg, aad: context };
        let opened = self.0.decrypt(&XNonce::from(*nonce), payload);
        opened.ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"sixteen letters.";

    fn sealer(octet: u8) -> FolderSealer {
        FolderSealer::new(&Key([octet; 32]))
    }

    #[test]
    fn what_was_sealed_opens_again_and_looks_like_nothing_and_never_the_same() {
        let sealer = sealer(1);
        let (one, other) = (sealer.seal(b"a", SECRET), sealer.seal(b"a", SECRET));
        assert_ne!(one, other);
        for sealed in [one, other] {
            assert_eq!(sealed.len(), 1 + NONCE + SECRET.len() + 16);
            assert!(
                !sealed
                    .windows(4)
                    .any(|four| SECRET.windows(4).any(|s| s == four))
            );
            assert_eq!(
                sealer.open(b"a", &sealed).as_deref().map(Vec::as_slice),
                Some(SECRET)
            );
        }
    }

    #[test]
    fn another_context_another_key_and_changed_octets_open_nothing() {
        let sealed = sealer(1).seal(b"a", SECRET);
        assert!(sealer(1).open(b"b", &sealed).is_none());
        assert!(sealer(2).open(b"a", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer(1).open(b"a", &changed).is_none(), "octet {at}");
            assert!(sealer(1).open(b"a", &sealed[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn what_another_implementation_sealed_by_this_page_opens() {
        let sealed = data_encoding::HEXLOWER
            .decode(include_bytes!("testdata/sealed_1.hex").trim_ascii())
            .unwrap();
        let opened = sealer(7).open(b"context", &sealed);
        assert_eq!(opened.as_deref().map(Vec::as_slice), Some(SECRET));
    }
}

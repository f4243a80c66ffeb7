//! What makes two events the same (R2): the panel's own number of it and what it says.
//!
//! The path does not count: an event that came by both is one event (R9). Nor does the format.
//!
//! Keys are stored: changing their form would make every retry across an upgrade a new event.

use model::{Account, RepeatKey};
use sha2::{Digest, Sha256};
use wire::panel::Evt;

/// The key of an event that could be read: digests of account, boot and sequence, and of the rest.
pub(super) fn of_event(account: Account, event: &Evt) -> RepeatKey {
    let (boot, seq) = (event.boot.to_be_bytes(), event.seq.to_be_bytes());
    let number = digest(&[account.as_str().as_bytes(), &[0], &boot, &seq]);
    RepeatKey::numbered(number, digest(&[&event.content()]))
}

/// The key of one that could not: a digest of account and payload.
pub(super) fn of_payload(account: Account, payload: &[u8]) -> RepeatKey {
    RepeatKey(digest(&[account.as_str().as_bytes(), &[0], payload]))
}

/// The first octets of SHA-256 over all parts.
fn digest<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut first = [0; N];
    first.copy_from_slice(&hash.finalize()[..N]);
    first
}

#[cfg(test)]
mod tests {
    use wire::panel::{Document, Format};

    use super::*;

    fn key(json: &str) -> RepeatKey {
        let event = Evt::decode(Format::Json, json.as_bytes()).unwrap();
        of_event(Account::parse(b"1234").unwrap(), &event)
    }

    #[test]
    fn number_and_content_are_told_apart() {
        let first = key(r#"{"seq":7,"boot":1,"cid":"1130","zone":3}"#);
        let again = key(r#"{"zone":3,"cid":"1130","boot":1,"seq":7,"stored":true}"#);
        let other = key(r#"{"seq":7,"boot":1,"cid":"1130","zone":4}"#);
        let next = key(r#"{"seq":8,"boot":1,"cid":"1130","zone":3}"#);
        let reborn = key(r#"{"seq":7,"boot":2,"cid":"1130","zone":3}"#);
        assert_eq!(first, again);
        assert!(first != other && first.number() == other.number());
        assert_ne!(first.number(), next.number());
        assert_ne!(first.number(), reborn.number());
    }

    /// The form is in stored rows: it must never change.
    #[test]
    fn the_form_is_what_it_was() {
        let key = key(r#"{"seq":7,"boot":1,"cid":"1130","zone":3}"#);
        assert_eq!(format!("{key:?}"), "cd2c990adaff90b0ebfd8c182104745b");
    }
}

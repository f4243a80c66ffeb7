//! Keys of session tickets: which is in use, which are still taken, when another is due. Pure.
//!
//! Invariant: a key is in use for [`limits::TICKET_KEY_LIFE`], and taken for as long again; then it is
//! gone, and whatever was sealed under it opens no more.

use model::{Wall, limits, micros};

use crate::ports::TicketKey;

/// The keys, the one in use first.
#[derive(Debug)]
pub(super) struct Tickets {
    keys: Vec<TicketKey>,
    /// Whether the store has them.
    kept: bool,
}

impl Tickets {
    /// What the store kept.
    pub(super) fn new(mut keys: Vec<TicketKey>, now: Wall) -> Self {
        keys.retain(|key| age(key, now) < 2 * micros(limits::TICKET_KEY_LIFE));
        keys.truncate(limits::TICKET_KEYS);
        Self { keys, kept: true }
    }

    /// Whether another key is due.
    pub(super) fn is_due(&self, now: Wall) -> bool {
        let newest = self.keys.first();
        newest.is_none_or(|key| age(key, now) >= micros(limits::TICKET_KEY_LIFE))
    }

    /// Takes another key into use. The one before is taken as long as its time lasts.
    pub(super) fn renew(&mut self, key: TicketKey, now: Wall) {
        self.keys
            .retain(|key| age(key, now) < 2 * micros(limits::TICKET_KEY_LIFE));
        self.keys.insert(0, key);
        self.keys.truncate(limits::TICKET_KEYS);
        self.kept = false;
    }

    /// Lets go of all keys: no ticket that was given opens any more.
    pub(super) fn forget(&mut self) {
        self.keys.clear();
        self.kept = false;
    }

    pub(super) fn keys(&self) -> &[TicketKey] {
        &self.keys
    }

    /// What the store does not have yet.
    pub(super) fn to_keep(&self) -> Option<Vec<TicketKey>> {
        (!self.kept).then(|| self.keys.clone())
    }

    /// The store has them.
    pub(super) fn kept(&mut self) {
        self.kept = true;
    }
}

/// How old a key is. One from what is now the future was made before our clock was set back by so
/// much: as far off, it is as old.
fn age(key: &TicketKey, now: Wall) -> i64 {
    (now - key.made).saturating_abs()
}

//! Which connections speak for which account, so that what changes about an account reaches them.
//!
//! Invariant: a connection stands here for the account that it was last admitted as, and for no
//! other; one that is gone does not stand here. So the table is bounded by the connections (I7).

use std::collections::HashMap;

use model::{Account, FamilyName};

/// An account of a family.
pub(super) type Speaker = (FamilyName, Account);

/// Numbers of connections, by account.
#[derive(Debug, Default)]
pub(super) struct Speakers(HashMap<Speaker, Vec<u64>>);

impl Speakers {
    /// The connection speaks for this account from now on.
    pub(super) fn join(&mut self, speaker: Speaker, connection: u64) {
        self.0.entry(speaker).or_default().push(connection);
    }

    /// The connection no longer speaks for this account.
    pub(super) fn leave(&mut self, speaker: Speaker, connection: u64) {
        if let Some(connections) = self.0.get_mut(&speaker) {
            if let Some(at) = connections.iter().position(|one| *one == connection) {
                connections.swap_remove(at);
            }
            if connections.is_empty() {
                self.0.remove(&speaker);
            }
        }
    }

    /// All accounts that a connection speaks for.
    pub(super) fn all(&self) -> Vec<Speaker> {
        self.0.keys().copied().collect()
    }

    /// The connections that speak for this account.
    pub(super) fn of(&self, speaker: Speaker) -> &[u64] {
        self.0.get(&speaker).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_stands_for_its_account_until_it_leaves() {
        let speaker = |account: &[u8]| {
            let family = FamilyName::parse("line").unwrap();
            (family, Account::parse(account).unwrap())
        };
        let mut speakers = Speakers::default();
        for connection in [7, 8, 9] {
            speakers.join(speaker(b"A"), connection);
        }
        speakers.join(speaker(b"B"), 10);
        speakers.leave(speaker(b"A"), 7);
        let mut left = speakers.of(speaker(b"A")).to_vec();
        left.sort_unstable();
        assert_eq!(left, [8, 9]);
        for connection in [8, 9] {
            speakers.leave(speaker(b"A"), connection);
        }
        assert_eq!(speakers.of(speaker(b"A")), []);
        assert_eq!(speakers.0.len(), 1);
    }
}

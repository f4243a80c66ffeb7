//! Which connections speak for which account, so that what changes about an account reaches them.
//!
//! The table holds places of the slab and nothing else: each connection says itself for whom it
//! speaks, so a panel costs a few octets here.
//!
//! Invariant: a connection stands here under the account that its record names as its speaker, and
//! nowhere else; one that names none, or is gone, does not stand here. So the table is bounded by
//! the connections (I7).

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use model::{Account, FamilyName};

use super::connection::Connections;

/// An account of a family.
pub(super) type Speaker = (FamilyName, Account);

/// Places of connections, by account.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Speakers {
    /// The connection at this place speaks for this account from now on, and says so itself.
    pub(super) fn join(&mut self, speaker: Speaker, place: usize, connections: &Connections) {
        let hasher = &self.hasher;
        let hash_of = |place: &u32| hasher.hash_one(named(*place, connections));
        let hash = hasher.hash_one(Some(speaker));
        self.places.insert_unique(hash, as_u32(place), hash_of);
    }

    /// The connection at this place no longer speaks for this account.
    pub(super) fn leave(&mut self, speaker: Speaker, place: usize) {
        let hash = self.hasher.hash_one(Some(speaker));
        let place = as_u32(place);
        if let Ok(found) = self.places.find_entry(hash, |one| *one == place) {
            found.remove();
        }
    }

    /// The places of the connections that speak for this account.
    pub(super) fn of(&self, speaker: Speaker, connections: &Connections) -> Vec<usize> {
        let hash = self.hasher.hash_one(Some(speaker));
        let places = self.places.iter_hash(hash);
        let places = places.filter(|place| named(**place, connections) == Some(speaker));
        places.map(|place| as_usize(*place)).collect()
    }
}

fn named(place: u32, connections: &Connections) -> Option<Speaker> {
    connections.get(as_usize(place))?.speaker
}

fn as_u32(place: usize) -> u32 {
    u32::try_from(place).expect("a process opens fewer files than places have numbers")
}

fn as_usize(place: u32) -> usize {
    usize::try_from(place).expect("places are few")
}

#[cfg(test)]
mod tests;

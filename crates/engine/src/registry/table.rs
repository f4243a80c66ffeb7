//! The look-up of a path by what a frame tells of it. Pure.
//!
//! Invariant: every row is found by its number and by its account, and by nothing else.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use model::{
    Account, AccountKey, FamilyName, IdentityClaim, IdentityRefusal, PanelIndex, PathIndex,
    PeerCertificate, Wall,
};

use super::admission::Proofs;
use super::row::{Row, Shared};
use crate::ports::{Admission, PathBinding};

/// Every registered path, and what its proofs are held against.
///
/// A path is one row; what finds it are tables of row numbers, of five to ten octets a path.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Option<Row>>,
    /// Rows of paths that were removed, to be taken again.
    free: Vec<u32>,
    by_index: HashTable<u32>,
    /// Paths with the same account stand here one beside the other.
    by_account: HashTable<u32>,
    shared: Shared,
    hasher: RandomState,
    pub(super) proofs: Proofs,
}

impl Table {
    pub(super) fn insert(&mut self, binding: PathBinding) {
        self.take(binding.path.index);
        let row = Row::of(binding, &mut self.shared);
        let (index, account) = (row.index, (row.family(&self.shared), row.account));
        let at = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            u32::try_from(self.rows.len() - 1).expect("paths are numbered with 32 bits")
        });
        self.rows[at as usize] = Some(row);
        let (rows, shared, hasher) = (&self.rows, &self.shared, &self.hasher);
        let hash = hasher.hash_one(index);
        self.by_index.insert_unique(hash, at, |at| {
            row_at(rows, *at).map_or(0, |row| hasher.hash_one(row.index))
        });
        let hash = hasher.hash_one(account);
        self.by_account.insert_unique(hash, at, |at| {
            row_at(rows, *at).map_or(0, |row| hasher.hash_one((row.family(shared), row.account)))
        });
    }

    /// Takes a path's row out.
    fn take(&mut self, path: PathIndex) -> Option<Row> {
        let at = self.at(path)?;
        let row = self.rows[at as usize].take()?;
        let account = (row.family(&self.shared), row.account);
        for (table, hash) in [
            (&mut self.by_index, self.hasher.hash_one(path)),
            (&mut self.by_account, self.hasher.hash_one(account)),
        ] {
            if let Ok(entry) = table.find_entry(hash, |one| *one == at) {
                entry.remove();
            }
        }
        self.free.push(at);
        Some(row)
    }

    pub(super) fn remove(&mut self, path: PathIndex) -> Option<PathBinding> {
        let row = self.take(path)?;
        self.proofs.forget_path(path);
        Some(row.binding(&self.shared))
    }

    fn at(&self, path: PathIndex) -> Option<u32> {
        let hash = self.hasher.hash_one(path);
        let found = self.by_index.find(hash, |at| {
            row_at(&self.rows, *at).is_some_and(|row| row.index == path)
        });
        found.copied()
    }

    fn of_account(&self, family: FamilyName, account: Account) -> impl Iterator<Item = &Row> {
        let hash = self.hasher.hash_one((family, account));
        let same_hash = self.by_account.iter_hash(hash);
        let rows = same_hash.filter_map(|at| row_at(&self.rows, *at));
        rows.filter(move |row| row.account == account && row.family(&self.shared) == family)
    }

    /// Every path of `binding`'s panel that shows its account, by number, and itself at least.
    pub(super) fn siblings(&self, binding: &PathBinding) -> Vec<PathIndex> {
        let same_account = self.of_account(binding.path.family, binding.path.account);
        let of_panel = same_account.filter(|other| other.panel_index == binding.panel_index);
        let mut found: Vec<_> = of_panel.map(|other| other.index).collect();
        // Removed meanwhile, it may have more under way.
        if !found.contains(&binding.path.index) {
            found.push(binding.path.index);
        }
        found.sort_unstable();
        found
    }

    /// Every path but the house's own.
    fn all(&self) -> impl Iterator<Item = &Row> {
        let all = self.rows.iter().flatten();
        all.filter(|row| row.index != PathIndex::HOUSE)
    }

    pub(super) fn len(&self) -> usize {
        self.all().count()
    }

    /// The panels of paths whose key could not be opened, one for each path.
    pub(super) fn lost_keys(&self) -> impl Iterator<Item = PanelIndex> {
        let lost = self.all().filter(|row| row.key_is_lost());
        lost.map(|row| row.panel_index)
    }

    /// The accounts of a panel.
    pub(super) fn accounts_of(
        &self,
        panel: PanelIndex,
    ) -> impl Iterator<Item = (FamilyName, Account)> {
        let own = self.all().filter(move |row| row.panel_index == panel);
        own.map(|row| (row.family(&self.shared), row.account))
    }

    pub(super) fn by_index(&self, path: PathIndex) -> Option<PathBinding> {
        let row = row_at(&self.rows, self.at(path)?)?;
        Some(row.binding(&self.shared))
    }

    /// Whose a path is.
    pub(super) fn panel_of(&self, path: PathIndex) -> Option<PanelIndex> {
        Some(row_at(&self.rows, self.at(path)?)?.panel_index)
    }

    /// Whether this claim is good, and whose it is.
    pub(super) fn admit(
        &self,
        claim: &IdentityClaim,
        certificate: Option<&PeerCertificate>,
        now: Wall,
    ) -> Result<Admission, IdentityRefusal> {
        let binding = self.find(&claim.key);
        let binding = binding.ok_or(IdentityRefusal::UnknownAccount)?;
        let proven = self.proofs.judge(&binding, claim, certificate, now)?;
        let binding = Arc::new(binding);
        Ok(Admission { binding, proven })
    }

    /// By account, then by receiver, line and listener where the path has them.
    pub(super) fn find(&self, key: &AccountKey) -> Option<PathBinding> {
        let mut same_account = self.of_account(key.family, key.account);
        let found = same_account.find(|row| row.shows(key))?;
        Some(found.binding(&self.shared))
    }
}

fn row_at(rows: &[Option<Row>], at: u32) -> Option<&Row> {
    rows.get(at as usize)?.as_ref()
}

//! The look-up of a path by what a frame tells of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use model::{
    Account, AccountKey, FamilyName, IdentityClaim, IdentityRefusal, PathIndex, PeerCertificate,
    Wall,
};

use super::admission::Proofs;
use crate::ports::{Admission, PathBinding};

/// Every registered path, and what its proofs are held against.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_account: HashMap<(FamilyName, Account), Vec<Arc<PathBinding>>>,
    by_index: HashMap<PathIndex, Arc<PathBinding>>,
    pub(super) proofs: Proofs,
}

impl Table {
    pub(super) fn insert(&mut self, binding: Arc<PathBinding>) {
        let path = &binding.path;
        let same_account = self
            .by_account
            .entry((path.family, path.account))
            .or_default();
        same_account.retain(|other| other.path.index != path.index);
        same_account.push(Arc::clone(&binding));
        self.by_index.insert(path.index, binding);
    }

    pub(super) fn remove(&mut self, path: PathIndex) -> Option<Arc<PathBinding>> {
        let binding = self.by_index.remove(&path)?;
        let account = (binding.path.family, binding.path.account);
        if let Some(same_account) = self.by_account.get_mut(&account) {
            same_account.retain(|other| other.path.index != path);
            if same_account.is_empty() {
                self.by_account.remove(&account);
            }
        }
        self.proofs.forget_path(path);
        Some(binding)
    }

    /// Every path of `binding`'s panel that shows its account, and itself at least.
    pub(super) fn siblings(&self, binding: &PathBinding) -> Vec<PathIndex> {
        let account = (binding.path.family, binding.path.account);
        let same_account = self.by_account.get(&account).into_iter().flatten();
        let of_panel = same_account.filter(|other| other.panel_index == binding.panel_index);
        let mut found: Vec<_> = of_panel.map(|other| other.path.index).collect();
        // Removed meanwhile, it may have more under way.
        if !found.contains(&binding.path.index) {
            found.push(binding.path.index);
        }
        found
    }

    /// Every path but the house's own.
    pub(super) fn all(&self) -> impl Iterator<Item = &PathBinding> {
        let all = self.by_index.values().map(Arc::as_ref);
        all.filter(|binding| binding.path.index != PathIndex::HOUSE)
    }

    pub(super) fn len(&self) -> usize {
        self.all().count()
    }

    pub(super) fn by_index(&self, path: PathIndex) -> Option<Arc<PathBinding>> {
        self.by_index.get(&path).cloned()
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
        Ok(Admission { binding, proven })
    }

    /// By account, then by receiver, line and listener where the path has them.
    pub(super) fn find(&self, key: &AccountKey) -> Option<Arc<PathBinding>> {
        fn fits<T: PartialEq + Copy>(wanted: Option<T>, shown: Option<T>) -> bool {
            wanted.is_none() || wanted == shown
        }
        let same_account = self.by_account.get(&(key.family, key.account))?;
        same_account
            .iter()
            .find(|binding| {
                let path = &binding.path;
                fits(path.receiver, key.receiver)
                    && fits(path.line, key.line)
                    && fits(path.listener, Some(key.listener))
                    && fits(path.path_name, key.path_name)
            })
            .cloned()
    }
}

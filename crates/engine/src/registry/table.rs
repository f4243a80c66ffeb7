//! The look-up of a path by what a frame tells of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Account, AccountKey, FamilyName, PathIndex};

use crate::ports::PathBinding;

/// Every registered path.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_account: HashMap<(FamilyName, Account), Vec<Arc<PathBinding>>>,
    by_index: HashMap<PathIndex, Arc<PathBinding>>,
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

    pub(super) fn by_index(&self, path: PathIndex) -> Option<Arc<PathBinding>> {
        self.by_index.get(&path).cloned()
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
            })
            .cloned()
    }
}

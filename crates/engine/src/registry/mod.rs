//! The registry in memory: who speaks, without asking the disk.
//!
//! Invariant: a change is in the store first, then in memory, then told to gateways; a gateway
//! never learns of something that a crash could undo.
//! Invariant: changes are made one after the other, so that memory ends up as the store did.
//! Invariant: two registered paths never match the same frame; what would is refused when added
//! (`model::Path::overlaps`).
//! Invariant: who may speak is judged anew each time, by what is the case now (`admission`).
//! Invariant: what was learned is kept, or counted as lost; it never makes a gateway wait (I4, I7).

mod admin;
mod admission;
mod figures;
mod habits;
mod row;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod trust;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use model::{
    Account, Clock, FamilyName, IdentityClaim, IdentityRefusal, Learned, PanelId, PanelIndex, Path,
    PathId, PathIndex, PathPolicy, PeerCertificate, Site,
};
use tokio::sync::{Mutex, broadcast};

use crate::ports::{self, Admission, Changed, Identities, PathBinding, ReadError};
pub(crate) use admission::Trusted;
use figures::Answers;
use habits::Habits;
use table::Table;
pub(crate) use trust::PathExpiry;

/// Changes that a gateway's hub may lag behind; one that lags further forgets everything.
const CHANGES: usize = 1_024;

/// A handle of the registry. Clones are handles of the same registry.
#[derive(Clone)]
pub struct Registry {
    /// Protects the table alone; held for one look-up or one batch of inserts, never across an
    /// await.
    table: Arc<RwLock<Table>>,
    /// Held from a change's way into the store until it is in the table; protects nothing else.
    changing: Arc<Mutex<()>>,
    habits: Arc<Habits>,
    store: Arc<dyn ports::Registry>,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<Changed>,
    answers: Arc<Answers>,
    /// How many paths were removed so far.
    removals: Arc<AtomicU64>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// Loads every path from the store.
    pub async fn load(
        store: Arc<dyn ports::Registry>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReadError> {
        let mut table = Table::default();
        for binding in store.bindings().await? {
            table.insert(binding);
        }
        warn_of_lost_keys(&table);
        if let Some(site) = store.sites().await?.first() {
            table.insert(house(site));
        }
        let (changes, _) = broadcast::channel(CHANGES);
        Ok(Self {
            table: Arc::new(RwLock::new(table)),
            changing: Arc::new(Mutex::new(())),
            habits: Arc::new(Habits::default()),
            store,
            clock,
            changes,
            answers: Arc::default(),
            removals: Arc::default(),
        })
    }

    /// The path with this number, if it is registered; [`PathIndex::HOUSE`] always is.
    pub fn binding(&self, path: PathIndex) -> Option<Arc<PathBinding>> {
        self.read(|table| table.by_index(path)).map(Arc::new)
    }

    /// How many paths were removed in this life: who keeps something of each path looks for those
    /// that are gone when there are more, and not whenever one is added among a million.
    pub(crate) fn removals(&self) -> u64 {
        self.removals.load(Ordering::Acquire)
    }

    /// The paths of the same panel that show the same account, this one among them (R2, R9).
    pub fn siblings(&self, binding: &PathBinding) -> Vec<PathIndex> {
        self.read(|table| table.siblings(binding))
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        // A poisoned lock means that a look-up or an insert panicked; the table itself is whole,
        // since inserts replace single entries.
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts bindings in the place of those of the same paths, and tells who they are of.
    fn put(&self, bindings: Vec<PathBinding>) {
        let accounts = bindings.iter().map(account).collect();
        {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            for binding in bindings {
                table.insert(binding);
            }
        }
        self.tell(accounts);
    }

    /// Has the open connections of these paths ask again who they are, and how often they are to be
    /// heard.
    pub(crate) fn ask_anew(&self, paths: &[PathIndex]) {
        if paths.is_empty() {
            return;
        }
        let bindings = paths.iter().filter_map(|path| self.binding(*path));
        self.tell(bindings.map(|binding| account(&binding)).collect());
    }

    fn tell(&self, accounts: Vec<(FamilyName, Account)>) {
        // No receiver means that no gateway is connected, so none remembers anything.
        drop(self.changes.send(Changed::Accounts(Arc::new(accounts))));
    }
}

fn account(binding: &PathBinding) -> (FamilyName, Account) {
    (binding.path.family, binding.path.account)
}

/// Keys that were sealed under another `seal.key` open nothing: people must know, since the
/// panels' signals are refused.
fn warn_of_lost_keys(table: &Table) {
    let panels: BTreeSet<_> = table.lost_keys().collect();
    if !panels.is_empty() {
        tracing::warn!(
            panels = panels.len(),
            "the keys of these panels were sealed under another keys/seal.key and open no more: \
             their encrypted signals are refused. Restore that file, or set the keys again; \
             `watchfire panel show` tells which"
        );
    }
}

/// The path of what Watchfire says itself: at the default site, by a family that no listener
/// serves, so that no frame is ever taken for it.
fn house(site: &Site) -> PathBinding {
    PathBinding {
        path: Path {
            id: PathId::HOUSE,
            index: PathIndex::HOUSE,
            family: FamilyName::parse("watchfire").expect("nine letters"),
            account: Account::parse(b"WATCHFIRE").expect("nine letters"),
            receiver: None,
            line: None,
            listener: None,
            path_name: None,
            policy: PathPolicy::default(),
            cipher: None,
        },
        panel: PanelId::HOUSE,
        panel_index: PanelIndex::HOUSE,
        site: site.id,
        organisation: site.organisation,
        keys: Vec::new(),
        learned: Learned::default(),
        secret: None,
        disabled: false,
    }
}

impl Identities for Registry {
    fn identify(
        &self,
        claim: &IdentityClaim,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Admission, IdentityRefusal> {
        let now = self.clock.now().wall;
        let answer = self.read(|table| table.admit(claim, certificate, now));
        self.answers.count(&answer);
        answer
    }

    fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }
}

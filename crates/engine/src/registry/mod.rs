//! The registry in memory: who speaks, without asking the disk.
//!
//! Invariant: a change is in the store first, then in memory, then told to gateways; a gateway
//! never learns of something that a crash could undo.
//! Invariant: two registered paths never match the same frame; what would is refused when added
//! (`model::Path::overlaps`).

mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use model::{
    Account, AccountKey, Actor, Clock, FamilyName, Learned, Panel, PanelId, PanelIndex, Path,
    PathId, PathIndex, PathPolicy, Site,
};
use tokio::sync::broadcast;

use crate::ports::{
    self, AddError, Answering, Identities, NewPanel, PanelAdmin, PathBinding, ReadError,
};
use table::Table;

/// Changes that a gateway's hub may lag behind; one that lags further forgets everything.
const CHANGES: usize = 1_024;

/// A handle of the registry. Clones are handles of the same registry.
#[derive(Clone)]
pub struct Registry {
    /// Protects the table alone; held for one look-up or one batch of inserts, never across an
    /// await.
    table: Arc<RwLock<Table>>,
    store: Arc<dyn ports::Registry>,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<Arc<Vec<(FamilyName, Account)>>>,
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
            table.insert(Arc::new(binding));
        }
        if let Some(site) = store.sites().await?.first() {
            table.insert(Arc::new(house(site)));
        }
        let (changes, _) = broadcast::channel(CHANGES);
        Ok(Self {
            table: Arc::new(RwLock::new(table)),
            store,
            clock,
            changes,
        })
    }

    /// The path with this number, if it is registered; [`PathIndex::HOUSE`] always is.
    pub fn binding(&self, path: PathIndex) -> Option<Arc<PathBinding>> {
        self.read(|table| table.by_index(path))
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        // A poisoned lock means that a look-up or an insert panicked; the table itself is whole,
        // since inserts replace single entries.
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn registered(&self, panels: &[Panel]) {
        let mut keys = Vec::with_capacity(panels.len());
        {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            for panel in panels {
                for path in &panel.paths {
                    keys.push((path.family, path.account));
                    table.insert(Arc::new(PathBinding {
                        path: path.clone(),
                        panel: panel.id,
                        panel_index: panel.index,
                        site: panel.site,
                        organisation: panel.organisation,
                        keys: Vec::new(),
                        learned: Learned::default(),
                    }));
                }
            }
        }
        // No receiver means that no gateway is connected, so none remembers anything.
        drop(self.changes.send(Arc::new(keys)));
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
            policy: PathPolicy::default(),
        },
        panel: PanelId::HOUSE,
        panel_index: PanelIndex::HOUSE,
        site: site.id,
        organisation: site.organisation,
        keys: Vec::new(),
        learned: Learned::default(),
    }
}

impl Identities for Registry {
    fn identify(&self, key: &AccountKey) -> Option<Arc<PathBinding>> {
        self.read(|table| table.find(key))
    }

    fn changes(&self) -> broadcast::Receiver<Arc<Vec<(FamilyName, Account)>>> {
        self.changes.subscribe()
    }
}

impl PanelAdmin for Registry {
    fn add_panels(
        &self,
        actor: Actor,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        Box::pin(async move {
            let at = self.clock.now().wall;
            let results = self.store.add_panels(actor, at, panels).await;
            let added: Vec<Panel> = results.iter().flatten().cloned().collect();
            if !added.is_empty() {
                self.registered(&added);
            }
            results
        })
    }
}

//! Changes that people make, in the store and then in memory.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use model::{Actor, CipherKey, Learned, Panel, PanelId, Path, PathId};

use super::Registry;
use crate::ports::{
    AddError, Answering, ChangeError, NewPanel, NewPath, PanelAdmin, PathBinding, PathChange,
};

impl Registry {
    fn changed(&self, changed: Result<PathBinding, ChangeError>) -> Result<Path, ChangeError> {
        let binding = changed?;
        let path = binding.path.clone();
        self.put(vec![binding]);
        Ok(path)
    }

    fn removed(&self, path: &Path) {
        let gone = {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            table.remove(path.index)
        };
        self.habits.forget(path.index);
        if let Some(binding) = gone {
            // Before it is told, so that whoever hears of it finds it.
            self.removals.fetch_add(1, Ordering::Release);
            self.tell_panel(&binding);
        }
    }
}

/// A panel that was just added has one path.
fn bindings(panel: &Panel, key: Option<CipherKey>) -> impl Iterator<Item = PathBinding> {
    panel.paths.iter().map(move |path| PathBinding {
        path: path.clone(),
        panel: panel.id,
        panel_index: panel.index,
        site: panel.site,
        organisation: panel.organisation,
        keys: key.iter().cloned().collect(),
        learned: Learned::default(),
        secret: None,
        disabled: false,
    })
}

impl PanelAdmin for Registry {
    fn add_panels(
        &self,
        actor: Actor,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        Box::pin(async move {
            let at = self.clock.now().wall;
            let keys: Vec<_> = panels.iter().map(|panel| panel.key.clone()).collect();
            let _changing = self.changing.lock().await;
            let results = self.store.add_panels(actor, at, panels).await;
            let added = results.iter().zip(keys).filter_map(|(result, key)| {
                let panel = result.as_ref().ok()?;
                Some(bindings(panel, key))
            });
            let added: Vec<PathBinding> = added.flatten().collect();
            if !added.is_empty() {
                self.put(added);
            }
            results
        })
    }

    fn add_path(
        &self,
        actor: Actor,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        Box::pin(async move {
            let at = self.clock.now().wall;
            let _changing = self.changing.lock().await;
            self.changed(self.store.add_path(actor, at, panel, path).await)
        })
    }

    fn change_path(
        &self,
        actor: Actor,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        Box::pin(async move {
            let at = self.clock.now().wall;
            let forgets = change.forgets();
            let _changing = self.changing.lock().await;
            let changed = self.store.change_path(actor, at, path, change).await;
            if let (Ok(binding), true) = (&changed, forgets) {
                self.habits.forget(binding.path.index);
            }
            self.changed(changed)
        })
    }

    fn remove_path(&self, actor: Actor, path: PathId) -> Answering<'_, Result<(), ChangeError>> {
        Box::pin(async move {
            let at = self.clock.now().wall;
            let _changing = self.changing.lock().await;
            let removed = self.store.remove_path(actor, at, path).await?;
            self.removed(&removed);
            Ok(())
        })
    }

    fn relearn(&self, actor: Actor, path: PathId) -> Answering<'_, Result<Path, ChangeError>> {
        Box::pin(async move {
            let at = self.clock.now().wall;
            let _changing = self.changing.lock().await;
            let changed = self.store.relearn(actor, at, path).await;
            if let Ok(binding) = &changed {
                self.habits.forget(binding.path.index);
            }
            self.changed(changed)
        })
    }
}

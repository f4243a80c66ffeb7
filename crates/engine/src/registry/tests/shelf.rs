//! A registry's store in memory, that can be made to fail.

use std::sync::Mutex;

use model::{
    Actor, KeyStrength, Learned, Organisation, OrganisationId, Panel, PanelId, PanelIndex, Path,
    PathCipher, PathId, PathIndex, Site, SiteId, Wall,
};

use crate::ports::{
    self, AddError, Answering, ChangeError, KeyChange, NewPanel, NewPath, PanelDetail, PanelFilter,
    PanelPage, PathBinding, PathChange, ReadError,
};

/// Bindings as they would lie in the file. It checks nothing: that is the store's.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) bindings: Mutex<Vec<PathBinding>>,
    pub(super) learned: Mutex<Vec<Vec<(PathIndex, Learned)>>>,
    pub(super) broken: Mutex<bool>,
}

impl Shelf {
    fn put(&self, panel: u8, new: &NewPath, at: Wall) -> PathBinding {
        let mut bindings = self.bindings.lock().unwrap();
        let number = u8::try_from(bindings.len() + 1).unwrap();
        let cipher = |strength: KeyStrength| PathCipher { strength, set: at };
        let binding = PathBinding {
            path: Path {
                id: PathId::from_bytes([number; 16]),
                index: PathIndex(number.into()),
                family: new.family,
                account: new.account,
                receiver: new.receiver,
                line: new.line,
                listener: new.listener,
                policy: new.policy,
                cipher: new.key.as_ref().map(|key| cipher(key.strength())),
                path_name: None,
            },
            panel: PanelId::from_bytes([panel; 16]),
            panel_index: PanelIndex(panel.into()),
            site: SiteId::from_bytes([0; 16]),
            organisation: OrganisationId::from_bytes([0; 16]),
            keys: new.key.iter().cloned().collect(),
            learned: Learned::default(),
            secret: None,
            disabled: false,
        };
        bindings.push(binding.clone());
        binding
    }

    pub(crate) fn change(
        &self,
        path: PathId,
        change: impl FnOnce(&mut PathBinding),
    ) -> Result<PathBinding, ChangeError> {
        let mut bindings = self.bindings.lock().unwrap();
        let found = bindings.iter_mut().find(|known| known.path.id == path);
        let found = found.ok_or(ChangeError::UnknownPath { path })?;
        change(found);
        Ok(found.clone())
    }
}

impl ports::Registry for Shelf {
    fn bindings(&self) -> Answering<'_, Result<Vec<PathBinding>, ReadError>> {
        let bindings = self.bindings.lock().unwrap().clone();
        Box::pin(async move { Ok(bindings) })
    }

    fn add_panels(
        &self,
        _: Actor,
        at: Wall,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        let add = |new: NewPanel| {
            let number = self.bindings.lock().unwrap().len() + 1;
            let binding = self.put(u8::try_from(number).unwrap(), &new.path(), at);
            Ok(Panel {
                id: binding.panel,
                index: binding.panel_index,
                organisation: binding.organisation,
                site: binding.site,
                name: String::new(),
                created: at,
                paths: vec![binding.path],
            })
        };
        let added = panels.into_iter().map(add).collect();
        Box::pin(async move { added })
    }

    fn add_path(
        &self,
        _: Actor,
        at: Wall,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        let added = self.put(panel.as_bytes()[0], &path, at);
        Box::pin(async move { Ok(added) })
    }

    fn change_path(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        let changed = self.change(path, |binding| {
            binding.path.policy.hub = change.hub.unwrap_or_default();
            match &change.key {
                KeyChange::Keep => {}
                KeyChange::Set(key) => binding.keys = vec![key.clone()],
                KeyChange::Remove => binding.keys.clear(),
            }
            if change.forgets() {
                binding.learned = Learned::default();
            }
        });
        Box::pin(async move { changed })
    }

    fn remove_path(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        let removed = self.change(path, |_| {}).map(|binding| binding.path);
        let mut bindings = self.bindings.lock().unwrap();
        bindings.retain(|known| known.path.id != path);
        Box::pin(async move { removed })
    }

    fn relearn(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        let changed = self.change(path, |binding| binding.learned = Learned::default());
        Box::pin(async move { changed })
    }

    fn learn(&self, batch: Vec<(PathIndex, Learned)>) -> Answering<'_, Result<(), AddError>> {
        if *self.broken.lock().unwrap() {
            let full = AddError::Store {
                full: true,
                cause: "no room".to_owned(),
            };
            return Box::pin(async move { Err(full) });
        }
        self.learned.lock().unwrap().push(batch);
        Box::pin(async { Ok(()) })
    }

    fn panels(
        &self,
        _: PanelFilter,
        _: Option<PanelIndex>,
        _: usize,
    ) -> Answering<'_, Result<PanelPage, ReadError>> {
        unreachable!("the registry lists no panels")
    }

    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelDetail>, ReadError>> {
        let bindings = self.bindings.lock().unwrap();
        let own: Vec<_> = bindings.iter().filter(|one| one.panel == id).collect();
        let detail = own.first().map(|first| PanelDetail {
            panel: Panel {
                id,
                index: first.panel_index,
                organisation: first.organisation,
                site: first.site,
                name: String::new(),
                created: Wall(0),
                paths: own.iter().map(|one| one.path.clone()).collect(),
            },
            standings: Vec::new(),
            disabled: None,
            partitions: Vec::new(),
            zones: Vec::new(),
            outputs: Vec::new(),
        });
        Box::pin(async move { Ok(detail) })
    }

    fn organisations(&self) -> Answering<'_, Result<Vec<Organisation>, ReadError>> {
        unreachable!("the registry lists no organisations")
    }

    fn sites(&self) -> Answering<'_, Result<Vec<Site>, ReadError>> {
        let site = Site {
            id: SiteId::from_bytes([0; 16]),
            organisation: OrganisationId::from_bytes([0; 16]),
            name: "Default site".to_owned(),
            time_zone: "UTC".to_owned(),
        };
        Box::pin(async move { Ok(vec![site]) })
    }

    fn audit(
        &self,
        _: Actor,
        _: Wall,
        _: &'static str,
        _: String,
    ) -> Answering<'_, Result<(), AddError>> {
        unreachable!("the registry reads no personal data")
    }
}

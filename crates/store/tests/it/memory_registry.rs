//! The registry as lists in memory: the model that the conformance suite holds SQLite against.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use engine::ports::{
    AddError, Answering, ChangeError, KeyChange, NewPanel, NewPath, PanelDetail, PanelFilter,
    PanelPage, PathBinding, PathChange, PathStanding, ReadError, Registry, TokenRow, Tokens,
};
use model::{
    Actor, CipherKey, IdSource, Learned, Organisation, Panel, PanelId, PanelIndex, Path,
    PathCipher, PathId, PathIndex, Site, Wall,
};

use crate::memory_trust::MemoryTrust;
use crate::support::{Seeded, TestClock};

/// Panels, bindings and tokens. Nothing is audited here, and nothing sealed.
pub(crate) struct MemoryRegistry(Mutex<State>);

pub(crate) struct State {
    ids: IdSource,
    organisation: Organisation,
    site: Site,
    /// Without their paths.
    pub(crate) panels: Vec<Panel>,
    pub(crate) bindings: Vec<PathBinding>,
    /// Paths ever registered.
    paths: u32,
    tokens: Vec<TokenRow>,
    pub(crate) trust: MemoryTrust,
    /// Since when panels are disabled.
    pub(crate) disabled: HashMap<PanelId, Wall>,
}

impl MemoryRegistry {
    pub(crate) fn new(clock: Arc<TestClock>) -> Self {
        let mut ids = IdSource::new(clock, Box::new(Seeded(7)));
        let organisation = Organisation {
            id: ids.make(),
            name: "Default".to_owned(),
        };
        let site = Site {
            id: ids.make(),
            organisation: organisation.id,
            name: "Default site".to_owned(),
            time_zone: "UTC".to_owned(),
        };
        Self(Mutex::new(State {
            ids,
            organisation,
            site,
            panels: Vec::new(),
            bindings: Vec::new(),
            paths: 0,
            tokens: Vec::new(),
            trust: MemoryTrust::default(),
            disabled: HashMap::new(),
        }))
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }
}

pub(crate) fn answer<'a, T: Send + 'a>(answer: T) -> Answering<'a, T> {
    Box::pin(async move { answer })
}

fn cipher(key: &CipherKey, at: Wall) -> PathCipher {
    PathCipher {
        strength: key.strength(),
        set: at,
    }
}

impl State {
    fn add_path(
        &mut self,
        panel: &Panel,
        at: Wall,
        new: &NewPath,
    ) -> Result<PathBinding, AddError> {
        let path = Path {
            id: self.ids.make(),
            index: PathIndex(self.paths + 1),
            family: new.family,
            account: new.account,
            receiver: new.receiver,
            line: new.line,
            listener: new.listener,
            policy: new.policy,
            cipher: new.key.as_ref().map(|key| cipher(key, at)),
            path_name: None,
        };
        let twin = self
            .bindings
            .iter()
            .find(|known| known.path.is_twin_of(&path));
        if let Some(known) = twin {
            return Err(AddError::Exists { panel: known.panel });
        }
        let other = self
            .bindings
            .iter()
            .find(|known| known.path.overlaps(&path));
        if let Some(known) = other {
            return Err(AddError::Ambiguous { panel: known.panel });
        }
        self.paths += 1;
        let binding = PathBinding {
            path,
            panel: panel.id,
            panel_index: panel.index,
            site: panel.site,
            organisation: panel.organisation,
            keys: new.key.iter().cloned().collect(),
            learned: Learned::default(),
            secret: None,
            disabled: self.disabled.contains_key(&panel.id),
        };
        self.bindings.push(binding.clone());
        Ok(binding)
    }

    fn add_panel(&mut self, at: Wall, new: &NewPanel) -> Result<Panel, AddError> {
        if let Some(site) = new.site.filter(|site| *site != self.site.id) {
            return Err(AddError::UnknownSite { site });
        }
        let number = u32::try_from(self.panels.len() + 1).unwrap();
        let name = new.name.clone();
        let panel = Panel {
            id: self.ids.make(),
            index: PanelIndex(number),
            organisation: self.organisation.id,
            site: self.site.id,
            name: name.unwrap_or_else(|| new.account.to_string()),
            created: at,
            paths: Vec::new(),
        };
        self.add_path(&panel, at, &new.path())?;
        self.panels.push(panel.clone());
        Ok(self.whole(&panel))
    }

    fn whole(&self, panel: &Panel) -> Panel {
        let own = self.bindings.iter().filter(|known| known.panel == panel.id);
        Panel {
            paths: own.map(|known| known.path.clone()).collect(),
            ..panel.clone()
        }
    }

    pub(crate) fn path(&mut self, path: PathId) -> Result<&mut PathBinding, ChangeError> {
        let found = self.bindings.iter_mut().find(|known| known.path.id == path);
        found.ok_or(ChangeError::UnknownPath { path })
    }

    fn change(
        &mut self,
        at: Wall,
        path: PathId,
        change: PathChange,
    ) -> Result<PathBinding, ChangeError> {
        let known = self.path(path)?;
        let policy = &mut known.path.policy;
        policy.hub = change.hub.unwrap_or(policy.hub);
        policy.accept_skewed = change.accept_skewed.unwrap_or(policy.accept_skewed);
        match change.key {
            KeyChange::Keep => {}
            KeyChange::Set(key) => {
                known.path.cipher = Some(cipher(&key, at));
                known.keys = vec![key];
            }
            KeyChange::Remove => {
                known.path.cipher = None;
                known.keys.clear();
                known.learned = Learned::default();
            }
        }
        Ok(known.clone())
    }

    fn remove(&mut self, path: PathId) -> Result<Path, ChangeError> {
        let known = self.path(path)?.clone();
        let of_panel = |other: &&PathBinding| other.panel == known.panel;
        if self.bindings.iter().filter(of_panel).count() == 1 {
            let panel = known.panel;
            return Err(ChangeError::LastPath { path, panel });
        }
        self.bindings.retain(|other| other.path.id != path);
        self.trust.forget(known.path.index);
        Ok(known.path)
    }

    fn page(&self, filter: &PanelFilter, cursor: Option<PanelIndex>, limit: usize) -> PanelPage {
        let text = filter.text.as_ref().map(|text| text.to_lowercase());
        let has = |whole: &str, part: &str| whole.to_lowercase().contains(part);
        let wanted = |panel: &Panel| {
            let accounts = || panel.paths.iter().map(|path| path.account);
            cursor.is_none_or(|cursor| panel.index > cursor)
                && filter
                    .account
                    .is_none_or(|wanted| accounts().any(|a| a == wanted))
                && text.as_ref().is_none_or(|text| {
                    has(&panel.name, text) || accounts().any(|a| has(a.as_str(), text))
                })
        };
        let all = self.panels.iter().map(|panel| self.whole(panel));
        let mut panels: Vec<Panel> = all.filter(wanted).collect();
        let more = panels.len() > limit;
        panels.truncate(limit);
        let next = panels.last().map(|panel| panel.index).filter(|_| more);
        PanelPage { panels, next }
    }

    fn detail(&self, id: PanelId) -> Option<PanelDetail> {
        let panel = self.panels.iter().find(|panel| panel.id == id)?;
        let own = self.bindings.iter().filter(|known| known.panel == id);
        let standing = |known: &PathBinding| PathStanding {
            learned: known.learned.clone(),
            key_is_lost: known.key_is_lost(),
            has_secret: known.secret.is_some(),
        };
        Some(PanelDetail {
            standings: own.map(standing).collect(),
            disabled: self.disabled.get(&id).copied(),
            panel: self.whole(panel),
            partitions: Vec::new(),
            zones: Vec::new(),
            outputs: Vec::new(),
        })
    }
}

impl Registry for MemoryRegistry {
    fn bindings(&self) -> Answering<'_, Result<Vec<PathBinding>, ReadError>> {
        answer(Ok(self.with(|state| state.bindings.clone())))
    }

    fn add_panels(
        &self,
        _: Actor,
        at: Wall,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        answer(self.with(|state| panels.iter().map(|new| state.add_panel(at, new)).collect()))
    }

    fn add_path(
        &self,
        _: Actor,
        at: Wall,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        answer(self.with(|state| {
            let known = state.panels.iter().find(|known| known.id == panel).cloned();
            let known = known.ok_or(ChangeError::UnknownPanel { panel })?;
            Ok(state.add_path(&known, at, &path)?)
        }))
    }

    fn change_path(
        &self,
        _: Actor,
        at: Wall,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        answer(self.with(|state| state.change(at, path, change)))
    }

    fn remove_path(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        answer(self.with(|state| state.remove(path)))
    }

    fn relearn(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        answer(self.with(|state| {
            let known = state.path(path)?;
            known.learned = Learned::default();
            Ok(known.clone())
        }))
    }

    fn learn(&self, batch: Vec<(PathIndex, Learned)>) -> Answering<'_, Result<(), AddError>> {
        self.with(|state| {
            for (path, learned) in batch {
                let known = state
                    .bindings
                    .iter_mut()
                    .find(|known| known.path.index == path);
                if let Some(known) = known {
                    known.learned = learned;
                }
            }
        });
        answer(Ok(()))
    }

    fn panels(
        &self,
        filter: PanelFilter,
        cursor: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<PanelPage, ReadError>> {
        answer(Ok(self.with(|state| state.page(&filter, cursor, limit))))
    }

    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelDetail>, ReadError>> {
        answer(Ok(self.with(|state| state.detail(id))))
    }

    fn organisations(&self) -> Answering<'_, Result<Vec<Organisation>, ReadError>> {
        answer(Ok(self.with(|state| vec![state.organisation.clone()])))
    }

    fn sites(&self) -> Answering<'_, Result<Vec<Site>, ReadError>> {
        answer(Ok(self.with(|state| vec![state.site.clone()])))
    }

    fn audit(
        &self,
        _: Actor,
        _: Wall,
        _: &'static str,
        _: String,
    ) -> Answering<'_, Result<(), AddError>> {
        answer(Ok(()))
    }
}

impl Tokens for MemoryRegistry {
    fn tokens(&self) -> Answering<'_, Result<Vec<TokenRow>, ReadError>> {
        answer(Ok(self.with(|state| state.tokens.clone())))
    }

    fn put_token(&self, _: Actor, token: TokenRow) -> Answering<'_, Result<(), AddError>> {
        self.with(|state| {
            state.tokens.retain(|known| known.name != token.name);
            state.tokens.push(token);
            state.tokens.sort_by(|a, b| a.name.cmp(&b.name));
        });
        answer(Ok(()))
    }
}

//! A registry in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use engine::ports::{
    AddError, Answering, ChangeError, KeyChange, NewPanel, NewPath, OutputRow, PanelAdmin,
    PanelDetail, PanelFilter, PanelPage, PartitionRow, PathBinding, PathChange, PathStanding,
    ReadError, Registry, Since, ZoneRow,
};
use model::{
    Account, Actor, ArmMode, CipherKey, EventClass, EventSeq, Learned, Organisation, Panel,
    PanelId, PanelIndex, PartitionState, Path, PathCipher, PathId, PathIndex, Site, Wall, Watch,
    ZoneState,
};

use super::NOW;
use super::samples::{number, organisation_id, panel_id, path_id, site_id};

/// Panels in memory, and what was audited.
#[derive(Default)]
pub(crate) struct Register {
    panels: Mutex<Panels>,
    pub(crate) audited: Mutex<Vec<String>>,
    /// Nothing can be written.
    pub(crate) full: Mutex<bool>,
    pub(crate) batches: Mutex<Vec<usize>>,
    /// Since when every panel is disabled.
    pub(crate) disabled: Mutex<Option<Wall>>,
    /// How every path stands.
    pub(crate) standing: Mutex<PathStanding>,
    /// Keys as they were handed in, the newest last.
    pub(crate) keys: Mutex<Vec<CipherKey>>,
    /// How closely panels were to be watched, the newest last.
    pub(crate) watched: Mutex<Vec<Watch>>,
}

#[derive(Default)]
struct Panels {
    list: Vec<Panel>,
    by_account: HashMap<Account, Vec<usize>>,
    /// Paths ever registered.
    paths: u32,
}

impl Panels {
    fn draft(&self, new: &NewPath) -> Path {
        let index = self.paths + 1;
        Path {
            id: path_id(index),
            index: PathIndex(index),
            family: new.family,
            account: new.account,
            receiver: new.receiver,
            line: new.line,
            listener: new.listener,
            policy: new.policy,
            cipher: new.key.as_ref().map(cipher),
            path_name: None,
        }
    }

    fn conflict(&self, path: &Path) -> Result<(), AddError> {
        let others = self.by_account.get(&path.account).into_iter().flatten();
        for other in others.map(|at| &self.list[*at]) {
            let panel = other.id;
            let same_account = other.paths.iter().filter(|p| p.account == path.account);
            for theirs in same_account {
                if theirs.is_twin_of(path) {
                    return Err(AddError::Exists { panel });
                }
                if theirs.overlaps(path) {
                    return Err(AddError::Ambiguous { panel });
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, new: NewPanel) -> Result<Panel, AddError> {
        if let Some(site) = new.site.filter(|site| *site != site_id()) {
            return Err(AddError::UnknownSite { site });
        }
        let index = u32::try_from(self.list.len() + 1).unwrap();
        let path = self.draft(&new.path());
        self.conflict(&path)?;
        self.paths += 1;
        let others = self.by_account.entry(new.account).or_default();
        others.push(self.list.len());
        let panel = Panel {
            id: panel_id(index),
            index: PanelIndex(index),
            organisation: organisation_id(),
            site: site_id(),
            name: new.name.unwrap_or_else(|| new.account.to_string()),
            created: NOW,
            paths: vec![path],
        };
        self.list.push(panel.clone());
        Ok(panel)
    }

    fn add_path(&mut self, panel: PanelId, new: &NewPath) -> Result<Path, ChangeError> {
        let path = self.draft(new);
        let at = self.list.iter().position(|known| known.id == panel);
        let at = at.ok_or(ChangeError::UnknownPanel { panel })?;
        self.conflict(&path)?;
        self.paths += 1;
        self.by_account.entry(new.account).or_default().push(at);
        self.list[at].paths.push(path.clone());
        Ok(path)
    }

    fn path(&mut self, path: PathId) -> Result<&mut Path, ChangeError> {
        let mut paths = self.list.iter_mut().flat_map(|panel| &mut panel.paths);
        let found = paths.find(|known| known.id == path);
        found.ok_or(ChangeError::UnknownPath { path })
    }

    fn remove(&mut self, path: PathId) -> Result<(), ChangeError> {
        self.path(path)?;
        let has = |panel: &&mut Panel| panel.paths.iter().any(|known| known.id == path);
        let panel = self.list.iter_mut().find(has).unwrap();
        if panel.paths.len() == 1 {
            let panel = panel.id;
            return Err(ChangeError::LastPath { path, panel });
        }
        panel.paths.retain(|known| known.id != path);
        Ok(())
    }
}

fn cipher(key: &CipherKey) -> PathCipher {
    PathCipher {
        strength: key.strength(),
        set: NOW,
    }
}

impl PanelAdmin for Register {
    fn add_panels(
        &self,
        actor: Actor,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        assert_eq!(actor.who, "admin");
        self.batches.lock().unwrap().push(panels.len());
        if *self.full.lock().unwrap() {
            let answers = panels.iter().map(|_| Err(full())).collect();
            return Box::pin(async move { answers });
        }
        let keys = panels.iter().filter_map(|panel| panel.key.clone());
        self.keys.lock().unwrap().extend(keys);
        let watched = panels.iter().filter_map(|panel| panel.watch);
        self.watched.lock().unwrap().extend(watched);
        let mut known = self.panels.lock().unwrap();
        let answers: Vec<_> = panels.into_iter().map(|panel| known.add(panel)).collect();
        Box::pin(async move { answers })
    }

    fn add_path(
        &self,
        _actor: Actor,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        let added = self.panels.lock().unwrap().add_path(panel, &path);
        self.keys.lock().unwrap().extend(path.key);
        Box::pin(async move { added })
    }

    fn change_path(
        &self,
        actor: Actor,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        assert_eq!(actor.who, "admin");
        let mut known = self.panels.lock().unwrap();
        let changed = known.path(path).map(|path| {
            path.policy.hub = change.hub.unwrap_or(path.policy.hub);
            let skewed = &mut path.policy.accept_skewed;
            *skewed = change.accept_skewed.unwrap_or(*skewed);
            match change.key {
                KeyChange::Keep => {}
                KeyChange::Set(key) => {
                    path.cipher = Some(cipher(&key));
                    self.keys.lock().unwrap().push(key);
                }
                KeyChange::Remove => path.cipher = None,
            }
            path.clone()
        });
        Box::pin(async move { changed })
    }

    fn remove_path(&self, _actor: Actor, path: PathId) -> Answering<'_, Result<(), ChangeError>> {
        let removed = self.panels.lock().unwrap().remove(path);
        Box::pin(async move { removed })
    }

    fn relearn(&self, actor: Actor, path: PathId) -> Answering<'_, Result<Path, ChangeError>> {
        let known = self.panels.lock().unwrap().path(path).cloned();
        if known.is_ok() {
            let row = format!("{} path.relearn {path}", actor.who);
            self.audited.lock().unwrap().push(row);
        }
        Box::pin(async move { known })
    }
}

impl Registry for Register {
    fn bindings(&self) -> Answering<'_, Result<Vec<PathBinding>, ReadError>> {
        unreachable!("the API identifies nobody")
    }

    fn add_panels(
        &self,
        _actor: Actor,
        _at: Wall,
        _panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        unreachable!("the API adds panels by `PanelAdmin`")
    }

    fn add_path(
        &self,
        _actor: Actor,
        _at: Wall,
        _panel: PanelId,
        _path: NewPath,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        unreachable!("the API adds paths by `PanelAdmin`")
    }

    fn change_path(
        &self,
        _actor: Actor,
        _at: Wall,
        _path: PathId,
        _change: PathChange,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        unreachable!("the API changes paths by `PanelAdmin`")
    }

    fn remove_path(
        &self,
        _actor: Actor,
        _at: Wall,
        _path: PathId,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        unreachable!("the API removes paths by `PanelAdmin`")
    }

    fn relearn(
        &self,
        _actor: Actor,
        _at: Wall,
        _path: PathId,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        unreachable!("the API has habits forgotten by `PanelAdmin`")
    }

    fn learn(&self, _batch: Vec<(PathIndex, Learned)>) -> Answering<'_, Result<(), AddError>> {
        unreachable!("the API learns nothing")
    }

    fn panels(
        &self,
        filter: PanelFilter,
        cursor: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<PanelPage, ReadError>> {
        let known = self.panels.lock().unwrap();
        let wanted = |panel: &&Panel| {
            let text = filter.text.as_ref().map(|text| text.to_lowercase());
            cursor.is_none_or(|cursor| panel.index > cursor)
                && filter.account.is_none_or(|a| panel.paths[0].account == a)
                && text.is_none_or(|text| panel.name.to_lowercase().contains(&text))
        };
        let mut panels: Vec<Panel> = known.list.iter().filter(wanted).cloned().collect();
        let more = panels.len() > limit;
        panels.truncate(limit);
        let next = panels.last().filter(|_| more).map(|panel| panel.index);
        Box::pin(async move { Ok(PanelPage { panels, next }) })
    }

    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelDetail>, ReadError>> {
        let known = self.panels.lock().unwrap();
        let panel = known.list.iter().find(|panel| panel.id == id).cloned();
        let standing = self.standing.lock().unwrap().clone();
        let detail = panel.map(|panel| PanelDetail {
            standings: vec![standing; panel.paths.len()],
            disabled: *self.disabled.lock().unwrap(),
            panel,
            partitions: vec![PartitionRow {
                number: number("1"),
                state: Some(PartitionState::Armed(ArmMode::Away)),
                since_seq: Some(EventSeq(2)),
                since: Some(NOW),
                registered: false,
            }],
            zones: vec![ZoneRow {
                partition: Some(number("1")),
                number: number("7"),
                last_seq: EventSeq(1),
                last_class: EventClass::Burglary,
                last: NOW,
                state: Some(Since {
                    state: ZoneState::Open,
                    seq: EventSeq(1),
                    at: NOW,
                }),
                registered: true,
            }],
            outputs: vec![OutputRow {
                number: number("2"),
                on: Since {
                    state: true,
                    seq: EventSeq(1),
                    at: NOW,
                },
            }],
        });
        Box::pin(async move { Ok(detail) })
    }

    fn organisations(&self) -> Answering<'_, Result<Vec<Organisation>, ReadError>> {
        let all = vec![Organisation {
            id: organisation_id(),
            name: "Default".to_owned(),
        }];
        Box::pin(async move { Ok(all) })
    }

    fn sites(&self) -> Answering<'_, Result<Vec<Site>, ReadError>> {
        let all = vec![Site {
            id: site_id(),
            organisation: organisation_id(),
            name: "Default".to_owned(),
            time_zone: "Europe/Vienna".to_owned(),
        }];
        Box::pin(async move { Ok(all) })
    }

    fn audit(
        &self,
        actor: Actor,
        _at: Wall,
        action: &'static str,
        subject: String,
    ) -> Answering<'_, Result<(), AddError>> {
        let fails = *self.full.lock().unwrap();
        if !fails {
            let row = format!("{} {action} {subject}", actor.who);
            self.audited.lock().unwrap().push(row);
        }
        Box::pin(async move {
            if fails {
                return Err(full());
            }
            Ok(())
        })
    }
}

fn full() -> AddError {
    AddError::Store {
        full: true,
        cause: "/secret/place/state.db: database or disk is full".to_owned(),
    }
}

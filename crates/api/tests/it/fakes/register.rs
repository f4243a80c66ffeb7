//! A registry in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use engine::ports::{
    AddError, Answering, NewPanel, PanelAdmin, PanelDetail, PanelFilter, PanelPage, PartitionRow,
    PathBinding, ReadError, Registry, ZoneRow,
};
use model::{
    Account, Actor, ArmMode, EventClass, EventSeq, Organisation, Panel, PanelId, PanelIndex,
    PartitionState, Path, PathId, PathIndex, Site, Wall,
};

use super::NOW;
use super::samples::{number, octets, organisation_id, panel_id, site_id};

/// Panels in memory, and what was audited.
#[derive(Default)]
pub(crate) struct Register {
    panels: Mutex<Panels>,
    pub(crate) audited: Mutex<Vec<String>>,
    /// Nothing can be written.
    pub(crate) full: Mutex<bool>,
    pub(crate) batches: Mutex<Vec<usize>>,
}

#[derive(Default)]
struct Panels {
    list: Vec<Panel>,
    by_account: HashMap<Account, Vec<usize>>,
}

impl Panels {
    fn add(&mut self, new: NewPanel) -> Result<Panel, AddError> {
        if let Some(site) = new.site.filter(|site| *site != site_id()) {
            return Err(AddError::UnknownSite { site });
        }
        let index = u32::try_from(self.list.len() + 1).unwrap();
        let path = Path {
            id: PathId::from_bytes(octets(2, index)),
            index: PathIndex(index),
            family: new.family,
            account: new.account,
            receiver: new.receiver,
            line: new.line,
            listener: new.listener,
            policy: new.policy,
        };
        let others = self.by_account.entry(new.account).or_default();
        for other in others.iter().map(|at| &self.list[*at]) {
            let panel = other.id;
            let theirs = &other.paths[0];
            if (theirs.receiver, theirs.line) == (path.receiver, path.line) {
                return Err(AddError::Exists { panel });
            }
            if theirs.overlaps(&path) {
                return Err(AddError::Ambiguous { panel });
            }
        }
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
        let mut known = self.panels.lock().unwrap();
        let answers: Vec<_> = panels.into_iter().map(|panel| known.add(panel)).collect();
        Box::pin(async move { answers })
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
        let detail = panel.map(|panel| PanelDetail {
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
                registered: true,
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

//! Supervision in memory.

use std::sync::Mutex;

use engine::ports::{
    Answering, NewPanel, PanelSupervision, PathState, PathStatus, PathSupervision, ReadError,
    SetError, SettingChange, Spell, Spells, Supervision, SupervisionSummary,
};
use engine::supervision::{Group, Incident, MassOutage, Served};
use model::{
    Actor, Assurance, Claim, PanelId, PanelIndex, PathId, PathIndex, SupervisionClass,
    SupervisionSettings, Wall, Watch,
};

use super::NOW;
use super::samples::{octets, panel_id};

/// What was set, and by whom.
#[derive(Default)]
pub(crate) struct Watcher {
    pub(crate) set: Mutex<Vec<(String, SettingChange)>>,
}

fn path() -> PathId {
    PathId::from_bytes(octets(2, 1))
}

impl Watcher {
    fn settings(&self) -> SupervisionSettings {
        let set = self.set.lock().unwrap();
        set.last()
            .map_or_else(SupervisionSettings::default, |(_, change)| change.settings)
    }

    /// Panel 1 has one path, that does not encrypt; others are not there.
    fn answer(&self, actor: &Actor, change: SettingChange) -> Result<(), SetError> {
        if change.panel != panel_id(1) && change.panel != panel_id(2) {
            return Err(SetError::UnknownPanel(change.panel));
        }
        if let Some(other) = change.path.filter(|other| *other != path()) {
            return Err(SetError::UnknownPath(change.panel, other));
        }
        let class = change.settings.watch.and_then(Watch::class);
        class.map_or(Ok(()), may_claim)?;
        self.set.lock().unwrap().push((actor.who.clone(), change));
        Ok(())
    }
}

/// Of a panel with one path that does not encrypt.
fn may_claim(class: SupervisionClass) -> Result<(), SetError> {
    if class.is_dual() {
        return Err(SetError::OnePath(class));
    }
    let claimed = Assurance::Plain.may_claim(class);
    claimed.map_err(|claim| SetError::Claim { class, claim })
}

impl Supervision for Watcher {
    fn status(&self, path: PathIndex) -> PathStatus {
        let lost = path == PathIndex(2);
        PathStatus {
            state: if lost { PathState::Lost } else { PathState::Ok },
            since: lost.then_some(Wall(NOW.0 - 120_000_000)),
            time: Some(SupervisionClass::Sp5.deadline()),
            deadline: (!lost).then_some(Wall(NOW.0 + 27_000_000)),
            held: false,
            flapping: lost,
            test_overdue: false,
        }
    }

    fn panels_with_faults(&self, after: Option<PanelIndex>, limit: usize) -> Vec<PanelIndex> {
        let lost = [2, 4, 6].into_iter().map(PanelIndex);
        lost.filter(|index| Some(*index) > after)
            .take(limit)
            .collect()
    }

    fn summary(&self) -> SupervisionSummary {
        let outage = MassOutage {
            group: Group::All,
            within: [Group::All; 3],
            began: Served(0),
            last: Served(9),
            panels: 4_711,
            members: 50_000,
            open: true,
        };
        SupervisionSummary {
            watched: 50_000,
            lost: 4_711,
            never: 3,
            held: 0,
            hold: std::time::Duration::from_millis(1_500),
            paused: false,
            outages: vec![(outage, Wall(NOW.0 - 5_000_000), NOW)],
            default: Some(Watch::Off),
        }
    }

    fn incidents(&self) -> Vec<Incident> {
        let (outage, began, last) = self.summary().outages.remove(0);
        vec![Incident {
            number: 81_000,
            began,
            last,
            until: Served(90_000),
            open: true,
            groups: vec![outage],
        }]
    }

    fn may_begin(&self, panel: &NewPanel) -> Result<(), SetError> {
        panel.watch.and_then(Watch::class).map_or(Ok(()), may_claim)
    }

    fn panels_of(
        &self,
        incident: u64,
        after: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<Option<Vec<PanelIndex>>, ReadError>> {
        let found = (incident == 81_000).then(|| self.panels_with_faults(after, limit));
        Box::pin(async move { Ok(found) })
    }

    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelSupervision>, ReadError>> {
        let set = self.settings();
        let known = (id == panel_id(1)).then(|| PanelSupervision {
            panel: id,
            set,
            paths: vec![PathSupervision {
                path: PathIndex(1),
                id: path(),
                set: SupervisionSettings::default(),
                effective: SupervisionSettings {
                    watch: Some(Watch::Class(SupervisionClass::Sp5)),
                    ..set
                },
                assurance: Assurance::Forgeable,
                called: Some(SupervisionClass::Sp2),
                lacking: Some(Claim::Forgeable),
                status: self.status(PathIndex(1)),
            }],
        });
        Box::pin(async move { Ok(known) })
    }

    fn set(
        &self,
        actor: Actor,
        changes: Vec<SettingChange>,
    ) -> Answering<'_, Vec<Result<(), SetError>>> {
        let answers = changes
            .into_iter()
            .map(|change| self.answer(&actor, change));
        let answers: Vec<_> = answers.collect();
        Box::pin(async move { answers })
    }

    fn spells(
        &self,
        panel: PanelId,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Option<Spells>, ReadError>> {
        assert!(from < until);
        let day = 86_400_000_000;
        let registered = Wall(NOW.0 - 10 * day);
        let spells = (panel == panel_id(1)).then(|| Spells {
            paths: vec![(
                path(),
                vec![Spell {
                    from: Wall(NOW.0 - day),
                    until: None,
                }],
            )],
            ours: vec![Spell {
                from: Wall(NOW.0 - 60_000_000),
                until: Some(Wall(NOW.0 - 50_000_000)),
            }],
            registered,
        });
        Box::pin(async move { Ok(spells) })
    }
}

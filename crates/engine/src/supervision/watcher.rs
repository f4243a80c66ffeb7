//! The handle of supervision: takes signs of life in, answers people.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use model::{
    Actor, Assurance, Epoch, Event, Mono, PanelId, PanelIndex, PathIndex, Wall, Watch, limits,
};

use super::plan::{effective, may_set};
use super::{Incident, Served, Shared};
use crate::ports::{
    Answering, Confirmations, Link, Links, Measured, Measurement, NewPanel, PanelSupervision,
    PathStatus, PathSupervision, Presence, ReadError, SetError, SettingChange, Sign, Spells,
    Supervises, Supervision, SupervisionSummary, Told, WatchedPath,
};

/// More panels than this are read all at once.
const ONE_BY_ONE: usize = 32;

/// A handle of supervision. Clones are handles of the same.
#[derive(Clone)]
pub struct Watcher {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

impl Watcher {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn channel(&self, path: PathIndex) -> Assurance {
        let binding = self.shared.registry.binding(path);
        binding.map_or(Assurance::Plain, |binding| {
            self.shared.house.assurance(&binding)
        })
    }

    fn path(&self, path: &WatchedPath) -> PathSupervision {
        let in_force = effective(path, &self.shared.house);
        let assurance = self.channel(path.path);
        let class = in_force.watch.and_then(Watch::class);
        let called = class.map(|class| assurance.effective(class));
        PathSupervision {
            path: path.path,
            id: path.path_id,
            set: path.of_path,
            effective: in_force,
            assurance,
            called: called.map(|(class, _)| class),
            lacking: called.and_then(|(_, lacking)| lacking),
            status: self.shared.machine().status(path.path),
        }
    }

    /// Whether a change may be made to a panel with these paths.
    fn check(&self, change: &SettingChange, paths: &[WatchedPath]) -> Result<(), SetError> {
        if paths.is_empty() {
            return Err(SetError::UnknownPanel(change.panel));
        }
        if let Some(path) = change.path
            && !paths.iter().any(|one| one.path_id == path)
        {
            return Err(SetError::UnknownPath(change.panel, path));
        }
        let Some(class) = change.settings.watch.and_then(Watch::class) else {
            return Ok(());
        };
        // A path that has settings of its own is not concerned by those of its panel.
        let concerned = paths.iter().filter(|one| match change.path {
            Some(path) => one.path_id == path,
            None => one.of_path.watch.is_none(),
        });
        let channels = concerned.map(|one| self.channel(one.path));
        may_set(class, channels, paths.len())
    }

    /// The paths of these panels, by panel.
    async fn paths_of(
        &self,
        changes: &[SettingChange],
    ) -> Result<BTreeMap<PanelId, Vec<WatchedPath>>, ReadError> {
        let mut panels: BTreeMap<PanelId, Vec<WatchedPath>> = BTreeMap::new();
        if changes.len() > ONE_BY_ONE {
            for path in self.shared.store.watched(None).await? {
                panels.entry(path.panel_id).or_default().push(path);
            }
            return Ok(panels);
        }
        for change in changes {
            let paths = self.shared.store.watched_panel(change.panel).await?;
            panels.insert(change.panel, paths);
        }
        Ok(panels)
    }

    async fn store_and_apply(
        &self,
        actor: Actor,
        changes: Vec<SettingChange>,
    ) -> Vec<Result<(), SetError>> {
        let _one_by_one = self.shared.changing.lock().await;
        let panels = match self.paths_of(&changes).await {
            Ok(panels) => panels,
            Err(error) => return refused(&changes, &error.into()),
        };
        let none = Vec::new();
        let mut answers: Vec<Result<(), SetError>> = changes
            .iter()
            .map(|change| self.check(change, panels.get(&change.panel).unwrap_or(&none)))
            .collect();
        let allowed = changes.iter().zip(&answers);
        let allowed = allowed.filter(|(_, answer)| answer.is_ok());
        let allowed: Vec<SettingChange> = allowed.map(|(change, _)| *change).collect();
        let at = self.shared.clock.now().wall;
        let stored = self
            .shared
            .store
            .set_supervision(actor, at, allowed.clone())
            .await;
        // What was stored before a failure is in force, too.
        match self.paths_of(&allowed).await {
            Ok(panels) => {
                for change in &allowed {
                    if let Some(paths) = panels.get(&change.panel) {
                        self.shared.apply(paths);
                    }
                }
            }
            Err(error) => refuse(&mut answers, &error.into()),
        }
        if let Err(error) = stored {
            refuse(&mut answers, &error.into());
        }
        answers
    }
}

fn refused(changes: &[SettingChange], error: &SetError) -> Vec<Result<(), SetError>> {
    changes.iter().map(|_| Err(error.clone())).collect()
}

fn refuse(answers: &mut [Result<(), SetError>], error: &SetError) {
    for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
        *answer = Err(error.clone());
    }
}

impl Supervises for Watcher {
    fn heard(&self, signs: &[Sign]) {
        let mut machine = self.shared.machine();
        for sign in signs {
            machine.heard(sign);
        }
    }

    fn left(&self, path: PathIndex, epoch: Epoch, at: Mono) {
        self.shared.machine().left(path, epoch, at);
    }

    fn keep_alive(&self, path: PathIndex) -> Option<Duration> {
        self.shared.machine().keep_alive(path)
    }

    fn gateway(&self, here: bool, _at: Mono) {
        self.shared.machine().gateway(here);
    }
}

impl Presence for Watcher {
    fn last_heard(&self, path: PathIndex) -> Option<Wall> {
        let now = self.shared.clock.now();
        self.shared.machine().last_heard(path, now)
    }
}

impl Links for Watcher {
    fn link(&self, path: PathIndex) -> Link {
        self.shared.machine().link(path)
    }

    fn is_holding(&self) -> bool {
        self.shared.machine().is_holding()
    }
}

/// A doubtful test that a person confirmed satisfies what was expected (R1).
impl Confirmations for Watcher {
    fn confirmed(&self, event: &Event) {
        let now = self.shared.clock.now().mono;
        let is_test = event.body.class == model::EventClass::Test;
        let mut machine = self.shared.machine();
        let Some(path) = machine.tested(event.body.path, is_test, now) else {
            return;
        };
        let at = machine.served(now);
        drop(machine);
        let confirmed = &self.shared.confirmed;
        let mut confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        let of_path = |told: &Told| matches!(told, Told::Tested { path: one, .. } if *one == path);
        confirmed.retain(|told| !of_path(told));
        confirmed.push(Told::Tested { path, at });
    }
}

impl Supervision for Watcher {
    fn status(&self, path: PathIndex) -> PathStatus {
        self.shared.machine().status(path)
    }

    fn panels_with_faults(&self, after: Option<PanelIndex>, limit: usize) -> Vec<PanelIndex> {
        let limit = limit.clamp(1, limits::PAGE + 1);
        self.shared.machine().panels_with_faults(after, limit)
    }

    fn summary(&self) -> SupervisionSummary {
        SupervisionSummary {
            default: self.shared.house.default,
            ..self.shared.machine().summary()
        }
    }

    fn incidents(&self) -> Vec<Incident> {
        self.shared.machine().incidents()
    }

    fn panels_of(
        &self,
        incident: u64,
        after: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<Option<Vec<PanelIndex>>, ReadError>> {
        Box::pin(async move {
            let incidents = self.incidents();
            let found = incidents.iter().find(|one| one.number == incident);
            let Some((found, first)) = found.and_then(|one| Some((one, one.groups.first()?)))
            else {
                return Ok(None);
            };
            let lost = self.shared.store.lost_between(
                first.group,
                (Served(found.number), found.until),
                after,
                limit,
            );
            lost.await.map(Some)
        })
    }

    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelSupervision>, ReadError>> {
        Box::pin(async move {
            let paths = self.shared.store.watched_panel(id).await?;
            let Some(first) = paths.first() else {
                return Ok(None);
            };
            Ok(Some(PanelSupervision {
                panel: id,
                set: first.of_panel,
                paths: paths.iter().map(|path| self.path(path)).collect(),
            }))
        })
    }

    fn may_begin(&self, panel: &NewPanel) -> Result<(), SetError> {
        let Some(class) = panel.watch.and_then(Watch::class) else {
            return Ok(());
        };
        may_set(class, [self.shared.house.assurance_of_new(panel)], 1)
    }

    fn set(
        &self,
        actor: Actor,
        changes: Vec<SettingChange>,
    ) -> Answering<'_, Vec<Result<(), SetError>>> {
        Box::pin(self.store_and_apply(actor, changes))
    }

    fn spells(
        &self,
        panel: PanelId,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Option<Spells>, ReadError>> {
        self.shared.store.spells(panel, from, until)
    }
}

impl Measured for Watcher {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let tally = self.shared.machine().tally();
        self.shared.figures.measure(tally, out);
    }
}

//! What is read and written beside the ticks: the journal's news, new panels, where we stand.
//!
//! Invariant: what the journal tells is written with the cursor behind it, in one transaction; when
//! that fails it is read again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use model::limits::HEARTBEAT;
use model::{EventSeq, Mono, PathIndex};
use tokio::sync::broadcast;
use tokio::time::MissedTickBehavior;

use super::{Parts, Shared, by_panel, follower};
use crate::ports::{Changed, EventLog, HouseState, ReadError, SupervisionChange, Told};

/// How often the journal is read: news of a quarter of a second in one write.
const GATHER: Duration = Duration::from_millis(250);

pub(super) type Changes = broadcast::Receiver<Changed>;

/// Reads and writes for supervision.
pub(super) struct Keeper {
    pub(super) shared: Arc<Shared>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) changes: Changes,
    pub(super) boot: String,
    pub(super) cursor: EventSeq,
    /// The newest path that is known.
    pub(super) last: Option<PathIndex>,
    /// How many paths had been removed when they were last looked for.
    pub(super) removals: u64,
    pub(super) written: Mono,
}

/// Projects what the last life told and did not write down any more, so that its faults are known
/// before anybody is judged. The cursor stays: tests behind it are read once the machine is there.
pub(super) async fn catch_up(parts: &Parts) -> Result<(), ReadError> {
    let Some(house) = parts.store.resume().await?.house else {
        return Ok(());
    };
    let mut cursor = house.cursor;
    while let Some((events, next)) = follower::page(&parts.log, cursor, false).await? {
        let told = events
            .iter()
            .filter_map(|event| follower::told(event, house.served));
        let change = SupervisionChange {
            house: house.clone(),
            told: told.collect(),
        };
        if let Err(error) = parts.store.keep(change).await {
            tracing::warn!(%error, "what was told of lost paths could not be written down");
            return Ok(());
        }
        cursor = next;
    }
    Ok(())
}

impl Keeper {
    /// Runs until something cannot be read.
    pub(super) async fn run(&mut self) -> Result<(), ReadError> {
        let mut ticks = tokio::time::interval(GATHER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.registered() {
                self.refresh().await?;
            }
            self.follow().await?;
            if self.shared.clock.now().mono.since(self.written) >= HEARTBEAT {
                self.write(Vec::new(), false).await;
            }
        }
    }

    /// A stop in order: everything is written down.
    pub(super) async fn end(&mut self) {
        self.write(Vec::new(), true).await;
    }

    /// Whether paths were registered, changed or removed since the last call.
    fn registered(&mut self) -> bool {
        use broadcast::error::TryRecvError::{Closed, Empty, Lagged};
        let mut any = false;
        loop {
            match self.changes.try_recv() {
                Ok(_) | Err(Lagged(_)) => any = true,
                Err(Empty | Closed) => return any,
            }
        }
    }

    /// Paths that were registered or removed.
    async fn refresh(&mut self) -> Result<(), ReadError> {
        let shared = Arc::clone(&self.shared);
        let _one_by_one = shared.changing.lock().await;
        let new = shared.store.watched(self.last).await?;
        self.last = self.last.max(new.iter().map(|path| path.path).max());
        for panel in by_panel(&new) {
            let Some(first) = panel.first() else { continue };
            // Another path of a panel that there was: its first path is the one that it had.
            if shared.machine().knows(first.panel) {
                shared.apply(&shared.store.watched_panel(first.panel_id).await?);
            } else {
                shared.apply(panel);
            }
        }
        self.forget_removed();
        Ok(())
    }

    /// Looks at every path, which is little for one that is removed, and much too much for each
    /// that is registered or learned of.
    fn forget_removed(&mut self) {
        let shared = &self.shared;
        let removals = shared.registry.removals();
        if std::mem::replace(&mut self.removals, removals) == removals {
            return;
        }
        let known = shared.machine().paths();
        let removed = known
            .into_iter()
            .filter(|path| shared.registry.binding(*path).is_none());
        for path in removed.collect::<Vec<_>>() {
            shared.machine().forget(path);
        }
    }

    async fn follow(&mut self) -> Result<(), ReadError> {
        let all = self.shared.machine().expects_any_signal();
        let log: &Arc<dyn EventLog> = &self.log;
        let Some((events, next)) = follower::page(log, self.cursor, all).await? else {
            return Ok(());
        };
        let now = self.shared.clock.now().mono;
        let mut told = Vec::new();
        let mut lost = Vec::new();
        {
            let mut machine = self.shared.machine();
            let served = machine.served(now);
            for event in &events {
                let news = follower::told(event, served);
                lost.extend(news.as_ref().and_then(follower::loss));
                told.extend(news);
                let tested = follower::expected(event)
                    .and_then(|is_test| machine.tested(event.body.path, is_test, now));
                told.extend(tested.map(|path| Told::Tested { path, at: served }));
            }
        }
        let before = std::mem::replace(&mut self.cursor, next);
        if (!told.is_empty() || now.since(self.written) >= HEARTBEAT)
            && !self.write(told, false).await
        {
            // Read again, and written with what comes until then.
            self.cursor = before;
            return Ok(());
        }
        let mut machine = self.shared.machine();
        for (path, at) in lost {
            machine.lost_told(path, at);
        }
        Ok(())
    }

    /// Whether it was written.
    async fn write(&mut self, mut told: Vec<Told>, clean: bool) -> bool {
        let now = self.shared.clock.now();
        let confirmed = {
            let confirmed = &self.shared.confirmed;
            let mut confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *confirmed)
        };
        told.extend(confirmed);
        let house = {
            let machine = self.shared.machine();
            HouseState {
                boot: self.boot.clone(),
                mono: now.mono,
                wall: now.wall,
                served: machine.served(now.mono),
                clean,
                hold: machine.held_for(),
                cursor: self.cursor,
            }
        };
        self.written = now.mono;
        let kept = self.shared.store.keep(SupervisionChange { house, told });
        match kept.await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "where supervision stands could not be written down");
                false
            }
        }
    }
}

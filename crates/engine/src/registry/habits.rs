//! What gateways learn of paths, on its way into the store (ADR 8).
//!
//! Invariant: of each path the newest waits, so that at most [`limits::LEARNED`] paths do (I7).
//! Invariant: that a path once encrypted is forgotten by a person's hand alone: a gateway that
//! does not know it yet never takes it back (R1).
//!
//! Failure: what waits is lost when the engine dies; the gateways' sessions learn it again. While
//! the store cannot write, it waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Learned, PathIndex, limits};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::Registry;
use crate::ports::{Learns, PathBinding};

/// The least time between two transactions: nobody waits for what is learned but the next frame of
/// the same panel, and a habit takes several frames anyway.
const GATHER: Duration = Duration::from_millis(250);

/// What was learned and is not stored yet.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// Protects what waits; held to put in or take out.
    waiting: Mutex<BTreeMap<PathIndex, Learned>>,
    bell: Notify,
    lost: AtomicU64,
}

impl Habits {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<PathIndex, Learned>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what was learned of the path that `binding` is of.
    pub(super) fn note(&self, binding: &PathBinding, mut learned: Learned) {
        let path = binding.path.index;
        let mut waiting = self.waiting();
        let before = waiting.get(&path).unwrap_or(&binding.learned);
        learned.once_encrypted |= before.once_encrypted;
        if *before == learned {
            return;
        }
        if waiting.len() >= limits::LEARNED && !waiting.contains_key(&path) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.insert(path, learned);
        drop(waiting);
        self.bell.notify_one();
    }

    pub(super) fn take(&self) -> Vec<(PathIndex, Learned)> {
        let mut waiting = self.waiting();
        let mut batch = Vec::new();
        while batch.len() < limits::STATE_BATCH
            && let Some(next) = waiting.pop_first()
        {
            batch.push(next);
        }
        batch
    }

    /// What could not be stored waits again, unless something newer does.
    fn put_back(&self, batch: Vec<(PathIndex, Learned)>) {
        let mut waiting = self.waiting();
        for (path, learned) in batch {
            waiting.entry(path).or_insert(learned);
        }
    }

    /// A person wants it learned anew.
    pub(super) fn forget(&self, path: PathIndex) {
        self.waiting().remove(&path);
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Learns for Registry {
    fn learned(&self, path: PathIndex, learned: Learned) {
        // A path that has been removed meanwhile has nothing to learn for.
        if let Some(binding) = self.binding(path) {
            self.habits.note(&binding, learned);
        }
    }
}

impl Registry {
    /// Stores what is learned, until `stop`, and then once more.
    pub async fn keep_habits(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut well = true;
        loop {
            let stopped = tokio::select! {
                () = &mut stop => true,
                () = self.habits.bell.notified() => {
                    timeout_at(Instant::now() + GATHER, &mut stop).await.is_ok()
                }
            };
            well = self.store_habits(well).await;
            if stopped {
                return;
            }
        }
    }

    async fn store_habits(&self, was_well: bool) -> bool {
        loop {
            let _changing = self.changing.lock().await;
            let batch = self.habits.take();
            if batch.is_empty() {
                return true;
            }
            if let Err(error) = self.store.learn(batch.clone()).await {
                if was_well {
                    tracing::warn!(%error, "what was learned of panels waits to be stored");
                }
                self.habits.put_back(batch);
                self.habits.bell.notify_one();
                return false;
            }
            self.learned_of(batch);
        }
    }

    fn learned_of(&self, batch: Vec<(PathIndex, Learned)>) {
        let known = batch.into_iter().filter_map(|(path, learned)| {
            let binding = Arc::unwrap_or_clone(self.binding(path)?);
            Some(PathBinding { learned, ..binding })
        });
        self.put(known.collect());
    }
}

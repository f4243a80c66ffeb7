//! What people are shown. Reads only.

use std::time::Duration;

use model::limits::PRESENCE_PATHS;
use model::{PanelIndex, PathIndex, Wall};

use super::clock::Served;
use super::machine::{Machine, slot_of};
use super::slot::{Fault, Slot};
use crate::ports::{Link, PathState, PathStatus, SupervisionSummary};

/// Counts of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Watched.
    pub watched: usize,
    /// Lost.
    pub lost: usize,
    /// Never reported.
    pub never: usize,
    /// Silent, and not reported yet (R11).
    pub held: usize,
}

fn state(slot: &Slot) -> PathState {
    match slot.fault {
        _ if !slot.is_watched() => PathState::Unsupervised,
        None => PathState::Ok,
        Some(Fault::Lost) => PathState::Lost,
        Some(Fault::Never) => PathState::Never,
    }
}

impl Machine {
    /// How a path is.
    pub fn status(&self, path: PathIndex) -> PathStatus {
        let at = slot_of(path).unwrap_or(PRESENCE_PATHS);
        let Some(slot) = self.slots.get(at) else {
            return PathStatus {
                state: PathState::Unsupervised,
                since: None,
                time: None,
                deadline: None,
                held: false,
                flapping: false,
                test_overdue: false,
            };
        };
        let watched = slot.is_watched();
        let loss = self.losses.get(&path.0).filter(|_| slot.fault.is_some());
        PathStatus {
            state: state(slot),
            since: loss.map(|loss| loss.since),
            time: watched.then(|| Duration::from_millis(slot.time())),
            deadline: (watched && slot.fault.is_none()).then(|| self.wall_of(slot.deadline())),
            held: slot.held,
            flapping: self.is_flapping(path.0),
            test_overdue: self.tests.get(&path.0).is_some_and(|test| test.overdue),
        }
    }

    /// R10: how often it must be heard at least: 0.45 of what it may be silent now.
    pub fn keep_alive(&self, path: PathIndex) -> Option<Duration> {
        let slot = self.slots.get(slot_of(path)?)?;
        let watched = slot.is_watched().then(|| slot.time());
        watched.map(|time| Duration::from_millis(time / 100 * 45))
    }

    /// When a path was last heard in this life of the engine.
    pub fn last_heard(&self, path: PathIndex, now: model::Now) -> Option<Wall> {
        let heard = self.slots.get(slot_of(path)?)?.heard()?;
        Some(now.wall.before(now.mono.since(heard)))
    }

    /// The link of the panel of a path.
    pub fn link(&self, path: PathIndex) -> Link {
        let slot = slot_of(path).and_then(|at| self.slots.get(at));
        let panel = slot.and_then(|slot| self.panels.get(slot.panel as usize));
        let mut link = Link::default();
        let paths = panel.map_or(&[][..], |panel| &*panel.paths);
        for slot in paths.iter().map(|path| &self.slots[*path as usize]) {
            link.heard = link.heard.max(slot.heard());
            if slot.is_watched() {
                link.watched += 1;
                let once_and_a_half = Duration::from_millis(slot.time() / 1_000 * 675);
                let expected = slot.heard().map(|heard| heard.after(once_and_a_half));
                link.expected = link.expected.max(expected);
            }
        }
        link
    }

    /// Whether silence may be our own fault.
    pub fn is_holding(&self) -> bool {
        self.hold.is_running() || self.clock.is_paused()
    }

    /// Panels with a path that is lost or never reported, by number.
    pub fn panels_with_faults(&self, after: Option<PanelIndex>, limit: usize) -> Vec<PanelIndex> {
        let faulty = self.panels.iter().filter(|panel| {
            let mut slots = panel.paths.iter().map(|path| &self.slots[*path as usize]);
            slots.any(|slot| slot.fault.is_some())
        });
        let beyond = faulty
            .map(|panel| panel.index)
            .filter(|index| Some(*index) > after);
        let mut found: Vec<PanelIndex> = beyond.collect();
        found.sort_unstable();
        found.truncate(limit);
        found
    }

    /// Counts of paths.
    pub fn tally(&self) -> Tally {
        let count = |wanted| {
            self.slots
                .iter()
                .filter(|slot| state(slot) == wanted)
                .count()
        };
        Tally {
            watched: self.watched,
            lost: count(PathState::Lost),
            never: count(PathState::Never),
            held: self.held(),
        }
    }

    /// Supervision as a whole.
    pub fn summary(&self) -> SupervisionSummary {
        let tally = self.tally();
        let wall = |at: Served| self.wall_of(at);
        let outages = self.outbreaks.all();
        SupervisionSummary {
            watched: tally.watched,
            lost: tally.lost,
            never: tally.never,
            held: tally.held,
            hold: self.held_for(),
            paused: self.clock.is_paused(),
            outages: outages
                .map(|one| (one, wall(one.began), wall(one.last)))
                .collect(),
            default: None,
        }
    }
}

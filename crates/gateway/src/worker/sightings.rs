//! What this gateway saw of paths, until the engine is told: signs of life, clocks, farewells.
//!
//! Invariant: one entry for each path, whatever it sends, so that the table is bounded by the paths
//! that are registered (I7).
//! Invariant: of several admissions of a path the latest counts (I6), and a farewell is told behind
//! the signs of life that came before it.

use std::collections::HashMap;

use hashbrown::DefaultHashBuilder;
use model::{ConnectionReport, Epoch, Mono, PanelReport, PathIndex, StatusReport};

use crate::link::{Gone, Heard, Told, Upward};

/// Entries in one message: it stays under 24 KiB.
const BATCH: usize = 1_000;

/// Reports in one message: the longest have a kilobyte, so that it stays under 48 KiB.
const REPORTS: usize = 32;

/// Epochs, each later than the one before, even within one turn.
#[derive(Debug, Default)]
pub(super) struct Epochs(u64);

impl Epochs {
    /// The epoch of an admission at this moment.
    pub(super) fn next(&mut self, now: Mono) -> Epoch {
        self.0 = now.0.max(self.0 + 1);
        Epoch(self.0)
    }
}

/// What was seen of paths since the engine was last told. The engine gives paths their numbers, so
/// nobody can choose them to collide.
#[derive(Debug, Default)]
pub(super) struct Sightings(HashMap<PathIndex, Seen, DefaultHashBuilder>);

/// What a panel told of itself, each kind once.
#[derive(Debug, Default)]
struct Reports {
    status: Option<(Mono, StatusReport)>,
    connection: Option<(Mono, ConnectionReport)>,
}

impl Reports {
    fn add(&mut self, report: PanelReport, now: Mono) {
        match report {
            PanelReport::Status(newer) => match &mut self.status {
                Some((at, status)) => {
                    *at = now;
                    status.update(newer);
                }
                None => self.status = Some((now, newer)),
            },
            PanelReport::Connection(newer) => self.connection = Some((now, newer)),
        }
    }

    fn of(self, path: PathIndex) -> impl Iterator<Item = Told> {
        let told = move |at, report| Told { path, at, report };
        let connection = self
            .connection
            .map(move |(at, report)| told(at, PanelReport::Connection(report)));
        let status = self
            .status
            .map(move |(at, report)| told(at, PanelReport::Status(report)));
        connection.into_iter().chain(status)
    }
}

#[derive(Debug, Default)]
struct Seen {
    epoch: Epoch,
    heard: Option<Mono>,
    left: Option<Mono>,
    agreed: bool,
    skewed: bool,
    reports: Option<Box<Reports>>,
}

impl Sightings {
    /// A valid sign of life; `agreed` if it shows that the panel's clock is right, too.
    pub(super) fn alive(&mut self, path: PathIndex, epoch: Epoch, now: Mono, agreed: bool) {
        let seen = self.0.entry(path).or_default();
        if epoch >= seen.epoch {
            if epoch > seen.epoch {
                seen.left = None;
            }
            seen.epoch = epoch;
            seen.heard = Some(now);
        }
        seen.agreed |= agreed;
    }

    /// The path's panel told something of itself.
    pub(super) fn told(&mut self, path: PathIndex, report: PanelReport, now: Mono) {
        let seen = self.0.entry(path).or_default();
        seen.reports.get_or_insert_default().add(report, now);
    }

    /// R3: a frame that was decrypted well, with a timestamp outside the window.
    pub(super) fn skewed(&mut self, path: PathIndex) {
        self.0.entry(path).or_default().skewed = true;
    }

    /// The connection of this admission has ended.
    pub(super) fn left(&mut self, path: PathIndex, epoch: Epoch, now: Mono) {
        let seen = self.0.entry(path).or_default();
        if epoch >= seen.epoch {
            seen.epoch = epoch;
            seen.left = Some(now);
        }
    }

    /// Takes everything out, as messages in their order.
    pub(super) fn messages(&mut self) -> Vec<Upward> {
        let mut heard = Vec::new();
        let mut gone = Vec::new();
        let mut skewed = Vec::new();
        let mut told = Vec::new();
        for (path, seen) in self.0.drain() {
            let epoch = seen.epoch;
            heard.extend(seen.heard.map(|at| Heard {
                path,
                epoch,
                at,
                // Within half a second the one that is wrong tells more.
                agreed: seen.agreed && !seen.skewed,
            }));
            gone.extend(seen.left.map(|at| Gone { path, epoch, at }));
            skewed.extend(seen.skewed.then_some(path));
            if let Some(reports) = seen.reports {
                told.extend(reports.of(path));
            }
        }
        let heard = batches(heard, BATCH).map(Upward::Alive);
        let gone = batches(gone, BATCH).map(Upward::Left);
        let skewed = batches(skewed, BATCH).map(Upward::Skewed);
        let told = batches(told, REPORTS).map(Upward::Reports);
        heard.chain(gone).chain(skewed).chain(told).collect()
    }
}

/// Rows in parts of so many at most.
fn batches<T>(rows: Vec<T>, most: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<T> = rows.by_ref().take(most).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PATH: PathIndex = PathIndex(4);
    const START: Mono = Mono(1_000_000_000);

    fn later(millis: u64) -> Mono {
        START.after(Duration::from_millis(millis))
    }

    fn heard(epoch: u64, at: Mono, agreed: bool) -> Upward {
        Upward::Alive(vec![Heard {
            path: PATH,
            epoch: Epoch(epoch),
            at,
            agreed,
        }])
    }

    #[test]
    fn epochs_of_one_moment_differ_and_grow() {
        let mut epochs = Epochs::default();
        let first = epochs.next(START);
        let second = epochs.next(START);
        let third = epochs.next(later(1));
        assert_eq!(first, Epoch(START.0));
        assert!(first < second && second < third);
    }

    #[test]
    fn a_path_heard_often_is_told_once_with_its_latest_time() {
        let mut sightings = Sightings::default();
        sightings.alive(PATH, Epoch(1), START, false);
        sightings.alive(PATH, Epoch(1), later(300), true);
        assert_eq!(sightings.messages(), [heard(1, later(300), true)]);
        assert_eq!(sightings.messages(), []);
    }

    #[test]
    fn a_farewell_follows_its_signs_of_life_and_one_of_an_older_admission_is_not_told() {
        let mut sightings = Sightings::default();
        sightings.alive(PATH, Epoch(1), START, false);
        sightings.left(PATH, Epoch(1), later(1));
        let gone = Gone {
            path: PATH,
            epoch: Epoch(1),
            at: later(1),
        };
        let left = Upward::Left(vec![gone]);
        assert_eq!(sightings.messages(), [heard(1, START, false), left]);
        sightings.alive(PATH, Epoch(2), later(2), false);
        sightings.left(PATH, Epoch(1), later(3));
        assert_eq!(sightings.messages(), [heard(2, later(2), false)]);
        sightings.left(PATH, Epoch(2), later(4));
        sightings.alive(PATH, Epoch(3), later(5), false);
        assert_eq!(sightings.messages(), [heard(3, later(5), false)]);
    }

    #[test]
    fn a_clock_that_was_wrong_once_did_not_agree() {
        let mut sightings = Sightings::default();
        sightings.alive(PATH, Epoch(1), START, true);
        sightings.skewed(PATH);
        let skewed = Upward::Skewed(vec![PATH]);
        assert_eq!(sightings.messages(), [heard(1, START, false), skewed]);
    }
}

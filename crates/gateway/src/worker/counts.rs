//! What this gateway has counted and heard, until the engine is told.

use std::collections::HashMap;

use model::{Mono, PathIndex};
use proto::Counted;

use crate::link::{Counters, Gauges, Heard};

/// Everything that is refused, ignored or odd, by reason (I4).
#[derive(Debug)]
pub(super) struct Counts([u64; Counted::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Counted::ALL.len()])
    }
}

impl Counts {
    pub(super) fn add(&mut self, reason: Counted) {
        self.0[reason.index()] += 1;
    }

    /// All of them since the start, so that a link that is lost loses none.
    pub(super) fn counters(&self, gauges: Gauges) -> Counters {
        Counters {
            counts: self.0.to_vec(),
            gauges,
        }
    }
}

/// Paths that were heard since the engine was last told, each once.
#[derive(Debug, Default)]
pub(super) struct HeardPaths(HashMap<PathIndex, Mono>);

/// Signs of life in one message: it stays under 8 KiB.
const BATCH: usize = 1_000;

impl HeardPaths {
    pub(super) fn note(&mut self, path: PathIndex, now: Mono) {
        self.0.insert(path, now);
    }

    /// Takes all out, in batches of a message each.
    pub(super) fn batches(&mut self, now: Mono) -> Vec<Vec<Heard>> {
        let heard: Vec<Heard> = self
            .0
            .drain()
            .map(|(path, at)| Heard {
                path,
                ago: u32::try_from(now.since(at).as_millis()).unwrap_or(u32::MAX),
            })
            .collect();
        heard.chunks(BATCH).map(<[Heard]>::to_vec).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_path_heard_often_is_told_once_with_its_latest_time() {
        let mut heard = HeardPaths::default();
        let start = Mono(1_000_000_000);
        heard.note(PathIndex(4), start);
        heard.note(PathIndex(4), start.after(Duration::from_millis(300)));
        let now = start.after(Duration::from_millis(500));
        let one = Heard {
            path: PathIndex(4),
            ago: 200,
        };
        assert_eq!(heard.batches(now), [vec![one]]);
        assert_eq!(heard.batches(now), Vec::<Vec<Heard>>::new());
    }

    #[test]
    fn counters_stand_at_the_place_of_their_reason() {
        let mut counts = Counts::default();
        counts.add(Counted::Broken);
        let counters = counts.counters(Gauges::default());
        assert_eq!(counters.counts[Counted::Broken.index()], 1);
        assert_eq!(counters.counts.iter().sum::<u64>(), 1);
    }
}

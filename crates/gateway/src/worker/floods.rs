//! Of which floods the engine was told, so that each is told of once in a while (R7).
//!
//! Invariant: the table is bounded (I7); the one told of longest ago is forgotten first.

use std::net::IpAddr;

use lru::LruCache;
use model::{Mono, PathIndex, limits};

/// Who sends more than its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Flooding {
    Address(IpAddr),
    Path(PathIndex),
}

/// Who was told of, and when.
#[derive(Debug)]
pub(super) struct Floods(LruCache<Flooding, Mono>);

impl Floods {
    /// Nobody was told of.
    pub(super) fn new() -> Self {
        Self(LruCache::unbounded())
    }

    /// Whether this is to be told; if so it is news no longer.
    pub(super) fn is_news(&mut self, flooding: Flooding, now: Mono) -> bool {
        let told = self.0.peek(&flooding);
        if told.is_some_and(|at| now.since(*at) < limits::FLOOD_REPORT) {
            return false;
        }
        self.0.put(flooding, now);
        if self.0.len() > limits::FLOODS {
            self.0.pop_lru();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Mono = Mono(1_000_000_000_000);
    const PATH: Flooding = Flooding::Path(PathIndex(7));

    #[test]
    fn a_flood_is_told_of_once_a_minute_and_each_on_its_own() {
        let mut floods = Floods::new();
        let address = Flooding::Address([192, 0, 2, 7].into());
        let told = |floods: &mut Floods, one| {
            let seconds = (0..180).map(|second| START.after(Duration::from_secs(second)));
            seconds.filter(|now| floods.is_news(one, *now)).count()
        };
        assert_eq!(told(&mut floods, PATH), 3);
        assert_eq!(told(&mut floods, address), 3);
    }

    #[test]
    fn the_table_is_bounded() {
        let mut floods = Floods::new();
        for path in 0..2_000 {
            assert!(floods.is_news(Flooding::Path(PathIndex(path)), START));
        }
        assert_eq!(floods.0.len(), limits::FLOODS);
        assert!(!floods.is_news(Flooding::Path(PathIndex(1_999)), START));
    }
}

//! When each path was last heard, since the engine began: what there is of supervision while
//! nobody judges it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::ports::{Presence, Sign, Supervises};
use model::{Clock, Epoch, Mono, PathIndex, Wall, limits};

/// The last sign of life of each path.
pub struct LastHeard {
    clock: Arc<dyn Clock>,
    paths: Mutex<HashMap<PathIndex, Wall>>,
}

impl std::fmt::Debug for LastHeard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastHeard").finish_non_exhaustive()
    }
}

impl LastHeard {
    /// Nobody was heard yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            paths: Mutex::default(),
        }
    }
}

/// Farewells say nothing of when somebody was heard, nor do gateways that come and go.
impl Supervises for LastHeard {
    /// An older sign than is known changes nothing.
    fn heard(&self, signs: &[Sign]) {
        let now = self.clock.now();
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        for sign in signs {
            let at = now.wall.before(now.mono.since(sign.at));
            if let Some(last) = paths.get_mut(&sign.path) {
                *last = at.max(*last);
            } else if paths.len() < limits::PRESENCE_PATHS {
                paths.insert(sign.path, at);
            }
        }
    }

    fn left(&self, _: PathIndex, _: Epoch, _: Mono) {}

    fn gateway(&self, _: bool, _: Mono) {}
}

impl Presence for LastHeard {
    fn last_heard(&self, path: PathIndex) -> Option<Wall> {
        let paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        paths.get(&path).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Now;

    use super::*;

    const START: Now = Now {
        mono: Mono(1_000_000_000),
        wall: Wall(7_000_000),
        suspect: false,
    };

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Now {
            START
        }
    }

    #[test]
    fn the_latest_sign_of_life_is_kept() {
        let heard = LastHeard::new(Arc::new(Still));
        assert_eq!(heard.last_heard(PathIndex(1)), None);
        let sign = |ago: Duration| Sign {
            path: PathIndex(1),
            epoch: Epoch(1),
            at: Mono(START.mono.0 - u64::try_from(ago.as_nanos()).unwrap()),
        };
        heard.heard(&[
            sign(Duration::from_millis(200)),
            sign(Duration::from_millis(500)),
        ]);
        assert_eq!(heard.last_heard(PathIndex(1)), Some(Wall(6_800_000)));
    }
}

//! When each path was last heard, since the engine began.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::ports::Presence;
use model::{PathIndex, Wall, limits};

/// The last sign of life of each path.
#[derive(Debug, Default)]
pub struct LastHeard {
    paths: Mutex<HashMap<PathIndex, Wall>>,
}

impl LastHeard {
    /// Notes signs of life; an older one than is known changes nothing.
    pub(super) fn note(&self, heard: impl IntoIterator<Item = (PathIndex, Wall)>) {
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        for (path, at) in heard {
            if let Some(last) = paths.get_mut(&path) {
                *last = at.max(*last);
            } else if paths.len() < limits::PRESENCE_PATHS {
                paths.insert(path, at);
            }
        }
    }
}

impl Presence for LastHeard {
    fn last_heard(&self, path: PathIndex) -> Option<Wall> {
        let paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        paths.get(&path).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_sign_of_life_is_kept() {
        let heard = LastHeard::default();
        assert_eq!(heard.last_heard(PathIndex(1)), None);
        heard.note([(PathIndex(1), Wall(5)), (PathIndex(1), Wall(3))]);
        assert_eq!(heard.last_heard(PathIndex(1)), Some(Wall(5)));
    }
}

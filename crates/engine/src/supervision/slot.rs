//! What is kept of each path and each panel. Pure.

use std::ops::Deref;
use std::time::Duration;

use model::limits::FLAPPING_LOSSES;
use model::{Epoch, Mono, OwnCode, PanelIndex, PathIndex, Wall};

use super::clock::Served;
use super::outbreak::{Group, Groups};

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// How a path is to be watched, all settings and defaults applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The path.
    pub path: PathIndex,
    /// Its panel.
    pub panel: PanelIndex,
    /// What its panel has in common with others.
    pub groups: [Group; 3],
    /// For how long it may be silent; `None` if it is not watched.
    pub times: Option<Times>,
    /// Whether a farewell means that the panel is gone; not so for families that connect for each
    /// message.
    pub farewell: bool,
    /// The test signals that are expected on it, or, on the first path of a panel, on any of them.
    pub test: Option<Expected>,
    /// The path whose expectation a test on this path satisfies.
    pub satisfies: Option<PathIndex>,
    /// Before this time it does not count that nothing was ever heard.
    pub commissioned: Wall,
}

/// For how long a path may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// While the panel's first path works; for that one itself, always.
    pub working: Duration,
    /// Once the first path has failed (R10).
    pub failed: Duration,
}

/// A test signal that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// How often.
    pub every: Duration,
    /// Whether any signal counts, or only tests.
    pub any: bool,
}

/// What is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was heard within its time.
    Lost,
    /// Nothing was ever heard.
    Never,
}

impl Fault {
    /// The event that tells it.
    pub(super) const fn code(self) -> OwnCode {
        match self {
            Self::Lost => OwnCode::PathLost,
            Self::Never => OwnCode::NeverReported,
        }
    }
}

/// A path, in as few octets as it can be: there are a million of them.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, an octet each, of which there are a million"
)]
pub(super) struct Slot {
    /// Silence is counted from here.
    pub(super) base: Served,
    /// It is due by then in any case: a farewell (I6).
    pub(super) limit: Served,
    /// The tick of the timer that counts; others of this path are stale.
    pub(super) armed: u64,
    /// The last sign of life in this life of the engine; zero, at which the machine was started, if there was none.
    heard: Mono,
    /// The newest admission that was seen.
    pub(super) epoch: Epoch,
    times: Centis,
    pub(super) panel: u32,
    pub(super) satisfies: u32,
    pub(super) ever: bool,
    pub(super) held: bool,
    pub(super) farewell: bool,
    pub(super) known: bool,
    /// The panel's first path has failed, so that the shorter time is in force (R10).
    pub(super) quick: bool,
    /// What is wrong.
    pub(super) fault: Option<Fault>,
    /// What the journal says is wrong.
    pub(super) told: Option<Fault>,
}

/// [`Times`] in hundredths of a second, which hold 497 days; zero of a path that is not watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Centis {
    working: u32,
    failed: u32,
}

const CENTI: u64 = 10;

impl Centis {
    fn of(times: Times) -> Self {
        // Rounded up: a path is never lost sooner than was set.
        let centis = |time: Duration| {
            let centis = super::clock::millis(time).div_ceil(CENTI);
            u32::try_from(centis).unwrap_or(u32::MAX)
        };
        Self {
            working: centis(times.working),
            failed: centis(times.failed),
        }
    }
}

impl Slot {
    pub(super) fn vacant() -> Self {
        Self {
            base: Served(0),
            limit: Served(u64::MAX),
            armed: 0,
            heard: Mono(0),
            epoch: Epoch(0),
            times: Centis::default(),
            panel: NONE,
            satisfies: NONE,
            ever: false,
            held: false,
            farewell: false,
            known: false,
            quick: false,
            fault: None,
            told: None,
        }
    }

    /// Sets for how long it may be silent; whether that is another time than before.
    pub(super) fn set_times(&mut self, times: Option<Times>) -> bool {
        let times = times.map_or_else(Centis::default, Centis::of);
        std::mem::replace(&mut self.times, times) != times
    }

    /// For how long it may be silent now, in milliseconds; 0 if it is not watched.
    pub(super) fn time(&self) -> u64 {
        let centis = if self.quick {
            self.times.failed
        } else {
            self.times.working
        };
        u64::from(centis) * CENTI
    }

    pub(super) fn is_watched(&self) -> bool {
        self.time() > 0
    }

    /// Takes note of a sign of life.
    pub(super) fn hear(&mut self, at: Mono) {
        self.heard = self.heard.max(at);
    }

    /// The last sign of life in this life of the engine.
    pub(super) fn heard(&self) -> Option<Mono> {
        (self.heard > Mono(0)).then_some(self.heard)
    }

    /// When it is lost if nothing is heard.
    pub(super) fn deadline(&self) -> Served {
        let by_silence = Served(self.base.0.saturating_add(self.time()));
        by_silence.min(self.limit)
    }
}

/// What is kept of a path that is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    /// When it was due.
    pub(super) at: Served,
    pub(super) since: Wall,
    /// When it should have been told: at its deadline, or at the end of a hold (R11).
    pub(super) due: Served,
    /// It is to be told again.
    pub(super) remind: bool,
    /// The tick of the timer that reminds.
    pub(super) reminder: u64,
}

/// A path's last losses, as many as make flapping.
pub(super) type Losses = [Served; FLAPPING_LOSSES];

/// An expected test signal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test {
    pub(super) base: Served,
    pub(super) expected: Expected,
    pub(super) armed: u64,
    /// Still expected; one that is not waits only to be called off in the journal.
    pub(super) wanted: bool,
    pub(super) overdue: bool,
    pub(super) told: bool,
}

/// A panel's paths, the first one registered first. Mostly there is one, which takes no memory of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Paths {
    One(u32),
    Several(Box<[u32]>),
}

impl Paths {
    pub(super) fn none() -> Self {
        Self::Several(Box::default())
    }

    /// Puts a path in its place by number, unless it is there.
    pub(super) fn insert(&mut self, path: u32) {
        if let Err(place) = self.binary_search(&path) {
            let mut paths = self.to_vec();
            paths.insert(place, path);
            *self = Self::of(&paths);
        }
    }

    pub(super) fn remove(&mut self, path: u32) {
        let others = self.iter().copied().filter(|one| *one != path);
        *self = Self::of(&others.collect::<Vec<_>>());
    }

    fn of(paths: &[u32]) -> Self {
        match paths {
            [one] => Self::One(*one),
            several => Self::Several(several.into()),
        }
    }
}

impl Deref for Paths {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths,
        }
    }
}

/// A panel.
#[derive(Debug)]
pub(super) struct PanelSlot {
    pub(super) index: PanelIndex,
    pub(super) paths: Paths,
    pub(super) groups: Groups,
    /// Whether it was counted among the watched ones.
    pub(super) member: bool,
    /// Whether the journal says that it is lost.
    pub(super) told: bool,
    pub(super) queued: bool,
    /// When it last counted for a mass outage; zero, which stands for never, until then.
    pub(super) counted: Served,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_panel_take_a_hundred_octets() {
        let timer = size_of::<(u32, super::super::machine::PackedTimer)>();
        assert_eq!(
            (size_of::<Slot>(), size_of::<PanelSlot>(), timer),
            (64, 48, 8)
        );
    }

    #[test]
    fn paths_are_kept_in_their_order() {
        let mut paths = Paths::none();
        for path in [5, 2, 9, 5] {
            paths.insert(path);
        }
        assert_eq!(&*paths, [2, 5, 9]);
        paths.remove(2);
        paths.remove(9);
        assert_eq!(paths, Paths::One(5));
        paths.remove(5);
        assert_eq!(paths, Paths::none());
    }
}

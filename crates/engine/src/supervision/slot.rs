//! What is kept of each path and each panel. Pure.

use std::time::Duration;

use model::limits::FLAPPING_LOSSES;
use model::{Epoch, Mono, OwnCode, PanelIndex, PathIndex, Wall};

use super::clock::Served;
use super::outbreak::Group;

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

/// A path.
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
    /// The last sign of life in this life of the engine.
    pub(super) heard: Option<Mono>,
    /// The newest admission that was seen.
    pub(super) epoch: Epoch,
    /// For how long it may be silent now, in milliseconds; 0 if it is not watched.
    pub(super) time: u64,
    pub(super) times: Option<Times>,
    pub(super) panel: u32,
    pub(super) satisfies: u32,
    pub(super) ever: bool,
    pub(super) held: bool,
    pub(super) farewell: bool,
    pub(super) known: bool,
    /// What is wrong.
    pub(super) fault: Option<Fault>,
    /// What the journal says is wrong.
    pub(super) told: Option<Fault>,
}

impl Slot {
    pub(super) fn vacant() -> Self {
        Self {
            base: Served(0),
            limit: Served(u64::MAX),
            armed: 0,
            heard: None,
            epoch: Epoch(0),
            time: 0,
            times: None,
            panel: NONE,
            satisfies: NONE,
            ever: false,
            held: false,
            farewell: false,
            known: false,
            fault: None,
            told: None,
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.time > 0
    }

    /// When it is lost if nothing is heard.
    pub(super) fn deadline(&self) -> Served {
        let by_silence = Served(self.base.0.saturating_add(self.time));
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

/// A panel.
#[derive(Debug)]
pub(super) struct PanelSlot {
    pub(super) index: PanelIndex,
    /// Its paths, the first one registered first.
    pub(super) paths: Vec<u32>,
    pub(super) groups: [Group; 3],
    /// Whether it was counted among the watched ones.
    pub(super) member: bool,
    /// Whether the journal says that it is lost.
    pub(super) told: bool,
    pub(super) queued: bool,
    /// What is on its way to the journal.
    pub(super) on_its_way: Option<super::machine::Report>,
    /// When it last counted for a mass outage.
    pub(super) counted: Option<Served>,
}

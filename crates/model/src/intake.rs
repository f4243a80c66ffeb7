//! Whether signals can be stored at this moment (R4), and the epoch of a panel's presence (I6).

use crate::Mono;

/// Tells the admissions of a (panel, path) apart: a farewell of an older epoch changes nothing (I6).
///
/// It is the moment of the admission, in nanoseconds on the machine's monotonic clock, which all
/// processes of a machine share: so it grows, whichever gateway admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u64);

/// What the engine vouches for: an answer to supervision promises that an alarm would be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IntakeState {
    /// When the last commit or probe had been synced, on the machine's monotonic clock.
    pub last_commit: Option<Mono>,
    /// R3: our own clock is suspected to be wrong, so that no panel is refused for its time.
    pub clock_suspect: bool,
}

impl IntakeState {
    /// R4: whether the last commit is recent enough to promise that an alarm would be stored.
    pub fn promises(self, now: Mono) -> bool {
        self.last_commit
            .is_some_and(|at| now.since(at) <= crate::limits::PROMISE)
    }
}

//! The clock that silence is measured by. Pure.
//!
//! Invariant: it never goes back, in this life of the engine or from one to the next, and it knows
//! nothing of the wall clock, which may jump (I11).
//! Invariant: it stands still while nobody could be answered (R4): silence meanwhile is ours.

use std::time::Duration;

use model::Mono;

/// Milliseconds for which panels have been watched since the first start of this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Served(pub u64);

impl Served {
    /// The reading `time` later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(millis(time)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Whole milliseconds, saturating.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Turns readings of the machine's clock into [`Served`].
#[derive(Debug, Clone, Copy)]
pub(super) struct ServiceClock {
    /// What it showed at `from`.
    anchor: Served,
    from: Mono,
    paused: bool,
}

impl ServiceClock {
    /// A clock that shows `anchor` at `from`.
    pub(super) fn new(anchor: Served, from: Mono) -> Self {
        Self {
            anchor,
            from,
            paused: false,
        }
    }

    /// What it shows at `at`. Of a moment before it last stood still it shows when it went on: a
    /// sign of life that was on its way counts as a little later, never as earlier.
    pub(super) fn at(&self, at: Mono) -> Served {
        if self.paused {
            return self.anchor;
        }
        self.anchor.after(at.since(self.from))
    }

    /// Stops it.
    pub(super) fn pause(&mut self, at: Mono) {
        self.anchor = self.at(at);
        self.paused = true;
    }

    /// Lets it go on.
    pub(super) fn resume(&mut self, at: Mono) {
        if self.paused {
            self.paused = false;
            self.from = at;
        }
    }

    /// Leaves out the time between `from` and `until`, which has passed.
    pub(super) fn leave_out(&mut self, from: Mono, until: Mono) {
        if !self.paused {
            self.anchor = self.at(from);
            self.from = until;
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at: u64) -> Mono {
        Mono(at * 1_000_000_000)
    }

    #[test]
    fn it_stands_still_while_paused_and_never_goes_back() {
        let mut clock = ServiceClock::new(Served(5_000), second(100));
        assert_eq!(clock.at(second(101)), Served(6_000));
        clock.pause(second(102));
        assert_eq!(clock.at(second(500)), Served(7_000));
        clock.resume(second(500));
        assert_eq!(clock.at(second(101)), Served(7_000), "on its way meanwhile");
        assert_eq!(clock.at(second(501)), Served(8_000));
        clock.leave_out(second(502), second(600));
        assert_eq!(clock.at(second(601)), Served(10_000));
    }
}

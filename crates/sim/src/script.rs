//! What a panel reports, and when.
//!
//! Invariant: a script tells its signals in order and each once; when the next one is due does
//! not depend on how the one before was served, so that a slow receiver cannot slow down what it
//! is measured by (except at full speed, which asks for nothing else).

use std::fmt::Debug;
use std::time::Duration;

use model::Mono;

use crate::content::Content;

/// What a panel reports, and when.
pub trait Script: Debug + Send {
    /// When the next signal is meant to be sent; `None` if there will be none.
    fn due(&self, now: Mono) -> Option<Mono>;

    /// The next signal, under its number.
    fn tell(&mut self, number: u64) -> Content;
}

/// Reports whenever it may.
#[derive(Debug)]
pub(crate) struct FullSpeed {
    /// How many signals are left.
    pub(crate) left: u64,
}

impl Script for FullSpeed {
    fn due(&self, now: Mono) -> Option<Mono> {
        (self.left > 0).then_some(now)
    }

    fn tell(&mut self, number: u64) -> Content {
        self.left = self.left.saturating_sub(1);
        Content::numbered(number)
    }
}

/// Reports once in every period.
#[derive(Debug)]
pub(crate) struct Periodic {
    /// When the next is due.
    pub(crate) next: Mono,
    /// The time between two.
    pub(crate) period: Duration,
    /// How many signals are left.
    pub(crate) left: u64,
}

impl Script for Periodic {
    fn due(&self, _: Mono) -> Option<Mono> {
        (self.left > 0).then_some(self.next)
    }

    fn tell(&mut self, number: u64) -> Content {
        self.left = self.left.saturating_sub(1);
        self.next = self.next.after(self.period);
        Content::numbered(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_periodic_script_keeps_its_times_however_late_it_is_asked() {
        let mut script = Periodic {
            next: Mono(1_000),
            period: Duration::from_nanos(10),
            left: 3,
        };
        let late = Mono(900_000);
        let due: Vec<_> = (1..=3)
            .map(|number| {
                let due = script.due(late);
                assert_eq!(script.tell(number).number, number);
                due
            })
            .collect();
        assert_eq!(due, [1_000, 1_010, 1_020].map(|at| Some(Mono(at))));
        assert_eq!(script.due(late), None);
    }
}

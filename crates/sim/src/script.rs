//! What a panel reports, and when.
//!
//! Invariant: a script tells its signals in order and each once; when the next one is due does
//! not depend on how the one before was served, so that a slow receiver cannot slow down what it
//! is measured by (except at full speed, which asks for nothing else).

use std::fmt::Debug;
use std::time::Duration;

use model::Mono;

use crate::content::Content;
use crate::machine::Saying;

/// What a panel reports, and when.
pub trait Script<C = Content>: Debug + Send {
    /// When the next signal is meant to be sent; `None` if there will be none.
    fn due(&self, now: Mono) -> Option<Mono>;

    /// The next signal, under its number, if it is one that has a number.
    fn tell(&mut self, number: u64) -> C;

    /// Until then the panel is away: what is due before is left out, unless it is kept.
    fn skip(&mut self, until: Mono);

    /// How many signals were due by `until` and have not been told.
    fn owed(&self, until: Mono) -> u64;
}

/// Reports whenever it may.
#[derive(Debug)]
pub(crate) struct FullSpeed {
    /// How many signals are left.
    pub(crate) left: u64,
}

impl<C: Saying> Script<C> for FullSpeed {
    fn due(&self, now: Mono) -> Option<Mono> {
        (self.left > 0).then_some(now)
    }

    fn tell(&mut self, number: u64) -> C {
        self.left = self.left.saturating_sub(1);
        C::numbered(number)
    }

    fn skip(&mut self, _: Mono) {}

    /// Nothing: it asks for no time.
    fn owed(&self, _: Mono) -> u64 {
        0
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

impl<C: Saying> Script<C> for Periodic {
    fn due(&self, _: Mono) -> Option<Mono> {
        (self.left > 0).then_some(self.next)
    }

    fn tell(&mut self, number: u64) -> C {
        self.left = self.left.saturating_sub(1);
        self.next = self.next.after(self.period);
        C::numbered(number)
    }

    fn skip(&mut self, until: Mono) {
        let skipped = self.due_by(until);
        self.left -= skipped;
        let periods = u32::try_from(skipped).unwrap_or(u32::MAX);
        self.next = self.next.after(self.period.saturating_mul(periods));
    }

    fn owed(&self, until: Mono) -> u64 {
        self.due_by(until)
    }
}

impl Periodic {
    /// How many are due by a time and have not been told.
    fn due_by(&self, until: Mono) -> u64 {
        if until < self.next {
            return 0;
        }
        let periods = until.since(self.next).as_nanos() / self.period.as_nanos().max(1);
        u64::try_from(periods)
            .unwrap_or(u64::MAX)
            .saturating_add(1)
            .min(self.left)
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
        let script: &mut dyn Script = &mut script;
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

    #[test]
    fn what_was_due_and_not_told_is_owed_and_can_be_left_out() {
        let mut script = Periodic {
            next: Mono(1_000),
            period: Duration::from_nanos(10),
            left: 100,
        };
        let owed = [999, 1_000, 1_009, 1_010, u64::MAX].map(|at| script.due_by(Mono(at)));
        assert_eq!(owed, [0, 1, 1, 2, 100]);
        Script::<Content>::skip(&mut script, Mono(1_010));
        let due = Script::<Content>::due(&script, Mono(0));
        assert_eq!((due, script.left), (Some(Mono(1_020)), 98));
    }
}

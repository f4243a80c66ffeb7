//! Counts that wait to be polled, summed by reason: a read full of garbage costs a number, not a
//! queue (I7).

use proto::Counted;

/// Counts by reason; at most as many entries as there are reasons.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<(Counted, u32)>);

impl Tally {
    /// Counts one more.
    pub(crate) fn add(&mut self, reason: Counted) {
        match self.0.iter_mut().find(|(counted, _)| *counted == reason) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.0.push((reason, 1)),
        }
    }

    /// Whether nothing is counted.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one count out; holds no memory when none is left.
    pub(crate) fn take(&mut self) -> Option<Counted> {
        let reason = self.next()?;
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
        Some(reason)
    }

    /// Takes one count out, and keeps the memory.
    pub(crate) fn next(&mut self) -> Option<Counted> {
        let (reason, count) = self.0.last_mut()?;
        let reason = *reason;
        *count -= 1;
        if *count == 0 {
            self.0.pop();
        }
        Some(reason)
    }
}

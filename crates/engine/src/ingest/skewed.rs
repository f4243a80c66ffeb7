//! Alarms whose frame bears a time that cannot be: how often each was refused (R3).
//!
//! Invariant: looking changes nothing; a try is counted when its refusal goes out, a belief when
//! the signal is stored.
//! Invariant: the table is bounded (I7). While it is full, what is not in it is believed at once:
//! doubt falls on the alarm's side (I12).
//!
//! ```text
//!   refused ─► refused ─► stored, flagged ─► tried again within 60 s of the last try: a repeat
//!   └── forgotten after 10 min without a try ──┘        later: stored again (R2)
//! ```
//!
//! Why the time since the last try, and not since the first was stored: to a panel that is not
//! set to `accept_skewed` its alarm stays unacknowledged, and it may go on trying for hours.

use std::collections::HashMap;

use model::{EventSeq, Mono, RepeatKey, Wall, limits};

use super::machine::{Candidate, Scope};

/// Signals that were refused for their time, or believed in spite of it.
#[derive(Debug, Default)]
pub(super) struct Skewed {
    signals: HashMap<(Scope, RepeatKey), Tries>,
}

#[derive(Debug)]
struct Tries {
    refused: u32,
    last: Mono,
    stored: Option<Stored>,
}

#[derive(Debug, Clone, Copy)]
struct Stored {
    seq: EventSeq,
    panel_time: Option<Wall>,
}

impl Skewed {
    /// The event that this is another try of. `in_between` says whether something else of the
    /// account was stored since.
    pub(super) fn original(
        &self,
        candidate: &Candidate,
        in_between: bool,
        now: Mono,
    ) -> Option<EventSeq> {
        let tries = self.known(candidate, now)?;
        let stored = tries.stored?;
        let same_frame =
            candidate.panel_time.is_some() && stored.panel_time == candidate.panel_time;
        let still_trying = !in_between && now.since(tries.last) <= limits::REPEAT_BY_CONTENT;
        (same_frame || still_trying).then_some(stored.seq)
    }

    /// Whether this is refused once more; `in_batch` are refusals that are not yet counted.
    pub(super) fn refuses(&self, candidate: &Candidate, in_batch: u32, now: Mono) -> bool {
        let known = self.known(candidate, now);
        if known.is_none() && in_batch == 0 && self.is_full(now) {
            return false;
        }
        let before = known.map_or(0, |tries| tries.refused) + in_batch;
        before < limits::SKEWED_REFUSALS
    }

    /// Counts a refusal that goes out.
    pub(super) fn refused(&mut self, candidate: &Candidate, now: Mono) {
        if let Some(tries) = self.entry(candidate, now) {
            tries.refused += 1;
        }
    }

    /// Remembers where a signal was stored in the end.
    pub(super) fn stored(&mut self, candidate: &Candidate, seq: EventSeq, now: Mono) {
        if let Some(tries) = self.entry(candidate, now) {
            tries.refused = limits::SKEWED_REFUSALS;
            tries.stored = Some(Stored {
                seq,
                panel_time: candidate.panel_time,
            });
        }
    }

    /// The panel tried once more what is stored.
    pub(super) fn repeated(&mut self, candidate: &Candidate, now: Mono) {
        if let Some(tries) = self.signals.get_mut(&(candidate.scope, candidate.key)) {
            tries.last = now;
        }
    }

    fn known(&self, candidate: &Candidate, now: Mono) -> Option<&Tries> {
        let tries = self.signals.get(&(candidate.scope, candidate.key))?;
        is_fresh(tries, now).then_some(tries)
    }

    /// The entry of a signal, as of now; `None` if there is no room for it.
    fn entry(&mut self, candidate: &Candidate, now: Mono) -> Option<&mut Tries> {
        let key = (candidate.scope, candidate.key);
        if self.signals.get(&key).is_none_or(|t| !is_fresh(t, now)) {
            self.signals.remove(&key);
            if self.signals.len() >= limits::SKEWED_SIGNALS {
                self.signals.retain(|_, tries| is_fresh(tries, now));
            }
            if self.signals.len() >= limits::SKEWED_SIGNALS {
                return None;
            }
        }
        let tries = self.signals.entry(key).or_insert(Tries {
            refused: 0,
            last: now,
            stored: None,
        });
        tries.last = now;
        Some(tries)
    }

    fn is_full(&self, now: Mono) -> bool {
        self.signals.len() >= limits::SKEWED_SIGNALS
            && self.signals.values().all(|tries| is_fresh(tries, now))
    }
}

fn is_fresh(tries: &Tries, now: Mono) -> bool {
    now.since(tries.last) <= limits::SKEWED_MEMORY
}

//! Whether an alarm that came now would be stored (R4).
//!
//! Invariant: without a recent word of the engine no panel is told that all is well; its
//! connection is closed, so that it is free to use its other receiver.

use std::time::Duration;

use model::{IntakeState, Mono};

/// What new and old connections may expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Alarms are stored.
    Promised,
    /// The engine has not said anything yet, and may soon: newcomers wait in the backlog.
    Waiting,
    /// Alarms might not be stored: nobody may stay.
    Broken,
}

/// The engine's word, and since when there has been none.
#[derive(Debug)]
pub(super) struct Promise {
    started: Mono,
    lapse: Duration,
    newest: IntakeState,
}

impl Promise {
    /// No word yet. A word older than `lapse` is none.
    pub(super) fn new(started: Mono, lapse: Duration) -> Self {
        Self {
            started,
            lapse,
            newest: IntakeState::default(),
        }
    }

    /// The engine's word. An older one than is known changes nothing: a commit stays true when
    /// the engine that made it is gone.
    pub(super) fn hear(&mut self, state: IntakeState) {
        self.newest.last_commit = self.newest.last_commit.max(state.last_commit);
        self.newest.clock_suspect = state.clock_suspect;
    }

    /// R3: whether our own clock is suspected, by the engine's latest word.
    pub(super) fn clock_is_suspect(&self) -> bool {
        self.newest.clock_suspect
    }

    /// What may be expected now.
    pub(super) fn outlook(&self, now: Mono) -> Outlook {
        match self.newest.last_commit {
            Some(at) if now.since(at) <= self.lapse => Outlook::Promised,
            None if now.since(self.started) <= self.lapse => Outlook::Waiting,
            _ => Outlook::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPSE: Duration = model::limits::PROMISE;
    const START: Mono = Mono(100_000_000_000);

    fn at(seconds: u64) -> Mono {
        START.after(Duration::from_secs(seconds))
    }

    fn committed(at: Mono) -> IntakeState {
        IntakeState {
            last_commit: Some(at),
            clock_suspect: false,
        }
    }

    #[test]
    fn newcomers_wait_for_the_first_word_and_are_refused_when_it_does_not_come() {
        let mut promise = Promise::new(START, LAPSE);
        assert_eq!(promise.outlook(at(10)), Outlook::Waiting);
        promise.hear(IntakeState::default());
        assert_eq!(promise.outlook(at(11)), Outlook::Broken);
        promise.hear(committed(at(11)));
        assert_eq!(promise.outlook(at(11)), Outlook::Promised);
    }

    #[test]
    fn a_promise_lapses_ten_seconds_after_the_last_commit_and_comes_back() {
        let mut promise = Promise::new(START, LAPSE);
        promise.hear(committed(at(1)));
        assert_eq!(promise.outlook(at(11)), Outlook::Promised);
        assert_eq!(promise.outlook(at(12)), Outlook::Broken);
        promise.hear(committed(at(12)));
        assert_eq!(promise.outlook(at(12)), Outlook::Promised);
    }

    #[test]
    fn a_new_engine_that_has_not_committed_does_not_take_the_old_ones_word_back() {
        let mut promise = Promise::new(START, LAPSE);
        promise.hear(committed(at(5)));
        promise.hear(IntakeState::default());
        assert_eq!(promise.outlook(at(6)), Outlook::Promised);
    }
}

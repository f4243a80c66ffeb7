//! What a session needs only while something is going on, lent for that time.
//!
//! ```text
//!   lend ──► one session, from the first octet to the last answer ──► give_back ──► lend ──► …
//! ```
//!
//! A gateway has one thread, and few of its panels say something at the same moment, so a few of
//! these serve them all: a keep-alive, or a report, allocates nothing for its answer.
//!
//! Invariant: nothing of one session is left in what is lent to another: only what is idle is given
//! back, and all that stays is empty memory (I10).
//! Invariant: those that wait to be lent are bounded, by number and each by its memory (I7).

use std::cell::RefCell;
use std::collections::VecDeque;

use model::limits;
use proto::SessionEvent;

use crate::backlog::Backlog;
use crate::mqtt::answers::Answers;
use crate::tally::Tally;

/// What is going on in a session.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) backlog: Backlog,
    pub(super) answers: Answers,
    pub(super) events: VecDeque<SessionEvent>,
    pub(super) tally: Tally,
}

thread_local! {
    /// What nobody needs at the moment.
    #[expect(clippy::vec_box, reason = "sessions hold a box, which moves in and out as it is")]
    static SPARE: RefCell<Vec<Box<Work>>> = const { RefCell::new(Vec::new()) };
}

impl Work {
    /// One with nothing in it.
    pub(super) fn lend() -> Box<Self> {
        SPARE.with_borrow_mut(Vec::pop).unwrap_or_default()
    }

    /// Whether nothing is going on.
    pub(super) fn is_idle(&self) -> bool {
        self.backlog.is_empty()
            && self.answers.is_idle()
            && self.events.is_empty()
            && self.tally.is_empty()
    }

    /// It is idle, and may be lent to another session.
    pub(super) fn give_back(self: Box<Self>) {
        let is_small = self.answers.held() <= limits::SPARE_WORK_OCTETS
            && self.events.capacity() * size_of::<SessionEvent>() <= limits::SPARE_WORK_OCTETS;
        if is_small && self.is_idle() {
            SPARE.with_borrow_mut(|spare| {
                if spare.len() < limits::SPARE_WORKS {
                    spare.push(self);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{PanelIndex, PathIndex};

    use super::*;

    fn spare() -> usize {
        SPARE.with_borrow(Vec::len)
    }

    #[test]
    fn what_was_given_back_is_lent_again_with_its_memory() {
        let mut work = Work::lend();
        work.events.push_back(SessionEvent::Alive {
            panel: PanelIndex(1),
            path: PathIndex(1),
        });
        work.answers.push(false, |out| out.extend([0xD0, 0]));
        work.events.clear();
        work.answers.transmit(&mut Vec::new());
        let (place, held) = (std::ptr::from_ref(&*work), work.answers.held());
        work.give_back();
        let again = Work::lend();
        assert_eq!(std::ptr::from_ref(&*again), place);
        assert!(again.is_idle() && held > 0 && again.answers.held() == held);
    }

    #[test]
    fn what_is_not_idle_or_has_grown_is_not_kept() {
        let before = spare();
        let mut busy = Box::new(Work::default());
        busy.answers.silence(b"the end");
        busy.give_back();
        let mut large = Box::new(Work::default());
        large.answers.push(false, |out| out.extend([0; 2_000]));
        large.answers.transmit(&mut Vec::new());
        large.give_back();
        assert_eq!(spare(), before);
    }

    #[test]
    fn no_more_are_kept_than_may_be() {
        for _ in 0..2 * limits::SPARE_WORKS {
            Box::new(Work::default()).give_back();
        }
        assert_eq!(spare(), limits::SPARE_WORKS);
    }
}

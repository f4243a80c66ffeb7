//! What something stood at, at marks in time. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use model::Mono;

/// Marks of a growing figure, the oldest first.
#[derive(Debug)]
pub(super) struct History<T> {
    every: Duration,
    bound: usize,
    marks: VecDeque<(Mono, T)>,
}

impl<T> History<T> {
    /// Marks so far apart, enough of them for `span`.
    pub(super) fn new(every: Duration, span: Duration) -> Self {
        let marks = span.as_millis().div_ceil(every.as_millis().max(1));
        Self {
            every,
            // One at either end, and one that is about to go.
            bound: usize::try_from(marks)
                .unwrap_or(usize::MAX)
                .saturating_add(2),
            marks: VecDeque::new(),
        }
    }

    /// Whether it is time for a mark.
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.marks
            .back()
            .is_none_or(|(at, _)| now.since(*at) >= self.every)
    }

    /// Sets a mark.
    pub(super) fn mark(&mut self, now: Mono, value: T) {
        if self.marks.len() >= self.bound {
            self.marks.pop_front();
        }
        self.marks.push_back((now, value));
    }

    /// The newest mark that is at least `span` old, or else the oldest.
    pub(super) fn before(&self, now: Mono, span: Duration) -> Option<&(Mono, T)> {
        let old = self.marks.partition_point(|(at, _)| now.since(*at) >= span);
        self.marks.get(old.saturating_sub(1))
    }

    /// The marks from the first of those within `span` on.
    pub(super) fn within(&self, now: Mono, span: Duration) -> impl Iterator<Item = &(Mono, T)> {
        let marks = self.marks.iter();
        marks.skip_while(move |(at, _)| now.since(*at) > span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Mono {
        Mono(1 << 40).after(Duration::from_secs(seconds))
    }

    fn marked(seconds: u64) -> History<u64> {
        let mut history = History::new(SECOND, 10 * SECOND);
        for second in 0..=seconds {
            assert!(history.is_due(at(second)));
            history.mark(at(second), second);
            assert!(!history.is_due(at(second)));
        }
        history
    }

    #[test]
    fn the_mark_before_a_span_is_the_newest_that_is_old_enough() {
        let history = marked(100);
        assert_eq!(history.before(at(100), 10 * SECOND).unwrap().1, 90);
        assert_eq!(history.before(at(100), 3 * SECOND).unwrap().1, 97);
        let late = at(100).after(SECOND / 2);
        assert_eq!(history.before(late, 10 * SECOND).unwrap().1, 90);
    }

    #[test]
    fn a_short_history_gives_all_it_has() {
        assert_eq!(marked(2).before(at(2), 10 * SECOND).unwrap().1, 0);
        let none = History::<u64>::new(SECOND, SECOND);
        assert!(none.before(at(2), SECOND).is_none());
    }

    #[test]
    fn no_more_marks_are_kept_than_the_span_needs() {
        let history = marked(1_000);
        assert_eq!(history.marks.len(), 12);
        let within = history.within(at(1_000), 3 * SECOND);
        assert_eq!(
            within.map(|mark| mark.1).collect::<Vec<_>>(),
            [997, 998, 999, 1_000]
        );
    }
}

//! The newest events in memory, for those who follow the journal: they want each event a moment after its commit,
//! and need not have it read from the file again.
//!
//! Invariant: an event is here after its commit was synced, and never before (I3); and before anybody is told a head
//! that includes it, so that a page that ends here ends at that head or beyond it.
//! Invariant: numbers are dense; where there is a gap, everything before it is forgotten.
//! Invariant: at most [`limits::JOURNAL_TAIL`] events are kept (I7), and none is shown after
//! [`limits::JOURNAL_TAIL_TIME`]: by then retention may have let go of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ports::{EventFilter, EventPage, NewMessage};
use model::{Event, EventSeq, Mono, limits};

use super::scan::PageQuery;

/// The newest events. Filled by the writer, read by anybody.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// Protects the events; held to put a batch in, or to count references to a page out.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Arc<Event>>,
    /// When the newest came.
    newest: Mono,
}

impl Tail {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what was just committed; `first_seqs` are the numbers of the messages.
    pub(crate) fn push(&self, batch: Vec<NewMessage>, first_seqs: &[EventSeq], now: Mono) {
        let events = batch
            .into_iter()
            .zip(first_seqs)
            .flat_map(|(message, first)| {
                (first.0..).zip(message.events).map(|(seq, body)| {
                    Arc::new(Event {
                        seq: EventSeq(seq),
                        message_seq: *first,
                        body,
                    })
                })
            });
        let events: Vec<_> = events.collect();
        let mut kept = self.kept();
        let expected = kept.events.back().map(|last| last.seq.next());
        if expected != events.first().map(|event| event.seq) {
            kept.events.clear();
        }
        kept.events.extend(events);
        let beyond = kept.events.len().saturating_sub(limits::JOURNAL_TAIL);
        drop(kept.events.drain(..beyond));
        kept.newest = now;
    }

    /// The page, if all of it is here.
    pub(crate) fn page(&self, query: &PageQuery, now: Mono) -> Option<EventPage> {
        let cursor = query.cursor.filter(|_| !query.newest_first)?;
        let limit = query.limit.clamp(1, limits::PAGE);
        let (found, next) = {
            let kept = self.kept();
            let first = kept.events.front()?.seq;
            if cursor.next() < first || now.since(kept.newest) > limits::JOURNAL_TAIL_TIME {
                return None;
            }
            let behind = usize::try_from(cursor.next().0 - first.0).ok()?;
            let rest = kept.events.iter().skip(behind);
            let wanted = rest.filter(|event| passes(&query.filter, event));
            let found: Vec<Arc<Event>> = wanted.take(limit).cloned().collect();
            let full = found.len() == limit;
            let next = found.last().filter(|_| full).map(|last| last.seq);
            (found, next)
        };
        Some(EventPage {
            events: found.iter().map(|event| Event::clone(event)).collect(),
            next,
        })
    }
}

/// As the files are searched: see [`super::scan`].
fn passes(filter: &EventFilter, event: &Event) -> bool {
    let body = &event.body;
    filter.from.is_none_or(|from| body.received >= from)
        && filter.until.is_none_or(|until| body.received < until)
        && filter.account.is_none_or(|account| body.account == account)
        && filter.panel.is_none_or(|panel| body.panel == panel)
        && (filter.classes.is_empty() || filter.classes.contains(&body.class))
        && (!filter.doubtful || body.flags.is_doubtful())
}

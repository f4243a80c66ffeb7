//! A journal in memory.

use std::sync::Mutex;

use engine::ports::{
    Answering, AppendError, Appended, EventFilter, EventLog, EventPage, NewMessage, ReadError,
    RepeatQuery, StoredMessage,
};
use model::{Event, EventSeq, Wall};

/// A journal in memory. It looks at as many events as a page may have, so that filters leave
/// pages short, as the port allows.
#[derive(Default)]
pub(crate) struct Journal {
    events: Mutex<Vec<Event>>,
    /// Done once, between a page's being taken and its being handed over.
    pub(crate) meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    pub(crate) broken: Mutex<bool>,
}

impl Journal {
    fn matches(filter: &EventFilter, event: &Event) -> bool {
        let body = &event.body;
        filter.panel.is_none_or(|panel| panel == body.panel)
            && filter.account.is_none_or(|account| account == body.account)
            && (filter.classes.is_empty() || filter.classes.contains(&body.class))
            && (!filter.doubtful || body.flags.is_doubtful())
            && filter.from.is_none_or(|from| body.received >= from)
            && filter.until.is_none_or(|until| body.received < until)
    }

    fn failure() -> ReadError {
        ReadError::Failed {
            path: "/secret/place/journal.db".to_owned(),
            cause: "disk I/O error".to_owned(),
        }
    }

    fn page(
        &self,
        filter: &EventFilter,
        cursor: Option<EventSeq>,
        newest_first: bool,
        limit: usize,
    ) -> EventPage {
        let events = self.events.lock().unwrap();
        let beyond = |event: &&Event| match (cursor, newest_first) {
            (Some(cursor), true) => event.seq < cursor,
            (Some(cursor), false) => event.seq > cursor,
            (None, _) => true,
        };
        let mut wanted: Vec<&Event> = events.iter().filter(beyond).collect();
        if newest_first {
            wanted.reverse();
        }
        let more = wanted.len() > limit;
        wanted.truncate(limit);
        EventPage {
            next: wanted.last().filter(|_| more).map(|event| event.seq),
            events: wanted
                .into_iter()
                .filter(|event| Self::matches(filter, event))
                .cloned()
                .collect(),
        }
    }

    pub(crate) fn store(&self, batch: Vec<NewMessage>) -> Appended {
        let mut events = self.events.lock().unwrap();
        let mut first_seqs = Vec::new();
        for message in batch {
            let message_seq = EventSeq(events.len() as u64 + 1);
            first_seqs.push(message_seq);
            for body in message.events {
                let seq = EventSeq(events.len() as u64 + 1);
                events.push(Event {
                    seq,
                    message_seq,
                    body,
                });
            }
        }
        let head = EventSeq(events.len() as u64);
        Appended { first_seqs, head }
    }
}

impl EventLog for Journal {
    fn append(&self, batch: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>> {
        let appended = self.store(batch);
        Box::pin(async move { Ok(appended) })
    }

    fn probe(&self) -> Answering<'_, Result<(), AppendError>> {
        unreachable!("the API never probes")
    }

    fn find_repeats(
        &self,
        _queries: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>> {
        unreachable!("the API knows nothing of repeats")
    }

    fn latest_by_path(&self, _since: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>> {
        unreachable!("the API knows nothing of repeats")
    }

    fn events(
        &self,
        filter: EventFilter,
        cursor: Option<EventSeq>,
        newest_first: bool,
        limit: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>> {
        Box::pin(async move {
            if *self.broken.lock().unwrap() {
                return Err(Self::failure());
            }
            let page = self.page(&filter, cursor, newest_first, limit);
            if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
                meanwhile();
            }
            Ok(page)
        })
    }

    fn event(&self, seq: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>> {
        let events = self.events.lock().unwrap();
        let found = events.iter().find(|event| event.seq == seq).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn head(&self) -> EventSeq {
        EventSeq(self.events.lock().unwrap().len() as u64)
    }
}

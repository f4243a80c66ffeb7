//! A journal that keeps in memory what it is given, and says at once that it is stored.

use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::ports::{
    Answering, AppendError, Appended, EventFilter, EventLog, EventPage, NewMessage, ReadError,
    RepeatQuery, StoredMessage,
};
use model::{Event, EventSeq, Wall};

/// What was given, by message: the number of an event is its message's place, from 1.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Vec<NewMessage>>);

impl Ledger {
    fn messages(&self) -> MutexGuard<'_, Vec<NewMessage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what was given so far.
    pub(crate) fn take(&self) -> Vec<NewMessage> {
        std::mem::take(&mut *self.messages())
    }
}

fn answer<'a, T: Send + 'a>(answer: T) -> Answering<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl EventLog for Ledger {
    fn append(&self, batch: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>> {
        let mut messages = self.messages();
        let before = messages.len() as u64;
        messages.extend(batch);
        let head = messages.len() as u64;
        answer(Ok(Appended {
            first_seqs: (before + 1..=head).map(EventSeq).collect(),
            head: EventSeq(head),
        }))
    }

    fn probe(&self) -> Answering<'_, Result<(), AppendError>> {
        answer(Ok(()))
    }

    fn find_repeats(
        &self,
        queries: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>> {
        answer(Ok(vec![None; queries.len()]))
    }

    fn latest_by_path(&self, _: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>> {
        answer(Ok(Vec::new()))
    }

    fn events(
        &self,
        _: EventFilter,
        _: Option<EventSeq>,
        _: bool,
        _: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>> {
        answer(Ok(EventPage {
            events: Vec::new(),
            next: None,
        }))
    }

    fn event(&self, _: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>> {
        answer(Ok(None))
    }

    fn head(&self) -> EventSeq {
        EventSeq(self.messages().len() as u64)
    }
}

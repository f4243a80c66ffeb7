//! A journal in memory that rings its bell, for services that follow it; and a clock that goes with tokio's.

use std::sync::{Arc, Mutex};

use model::{Clock, Code, Event, EventSeq, Mono, Now, OwnCode, PathIndex, Wall};

use crate::bell::{Bell, Rope, hang};
use crate::ports::{
    Answering, AppendError, Appended, EventFilter, EventLog, EventPage, NewMessage, OwnEvent,
    ReadError, RepeatQuery, Reports, StoredMessage,
};
use crate::states::tests::event;

/// The wall when every test begins.
pub(crate) const NOON: Wall = Wall(1_795_000_000_000_000);

/// A clock that begins at [`NOON`] and goes with tokio's, which tests pause.
pub(crate) struct Paused(tokio::time::Instant);

impl Paused {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(tokio::time::Instant::now()))
    }
}

impl Clock for Paused {
    fn now(&self) -> Now {
        let passed = self.0.elapsed();
        Now {
            mono: Mono::default().after(std::time::Duration::from_hours(24) + passed),
            wall: Wall(NOON.0 + model::micros(passed)),
            suspect: false,
        }
    }
}

/// Keeps events, own ones among them.
pub(crate) struct Ledger {
    events: Mutex<Vec<Event>>,
    rope: Rope,
    pub(crate) bell: Bell,
    clock: Arc<dyn Clock>,
}

impl Ledger {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let (rope, bell) = hang(EventSeq(0));
        Arc::new(Self {
            events: Mutex::default(),
            rope,
            bell,
            clock,
        })
    }

    /// Commits an event, received now.
    pub(crate) fn commit(&self, mut event: Event) -> EventSeq {
        let seq = {
            let mut events = self.events.lock().unwrap();
            let seq = EventSeq(u64::try_from(events.len()).unwrap() + 1);
            (event.seq, event.message_seq) = (seq, seq);
            event.body.received = self.clock.now().wall;
            events.push(event);
            seq
        };
        self.rope.ring(seq);
        seq
    }

    /// The texts of what was said, in its order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|event| event.body.text.clone())
            .collect()
    }

    /// What we said ourselves, in its order.
    pub(crate) fn own(&self) -> Vec<(PathIndex, OwnCode)> {
        let events = self.events.lock().unwrap();
        let own = events.iter().filter_map(|event| match event.body.code {
            Code::Own(code) => Some((event.body.path, code)),
            _ => None,
        });
        own.collect()
    }
}

/// An event of our own of the panel of all tests.
pub(crate) fn own_event(path: PathIndex, code: OwnCode) -> Event {
    let mut event = event("1130", None, None, model::EventFlags::empty());
    event.body.path = path;
    event.body.code = Code::Own(code);
    event.body.class = code.class();
    event
}

impl Reports for Ledger {
    fn report(&self, told: OwnEvent) -> Answering<'_, Option<EventSeq>> {
        let mut event = own_event(told.path, told.code);
        event.body.text = told.text;
        event.body.flags = told.flags;
        Box::pin(std::future::ready(Some(self.commit(event))))
    }
}

impl EventLog for Ledger {
    fn append(&self, _: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>> {
        unreachable!("followers only read")
    }

    fn probe(&self) -> Answering<'_, Result<(), AppendError>> {
        unreachable!("followers only read")
    }

    fn find_repeats(
        &self,
        _: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>> {
        unreachable!("followers look for no repeats")
    }

    fn latest_by_path(&self, _: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>> {
        unreachable!("followers look for no repeats")
    }

    fn events(
        &self,
        filter: EventFilter,
        cursor: Option<EventSeq>,
        newest_first: bool,
        limit: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>> {
        assert!(!newest_first, "followers read forwards");
        let events = self.events.lock().unwrap();
        let wanted = events.iter().filter(|event| {
            cursor.is_none_or(|cursor| event.seq > cursor)
                && (filter.classes.is_empty() || filter.classes.contains(&event.body.class))
                && filter.from.is_none_or(|from| event.body.received >= from)
        });
        let events: Vec<Event> = wanted.take(limit).cloned().collect();
        let full = events.len() == limit;
        let next = events.last().map(|event| event.seq).filter(|_| full);
        Box::pin(std::future::ready(Ok(EventPage { events, next })))
    }

    fn event(&self, seq: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>> {
        let events = self.events.lock().unwrap();
        let found = events.iter().find(|event| event.seq == seq).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn head(&self) -> EventSeq {
        EventSeq(u64::try_from(self.events.lock().unwrap().len()).unwrap())
    }
}

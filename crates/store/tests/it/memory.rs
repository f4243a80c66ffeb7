//! The journal as a list in memory: the model that SQLite is compared with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use engine::ports::{
    Answering, AppendError, Appended, EventFilter, EventLog, EventPage, NewMessage, ReadError,
    RepeatQuery, StoredMessage,
};
use model::{Event, EventSeq, RepeatKey, RetentionClass, Wall};

use crate::support::{DAY, TestClock};

/// Events, and what is needed to say which of them are still kept and which day they are of.
pub(crate) struct MemoryLog {
    clock: Arc<TestClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: BTreeMap<u64, Kept>,
    head: u64,
    newest_day: i64,
    /// Days whose files retention has removed.
    archived: Vec<i64>,
}

struct Kept {
    event: Event,
    day: i64,
}

impl MemoryLog {
    pub(crate) fn new(clock: Arc<TestClock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What a store does at its start and at each probe: it makes the day's file.
    pub(crate) fn turn(&self) {
        let today = self.clock.wall().0.div_euclid(DAY);
        let mut state = self.state();
        state.newest_day = state.newest_day.max(today);
    }

    /// Lets go of what is past its period, in days.
    pub(crate) fn retain(&self, now: Wall, period: impl Fn(RetentionClass) -> i64) {
        let mut state = self.state();
        let over = |day: i64, class| (day + 1) * DAY <= now.0 - period(class) * DAY;
        let newest = state.newest_day;
        state.kept.retain(|_, kept| {
            kept.day == newest || !over(kept.day, kept.event.body.class.retention())
        });
        let days: Vec<_> = state.kept.values().map(|kept| kept.day).collect();
        let shortest = |day| {
            RetentionClass::ALL
                .into_iter()
                .any(|class| over(day, class))
        };
        let gone = days
            .into_iter()
            .filter(|day| *day != newest && shortest(*day));
        state.archived.extend(gone);
    }

    fn messages(&self) -> Vec<(StoredMessage, i64)> {
        let state = self.state();
        let messages = state.kept.values().filter_map(|kept| {
            let message = kept.event.body.message.as_ref()?;
            let stored = StoredMessage {
                path: kept.event.body.path,
                key: message.key,
                seq: kept.event.seq,
                panel_time: kept.event.body.panel_time,
                received: kept.event.body.received,
            };
            let archived = state.archived.contains(&kept.day);
            (!archived).then_some((stored, kept.day))
        });
        messages.collect()
    }

    fn find(&self, query: &RepeatQuery) -> Option<StoredMessage> {
        let newest_day = self.state().newest_day;
        let messages = self.messages();
        let recent = messages
            .iter()
            .filter(|(message, day)| *day >= newest_day - 1 && message.path == query.path);
        if query.numbered {
            let number = |key: RepeatKey| key.number();
            let of_number = recent.filter(|(one, _)| number(one.key) == number(query.key));
            let found = of_number.max_by_key(|(one, _)| (one.key == query.key, one.seq));
            return found.map(|(message, _)| *message);
        }
        let same = recent.filter(|(message, _)| message.key == query.key);
        let same: Vec<_> = same.map(|(message, _)| *message).collect();
        let with_time = same
            .iter()
            .rev()
            .find(|message| query.panel_time.is_some() && message.panel_time == query.panel_time);
        with_time.or_else(|| same.last()).copied()
    }
}

fn passes(filter: &EventFilter, event: &Event) -> bool {
    let body = &event.body;
    filter.panel.is_none_or(|panel| panel == body.panel)
        && filter.account.is_none_or(|account| account == body.account)
        && (filter.classes.is_empty() || filter.classes.contains(&body.class))
        && (!filter.doubtful || body.flags.is_doubtful())
        && filter.from.is_none_or(|from| body.received >= from)
        && filter.until.is_none_or(|until| body.received < until)
}

impl EventLog for MemoryLog {
    fn append(&self, batch: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>> {
        Box::pin(async move {
            if batch.iter().any(|message| message.events.is_empty()) {
                return Err(AppendError::Failed {
                    path: "memory".to_owned(),
                    cause: "a message without events".to_owned(),
                });
            }
            if !batch.is_empty() {
                self.turn();
            }
            let mut state = self.state();
            let day = state.newest_day;
            let mut first_seqs = Vec::new();
            for message in batch {
                let message_seq = EventSeq(state.head + 1);
                first_seqs.push(message_seq);
                for body in message.events {
                    state.head += 1;
                    let seq = EventSeq(state.head);
                    let event = Event {
                        seq,
                        message_seq,
                        body,
                    };
                    state.kept.insert(seq.0, Kept { event, day });
                }
            }
            Ok(Appended {
                first_seqs,
                head: EventSeq(state.head),
            })
        })
    }

    fn probe(&self) -> Answering<'_, Result<(), AppendError>> {
        self.turn();
        Box::pin(async { Ok(()) })
    }

    fn find_repeats(
        &self,
        queries: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>> {
        Box::pin(async move { Ok(queries.iter().map(|query| self.find(query)).collect()) })
    }

    fn latest_by_path(&self, since: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>> {
        Box::pin(async move {
            let mut latest = BTreeMap::new();
            for (message, _) in self.messages() {
                if message.received >= since {
                    latest.insert(message.path, message);
                }
            }
            let mut latest: Vec<_> = latest.into_values().collect();
            latest.sort_by_key(|message: &StoredMessage| message.seq);
            Ok(latest)
        })
    }

    fn events(
        &self,
        filter: EventFilter,
        cursor: Option<EventSeq>,
        newest_first: bool,
        limit: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>> {
        Box::pin(async move {
            let state = self.state();
            let beyond = |event: &&Event| match (cursor, newest_first) {
                (None, _) => true,
                (Some(cursor), false) => event.seq > cursor,
                (Some(cursor), true) => event.seq < cursor,
            };
            let all = state.kept.values().map(|kept| &kept.event).filter(beyond);
            let wanted = all.filter(|event| passes(&filter, event)).cloned();
            let limit = limit.clamp(1, model::limits::PAGE);
            let events: Vec<_> = if newest_first {
                wanted.rev().take(limit).collect()
            } else {
                wanted.take(limit).collect()
            };
            let next = events.get(limit - 1).map(|event| event.seq);
            Ok(EventPage { events, next })
        })
    }

    fn event(&self, seq: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>> {
        Box::pin(async move { Ok(self.state().kept.get(&seq.0).map(|kept| kept.event.clone())) })
    }

    fn head(&self) -> EventSeq {
        EventSeq(self.state().head)
    }
}

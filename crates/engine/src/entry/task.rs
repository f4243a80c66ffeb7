//! Follows the journal, and lets entries come due.
//!
//! Invariant: a page is read only when what the page before had to tell is on its way (I7).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::limits::{ENTRY_MEMORY, PAGE};
use model::{Clock, Event, EventClass, EventFlags, EventSeq, Mono, PanelId, spoken};
use tokio::time::{Instant, sleep_until};

use super::machine::{Finding, Machine, asks_for_partitions};
use crate::bell::Bell;
use crate::ports::{
    EventFilter, EventLog, KnownPartitions, Links, OwnEvent, ReadError, Reports, States,
};
use crate::telling::Telling;

/// How long states may lag behind the journal before they are asked all the same.
const LAG: Duration = Duration::from_secs(2);

/// The least time between two reads of the journal: entries take tens of seconds, and one read for a tenth of
/// a second's events costs a fraction of one for each commit.
pub(super) const GATHER: Duration = Duration::from_millis(100);

/// How often it is looked whether they still do.
const LOOK: Duration = Duration::from_millis(50);

/// The classes of events that begin an entry, end one, or tell of a loss.
const CLASSES: [EventClass; 8] = [
    EventClass::Fire,
    EventClass::Gas,
    EventClass::Medical,
    EventClass::Panic,
    EventClass::Burglary,
    EventClass::Communication,
    EventClass::System,
    EventClass::Disarm,
];

/// What it works with.
pub struct Parts {
    /// The journal.
    pub log: Arc<dyn EventLog>,
    /// What partitions are.
    pub states: Arc<dyn States>,
    /// Whether panels have a link.
    pub links: Arc<dyn Links>,
    /// Takes its events.
    pub reports: Arc<dyn Reports>,
    /// Rings when the journal has something new.
    pub bell: Bell,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
}

/// The watch at work.
pub struct Task {
    log: Arc<dyn EventLog>,
    states: Arc<dyn States>,
    links: Arc<dyn Links>,
    bell: Bell,
    clock: Arc<dyn Clock>,
    machine: Machine,
    telling: Telling,
    cursor: Option<EventSeq>,
    /// From when on the journal is read, until there is a cursor.
    filter: EventFilter,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

impl Task {
    /// A watch that begins with the last minutes before the newest event, which may be of an earlier life.
    pub async fn begin(parts: Parts) -> Result<Self, ReadError> {
        let newest = parts.log.event(parts.log.head()).await?;
        let now = parts.clock.now().wall;
        let newest = newest.map_or(now, |event| event.body.received.min(now));
        let filter = EventFilter {
            classes: CLASSES.to_vec(),
            from: Some(newest.before(ENTRY_MEMORY)),
            ..EventFilter::default()
        };
        Ok(Self {
            log: parts.log,
            states: parts.states,
            links: parts.links,
            bell: parts.bell,
            clock: parts.clock,
            machine: Machine::default(),
            telling: Telling::new(parts.reports),
            cursor: None,
            filter,
        })
    }

    /// Runs until nobody rings the bell any more, or `stop` is done.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) -> Result<(), ReadError> {
        let mut stop = std::pin::pin!(stop);
        loop {
            self.catch_up().await?;
            for finding in self.machine.lost() {
                self.tell(&finding);
            }
            self.judge();
            let next = Instant::now() + GATHER;
            let due = self.machine.next().map(|due| self.until(due));
            let due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut stop => return Ok(()),
                rung = heard_after(&mut self.bell, next) => if !rung {
                    return Ok(());
                },
                () = due => {}
                () = self.telling.told() => {}
            }
        }
    }

    fn until(&self, due: Mono) -> Instant {
        Instant::now() + due.since(self.clock.now().mono)
    }

    fn judge(&mut self) {
        let now = self.clock.now().mono;
        let holding = self.links.is_holding();
        let found = self
            .machine
            .judge(now, holding, |path| self.links.link(path));
        for finding in found {
            self.tell(&finding);
        }
        if self.machine.unwatched() > 0 {
            tracing::error!(
                unwatched = self.machine.unwatched(),
                watched = self.machine.len(),
                "more panels report an entry delay than can be watched for a crash"
            );
        }
    }

    async fn catch_up(&mut self) -> Result<(), ReadError> {
        while self.cursor.is_none_or(|cursor| cursor < self.log.head()) {
            while self.telling.len() >= PAGE {
                self.telling.told().await;
            }
            let head = self.log.head();
            let page = self
                .log
                .events(self.filter.clone(), self.cursor, false, PAGE)
                .await?;
            let next = page.next.unwrap_or_else(|| {
                // Everything up to the head that was seen before the page has been looked at.
                page.events.last().map_or(head, |event| event.seq.max(head))
            });
            self.take(&page.events).await?;
            self.cursor = Some(next);
            // What has a cursor needs no beginning.
            self.filter.from = None;
        }
        Ok(())
    }

    async fn take(&mut self, events: &[Event]) -> Result<(), ReadError> {
        let known = self.partitions(events).await?;
        let none = KnownPartitions::default();
        let now = self.clock.now();
        for event in events {
            let known = known.get(&event.body.panel).unwrap_or(&none);
            let watched = if asks_for_partitions(event) {
                self.links.link(event.body.path).watched
            } else {
                0
            };
            self.machine.hear(event, known, watched, now);
        }
        Ok(())
    }

    /// What is known of the partitions of panels for which that matters.
    async fn partitions(
        &mut self,
        events: &[Event],
    ) -> Result<HashMap<PanelId, KnownPartitions>, ReadError> {
        let asking = events.iter().filter(|event| asks_for_partitions(event));
        let Some(last) = asking.clone().next_back().map(|event| event.seq) else {
            return Ok(HashMap::new());
        };
        let mut panels: Vec<PanelId> = asking.map(|event| event.body.panel).collect();
        panels.sort_unstable();
        panels.dedup();
        let patience = Instant::now() + LAG;
        while self.states.cursor().await? < last && Instant::now() < patience {
            sleep_until(Instant::now() + LOOK).await;
        }
        let known = self.states.partitions(panels.clone()).await?;
        Ok(panels.into_iter().zip(known).collect())
    }

    fn tell(&mut self, finding: &Finding) {
        tracing::warn!(path = finding.path.0, what = finding.code.title());
        let text = match finding.delay {
            Some(delay) => format!(
                "no disarm, no alarm and no link {} after event {}",
                spoken(delay + model::limits::ENTRY_GRACE),
                finding.seq
            ),
            None => format!("armed when event {} told that it was lost", finding.seq),
        };
        self.telling.tell(OwnEvent {
            path: finding.path,
            code: finding.code,
            occurred: None,
            text: Some(text),
            flags: EventFlags::empty(),
        });
    }
}

/// Waits for a stroke, and not less than until then.
async fn heard_after(bell: &mut Bell, moment: Instant) -> bool {
    sleep_until(moment).await;
    bell.heard().await
}

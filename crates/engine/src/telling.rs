//! Has events of our own stored, many at a time.
//!
//! Invariant: what waits is bounded, and what there was no room for is counted (I4, I7); each event that was
//! taken is handed in once, the oldest first.
//!
//! Failure: an event whose path was removed meanwhile is not stored; nobody misses it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::{EventSeq, limits};
use tokio::sync::Notify;

use crate::ports::{Answering, Measurement, OwnEvent, Reports};

/// Events on their way into the journal.
pub(crate) struct Telling {
    reports: Arc<dyn Reports>,
    waiting: VecDeque<OwnEvent>,
    under_way: FuturesUnordered<Answering<'static, Option<EventSeq>>>,
}

impl Telling {
    /// Nothing on its way yet.
    pub(crate) fn new(reports: Arc<dyn Reports>) -> Self {
        Self {
            reports,
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
        }
    }

    /// Has it stored in its turn.
    pub(crate) fn tell(&mut self, event: OwnEvent) {
        self.waiting.push_back(event);
        self.start();
    }

    /// How many are not stored yet.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + self.under_way.len()
    }

    /// Waits until one more is stored; for ever, if there is none.
    pub(crate) async fn told(&mut self) {
        match self.under_way.next().await {
            Some(_stored) => self.start(),
            None => std::future::pending().await,
        }
    }

    fn start(&mut self) {
        while self.under_way.len() < limits::OWN_EVENTS
            && let Some(event) = self.waiting.pop_front()
        {
            let reports = Arc::clone(&self.reports);
            self.under_way
                .push(Box::pin(async move { reports.report(event).await }));
        }
    }
}

/// Where services that never wait put their events. Clones are handles of the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Protects the queue alone; held to put in one event or to take all out.
    waiting: Mutex<Vec<OwnEvent>>,
    bell: Notify,
    dropped: AtomicU64,
}

impl Outbox {
    /// Puts an event in; counts it if there is no room.
    pub(crate) fn put(&self, event: OwnEvent) {
        {
            let mut waiting = self.waiting();
            if waiting.len() >= limits::OUTBOX {
                self.0.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            waiting.push(event);
        }
        self.0.bell.notify_one();
    }

    /// How full it is.
    pub(crate) fn measure(&self, queue: &'static str, out: &mut Vec<Measurement>) {
        let depth = self.waiting().len();
        out.extend(Measurement::queue(queue, depth, limits::OUTBOX));
    }

    /// How many there was no room for.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// What waits.
    pub(crate) fn take(&self) -> Vec<OwnEvent> {
        std::mem::take(&mut *self.waiting())
    }

    /// Has what is put in stored, until `stop` is done; what waits then is still handed in.
    pub(crate) async fn run(
        &self,
        reports: Arc<dyn Reports>,
        stop: impl Future<Output = ()> + Send,
    ) {
        let mut stop = std::pin::pin!(stop);
        let mut telling = Telling::new(reports);
        let mut stopped = false;
        while !stopped {
            tokio::select! {
                () = &mut stop => stopped = true,
                () = self.0.bell.notified(), if telling.len() < limits::OUTBOX => {}
                () = telling.told() => {}
            }
            for event in self.take() {
                telling.tell(event);
            }
        }
        while telling.len() > 0 {
            telling.told().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<OwnEvent>> {
        // Poisoned means that a push panicked; the queue itself is whole.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use model::{EventFlags, OwnCode, PathIndex};
    use tokio::sync::Semaphore;

    use super::*;

    /// A journal that stores events of our own when it may.
    pub(crate) struct Journal {
        pub(crate) stored: Mutex<Vec<OwnEvent>>,
        pub(crate) gate: Semaphore,
    }

    impl Journal {
        pub(crate) fn open() -> Arc<Self> {
            Self::with(Semaphore::MAX_PERMITS)
        }

        fn with(permits: usize) -> Arc<Self> {
            Arc::new(Self {
                stored: Mutex::default(),
                gate: Semaphore::new(permits),
            })
        }

        pub(crate) fn codes(&self) -> Vec<(PathIndex, OwnCode)> {
            let stored = self.stored.lock().unwrap();
            stored
                .iter()
                .map(|event| (event.path, event.code))
                .collect()
        }
    }

    impl Reports for Journal {
        fn report(&self, event: OwnEvent) -> Answering<'_, Option<EventSeq>> {
            Box::pin(async move {
                self.gate.acquire().await.ok()?.forget();
                let mut stored = self.stored.lock().unwrap();
                stored.push(event);
                Some(EventSeq(u64::try_from(stored.len()).ok()?))
            })
        }
    }

    fn event(path: u32) -> OwnEvent {
        OwnEvent {
            path: PathIndex(path),
            code: OwnCode::CloneSuspected,
            occurred: None,
            text: None,
            flags: EventFlags::empty(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_put_in_is_stored_once_even_when_the_stop_comes_first() {
        let outbox = Outbox::default();
        let journal = Journal::open();
        (0..3_000).for_each(|path| outbox.put(event(path)));
        outbox.run(journal.clone(), std::future::ready(())).await;
        let mut paths: Vec<u32> = journal.codes().iter().map(|(path, _)| path.0).collect();
        paths.sort_unstable();
        assert_eq!(paths, (0..3_000).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn what_there_is_no_room_for_is_counted() {
        let outbox = Outbox::default();
        let many = u32::try_from(limits::OUTBOX).unwrap() + 5;
        (0..many).for_each(|path| outbox.put(event(path)));
        assert_eq!(outbox.dropped(), 5);
        assert_eq!(outbox.take().len(), limits::OUTBOX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_journal_that_is_slow_gets_a_commits_worth_at_a_time() {
        let journal = Journal::with(0);
        let mut telling = Telling::new(journal.clone());
        (0..2_000).for_each(|path| telling.tell(event(path)));
        assert_eq!(telling.under_way.len(), limits::OWN_EVENTS);
        journal.gate.add_permits(Semaphore::MAX_PERMITS);
        while telling.len() > 0 {
            telling.told().await;
        }
        assert_eq!(journal.codes().len(), 2_000);
    }
}

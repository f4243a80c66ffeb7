//! The owner of what was read: looks at the files, renews keys, tells.
//!
//! Invariant: telling never holds up looking: a journal that takes no events keeps nobody from
//! reading a revocation list.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::join_all;
use model::{EventFlags, OwnCode, PathIndex, Wall, limits};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use zeroize::Zeroizing;

use super::expiry::{Calendar, Due, End};
use super::machine::Machine;
use super::tickets::Tickets;
use super::{Reload, Shared};
use crate::ports::{AuthorityError, ExpiryTold, OwnEvent, Reports, TicketKey, TrustStore};

/// What people are told of.
#[derive(Debug)]
enum News {
    /// The files cannot be read.
    Problem,
    /// Something ends.
    Expiry(ExpiryTold),
}

/// Events on their way into the journal; done, those that are in it.
type Telling = Pin<Box<dyn Future<Output = Vec<News>> + Send>>;

/// Trust at work. Spawned once.
pub struct Task {
    shared: Arc<Shared>,
    reports: Arc<dyn Reports>,
    reloads: mpsc::Receiver<Reload>,
    machine: Machine,
    tickets: Tickets,
    calendar: Calendar,
    /// Until when certificates that ended were passed on to be judged anew.
    passed: Wall,
    /// What ends and is not on its way to people yet, as of the last look at which nothing was.
    due: Vec<Due>,
    telling: Option<Telling>,
    /// Whether it was logged that keys of tickets wait to be stored.
    grumbled: bool,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}

impl Task {
    pub(super) fn new(
        shared: Arc<Shared>,
        reports: Arc<dyn Reports>,
        reloads: mpsc::Receiver<Reload>,
        tickets: Tickets,
        calendar: Calendar,
    ) -> Self {
        Self {
            passed: shared.clock.now().wall,
            shared,
            reports,
            reloads,
            machine: Machine::default(),
            tickets,
            calendar,
            due: Vec::new(),
            telling: None,
            grumbled: false,
        }
    }

    /// Runs until `stop` is done.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        let mut looks = tokio::time::interval(limits::TLS_LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // It has just been looked.
        looks.tick().await;
        self.tell();
        loop {
            tokio::select! {
                () = &mut stop => return,
                Some(answer) = self.reloads.recv() => {
                    let looked = self.look().await;
                    let status = looked.map(|()| self.machine.status());
                    // Whoever asked may have gone.
                    drop(answer.send(status));
                }
                _ = looks.tick() => drop(self.look().await),
                told = told(&mut self.telling) => {
                    let none = told.is_empty();
                    self.heard(told);
                    if none {
                        // Tried again after the next look.
                        continue;
                    }
                }
            }
            self.tell();
        }
    }

    /// Looks at the files, and does what is due.
    pub(super) async fn look(&mut self) -> Result<(), AuthorityError> {
        let read = self.shared.with_authority(|authority| authority.load());
        let read = read.await;
        let now = self.shared.clock.now().wall;
        let answer = read.as_ref().map(drop).map_err(Clone::clone);
        self.shared.figures.looked(answer.is_ok());
        let before = self.machine.issuers();
        let new = self.machine.read(read);
        if !before.is_subset(&self.machine.issuers()) {
            // Whoever got in under an authority that was taken out shows its certificate anew.
            self.tickets.forget();
        }
        let renewed = self.renew_tickets(now);
        if new || renewed {
            self.publish(now);
        }
        self.shared.status.send_replace(self.machine.status());
        self.keep_tickets().await;
        self.shared.registry.pass(self.passed, now);
        self.passed = now;
        // What is on its way is not known to be told yet: it would be told twice.
        if self.telling.is_none() {
            self.due = self.find_due(now);
        }
        answer
    }

    fn publish(&mut self, now: Wall) {
        let Some(trusted) = self.machine.trusted() else {
            return;
        };
        self.shared.registry.trust(trusted);
        let material = self.machine.material(&self.tickets, now);
        self.shared.material.send_replace(material.map(Arc::new));
    }

    fn renew_tickets(&mut self, now: Wall) -> bool {
        let due = self.tickets.is_due(now);
        if due {
            let key = TicketKey {
                name: self.shared.random(),
                key: Zeroizing::new(self.shared.random()),
                made: now,
            };
            self.tickets.renew(key, now);
        }
        due
    }

    async fn keep_tickets(&mut self) {
        let Some(keys) = self.tickets.to_keep() else {
            return;
        };
        match self.shared.store.put_ticket_keys(keys).await {
            Ok(()) => {
                self.tickets.kept();
                self.grumbled = false;
            }
            Err(error) => {
                if !self.grumbled {
                    tracing::warn!(%error, "keys of session tickets wait to be stored");
                }
                self.grumbled = true;
            }
        }
    }

    /// Sends on its way what people do not know yet, unless something is.
    fn tell(&mut self) {
        if self.telling.is_some() {
            return;
        }
        let mut news = Vec::new();
        if let Some(what) = self.machine.problem_to_tell() {
            let event = event(PathIndex::HOUSE, OwnCode::TlsReloadFailed, what.to_owned());
            news.push((News::Problem, event));
        }
        let batch = self.due.len().min(limits::STATE_BATCH);
        news.extend(self.due.drain(..batch).map(|due| {
            let Due {
                told,
                path,
                code,
                text,
            } = due;
            (News::Expiry(told), event(path, code, text))
        }));
        if news.is_empty() {
            return;
        }
        let (reports, store) = (Arc::clone(&self.reports), Arc::clone(&self.shared.store));
        self.telling = Some(Box::pin(report(reports, store, news)));
    }

    fn find_due(&self, now: Wall) -> Vec<Due> {
        let own = self.machine.loaded().map_or_else(Vec::new, End::own);
        let paths = self.shared.registry.expiries(End::horizon(now));
        let ends = own.into_iter().chain(paths.into_iter().map(End::of_path));
        ends.filter_map(|end| self.calendar.due(&end, now))
            .collect()
    }

    fn heard(&mut self, told: Vec<News>) {
        for news in told {
            match news {
                News::Problem => self.machine.problem_told(),
                News::Expiry(told) => self.calendar.tell(told),
            }
        }
    }
}

/// What is in the journal when the events that are on their way are done; never, if none are.
async fn told(telling: &mut Option<Telling>) -> Vec<News> {
    match telling {
        Some(under_way) => {
            let told = under_way.await;
            *telling = None;
            told
        }
        None => std::future::pending().await,
    }
}

fn event(path: PathIndex, code: OwnCode, text: String) -> OwnEvent {
    OwnEvent {
        path,
        code,
        occurred: None,
        text: Some(text),
        flags: EventFlags::empty(),
    }
}

/// Stores events, and then that they were told.
async fn report(
    reports: Arc<dyn Reports>,
    store: Arc<dyn TrustStore>,
    news: Vec<(News, OwnEvent)>,
) -> Vec<News> {
    let stored = news.into_iter().map(async |(news, event)| {
        if event.path == PathIndex::HOUSE {
            tracing::warn!(what = event.code.title(), text = event.text);
        }
        reports.report(event).await.map(|_| news)
    });
    let stored: Vec<News> = join_all(stored).await.into_iter().flatten().collect();
    let expiries = stored.iter().filter_map(|news| match news {
        News::Expiry(told) => Some(*told),
        News::Problem => None,
    });
    let expiries: Vec<_> = expiries.collect();
    if !expiries.is_empty()
        && let Err(error) = store.put_expiries_told(expiries).await
    {
        tracing::warn!(%error, "that ends of certificates were told could not be written down");
    }
    stored
}

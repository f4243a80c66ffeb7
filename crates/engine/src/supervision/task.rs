//! The owner of supervision's time: ticks, and reports on their way to the journal.
//!
//! Invariant: what a report says counts as told when the journal has it, not before (I3).
//! Invariant: reports on their way are bounded (I7); those that wait are no more than a number for
//! each panel.
//! Invariant: a tick never waits for the disk, since one that came late would count as an outage of
//! ours; what is read and written has a loop of its own ([`super::keeper`]).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::limits::{SUPERVISION_REPORTS, SUPERVISION_TICK};
use model::{EventFlags, EventSeq, IntakeState, OwnCode, Wall, micros, spoken};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::Shared;
use super::keeper::Keeper;
use super::machine::Report;
use super::reporting::Ticket;
use crate::ports::{Answering, OwnEvent, ReadError, Reports};

/// Beyond this an event says when it happened: it was held back, or stored late (R11).
const NOW: Duration = Duration::from_secs(2);

type OnItsWay = FuturesUnordered<Answering<'static, (Ticket, Option<EventSeq>)>>;

/// Supervision at work.
pub struct Task {
    pub(super) ticker: Ticker,
    pub(super) keeper: Keeper,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

impl Task {
    /// Runs until `stop` is done; then everything is written down.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) -> Result<(), ReadError> {
        let mut stop = pin!(stop);
        tokio::select! {
            () = &mut stop => {}
            () = self.ticker.run() => {}
            ended = self.keeper.run() => ended?,
        }
        self.ticker.sketch();
        self.keeper.end().await;
        Ok(())
    }
}

/// Lets time pass, and sends what is to be told.
pub(super) struct Ticker {
    pub(super) shared: Arc<Shared>,
    pub(super) reports: Arc<dyn Reports>,
    pub(super) intake: watch::Receiver<IntakeState>,
    pub(super) boot: String,
}

impl Ticker {
    async fn run(&self) {
        let mut ticks = tokio::time::interval(SUPERVISION_TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut on_its_way = OnItsWay::new();
        loop {
            tokio::select! {
                _ = ticks.tick() => self.tick(),
                Some((ticket, stored)) = on_its_way.next() => {
                    self.settle(ticket, stored.is_some());
                }
            }
            self.send(&mut on_its_way);
        }
    }

    fn tick(&self) {
        let now = self.shared.clock.now();
        let promises = self.intake.borrow().promises(now.mono);
        let quickened = {
            let mut machine = self.shared.machine();
            machine.tick(now, promises);
            machine.take_quickened()
        };
        // Whoever is connected by them is asked for another keep-alive.
        self.shared.registry.ask_anew(&quickened);
        self.sketch();
    }

    /// Notes who was heard, for a life that takes over when this process dies.
    fn sketch(&self) {
        let rows = self.shared.machine().presence();
        if rows.is_empty() {
            return;
        }
        if let Err(error) = self.shared.store.sketch(&self.boot, &rows) {
            tracing::warn!(%error, "when panels were heard could not be noted");
        }
    }

    fn send(&self, on_its_way: &mut OnItsWay) {
        while on_its_way.len() < SUPERVISION_REPORTS {
            let Some((ticket, report)) = self.shared.machine().next_report() else {
                return;
            };
            let event = self.event(&report);
            let reports: Arc<dyn Reports> = Arc::clone(&self.reports);
            on_its_way.push(Box::pin(async move {
                let stored = reports.report(event).await;
                (ticket, stored)
            }));
        }
    }

    fn event(&self, report: &Report) -> OwnEvent {
        let now = self.shared.clock.now().wall;
        let late = now - report.at > micros(NOW) || report.code == OwnCode::Outage;
        OwnEvent {
            path: report.path,
            code: report.code,
            occurred: late.then_some(report.at),
            text: text(report),
            flags: EventFlags::empty(),
        }
    }

    fn settle(&self, ticket: Ticket, stored: bool) {
        let now = self.shared.clock.now().mono;
        let late = self.shared.machine().settled(ticket, stored, now);
        if let Some(late) = late {
            self.shared.figures.told(late);
        }
        if !stored {
            self.shared.figures.untold();
        }
    }
}

/// What a person should know.
fn text(report: &Report) -> Option<String> {
    match report.code {
        OwnCode::PathLost => Some(format!("nothing was heard for {}", spoken(report.time))),
        OwnCode::TestOverdue => Some(format!("expected every {}", spoken(report.time))),
        OwnCode::StillLost => Some(format!("lost for {}", rounded(report.time))),
        OwnCode::Outage => Some(format!(
            "out of service for {}, until {}",
            spoken(Duration::from_secs(report.time.as_secs().max(1))),
            seconds_of_day(Wall(report.at.0.saturating_add(micros(report.time)))),
        )),
        _ => None,
    }
}

/// In whole hours, or minutes below two.
fn rounded(time: Duration) -> String {
    let unit = if time < Duration::from_hours(2) {
        60
    } else {
        3_600
    };
    spoken(Duration::from_secs(time.as_secs() / unit * unit))
}

/// The time of the day in UTC.
fn seconds_of_day(at: Wall) -> String {
    let seconds = at.0.div_euclid(1_000_000).rem_euclid(86_400);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}

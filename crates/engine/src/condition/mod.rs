//! How panels are: the newest of what they tell of themselves that is no event, and how their links were.
//!
//! Invariant: taking in a report waits for nobody and costs less than a microsecond: the fleet of the seed day
//! tells 5,800 times a second.
//! Invariant: reports move no partition of the record (R13), and no timer of supervision.
//! Invariant: at most one transaction a second is written, whatever is told.
//!
//! ```text
//!   hub ── told ──► Machine ──► newest state, running hour (memory)
//!                      │ another model, a boot that goes back ──► Places: a clone? ──► Outbox ──► journal
//!                      └── hours that are over, who panels are ── each second ──► ConditionStore
//! ```
//!
//! Failure: when the engine dies, the running hour of trends is lost, and states are told again with the next
//! report. While the store cannot write, up to two hours of a fleet wait; what is beyond is counted.
//!
//! Why hours are not kept in memory: 48 of them are a kilobyte for each path, two thirds of what the engine may
//! take for a whole panel. They are in the store a few minutes after they are over.

mod machine;
mod names;
mod parts;
mod record;
mod task;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Clock, EventFlags, Mono, OwnCode, PanelReport, PathIndex, Wall, limits};

use crate::ports::{
    Answering, ConditionStore, Measured, Measurement, OwnEvent, PathCondition, ReadError, Reading,
    Reports, ShowsCondition, Span, TakesReports, Trend, TrendRow,
};
use crate::sessions::{Fork, Places};
use crate::telling::Outbox;
use machine::{Change, Machine};

/// How panels are. Clones are handles of the same.
#[derive(Clone)]
pub struct Condition(Arc<Shared>);

struct Shared {
    /// Protects what was told; held for one report, one batch or one look, never across an await.
    machine: Mutex<Machine>,
    outbox: Outbox,
    places: Places,
    store: Arc<dyn ConditionStore>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

impl Condition {
    /// Takes up what was last said of who panels are.
    pub async fn load(
        store: Arc<dyn ConditionStore>,
        places: Places,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReadError> {
        let mut machine = Machine::default();
        for last in store.connections().await? {
            machine.recall(&last);
        }
        Ok(Self(Arc::new(Shared {
            machine: Mutex::new(machine),
            outbox: Outbox::default(),
            places,
            store,
            clock,
        })))
    }

    /// Writes down once a second, and tells of substitutions, until `stop` is done; then writes what is left.
    pub async fn run(self, reports: Arc<dyn Reports>, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let (told, writing) = (
            self.0.outbox.run(reports, std::future::pending()),
            task::run(&self.0),
        );
        tokio::select! {
            () = &mut stop => {}
            () = told => {}
            () = writing => {}
        }
        task::end(&self.0).await;
    }
}

impl Shared {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        // Poisoned means that an insert panicked; at worst one record is half new.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self, path: PathIndex, change: &Change, at: Mono) {
        // What two lives explain has been told as that.
        if matches!(change, Change::Boot { .. }) && self.places.forked(path, Fork::Boot, at) {
            return;
        }
        if !self.machine().may_tell(path, change, at) {
            return;
        }
        let text = match change {
            Change::Boot { from, to } => {
                format!("its boot counter went back from {from} to {to}")
            }
            Change::Model { from, to } => format!("its model was {from}, and is {to}"),
        };
        self.outbox.put(OwnEvent {
            path,
            code: OwnCode::Substituted,
            occurred: None,
            text: Some(text),
            flags: EventFlags::empty(),
        });
    }
}

impl TakesReports for Condition {
    fn told(&self, path: PathIndex, report: PanelReport, at: Mono) {
        let now = self.0.clock.now();
        let wall = now.wall.before(now.mono.since(at));
        match report {
            PanelReport::Status(status) => self.0.machine().status(path, &status, wall),
            PanelReport::Connection(report) => {
                let change = self.0.machine().connection(path, report, wall);
                if let Some(change) = change {
                    self.0.changed(path, &change, at);
                }
            }
        }
    }
}

impl ShowsCondition for Condition {
    fn condition(&self, path: PathIndex) -> Option<PathCondition> {
        self.0.machine().condition(path)
    }

    fn trends(
        &self,
        paths: Vec<PathIndex>,
        span: Span,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>> {
        Box::pin(async move {
            let recent: Vec<TrendRow> = {
                let machine = self.0.machine();
                paths.iter().flat_map(|path| machine.hours(*path)).collect()
            };
            let mut rows: BTreeMap<(Wall, PathIndex), Trend> = BTreeMap::new();
            for row in self.0.store.trends(paths, span, from, until).await? {
                rows.entry((row.start, row.path))
                    .or_default()
                    .join(&row.trend);
            }
            for row in recent {
                let start = span.start(row.start);
                if (from..until).contains(&start) {
                    rows.entry((start, row.path)).or_default().join(&row.trend);
                }
            }
            let rows = rows.into_iter();
            Ok(rows
                .map(|((start, path), trend)| TrendRow { path, start, trend })
                .collect())
        })
    }
}

impl Measured for Condition {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let machine = self.0.machine();
        let mut figure = |name, help, reading| out.push(Measurement::single(name, help, reading));
        figure(
            "watchfire_paths_reporting",
            "Paths whose panels have told something of themselves.",
            Reading::count(machine.len()),
        );
        figure(
            "watchfire_trends_waiting",
            "Rows of trends and connections that wait to be written.",
            Reading::count(machine.waiting()),
        );
        figure(
            "watchfire_trends_forgotten",
            "Hours of trends that there was no room to keep until they could be written.",
            Reading::Counter(machine.forgotten()),
        );
        figure(
            "watchfire_reported_parts_left_out",
            "Partitions, zones and outputs in reports of panels that told of too many.",
            Reading::Counter(machine.left_out()),
        );
        self.0.outbox.measure("outbox_condition", out);
        out.extend(Measurement::queue(
            "trends",
            machine.waiting(),
            limits::TRENDS_WAITING,
        ));
    }
}

//! What panels say of themselves, under virtual time, over a store in memory.

use std::time::Duration;

use model::limits::CONDITION_BATCH;
use model::{
    ConnectionReport, ConnectionState, RebootReason, ReportedPartition, ShortText, StatusReport,
    ZoneState,
};
use proptest::prelude::*;

use super::names::Names;
use super::record::Record;
use super::*;
use crate::fakes::{Ledger, NOON, Paused};
use crate::ports::{
    AddError, Arrival, ConditionChange, LastConnection, SessionPlace, Sessions, Spread,
};

const PATH: PathIndex = PathIndex(3);

/// Keeps what it is told to, unless it is full.
#[derive(Default)]
struct Kept {
    changes: Mutex<Vec<ConditionChange>>,
    full: Mutex<bool>,
}

impl ConditionStore for Kept {
    fn keep_condition(&self, change: ConditionChange) -> Answering<'_, Result<(), AddError>> {
        let full = *self.full.lock().unwrap();
        if !full {
            self.changes.lock().unwrap().push(change);
        }
        let cause = "no room".to_owned();
        let kept = if full {
            Err(AddError::Store { full, cause })
        } else {
            Ok(())
        };
        Box::pin(std::future::ready(kept))
    }

    fn connections(&self) -> Answering<'_, Result<Vec<LastConnection>, ReadError>> {
        let changes = self.changes.lock().unwrap();
        let all = changes.iter().flat_map(|change| change.connections.clone());
        let all = all.collect();
        Box::pin(std::future::ready(Ok(all)))
    }

    fn trends(
        &self,
        paths: Vec<PathIndex>,
        span: Span,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>> {
        let changes = self.changes.lock().unwrap();
        let rows = changes.iter().flat_map(|change| change.hours.clone());
        let rows = rows.map(|row| TrendRow {
            start: span.start(row.start),
            ..row
        });
        let wanted =
            |row: &TrendRow| paths.contains(&row.path) && (from..until).contains(&row.start);
        let rows = rows.filter(wanted).collect();
        Box::pin(std::future::ready(Ok(rows)))
    }
}

struct World {
    condition: Condition,
    store: Arc<Kept>,
    ledger: Arc<Ledger>,
    places: Places,
    clock: Arc<Paused>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl World {
    async fn new() -> Self {
        let clock = Paused::new();
        Self::over(Arc::default(), Ledger::new(clock.clone()), clock).await
    }

    async fn over(store: Arc<Kept>, ledger: Arc<Ledger>, clock: Arc<Paused>) -> Self {
        let places = Places::new(clock.clone());
        let condition = Condition::load(store.clone(), places.clone(), clock.clone());
        let condition = condition.await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let stopped = async { stopped.await.unwrap_or(()) };
        let task = tokio::spawn(condition.clone().run(ledger.clone(), stopped));
        Self {
            condition,
            store,
            ledger,
            places,
            clock,
            stop: Some(stop),
            task,
        }
    }

    async fn restart(mut self) -> Self {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
        Self::over(self.store, self.ledger, self.clock).await
    }

    fn now(&self) -> Mono {
        self.clock.now().mono
    }

    fn says(&self, status: StatusReport) {
        self.condition
            .told(PATH, PanelReport::Status(status), self.now());
    }

    fn connects(&self, boot: u32, model: &str) {
        self.connection(ConnectionState::Online, boot, Some(model));
    }

    fn connection(&self, state: ConnectionState, boot: u32, model: Option<&str>) {
        let report = ConnectionReport {
            state,
            boot,
            firmware: Some(ShortText::from("2.1").unwrap()),
            model: model.map(|model| ShortText::from(model).unwrap()),
            reason: (state == ConnectionState::Online).then_some(RebootReason::Watchdog),
            at: None,
        };
        self.condition
            .told(PATH, PanelReport::Connection(report), self.now());
    }

    fn shown(&self) -> PathCondition {
        self.condition.condition(PATH).unwrap()
    }

    fn told(&self) -> Vec<OwnCode> {
        self.ledger
            .own()
            .into_iter()
            .map(|(_, code)| code)
            .collect()
    }

    async fn trends(&self, span: Span) -> Vec<TrendRow> {
        let (from, until) = (Wall(0), Wall(i64::MAX));
        self.condition
            .trends(vec![PATH], span, from, until)
            .await
            .unwrap()
    }
}

async fn pass(time: Duration) {
    tokio::time::sleep_until(tokio::time::Instant::now() + time).await;
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

fn rssi(rssi: i16) -> StatusReport {
    StatusReport {
        rssi: Some(rssi),
        ..StatusReport::default()
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_report_leaves_out_stays_and_what_it_repeats_keeps_its_time() {
    let world = World::new().await;
    world.says(StatusReport {
        rssi: Some(-70),
        battery: Some(90),
        partitions: vec![(1, ReportedPartition::Disarmed)],
        zones: vec![(1, ZoneState::Closed), (2, ZoneState::Open)],
        outputs: vec![(1, true)],
        ..StatusReport::default()
    });
    pass(10 * SECOND).await;
    world.says(StatusReport {
        battery: Some(89),
        zones: vec![
            (2, ZoneState::Open),
            (1, ZoneState::Open),
            (16, ZoneState::Bypassed),
        ],
        ..StatusReport::default()
    });
    let shown = world.shown();
    assert_eq!((shown.rssi, shown.battery), (Some(-70), Some(89)));
    let seconds = |since: Wall| (since - NOON) / 1_000_000;
    let zones: Vec<_> = shown
        .zones
        .iter()
        .map(|zone| (zone.number, zone.state, seconds(zone.since)))
        .collect();
    assert_eq!(
        zones,
        [
            (1, ZoneState::Open, 10),
            (2, ZoneState::Open, 0),
            (16, ZoneState::Bypassed, 10)
        ]
    );
    assert_eq!(shown.partitions[0].state, ReportedPartition::Disarmed);
    assert!(shown.outputs[0].state);
    assert_eq!(world.condition.condition(PathIndex(2)), None);
}

#[tokio::test(start_paused = true)]
async fn hours_and_days_have_their_least_most_and_mean_with_the_running_one() {
    let world = World::new().await;
    world.connects(1, "A");
    for value in [-60, -80, -70] {
        world.says(StatusReport {
            retries: Some(2),
            ..rssi(value)
        });
        pass(SECOND).await;
    }
    pass(HOUR).await;
    world.says(rssi(-50));
    let hours = world.trends(Span::Hour).await;
    assert_eq!(hours.len(), 2);
    let (first, second) = (&hours[0].trend, &hours[1].trend);
    assert_eq!(
        (first.rssi.least, first.rssi.most, first.rssi.count),
        (-80, -60, 3)
    );
    assert_eq!(first.rssi.mean(), Some(-70.0));
    assert_eq!((first.retries, first.reconnects), (6, 1));
    assert_eq!(
        second.rssi,
        Spread {
            least: -50,
            most: -50,
            sum: -50,
            count: 1
        }
    );
    let days = world.trends(Span::Day).await;
    assert_eq!(
        (days[0].trend.rssi.count, days[0].trend.rssi.most),
        (4, -50)
    );
    assert_eq!(days[0].trend.battery.mean(), None);
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_a_panel_that_fell_silent_is_written_when_it_is_over_and_a_part_of_one_at_a_stop()
 {
    let world = World::new().await;
    world.says(rssi(-60));
    pass(HOUR + 5 * SECOND).await;
    let written = |world: &World| -> usize {
        world
            .store
            .changes
            .lock()
            .unwrap()
            .iter()
            .map(|change| change.hours.len())
            .sum()
    };
    assert_eq!(written(&world), 1);
    world.says(rssi(-61));
    let world = world.restart().await;
    assert_eq!(written(&world), 2);
    world.says(rssi(-63));
    let hours = world.trends(Span::Hour).await;
    assert_eq!(
        hours[1].trend.rssi.mean(),
        Some(-62.0),
        "both parts of the hour"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_waits_and_a_second_writes_one_batch() {
    let world = World::new().await;
    *world.store.full.lock().unwrap() = true;
    for path in 0..4_000 {
        world
            .condition
            .told(PathIndex(path), PanelReport::Status(rssi(-60)), world.now());
    }
    pass(HOUR + 60 * SECOND).await;
    *world.store.full.lock().unwrap() = false;
    pass(10 * SECOND).await;
    let batches: Vec<usize> = world
        .store
        .changes
        .lock()
        .unwrap()
        .iter()
        .map(|one| one.hours.len())
        .collect();
    assert_eq!(batches, [CONDITION_BATCH; 4]);
}

#[tokio::test(start_paused = true)]
async fn another_model_or_a_boot_that_goes_back_is_told_and_told_after_a_restart_too() {
    let world = World::new().await;
    world.connects(7, "A");
    world.connects(8, "A");
    pass(SECOND).await;
    assert_eq!(world.told(), []);
    let world = world.restart().await;
    world.connects(9, "B");
    pass(SECOND).await;
    assert_eq!(world.told(), [OwnCode::Substituted]);
    world.connects(2, "B");
    pass(SECOND).await;
    assert_eq!(world.told(), [OwnCode::Substituted; 2]);
    world.connects(1, "B");
    pass(SECOND).await;
    assert_eq!(world.told().len(), 2, "once an hour for each kind");
}

#[tokio::test(start_paused = true)]
async fn a_boot_that_goes_back_while_two_places_alternate_is_a_clone_and_no_substitution() {
    let world = World::new().await;
    for (turn, boot) in [(0_u64, 7), (1, 5), (2, 7), (3, 5)] {
        world.places.arrived(Arrival {
            path: PATH,
            place: SessionPlace {
                gateway: 1,
                connection: turn,
            },
            source: "192.0.2.1".parse().unwrap(),
            at: world.now(),
        });
        if turn != 1 {
            world.connects(boot, "A");
        }
        pass(SECOND).await;
    }
    let doubted = world.places.flags(PATH, world.now());
    assert_eq!(doubted, EventFlags::POSSIBLE_CLONE);
    assert_eq!(
        world.told(),
        [],
        "the clone is told by those who know places"
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_will_changes_nothing_and_a_will_forgets_nothing() {
    let world = World::new().await;
    world.connects(8, "A");
    world.connection(ConnectionState::Lost, 7, None);
    let (_, report) = world.shown().connection.unwrap();
    assert_eq!(
        (report.state, report.boot),
        (ConnectionState::Online, 8),
        "I6"
    );
    world.connection(ConnectionState::Lost, 8, None);
    let (_, report) = world.shown().connection.unwrap();
    assert_eq!(report.state, ConnectionState::Lost);
    assert_eq!(report.model.as_deref(), Some("A"));
    assert_eq!(report.reason, Some(RebootReason::Watchdog));
    pass(SECOND).await;
    assert_eq!(world.told(), []);
}

#[test]
fn a_panel_with_sixteen_zones_takes_little_more_than_a_third_of_a_kilobyte() {
    let mut record = Record::default();
    let zones = (1..=16).map(|zone| (zone, ZoneState::Closed)).collect();
    let status = StatusReport {
        partitions: vec![(1, ReportedPartition::Disarmed)],
        zones,
        outputs: vec![(1, false), (2, false)],
        ..rssi(-60)
    };
    for _ in 0..100 {
        record.tell(&status, NOON);
    }
    // Of the engine's 1.5 KB for a panel.
    assert!(record.octets() <= 400, "{}", record.octets());
}

#[test]
fn a_panel_that_makes_up_numbers_fills_its_record_and_no_more() {
    let mut record = Record::default();
    let mut left_out = 0;
    for first in 0..20 {
        let zones = (first * 100..first * 100 + 100).map(|zone| (zone, ZoneState::Open));
        let status = StatusReport {
            zones: zones.collect(),
            ..StatusReport::default()
        };
        left_out += record.tell(&status, NOON);
    }
    assert_eq!(left_out, 2_000 - limits::REPORTED_POINTS);
    assert_eq!(
        record.shown(&Names::default()).zones.len(),
        limits::REPORTED_POINTS
    );
}

proptest! {
    /// However the reports of an hour are cut into parts, they come to the same.
    #[test]
    fn parts_of_an_hour_add_up(
        values in proptest::collection::vec(-150_i32..=0, 0..40), cut in 0_usize..40,
    ) {
        let spread = |values: &[i32]| {
            let mut spread = Spread::default();
            for value in values {
                spread.add(*value);
            }
            spread
        };
        let cut = cut.min(values.len());
        let mut joined = spread(&values[..cut]);
        joined.join(&spread(&values[cut..]));
        prop_assert_eq!(joined, spread(&values));
        prop_assert_eq!(joined.count as usize, values.len());
        if let Some(least) = values.iter().min() {
            prop_assert_eq!(joined.least, *least);
        }
    }
}

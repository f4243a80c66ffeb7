//! Loads of gateways, readings of the machine, under given time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::fakes::Paused;
use crate::ingest::tests::OnePanel;
use crate::ports::{MachineReading, Measured, Measurement, ProcessReading, Reading};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A machine whose processes take a tenth of a core each, and that counts how often it is asked.
struct Steady {
    clock: Arc<Paused>,
    asked: AtomicU64,
}

impl Steady {
    fn passed(&self) -> Duration {
        Duration::from_nanos(self.clock.now().mono.0)
    }
}

impl ReadsMachine for Steady {
    fn machine(&self) -> Option<MachineReading> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Some(MachineReading {
            cores: 2.0,
            idle: self.passed(),
            busy: self.passed(),
            memory: 8 << 30,
            memory_available: 4 << 30,
        })
    }

    fn process(&self, pid: u32) -> Option<ProcessReading> {
        (pid != 99).then(|| ProcessReading {
            cpu: self.passed() / 10,
            resident: 20_000_000,
            own: 10_000_000,
            open_files: Some(30),
            open_files_limit: Some(20_000),
        })
    }
}

struct World {
    meter: Meter,
    machine: Arc<Steady>,
}

impl World {
    async fn new(first: bool) -> Self {
        let clock = Paused::new();
        let machine = Arc::new(Steady {
            clock: clock.clone(),
            asked: AtomicU64::new(0),
        });
        let registry = Registry::load(Arc::new(OnePanel), clock.clone()).await;
        let meter = Meter::new(PerformanceSetup {
            clock,
            reader: machine.clone(),
            ingest: Arc::default(),
            registry: registry.unwrap(),
            supervisor: 1,
            engine: 2,
            first,
        });
        Self { meter, machine }
    }

    /// Gateway 0, as the process `pid`, has counted so many reports.
    fn loaded(&self, pid: u32, reports: u64) {
        let mut load = GatewayLoad {
            pid,
            requests: [0, reports, 0, 0],
            connections: 11_000,
            without_identity: 1_000,
            longest_turn: SECOND / 50,
            ..GatewayLoad::default()
        };
        load.turns.add(SECOND / 50);
        self.meter.loaded(0, load);
    }

    async fn reports(&self) -> u64 {
        self.meter.performance().await.requests.total[1]
    }

    fn figures(&self, name: &str) -> Vec<Measurement> {
        let mut all = Vec::new();
        self.meter.measure(&mut all);
        all.retain(|one| one.name == name);
        all
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_replaced_begins_anew_and_nothing_is_counted_twice() {
    let world = World::new(true).await;
    for (pid, reports) in [(7, 10), (7, 10), (7, 25), (8, 4), (8, 30)] {
        world.loaded(pid, reports);
    }
    assert_eq!(world.reports().await, 25 + 30);
    let turns = world.meter.performance().await.gateways[0].turns;
    assert_eq!((turns.minute.count, turns.minute.max), (2, SECOND / 50));
}

#[tokio::test(start_paused = true)]
async fn what_gateways_counted_for_an_engine_before_us_is_not_of_our_time() {
    let world = World::new(false).await;
    for (pid, reports) in [(7, 1_000), (7, 1_003), (8, 4)] {
        world.loaded(pid, reports);
    }
    assert_eq!(world.reports().await, 3 + 4);
}

#[tokio::test(start_paused = true)]
async fn the_machine_is_asked_now_and_then_and_at_most_once_a_second_for_people() {
    let world = World::new(true).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(world.meter.clone().run(async {
        stopped.await.ok();
    }));
    let asked = || world.machine.asked.load(Ordering::Relaxed);
    for _ in 0..300 {
        tokio::time::advance(SECOND / 5).await;
        tokio::task::yield_now().await;
    }
    // What is read beside the runtime has no part in its paused time.
    let all = tokio::time::timeout(10 * SECOND, world.meter.performance()).await;
    assert!(all.is_ok());
    let before = asked();
    assert!((2..=14).contains(&before), "{before}");
    for _ in 0..5 {
        world.meter.performance().await;
    }
    assert_eq!(asked(), before);
    drop(stop);
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn processes_machine_and_memory_add_up() {
    let world = World::new(true).await;
    world.loaded(7, 0);
    world.meter.performance().await;
    for step in 1..=60 {
        tokio::time::advance(SECOND).await;
        world.loaded(7, step * 100);
        let now = world.machine.clock.now();
        world
            .meter
            .0
            .machine()
            .tick(now, &world.meter.0.setup.ingest, &world.meter.0.runtime);
        if step % 5 == 0 {
            world.meter.performance().await;
        }
    }
    let shown = world.meter.performance().await;
    assert_eq!((shown.connected, shown.registered), (10_000, 2));
    assert_eq!(shown.processes.len(), 3);
    let near =
        |found: Option<f64>, wanted: f64| found.is_some_and(|found| (found - wanted).abs() < 1e-3);
    assert!(near(shown.machine.ours.minute, 0.3), "{:?}", shown.machine);
    assert!(
        near(shown.machine.reserve.minute, 1.3 / 0.3),
        "{:?}",
        shown.machine
    );
    let each = shown.cpu_per_request.minute.unwrap();
    assert!(
        each.abs_diff(Duration::from_millis(3)) < Duration::from_micros(60),
        "{each:?}"
    );
    assert_eq!(shown.memory_per_connected, Some(1_000));
    assert_eq!(shown.memory_per_registered, None, "two paths say nothing");
    let cpu = world.figures("watchfire_process_cpu_seconds");
    assert_eq!(cpu.len(), 3);
    assert!(matches!(cpu[0].reading, Reading::Sum(seconds) if seconds > 6.0));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_gone_is_not_shown_and_its_requests_stay_counted() {
    let world = World::new(true).await;
    world.loaded(99, 5);
    assert_eq!(world.meter.performance().await.gateways.len(), 1);
    world.meter.unlinked(0);
    let shown = world.meter.performance().await;
    assert_eq!((shown.gateways.len(), shown.connected), (0, 0));
    assert_eq!(shown.requests.total[1], 5);
    let told = world.figures("watchfire_requests");
    assert_eq!(told[1].reading, Reading::Counter(5));
}

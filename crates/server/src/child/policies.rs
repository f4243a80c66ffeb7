//! The engine's policies, put together: who is handed what, and the tasks that they need.
//!
//! ```text
//!   hub ──► intake ──► journal ──bell──► states, entry
//!    ├────► clocks ─────┐
//!    ├────► quarantine ─┼──► events of our own ──► intake
//!    ├────► supervision ┤
//!    ├────► sessions ───┤
//!    ├────► condition ──┘
//!    ├────► meter
//!    └────► registry
//!   API ──► judge, quarantine, registry, supervision
//! ```
//!
//! What never happens here: a decision.

use std::sync::Arc;

use anyhow::Context;
use engine::bell::Bell;
use engine::clocks::{Clocks, clocks};
use engine::condition::Condition;
use engine::entry;
use engine::health::Health;
use engine::ingest::{Ingest, ingest};
use engine::performance::{Meter, PerformanceSetup};
use engine::ports::{Confirmations, EventLog, Intake};
use engine::quarantine::Quarantine;
use engine::sessions::Places;
use engine::states;
use engine::supervision::{self, Watcher};
use engine::trust::{self, Trust};
use engine::verdicts::Judge;
use model::{Clock, EventSeq, FamilyName, ListenerName, Watch};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::house::House;
use super::setup::EngineSetup;
use crate::clock::SystemEntropy;
use crate::proc::Kernel;

/// The handles of the policies.
pub(super) struct Policies {
    pub(super) intake: Ingest,
    pub(super) bell: watch::Receiver<EventSeq>,
    pub(super) clocks: Clocks,
    pub(super) quarantine: Quarantine,
    pub(super) watcher: Watcher,
    pub(super) places: Places,
    pub(super) condition: Condition,
    pub(super) health: Health,
    pub(super) meter: Meter,
    pub(super) judge: Judge,
    pub(super) trust: Trust,
}

/// The tasks of the engine; one that ends unasked ends the process.
pub(super) type Services = JoinSet<anyhow::Result<()>>;

impl Policies {
    /// Begins all of them. They end when `stopped` says so, and those that feed the intake are
    /// gone.
    pub(super) async fn begin(
        house: &House,
        setup: &EngineSetup,
        services: &mut Services,
        stopped: &watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let log: Arc<dyn EventLog> = Arc::new(house.store.clone());
        let store = Arc::new(house.store.clone());
        let clock = Arc::clone(&house.clock);
        let registry = house.registry.clone();

        let places = Places::new(Arc::clone(&clock));
        places.recall(&*log, &*store).await?;
        let (intake, ingesting, bell) = ingest(
            Arc::clone(&log),
            registry.clone(),
            Arc::clone(&clock),
            places.clone(),
        );
        let rung = bell.receiver();
        services.spawn(async { ingesting.run().await.context("ingest") });
        let entered = bell.clone();
        let states = states::Task::new(Arc::clone(&log), store.clone(), bell);
        services.spawn(async { states.run().await.context("states") });
        ends_well(services, registry.clone().keep_habits(stop(stopped)));

        let reports = Arc::new(intake.clone());
        ends_well(services, places.clone().run(reports.clone(), stop(stopped)));
        let condition = Condition::load(store.clone(), places.clone(), Arc::clone(&clock)).await?;
        let telling = condition.clone().run(reports.clone(), stop(stopped));
        ends_well(services, telling);
        let health = Health::new(Arc::clone(&clock));
        ends_well(services, health.clone().run(reports.clone(), stop(stopped)));
        let meter = meter(house, setup, &intake);
        ends_well(services, meter.clone().run(stop(stopped)));
        let clocks = watch_clocks(house, &intake, services, stopped);
        let watcher = supervise(house, setup, &intake, entered, services, stopped).await?;
        let quarantine =
            Quarantine::load(store.clone(), registry, reports, Arc::clone(&clock)).await?;
        ends_well(services, quarantine.clone().run(stop(stopped)));
        let trust = begin_trust(house, &intake, services, stopped).await?;

        let listeners: Vec<Arc<dyn Confirmations>> =
            vec![Arc::new(watcher.clone()), Arc::new(places.clone())];
        let judge = Judge::new(log, store, listeners, clock);
        Ok(Self {
            intake,
            bell: rung,
            clocks,
            quarantine,
            watcher,
            places,
            condition,
            health,
            meter,
            judge,
            trust,
        })
    }
}

fn meter(house: &House, setup: &EngineSetup, intake: &Ingest) -> Meter {
    Meter::new(PerformanceSetup {
        clock: Arc::clone(&house.clock),
        reader: Arc::new(Kernel),
        ingest: intake.figures(),
        registry: house.registry.clone(),
        supervisor: setup.common.supervisor.cast_unsigned(),
        engine: std::process::id(),
        first: setup.first,
    })
}

fn watch_clocks(
    house: &House,
    intake: &Ingest,
    services: &mut Services,
    stopped: &watch::Receiver<bool>,
) -> Clocks {
    let reports = Arc::new(intake.clone());
    let doubt = intake.clock_doubt();
    let clock = Arc::clone(&house.clock);
    let (clocks, watching) = clocks(house.registry.clone(), reports, doubt, clock);
    let asked = stop(stopped);
    ends_well(services, async {
        tokio::select! {
            () = watching.run() => {}
            () = asked => {}
        }
    });
    clocks
}

/// Supervision, and what an entry that nobody disarms may mean.
async fn supervise(
    house: &House,
    setup: &EngineSetup,
    intake: &Ingest,
    bell: Bell,
    services: &mut Services,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<Watcher> {
    let log: Arc<dyn EventLog> = Arc::new(house.store.clone());
    let store = Arc::new(house.store.clone());
    let reports = Arc::new(intake.clone());
    let (watcher, supervising) = supervision::start(supervision::Parts {
        store: store.clone(),
        registry: house.registry.clone(),
        reports: reports.clone(),
        log: Arc::clone(&log),
        intake: intake.state(),
        clock: Arc::clone(&house.clock),
        boot: boot(&house.clock),
        default: Some(Watch::parse(&setup.supervision)?),
        proving: proving(),
        certified: certified(setup),
    })
    .await?;
    // Before supervision tells anything new: the newest event says when the last life ended.
    let entry = entry::Task::begin(entry::Parts {
        log,
        states: store,
        links: Arc::new(watcher.clone()),
        reports,
        bell,
        clock: Arc::clone(&house.clock),
    })
    .await?;
    let asked = stop(stopped);
    services.spawn(async { entry.run(asked).await.context("entries") });
    let asked = stop(stopped);
    services.spawn(async { supervising.run(asked).await.context("supervision") });
    Ok(watcher)
}

async fn begin_trust(
    house: &House,
    intake: &Ingest,
    services: &mut Services,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<Trust> {
    let (trust, trusting) = trust::start(trust::Parts {
        store: Arc::new(house.store.clone()),
        authority: house.authority.clone(),
        registry: house.registry.clone(),
        reports: Arc::new(intake.clone()),
        clock: Arc::clone(&house.clock),
        entropy: Box::new(SystemEntropy),
        secret_families: proving(),
    })
    .await?;
    ends_well(services, trusting.run(stop(stopped)));
    Ok(trust)
}

/// Families whose panels keep a connection on which they have proved who they are.
fn proving() -> Vec<FamilyName> {
    let all = families::FAMILIES.iter();
    let proving = all.filter(|family| family.keeps_proven_sessions());
    proving.map(|family| family.name()).collect()
}

/// Listeners where every panel must show a certificate.
fn certified(setup: &EngineSetup) -> Vec<ListenerName> {
    let names = setup.certified.iter();
    names.filter_map(|name| ListenerName::parse(name)).collect()
}

/// What tells this boot of the machine from others; where that cannot be known, this start.
fn boot(clock: &Arc<dyn Clock>) -> String {
    match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(id) => id.trim().to_owned(),
        Err(error) => {
            tracing::warn!(%error, "the machine does not tell one boot from another");
            format!("unknown {}", clock.now().wall.0)
        }
    }
}

/// Done when the engine was asked to stop.
pub(super) fn stop(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopped = stopped.clone();
    async move {
        // An error means that nobody is left to ask: the engine ends.
        stopped.wait_for(|stop| *stop).await.ok();
    }
}

/// A task that cannot fail.
fn ends_well(services: &mut Services, task: impl Future<Output = ()> + Send + 'static) {
    services.spawn(async {
        task.await;
        Ok(())
    });
}

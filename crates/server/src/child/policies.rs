//! The engine's policies, put together: who is handed what, and the tasks that they need.
//!
//! ```text
//!   hub ──► intake ──► journal ──bell──► states, entry
//!    ├────► clocks ─────┐
//!    ├────► quarantine ─┼──► events of our own ──► intake
//!    ├────► supervision ┤
//!    ├────► sessions ───┤
//!    ├────► condition ──┘
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
        let health = Health::new(Arc::clone(&clock));
        ends_well(services, health.clone().run(reports.clone(), stop(stopped)));
        let condition = conditions(house, &places, &reports, services, stopped).await?;
        let doubt = intake.clock_doubt();
        let (clocks, watching) =
            clocks(registry.clone(), reports.clone(), doubt, Arc::clone(&clock));
        let asked = stop(stopped);
        ends_well(services, async {
            tokio::select! {
                () = watching.run() => {}
                () = asked => {}
            }
        });
        let watcher = watch_paths(house, setup, &intake, entered, services, stopped).await?;
        let quarantine =
            Quarantine::load(store.clone(), registry, reports, Arc::clone(&clock)).await?;
        ends_well(services, quarantine.clone().run(stop(stopped)));
        let (trust, trusting) = trust::start(trust::Parts {
            store: store.clone(),
            authority: house.authority.clone(),
            registry: house.registry.clone(),
            reports: Arc::new(intake.clone()),
            clock: Arc::clone(&clock),
            entropy: Box::new(SystemEntropy),
            secret_families: proving(),
        })
        .await?;
        ends_well(services, trusting.run(stop(stopped)));

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
            judge,
            trust,
        })
    }
}

/// Who has fallen silent, and who after an entry.
async fn watch_paths(
    house: &House,
    setup: &EngineSetup,
    intake: &Ingest,
    bell: Bell,
    services: &mut Services,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<Watcher> {
    let store = Arc::new(house.store.clone());
    let log: Arc<dyn EventLog> = store.clone();
    let reports = Arc::new(intake.clone());
    let clock = Arc::clone(&house.clock);
    let (watcher, supervising) = supervision::start(supervision::Parts {
        store: store.clone(),
        registry: house.registry.clone(),
        reports: reports.clone(),
        log: Arc::clone(&log),
        intake: intake.state(),
        clock: Arc::clone(&clock),
        boot: boot(&clock),
        default: Some(Watch::parse(&setup.supervision)?),
        proving: proving(),
        certified: certified(setup),
    })
    .await?;
    // Before supervision tells anything new: the newest event says when the last life ended.
    let entry = entry::Task::begin(entry::Parts {
        log: Arc::clone(&log),
        states: store.clone(),
        links: Arc::new(watcher.clone()),
        reports: reports.clone(),
        bell,
        clock: Arc::clone(&clock),
    })
    .await?;
    let asked = stop(stopped);
    services.spawn(async { entry.run(asked).await.context("entries") });
    let asked = stop(stopped);
    services.spawn(async { supervising.run(asked).await.context("supervision") });
    Ok(watcher)
}

/// How panels are, by what they tell of themselves.
async fn conditions(
    house: &House,
    places: &Places,
    reports: &Arc<Ingest>,
    services: &mut Services,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<Condition> {
    let store = Arc::new(house.store.clone());
    let clock = Arc::clone(&house.clock);
    let condition = Condition::load(store, places.clone(), clock).await?;
    let telling = condition.clone().run(reports.clone(), stop(stopped));
    ends_well(services, telling);
    Ok(condition)
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

//! The engine process: opens the store, starts the services, serves hub and API until told to
//! stop.
//!
//! Invariant: no answer of the API, however long, holds up what panels wait for.
//! Invariant: any service that ends unasked ends the process; the supervisor starts a new one,
//! which finds out from the disk what is true. Gateways keep every connection meanwhile.

use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use api::FamilyTitle;
use engine::ports::TrustAdmin;
use engine::trust::Trust;
use gateway::hub::{Hub, HubSetup};
use tokio::io::AsyncReadExt;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::control::{RELOAD, Word, say};
use super::house::House;
use super::policies::{Policies, stop};
use super::retention::retention;
use super::setup::{BUILD, EngineSetup};

/// Runs the engine until the supervisor asks it to stop, or is gone.
pub(crate) fn run() -> anyhow::Result<()> {
    let (control, setup, descriptors) =
        super::begin(|setup: &EngineSetup| &setup.common, "engine")?;
    let mut descriptors = descriptors.into_iter();
    let (Some(link), Some(api)) = (descriptors.next(), descriptors.next()) else {
        return Err(anyhow!("the supervisor sent no sockets"));
    };
    let (runtime, outside) = (runtime("engine")?, runtime("api")?);
    runtime.block_on(async {
        let house = match House::open(&setup).await {
            Ok(house) => house,
            Err(error) => {
                let why = format!("{error:#}");
                say(&control, &Word::Failed { why: why.clone() }).ok();
                return Err(anyhow!(why));
            }
        };
        let (link, api) = (UnixListener::from(link), TcpListener::from(api));
        live(house, control, link, (api, outside.handle()), &setup).await
    })
}

/// A runtime of one thread that works. There are two: what panels wait for is never behind an
/// answer of the API, and the one thread wakes no other for half of what it does, which cost a
/// fifth of a stored event's CPU.
fn runtime(name: &str) -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(name)
        .enable_all()
        .build()
}

/// Serves until asked to stop.
async fn live(
    house: House,
    control: UnixStream,
    link: UnixListener,
    (api, outside): (TcpListener, &Handle),
    setup: &EngineSetup,
) -> anyhow::Result<()> {
    let (ask, stopped) = watch::channel(false);
    let mut services = JoinSet::new();
    let policies = Policies::begin(&house, setup, &mut services, &stopped).await?;
    let hub = Hub::new(HubSetup {
        listener: link,
        build: BUILD.to_owned(),
        gateways: setup.gateways,
        clock: Arc::clone(&house.clock),
        intake: Arc::new(policies.intake.clone()),
        identities: Arc::new(house.registry.clone()),
        supervises: Arc::new(policies.watcher.clone()),
        clocks: Arc::new(policies.clocks.clone()),
        learns: Arc::new(house.registry.clone()),
        quarantines: Arc::new(policies.quarantine.clone()),
        health: Arc::new(policies.health.clone()),
        load: Arc::new(policies.meter.clone()),
        tls: Arc::new(policies.trust.clone()),
        sessions: Arc::new(policies.places.clone()),
        reports: Arc::new(policies.condition.clone()),
    });
    let router = api::router(shown(&house, &policies, &hub));
    let stop_api = stop(&stopped);
    let api = outside.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(api)?;
        api::serve(listener, router, stop_api).await
    });
    services.spawn(async { api.await?.context("the API") });
    let hub = hub.serve(stop(&stopped));
    services.spawn(async { hub.await.context("the hub") });
    let House {
        store, clock, note, ..
    } = house;
    let trust = policies.trust.clone();
    // The intake ends with the last of those who feed it.
    drop((policies, house.registry));
    let kept = retention(store.clone(), clock, setup.retention, stop(&stopped));
    services.spawn(kept);

    say(&control, &Word::Ready { note }).context("the supervisor is gone")?;
    control.set_nonblocking(true)?;
    let control = tokio::net::UnixStream::from_std(control)?;
    match wait(control, &mut services, &trust).await {
        End::Asked => {}
        End::Orphaned => return Ok(()),
        End::Service(error) => return Err(error),
    }
    ask.send_replace(true);
    while let Some(ended) = services.join_next().await {
        ended??;
    }
    // Carries the logs into their files, so that the next start finds nothing to recover.
    tokio::task::spawn_blocking(move || store.close()).await?;
    Ok(())
}

/// What the API shows and changes.
fn shown(house: &House, policies: &Policies, hub: &Hub) -> api::Services {
    let store = Arc::new(house.store.clone());
    let intake = Arc::new(policies.intake.clone());
    api::Services {
        events: store.clone(),
        verdicts: store.clone(),
        judge: Arc::new(policies.judge.clone()),
        strays: store.clone(),
        quarantine: Arc::new(policies.quarantine.clone()),
        registry: store.clone(),
        panel_admin: Arc::new(house.registry.clone()),
        trust: Arc::new(policies.trust.clone()),
        supervision: Arc::new(policies.watcher.clone()),
        sessions: Arc::new(policies.places.clone()),
        condition: Arc::new(policies.condition.clone()),
        presence: Some(Arc::new(policies.watcher.clone())),
        bell: policies.bell.clone(),
        health: vec![
            intake.clone(),
            store.clone(),
            hub.figures(),
            Arc::new(policies.trust.clone()),
        ],
        measured: vec![
            intake,
            Arc::new(house.registry.clone()),
            store,
            hub.figures(),
            Arc::new(policies.clocks.clone()),
            Arc::new(policies.watcher.clone()),
            Arc::new(policies.places.clone()),
            Arc::new(policies.condition.clone()),
            Arc::new(policies.quarantine.clone()),
            Arc::new(policies.trust.clone()),
            Arc::new(policies.meter.clone()),
        ],
        performance: Arc::new(policies.meter.clone()),
        families: families(),
        authenticate: house.tokens.clone(),
        clock: Arc::clone(&house.clock),
        build: BUILD.to_owned(),
    }
}

enum End {
    /// The supervisor asked.
    Asked,
    /// The supervisor is gone.
    Orphaned,
    /// A service ended unasked.
    Service(anyhow::Error),
}

async fn wait(
    mut control: tokio::net::UnixStream,
    services: &mut JoinSet<anyhow::Result<()>>,
    trust: &Trust,
) -> End {
    let mut octet = [0];
    loop {
        tokio::select! {
            read = control.read(&mut octet) => match (read, octet) {
                (Ok(1..), [RELOAD]) => reload(trust).await,
                (Ok(1..), _) => return End::Asked,
                (Ok(0) | Err(_), _) => return End::Orphaned,
            },
            Some(ended) = services.join_next() => return End::Service(match ended {
                Ok(Ok(())) => anyhow!("a service ended unasked"),
                Ok(Err(error)) => error,
                Err(panicked) => anyhow!("a service panicked: {panicked}"),
            }),
        }
    }
}

/// Reads the files of TLS again, and says how that went.
async fn reload(trust: &Trust) {
    match trust.reload().await {
        Ok(status) => tracing::info!(version = status.version, "the files of TLS were read again"),
        Err(error) => {
            tracing::error!(%error, "the files of TLS are not in order; what was in force stays so");
        }
    }
}

fn families() -> Vec<FamilyTitle> {
    let title = |family: &&dyn proto::Family| FamilyTitle {
        name: family.name(),
        title: family.title().to_owned(),
        over_tls: family.keeps_proven_sessions(),
    };
    families::FAMILIES.iter().map(title).collect()
}

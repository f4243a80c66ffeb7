//! The engine process: opens the store, starts the services, serves hub and API until told to
//! stop.
//!
//! Invariant: any service that ends unasked ends the process; the supervisor starts a new one,
//! which finds out from the disk what is true. Gateways keep every connection meanwhile.

use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use api::{FamilyTitle, Services, TokenDigests, token_digest};
use engine::ingest::ingest;
use engine::ports::{EventLog, PanelFilter, Registry as _, TokenRow, Tokens};
use engine::registry::Registry;
use engine::states;
use gateway::hub::{Hub, HubSetup, Untaken};
use model::{Actor, Clock, IdSource};
use store::{Settings, Store, Synchronous};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::control::{Word, say};
use super::seal::FolderSealer;
use super::secrets::{self, Key};
use super::setup::{BUILD, EngineSetup};
use crate::clock::{SystemClock, SystemEntropy};

/// The name of the token in `admin.token`.
const ADMIN: &str = "admin";

/// How often retention looks whether a day may go.
const RETENTION_PERIOD: Duration = Duration::from_hours(1);

/// Runs the engine until the supervisor asks it to stop, or is gone.
pub(crate) fn run() -> anyhow::Result<()> {
    let (control, setup, descriptors) =
        super::begin(|setup: &EngineSetup| &setup.common, "engine")?;
    let mut descriptors = descriptors.into_iter();
    let (Some(link), Some(api)) = (descriptors.next(), descriptors.next()) else {
        return Err(anyhow!("the supervisor sent no sockets"));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let house = match House::open(&setup).await {
            Ok(house) => house,
            Err(error) => {
                let why = format!("{error:#}");
                say(&control, &Word::Failed { why: why.clone() }).ok();
                return Err(anyhow!(why));
            }
        };
        house
            .live(
                control,
                UnixListener::from(link),
                TcpListener::from(api),
                &setup,
            )
            .await
    })
}

/// What is open before anybody is served.
struct House {
    store: Store,
    registry: Registry,
    tokens: TokenDigests,
    clock: Arc<dyn Clock>,
    note: String,
}

impl House {
    async fn open(setup: &EngineSetup) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = IdSource::new(Arc::clone(&clock), Box::new(SystemEntropy));
        let key = secrets::key(&setup.data, &mut SystemEntropy)?;
        let sealer = Arc::new(FolderSealer::new(&key));
        let store = Store::open(Settings {
            synchronous: if setup.synchronous {
                Synchronous::Full
            } else {
                Synchronous::Off
            },
            ballast_bytes: setup.ballast,
            ..Settings::new(setup.data.clone(), Arc::clone(&clock), ids, sealer)
        })?;
        let tokens = tokens(&store, setup, &key, &clock).await?;
        let registry = Registry::load(Arc::new(store.clone()), Arc::clone(&clock)).await?;
        let note = note(&store).await?;
        Ok(Self {
            store,
            registry,
            tokens,
            clock,
            note,
        })
    }

    async fn live(
        self,
        control: UnixStream,
        link: UnixListener,
        api: TcpListener,
        setup: &EngineSetup,
    ) -> anyhow::Result<()> {
        let log: Arc<dyn EventLog> = Arc::new(self.store.clone());
        let (intake, ingest_task, bell) = ingest(
            Arc::clone(&log),
            self.registry.clone(),
            Arc::clone(&self.clock),
        );
        let untaken = Arc::new(Untaken::default());
        let hub = Hub::new(HubSetup {
            listener: link,
            build: BUILD.to_owned(),
            gateways: setup.gateways,
            clock: Arc::clone(&self.clock),
            intake: Arc::new(intake.clone()),
            identities: Arc::new(self.registry.clone()),
            clocks: untaken.clone(),
            learns: untaken.clone(),
            quarantines: untaken.clone(),
        });
        let store = Arc::new(self.store.clone());
        let router = api::router(Services {
            events: Arc::clone(&log),
            registry: store.clone(),
            panel_admin: Arc::new(self.registry.clone()),
            presence: Some(hub.presence()),
            bell: bell.receiver(),
            health: vec![Arc::new(intake.clone()), store.clone(), hub.figures()],
            measured: vec![
                Arc::new(intake),
                Arc::new(self.registry.clone()),
                store.clone(),
                hub.figures(),
                untaken,
            ],
            families: families(),
            authenticate: Arc::new(self.tokens),
            clock: Arc::clone(&self.clock),
            build: BUILD.to_owned(),
        });

        let (stop, stopped) = watch::channel(false);
        let until = |mut stopped: watch::Receiver<bool>| async move {
            stopped.wait_for(|stop| *stop).await.ok();
        };
        let mut services = JoinSet::new();
        let api = tokio::net::TcpListener::from_std(api)?;
        let api = api::serve(api, router, until(stopped.clone()));
        services.spawn(async { api.await.context("the API") });
        let hub = hub.serve(until(stopped.clone()));
        services.spawn(async { hub.await.context("the hub") });
        services.spawn(async { ingest_task.run().await.context("ingest") });
        let states = states::Task::new(log, store, bell);
        services.spawn(async { states.run().await.context("states") });
        let habits = self.registry.keep_habits(until(stopped.clone()));
        services.spawn(async {
            habits.await;
            Ok(())
        });
        services.spawn(retention(
            self.store.clone(),
            self.clock,
            setup.retention,
            until(stopped),
        ));

        say(&control, &Word::Ready { note: self.note }).context("the supervisor is gone")?;
        control.set_nonblocking(true)?;
        let control = tokio::net::UnixStream::from_std(control)?;
        match wait(control, &mut services).await {
            End::Asked => {}
            End::Orphaned => return Ok(()),
            End::Service(error) => return Err(error),
        }
        stop.send_replace(true);
        while let Some(ended) = services.join_next().await {
            ended??;
        }
        // Carries the logs into their files, so that the next start finds nothing to recover.
        tokio::task::spawn_blocking(move || self.store.close()).await?;
        Ok(())
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
) -> End {
    let mut octet = [0];
    tokio::select! {
        read = control.read(&mut octet) => match read {
            Ok(1..) => End::Asked,
            Ok(0) | Err(_) => End::Orphaned,
        },
        Some(ended) = services.join_next() => End::Service(match ended {
            Ok(Ok(())) => anyhow!("a service ended unasked"),
            Ok(Err(error)) => error,
            Err(panicked) => anyhow!("a service panicked: {panicked}"),
        }),
    }
}

fn families() -> Vec<FamilyTitle> {
    let title = |family: &&dyn proto::Family| FamilyTitle {
        name: family.name(),
        title: family.title().to_owned(),
    };
    families::FAMILIES.iter().map(title).collect()
}

/// Makes sure that the token in `admin.token` is the one that the store knows.
async fn tokens(
    store: &Store,
    setup: &EngineSetup,
    key: &Key,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<TokenDigests> {
    let key = key.0.to_vec();
    let admin = secrets::admin_token(&setup.data, &mut SystemEntropy)?;
    let digest = token_digest(&key, &admin);
    let known = store.tokens().await?;
    if !known
        .iter()
        .any(|row| row.name == ADMIN && row.digest == digest)
    {
        let mut ids = IdSource::new(Arc::clone(clock), Box::new(SystemEntropy));
        let created = clock.now().wall;
        let row = TokenRow {
            id: ids.make(),
            name: ADMIN.to_owned(),
            digest,
            created,
        };
        match store.put_token(Actor::system(), row).await {
            Ok(()) => {}
            // A disk that takes no writes must not keep people from reading what there is.
            Err(error) => {
                tracing::error!(%error, "the token of admin.token could not be registered");
            }
        }
    }
    Ok(TokenDigests::new(key, store.tokens().await?))
}

async fn note(store: &Store) -> anyhow::Result<String> {
    let events = store.head();
    let some = store.panels(PanelFilter::default(), None, 1).await?;
    Ok(match (events.0, some.panels.is_empty()) {
        (0, true) => "new: no panels yet".to_owned(),
        (0, false) => "no events yet".to_owned(),
        (1, _) => "1 event".to_owned(),
        (events, _) => format!("{events} events"),
    })
}

/// Lets go of days that nobody need keep, once an hour.
async fn retention(
    store: Store,
    clock: Arc<dyn Clock>,
    periods: super::setup::Retention,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    tokio::pin!(stop);
    let mut hours = tokio::time::interval(RETENTION_PERIOD);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = hours.tick() => {}
        }
        let kept = store::Retention {
            alarm: periods.alarm,
            operation: periods.operation,
            routine: periods.routine,
        };
        let done = store.retain(clock.now().wall, kept).await;
        if let Err(error) = done {
            tracing::warn!(%error, "retention could not do its work and tries again in an hour");
        }
    }
}

//! The engine's services, put together as the server does it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::condition::Condition;
use engine::ingest::{Ingest, ingest};
use engine::ports::{
    Authority, AuthorityError, CertificateOrder, Credentials, EventLog, Loaded, Sealer,
};
use engine::registry::Registry;
use engine::sessions::Places;
use engine::supervision::{self, Watcher};
use engine::trust::{self, Trust};
use engine::{entry, states};
use model::{
    Clock, Entropy, FamilyName, IdSource, Mono, Now, PanelSecret, SupervisionClass, Wall, Watch,
};
use rustix::time::{ClockId, Timespec, clock_gettime};
use store::{Settings, Store};
use tokio::task::JoinSet;

use crate::Outcome;

/// Runs a measurement on a runtime like the server's.
pub(crate) fn run(what: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(what)
}

/// The machine's clocks.
pub(crate) struct Machine;

impl Clock for Machine {
    fn now(&self) -> Now {
        let wall = since_zero(clock_gettime(ClockId::Realtime));
        let mono = since_zero(clock_gettime(ClockId::Monotonic));
        Now {
            mono: Mono(u64::try_from(mono.as_nanos()).unwrap_or(u64::MAX)),
            wall: Wall(i64::try_from(wall.as_micros()).unwrap_or(i64::MAX)),
            suspect: false,
        }
    }
}

fn since_zero(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time of this process so far.
pub(crate) fn cpu() -> Duration {
    since_zero(clock_gettime(ClockId::ProcessCPUTime))
}

/// A well-mixed number, the same in every run.
pub(crate) fn mixed(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

struct Mixed(u64);

impl Entropy for Mixed {
    fn fill(&mut self, buffer: &mut [u8]) {
        for octet in buffer {
            self.0 += 1;
            *octet = mixed(self.0).to_be_bytes()[0];
        }
    }
}

/// Nothing here is secret.
struct Open;

impl Sealer for Open {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }

    fn open(&self, sealed: &[u8], _: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        Some(zeroize::Zeroizing::new(sealed.to_vec()))
    }
}

/// No files of TLS: certificates on record need none.
struct NoFiles;

impl NoFiles {
    fn none() -> AuthorityError {
        AuthorityError {
            what: "there are no files of TLS".to_owned(),
        }
    }
}

impl Authority for NoFiles {
    fn load(&self) -> Result<Loaded, AuthorityError> {
        Err(Self::none())
    }

    fn issue(&self, _: &CertificateOrder) -> Result<Credentials, AuthorityError> {
        Err(Self::none())
    }

    fn digest(&self, _: &PanelSecret) -> [u8; 32] {
        [0; 32]
    }
}

/// How the store of a folder is opened.
pub(crate) fn settings(folder: &Path) -> Settings {
    let clock: Arc<dyn Clock> = Arc::new(Machine);
    let ids = IdSource::new(Arc::clone(&clock), Box::new(Mixed(0)));
    Settings::new(folder.to_owned(), clock, ids, Arc::new(Open))
}

/// The panel protocol.
pub(crate) fn family() -> Outcome<FamilyName> {
    FamilyName::parse("mqtt").ok_or_else(|| "no name of a family".into())
}

/// The store and who is registered.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) services: JoinSet<()>,
}

impl House {
    pub(crate) async fn open(store: Store) -> Outcome<Self> {
        let clock: Arc<dyn Clock> = Arc::new(Machine);
        let registry = Registry::load(Arc::new(store.clone()), Arc::clone(&clock)).await?;
        Ok(Self {
            store,
            registry,
            clock,
            services: JoinSet::new(),
        })
    }

    pub(crate) async fn trust(&self, intake: &Ingest) -> Outcome<Trust> {
        let (trust, _task) = trust::start(trust::Parts {
            store: Arc::new(self.store.clone()),
            authority: Arc::new(NoFiles),
            registry: self.registry.clone(),
            reports: Arc::new(intake.clone()),
            clock: Arc::clone(&self.clock),
            entropy: Box::new(Mixed(1)),
            secret_families: vec![family()?],
        })
        .await?;
        Ok(trust)
    }

    pub(crate) fn intake(&mut self, places: &Places) -> (Ingest, engine::bell::Bell) {
        let log: Arc<dyn EventLog> = Arc::new(self.store.clone());
        let (intake, task, bell) = ingest(
            log,
            self.registry.clone(),
            Arc::clone(&self.clock),
            places.clone(),
        );
        self.services.spawn(async { drop(task.run().await) });
        (intake, bell)
    }

    pub(crate) async fn supervise(&mut self, intake: &Ingest) -> Outcome<Watcher> {
        let (watcher, task) = supervision::start(supervision::Parts {
            store: Arc::new(self.store.clone()),
            registry: self.registry.clone(),
            reports: Arc::new(intake.clone()),
            log: Arc::new(self.store.clone()),
            intake: engine::ports::Intake::state(intake),
            clock: Arc::clone(&self.clock),
            boot: "this one".to_owned(),
            default: Some(Watch::Class(SupervisionClass::Sp5)),
            proving: vec![family()?],
            certified: Vec::new(),
        })
        .await?;
        let running = task.run(std::future::pending());
        self.services.spawn(async { drop(running.await) });
        Ok(watcher)
    }

    pub(crate) async fn conditions(
        &mut self,
        places: &Places,
        intake: &Ingest,
    ) -> Outcome<Condition> {
        let store = Arc::new(self.store.clone());
        let condition = Condition::load(store, places.clone(), Arc::clone(&self.clock)).await?;
        let running = condition.clone();
        let running = running.run(Arc::new(intake.clone()), std::future::pending());
        self.services.spawn(running);
        Ok(condition)
    }

    /// States and entries, which follow the journal.
    pub(crate) async fn follow(
        &mut self,
        intake: &Ingest,
        watcher: &Watcher,
        bell: engine::bell::Bell,
    ) -> Outcome<()> {
        let log: Arc<dyn EventLog> = Arc::new(self.store.clone());
        let store = Arc::new(self.store.clone());
        let states = states::Task::new(Arc::clone(&log), store.clone(), bell.clone());
        self.services.spawn(async { drop(states.run().await) });
        let entry = entry::Task::begin(entry::Parts {
            log,
            states: store,
            links: Arc::new(watcher.clone()),
            reports: Arc::new(intake.clone()),
            bell,
            clock: Arc::clone(&self.clock),
        })
        .await?;
        let running = entry.run(std::future::pending());
        self.services.spawn(async { drop(running.await) });
        Ok(())
    }
}

/// A pause without a timer of its own thread.
pub(crate) async fn pause(time: Duration) {
    let pending = std::future::pending::<()>();
    let _over = tokio::time::timeout(time, pending).await;
}

/// A moment that lies at the beginning.
pub(crate) fn wall(clock: &dyn Clock) -> Wall {
    clock.now().wall
}

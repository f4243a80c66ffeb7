//! The supervisor: binds ports, starts the engine and the gateways, replaces the dead, stops in
//! order.
//!
//! Invariant: one server to a data folder, and one to a port; a second one fails with a clear
//! text and disturbs nothing.
//! Invariant: a stop goes gateways first (no more reading, commits awaited, acknowledgements,
//! goodbyes), engine last, within five seconds.
//! Invariant: whatever dies, nobody is orphaned: children die with the supervisor, and the
//! sockets that it holds outlive every child.
//!
//! ```text
//!   lock folder ─► bind ports, link socket ─► start engine and gateways ─► ready: say where
//!                                                   ▲        │ a child ends
//!                                                   └────────┘ replaced after 50 ms … 5 s
//! ```
//!
//! What never happens here: a byte of a panel, a row of the store, a lock held with a child.

mod banner;
mod endpoints;
mod keeper;
mod lock;
mod plan;
mod ports;
mod process;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub(crate) use banner::Greeting;
pub(crate) use endpoints::Endpoints;

use crate::config::Config;
use endpoints::ChildEntry;
use keeper::{Phase, Report, keep};
use plan::{Plan, Role};

/// What a hangup (SIGHUP) means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hangup {
    /// Read the files of TLS again, as servers do.
    Reload,
    /// The terminal is gone, and with it whoever watched.
    Stop,
}

/// Serves until SIGINT or SIGTERM, or until `stop` changes.
///
/// `ready` is called once, when everything works, with what a newcomer wants to know.
pub(crate) async fn run(
    config: Config,
    on_hangup: Hangup,
    mut stop: watch::Receiver<bool>,
    ready: impl FnOnce(&Greeting),
) -> anyhow::Result<()> {
    let data = prepare(&config.data.path)?;
    let _lock = lock::acquire(&data)?;
    let gateways = gateway_count(&config);
    let plan = Arc::new(Plan::make(config, data, gateways)?);
    let mut house = House::open(Arc::clone(&plan));

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut ready = Some(ready);
    let outcome = loop {
        tokio::select! {
            Some(report) = house.reports.recv() => match house.note(report) {
                Ok(()) => if let Some(greeting) = house.greeting()
                    && let Some(ready) = ready.take()
                {
                    ready(&greeting);
                },
                Err(failed) => break Err(failed),
            },
            // A keeper ends when the server stops. One that ends before has a defect; nobody would
            // replace its child, so everything ends: the children are killed with their keepers.
            Some(ended) = house.keepers.join_next() => bail!("a keeper of a child ended: {ended:?}"),
            _ = hangup.recv() => match on_hangup {
                Hangup::Reload => house.reload(),
                Hangup::Stop => break Ok(()),
            },
            _ = interrupt.recv() => break Ok(()),
            _ = terminate.recv() => break Ok(()),
            Ok(_) = stop.wait_for(|stop| *stop) => break Ok(()),
        }
    };
    house.close().await;
    outcome
}

/// Makes the data folder and its `run` folder, for the owner alone.
fn prepare(path: &Path) -> anyhow::Result<PathBuf> {
    let run = path.join("run");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&run)
        .with_context(|| {
            format!(
                "cannot make the data folder {}; choose another with --data DIR",
                path.display()
            )
        })?;
    fs::canonicalize(path)
        .with_context(|| format!("cannot find the data folder {}", path.display()))
}

fn gateway_count(config: &Config) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    config
        .gateway
        .processes(cores, open_files.current.unwrap_or(u64::MAX))
}

/// The children and what is known of them.
struct House {
    plan: Arc<Plan>,
    reports: mpsc::Receiver<Report>,
    phase: watch::Sender<Phase>,
    reloads: watch::Sender<u64>,
    keepers: JoinSet<Role>,
    endpoints: Endpoints,
    ready: Vec<Role>,
    note: String,
}

impl House {
    fn open(plan: Arc<Plan>) -> Self {
        let (phase, phases) = watch::channel(Phase::Run);
        let (reloads, reloading) = watch::channel(0);
        // Keepers wait while the supervisor is busy; a few reports for each child are under way.
        let (reporter, reports) = mpsc::channel(4 * model::limits::GATEWAYS);
        let mut keepers = JoinSet::new();
        for role in plan.roles() {
            let (plan, phase) = (Arc::clone(&plan), phases.clone());
            let keeper = keep(role, plan, phase, reloading.clone(), reporter.clone());
            keepers.spawn(async move {
                keeper.await;
                role
            });
        }
        let endpoints = Endpoints {
            pid: std::process::id(),
            api: plan.api(),
            listeners: plan.addresses(),
            tls: plan.with_tls(),
            children: Vec::new(),
        };
        Self {
            plan,
            reports,
            phase,
            reloads,
            keepers,
            endpoints,
            ready: Vec::new(),
            note: String::new(),
        }
    }

    fn reload(&self) {
        tracing::info!("SIGHUP: the files of TLS are read again");
        self.reloads.send_modify(|times| *times += 1);
    }

    fn run_folder(&self) -> PathBuf {
        self.plan.data().join("run")
    }

    fn note(&mut self, report: Report) -> anyhow::Result<()> {
        match report {
            Report::Started { role, pid } => {
                let (name, index) = match role {
                    Role::Engine => ("engine", 0),
                    Role::Gateway(index) => ("gateway", index),
                };
                let children = &mut self.endpoints.children;
                children.retain(|child| child.role != name || child.index != index);
                children.push(ChildEntry {
                    role: name.to_owned(),
                    index,
                    pid,
                });
                children.sort();
                // Before everything has started, nobody may take the file for complete.
                if children.len() == self.plan.roles().count() && !self.ready.is_empty() {
                    self.write_endpoints()?;
                }
            }
            Report::Ready { role, note } => {
                if !self.ready.contains(&role) {
                    self.ready.push(role);
                }
                if role == Role::Engine {
                    self.note = note;
                }
                if self.is_ready() {
                    self.plan.serves();
                    self.write_endpoints()?;
                }
            }
            Report::Failed { role, why } if self.is_ready() => {
                tracing::error!(%role, why, "cannot start again");
            }
            Report::Failed { why, .. } => bail!(why),
        }
        Ok(())
    }

    fn write_endpoints(&self) -> anyhow::Result<()> {
        self.endpoints
            .write(&self.run_folder())
            .context("cannot write endpoints.json")
    }

    fn is_ready(&self) -> bool {
        self.ready.len() == self.plan.roles().count()
    }

    fn greeting(&self) -> Option<Greeting> {
        self.is_ready()
            .then(|| Greeting::new(&self.plan, &self.note))
    }

    /// Gateways first, engine last.
    async fn close(mut self) {
        self.reports.close();
        self.phase.send_replace(Phase::StopGateways);
        let mut gateways = self.plan.roles().count() - 1;
        while gateways > 0 {
            match self.keepers.join_next().await {
                Some(Ok(Role::Gateway(_)) | Err(_)) => gateways -= 1,
                Some(Ok(Role::Engine)) => {}
                None => break,
            }
        }
        self.phase.send_replace(Phase::StopEngine);
        while self.keepers.join_next().await.is_some() {}
        Endpoints::remove(&self.run_folder());
    }
}

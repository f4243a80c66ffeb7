//! Supervision: who has fallen silent, and since when.
//!
//! Invariant: a path that was heard within its time is never reported lost, one that was not is
//! within a second of its deadline; both whatever happens to us (R4, R10, R11, I6).
//! Invariant: a loss, its end, a reminder is told once: what counts is what the journal has (I3).
//! Invariant: neither wall clock nor restart makes or hides a loss (I11).
//!
//! ```text
//!   hub ── heard, left, gateway ──► Machine ── Report ──► Reports (the journal)
//!                                      ▲ tests                 │ bell
//!                    settings, faults, │ presence              ▼
//!                         SupervisionStore ◄──────── follower behind a cursor
//! ```
//!
//! Failure: what cannot be stored is tried again, in its order for each panel. After a crash of
//! the process everything is taken up as it was; after a power cut silence counts anew, since
//! nobody knows who was heard in the last moments, and a loss is never guessed.
//!
//! Why not a timer for each sign of life: 50,000 panels speak a thousand times a second and are lost
//! a few times a day. A sign moves no timer; a timer that comes too early sets itself again.

mod availability;
mod clock;
mod faults;
mod figures;
mod follower;
mod hold;
mod incident;
mod keeper;
mod machine;
mod outbreak;
mod plan;
mod reporting;
mod resume;
mod roster;
mod slot;
mod task;
#[cfg(test)]
mod tests;
mod view;
mod watcher;
mod wheel;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Clock, FamilyName, IntakeState, ListenerName, Mono, Watch};
use tokio::sync::watch;

use crate::ports::{EventLog, ReadError, Reports, SupervisionStore, Told, WatchedPath};
use crate::registry::Registry;
use figures::Figures;
use plan::House;

pub use availability::Availability;
pub use clock::Served;
pub use incident::Incident;
pub use machine::{Machine, Report};
pub use outbreak::{Group, MassOutage};
pub use reporting::Ticket;
pub use slot::{Expected, Fault, Times, Watched};
pub use task::Task;
pub use view::Tally;
pub use watcher::Watcher;

/// What supervision works with.
pub struct Parts {
    /// What it keeps.
    pub store: Arc<dyn SupervisionStore>,
    /// Who is registered, and by which channel.
    pub registry: Registry,
    /// Takes its events.
    pub reports: Arc<dyn Reports>,
    /// The journal, which it follows.
    pub log: Arc<dyn EventLog>,
    /// Whether an alarm could be stored (R4).
    pub intake: watch::Receiver<IntakeState>,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// What tells this boot of the machine from others: within one the monotonic clock goes on.
    pub boot: String,
    /// How panels are watched of which nothing was set.
    pub default: Option<Watch>,
    /// Families whose panels keep a connection on which they have proved who they are: its end means that
    /// the panel is gone, and nobody can forge what comes by it.
    pub proving: Vec<FamilyName>,
    /// Listeners where every panel must show a certificate: nobody can forge what comes by them either.
    pub certified: Vec<ListenerName>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("boot", &self.boot)
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

/// What the handle and the task share.
struct Shared {
    /// Protects who is lost; held for one batch of signs, one tick or one look, never across an
    /// await.
    machine: Mutex<Machine>,
    /// Held from a change of settings into the store until it is in the machine; protects nothing
    /// else.
    changing: tokio::sync::Mutex<()>,
    /// Protects what the next write should keep besides the journal's news: confirmed tests, one
    /// for each path at most (I7). Never held across an await.
    confirmed: Mutex<Vec<Told>>,
    figures: Figures,
    house: House,
    store: Arc<dyn SupervisionStore>,
    registry: Registry,
    clock: Arc<dyn Clock>,
}

impl Shared {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        // A panic under the lock is a defect that ends the engine with its task; readers may go on.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the machine watch the paths of some panels as they are set, panel by panel.
    fn apply(&self, paths: &[WatchedPath]) {
        let now = self.clock.now();
        let mut machine = self.machine();
        for panel in by_panel(paths) {
            for one in plan::plan(panel, &self.house) {
                machine.watch(&one, now);
            }
        }
    }
}

/// Paths by number, cut into panels. Paths of a panel need not be neighbours: `paths` is ordered
/// by panel first.
fn by_panel(paths: &[WatchedPath]) -> impl Iterator<Item = &[WatchedPath]> {
    paths.chunk_by(|one, other| one.panel == other.panel)
}

/// Takes up what the last life wrote down: the handle, and the task to spawn. Signs of life that
/// come before the task runs count.
pub async fn start(parts: Parts) -> Result<(Watcher, Task), ReadError> {
    let house = House {
        default: parts.default,
        farewells: parts.proving.clone(),
        certified: parts.certified.clone(),
    };
    let changes = crate::ports::Identities::changes(&parts.registry);
    keeper::catch_up(&parts).await?;
    let resumed = parts.store.resume().await?;
    // Before the paths are read: one that is removed meanwhile is looked for.
    let removals = parts.registry.removals();
    let paths = parts.store.watched(None).await?;
    let watched: Vec<Watched> = by_panel(&paths)
        .flat_map(|panel| plan::plan(panel, &house))
        .collect();
    let machine = Machine::begin(&resumed, &watched, &parts.boot, parts.clock.now());
    let cursor = resumed
        .house
        .map_or_else(|| parts.log.head(), |house| house.cursor);
    let shared = Arc::new(Shared {
        machine: Mutex::new(machine),
        changing: tokio::sync::Mutex::new(()),
        confirmed: Mutex::default(),
        figures: Figures::default(),
        house,
        store: Arc::clone(&parts.store),
        registry: parts.registry.clone(),
        clock: Arc::clone(&parts.clock),
    });
    let last = paths.iter().map(|path| path.path).max();
    let task = Task {
        ticker: task::Ticker {
            shared: Arc::clone(&shared),
            reports: parts.reports,
            intake: parts.intake,
            boot: parts.boot.clone(),
        },
        keeper: keeper::Keeper {
            shared: Arc::clone(&shared),
            log: parts.log,
            changes,
            boot: parts.boot,
            cursor,
            last,
            removals,
            written: Mono::default(),
        },
    };
    Ok((Watcher::new(shared), task))
}

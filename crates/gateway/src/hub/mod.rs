//! The engine's end of the links: takes what gateways say to the ports, and the answers back.
//!
//! ```text
//!   gateway ═ three streams ═► greeting ─► pairing ─► a task per gateway
//!                                                       │ Order: tokens without gaps (I5)
//!                                                       ▼
//!                 engine::ports: Intake, Identities, Supervises, WatchesClocks, Learns, Quarantines,
//!                                Sessions, TakesReports; and from there: ProvidesTls
//! ```
//!
//! Invariants:
//! 1. Reading from a gateway never waits for the intake: an alarm is read while other signals
//!    wait. What is read is bounded by what a gateway may have unanswered (I7).
//! 2. Of two links of one gateway only the later lives, and the earlier has ended before it
//!    begins, so that nothing is submitted by both at once.
//! 3. Only processes of our own user are listened to.
//!
//! Failure: a gateway that dies, or talks nonsense, loses its link; what was submitted is stored
//! and answered to nobody. When the engine dies, gateways keep their signals and come again.

mod figures;
mod gateway;
mod greeting;
mod order;
mod whereabouts;

use std::collections::HashMap;
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::pin::pin;
use std::sync::Arc;

use engine::ports::{
    Identities, Intake, Learns, ProvidesTls, Quarantines, Sessions, Supervises, TakesReports,
    WatchesClocks, WatchesHealth, WatchesLoad,
};
use model::{Clock, ErrorCode, limits};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

pub use figures::Figures;

use greeting::{Greeted, Pairing, Trio, greet};
use whereabouts::{Gateways, Takeovers};

/// What the hub works with.
pub struct HubSetup {
    /// Where gateways connect; made by the supervisor, so that it outlives the engine.
    pub listener: StdListener,
    /// Our build; a gateway of another one drains and ends.
    pub build: String,
    /// How many gateways there should be.
    pub gateways: usize,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// Takes signals in.
    pub intake: Arc<dyn Intake>,
    /// Says who speaks.
    pub identities: Arc<dyn Identities>,
    /// Watches that panels are reachable.
    pub supervises: Arc<dyn Supervises>,
    /// Watches whose clock is wrong.
    pub clocks: Arc<dyn WatchesClocks>,
    /// Keeps what is learned of accounts.
    pub learns: Arc<dyn Learns>,
    /// Keeps strangers apart.
    pub quarantines: Arc<dyn Quarantines>,
    /// Watches our own health.
    pub health: Arc<dyn WatchesHealth>,
    /// Watches how much there is to do.
    pub load: Arc<dyn WatchesLoad>,
    /// What gateways end TLS with.
    pub tls: Arc<dyn ProvidesTls>,
    /// Knows where paths are connected.
    pub sessions: Arc<dyn Sessions>,
    /// Takes what panels tell of themselves.
    pub reports: Arc<dyn TakesReports>,
}

impl std::fmt::Debug for HubSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubSetup")
            .field("listener", &self.listener)
            .field("build", &self.build)
            .field("gateways", &self.gateways)
            .finish_non_exhaustive()
    }
}

/// Why the hub cannot work.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The socket for gateways cannot be used.
    #[error("the socket for gateways cannot be listened on")]
    Listener(#[source] io::Error),
}

impl HubError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Listener(_) => ErrorCode::Internal,
        }
    }
}

/// What the tasks of all gateways share.
struct Shared {
    build: String,
    clock: Arc<dyn Clock>,
    intake: Arc<dyn Intake>,
    identities: Arc<dyn Identities>,
    clocks: Arc<dyn WatchesClocks>,
    learns: Arc<dyn Learns>,
    quarantines: Arc<dyn Quarantines>,
    health: Arc<dyn WatchesHealth>,
    load: Arc<dyn WatchesLoad>,
    supervises: Arc<dyn Supervises>,
    tls: Arc<dyn ProvidesTls>,
    sessions: Arc<dyn Sessions>,
    reports: Arc<dyn TakesReports>,
    takeovers: Takeovers,
    whereabouts: Gateways,
    figures: Arc<Figures>,
}

/// The engine's end of all links.
pub struct Hub {
    listener: StdListener,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub that does nothing until [`Self::serve`].
    pub fn new(setup: HubSetup) -> Self {
        Self {
            listener: setup.listener,
            shared: Arc::new(Shared {
                build: setup.build,
                clock: setup.clock,
                intake: setup.intake,
                identities: setup.identities,
                clocks: setup.clocks,
                learns: setup.learns,
                quarantines: setup.quarantines,
                health: setup.health,
                load: setup.load,
                supervises: setup.supervises,
                tls: setup.tls,
                sessions: setup.sessions,
                reports: setup.reports,
                takeovers: Takeovers::default(),
                whereabouts: Gateways::default(),
                figures: Arc::new(Figures::new(setup.gateways)),
            }),
        }
    }

    /// What gateways counted, and whether all are here: [`engine::ports::Measured`] and
    /// [`engine::ports::Health`].
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.shared.figures)
    }

    /// Serves gateways until `stop` is done. All links end with the returned future.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) -> Result<(), HubError> {
        self.listener
            .set_nonblocking(true)
            .map_err(HubError::Listener)?;
        let listener = UnixListener::from_std(self.listener).map_err(HubError::Listener)?;
        let mut stop = pin!(stop);
        let mut greetings = JoinSet::new();
        let mut pairing = Pairing::default();
        let mut links = Links {
            shared: self.shared,
            tasks: HashMap::new(),
        };
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                Some(greeted) = greetings.join_next() => {
                    let greeted: Option<Greeted> = greeted.ok().flatten();
                    if let Some(trio) = greeted.and_then(|greeted| pairing.add(greeted)) {
                        links.begin(trio).await;
                    }
                }
                stream = accept(&listener), if greetings.len() < GREETINGS => {
                    let build = links.shared.build.clone();
                    greetings.spawn(greet(stream, build));
                }
            }
        }
    }
}

/// Streams that may be about to say who they are: all of every gateway.
const GREETINGS: usize = 3 * limits::GATEWAYS;

/// The next stream. What goes wrong with one says nothing of the next: wait a moment, go on.
async fn accept(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::error!(%error, "a gateway's stream could not be accepted");
                let moment = std::future::pending::<()>();
                let _elapsed = tokio::time::timeout(limits::LINK_RETRY, moment).await;
            }
        }
    }
}

/// The links in use, by gateway.
struct Links {
    shared: Arc<Shared>,
    tasks: HashMap<u16, JoinSet<()>>,
}

impl Links {
    /// Begins a link, after the end of an earlier one of the same gateway.
    async fn begin(&mut self, trio: Trio) {
        let task = self.tasks.entry(trio.gateway).or_default();
        task.shutdown().await;
        task.spawn(gateway::attend(Arc::clone(&self.shared), trio));
    }
}

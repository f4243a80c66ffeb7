//! A gateway in a thread, an engine in another, panels in the test's hand.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::ports::{
    Answer, Answering, Identities, Intake, Measured, PathBinding, Reading, Submission,
};
use gateway::hub::{Figures, Hub, HubSetup, LastHeard};
use gateway::worker::{GatewayError, GatewayLimits, GatewaySetup, MachineClock, run};
use model::{
    Account, AccountKey, AckMode, Clock, Committed, EventSeq, IntakeState, Mono, Now,
    OrganisationId, PanelId, PanelIndex, Path, PathId, PathIndex, Refusal, SiteId,
};
use tokio::sync::{broadcast, oneshot, watch};

use crate::family::LineFamily;

/// Nothing here takes a tenth of it; who waits longer waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const BUILD: &str = "test";

/// The machine's clocks, which a test may set forward.
#[derive(Debug, Default)]
pub(crate) struct HandClock {
    ahead: AtomicU64,
}

impl HandClock {
    pub(crate) fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap();
        self.ahead.fetch_add(nanos, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Now {
        let now = MachineClock.now();
        Now {
            mono: Mono(now.mono.0 + self.ahead.load(Ordering::SeqCst)),
            wall: now.wall,
        }
    }
}

/// An intake that hands every submission to the test, or commits it by itself.
pub(crate) struct FakeIntake {
    clock: Arc<HandClock>,
    commits_itself: AtomicBool,
    last: AtomicU64,
    submitted: SyncSender<Submission>,
    state: watch::Sender<IntakeState>,
}

impl FakeIntake {
    /// The last commit was just now.
    pub(crate) fn promise(&self) {
        let last_commit = Some(self.clock.now().mono);
        self.state.send_replace(IntakeState { last_commit });
    }

    pub(crate) fn commit(&self, submission: &Submission) {
        let seq = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        let proof = Committed::attest(
            submission.origin.token,
            submission.key,
            EventSeq(seq),
            AckMode::Stored,
        );
        let connection = submission.origin.connection;
        // The gateway's link may be gone.
        let _sent = submission
            .answers
            .try_send(Answer::Committed { connection, proof });
    }

    pub(crate) fn commit_by_itself(&self) {
        self.commits_itself.store(true, Ordering::SeqCst);
    }
}

impl Intake for FakeIntake {
    fn submit(&self, submission: Submission) -> Answering<'_, ()> {
        if self.commits_itself.load(Ordering::SeqCst) {
            self.commit(&submission);
        }
        self.submitted.try_send(submission).unwrap();
        Box::pin(std::future::ready(()))
    }

    fn state(&self) -> watch::Receiver<IntakeState> {
        self.state.subscribe()
    }
}

pub(crate) fn refuse(submission: &Submission) {
    let answer = Answer::Refused {
        connection: submission.origin.connection,
        token: submission.origin.token,
        reason: Refusal::UnknownPath,
    };
    submission.answers.try_send(answer).unwrap();
}

/// Everybody is known whose account is a number, until a test says otherwise.
pub(crate) struct FakeIdentities {
    unknown: Mutex<HashSet<Account>>,
    asked: AtomicU64,
    changes: broadcast::Sender<Arc<Vec<AccountKey>>>,
}

impl FakeIdentities {
    pub(crate) fn hide(&self, account: &str) {
        let account = Account::parse(account.as_bytes()).unwrap();
        self.unknown.lock().unwrap().insert(account);
    }

    pub(crate) fn register(&self, account: &str) {
        let account = Account::parse(account.as_bytes()).unwrap();
        self.unknown.lock().unwrap().remove(&account);
        let key = AccountKey {
            family: proto::Family::name(&LineFamily),
            account,
            receiver: None,
            line: None,
        };
        self.changes.send(Arc::new(vec![key])).unwrap();
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Identities for FakeIdentities {
    fn identify(&self, key: &AccountKey) -> Option<Arc<PathBinding>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let number: u32 = key.account.as_str().parse().ok()?;
        if self.unknown.lock().unwrap().contains(&key.account) {
            return None;
        }
        Some(Arc::new(PathBinding {
            path: Path {
                id: PathId::from_bytes([0; 16]),
                index: PathIndex(number),
                family: key.family,
                account: key.account,
                receiver: None,
                line: None,
            },
            panel: PanelId::from_bytes([0; 16]),
            panel_index: PanelIndex(number),
            site: SiteId::from_bytes([0; 16]),
            organisation: OrganisationId::from_bytes([0; 16]),
        }))
    }

    fn changes(&self) -> broadcast::Receiver<Arc<Vec<AccountKey>>> {
        self.changes.subscribe()
    }
}

/// A running hub.
pub(crate) struct Engine {
    pub(crate) figures: Arc<Figures>,
    pub(crate) presence: Arc<LastHeard>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// What the gateways last said that they counted, all together.
    pub(crate) fn counted(&self, reason: &str) -> u64 {
        let mut all = Vec::new();
        self.figures.measure(&mut all);
        all.retain(|one| one.labels.iter().any(|(_, value)| value == reason));
        let counts = all.iter().map(|one| match one.reading {
            Reading::Counter(count) => count,
            _ => 0,
        });
        counts.sum()
    }
}

/// The engine dies: whatever it held is gone.
impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// All around a gateway.
pub(crate) struct World {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) intake: Arc<FakeIntake>,
    pub(crate) identities: Arc<FakeIdentities>,
    pub(crate) submitted: Receiver<Submission>,
    pub(crate) address: SocketAddr,
    pub(crate) control: Option<UnixStream>,
    pub(crate) link_path: PathBuf,
    link: UnixListener,
    gateway: Option<JoinHandle<Result<(), GatewayError>>>,
    _folder: tempfile::TempDir,
}

/// Nothing that a test moves the clock for lapses by the way.
pub(crate) fn generous() -> GatewayLimits {
    GatewayLimits {
        promise: Duration::from_hours(1_000),
        ..GatewayLimits::default()
    }
}

impl World {
    /// A gateway that may hold so much, and no engine yet.
    pub(crate) fn new(limits: GatewayLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let link_path = folder.path().join("link");
        let link = UnixListener::bind(&link_path).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (control, ours) = UnixStream::pair().unwrap();
        let clock = Arc::new(HandClock::default());
        let (sender, submitted) = sync_channel(100_000);
        let setup = GatewaySetup {
            index: 0,
            incarnation: 1,
            build: BUILD.to_owned(),
            listeners: vec![(&LineFamily, listener)],
            link_path: link_path.clone(),
            limits,
            clock: Arc::clone(&clock) as _,
        };
        let gateway = std::thread::spawn(move || run(setup, ours));
        let intake = FakeIntake {
            clock: Arc::clone(&clock),
            commits_itself: AtomicBool::new(false),
            last: AtomicU64::new(0),
            submitted: sender,
            state: watch::Sender::default(),
        };
        intake.promise();
        let identities = FakeIdentities {
            unknown: Mutex::default(),
            asked: AtomicU64::new(0),
            changes: broadcast::Sender::new(16),
        };
        Self {
            clock,
            intake: Arc::new(intake),
            identities: Arc::new(identities),
            submitted,
            address,
            control: Some(control),
            link_path,
            link,
            gateway: Some(gateway),
            _folder: folder,
        }
    }

    /// A gateway and its engine.
    pub(crate) fn with_engine(limits: GatewayLimits) -> (Self, Engine) {
        let world = Self::new(limits);
        let engine = world.engine(BUILD);
        (world, engine)
    }

    /// Starts an engine of this build.
    pub(crate) fn engine(&self, build: &str) -> Engine {
        let hub = Hub::new(HubSetup {
            listener: self.link.try_clone().unwrap(),
            build: build.to_owned(),
            gateways: 1,
            clock: Arc::clone(&self.clock) as _,
            intake: Arc::clone(&self.intake) as _,
            identities: Arc::clone(&self.identities) as _,
        });
        let (figures, presence) = (hub.figures(), hub.presence());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            let stop = async { drop(stopped.await) };
            runtime.block_on(hub.serve(stop)).unwrap();
        });
        Engine {
            figures,
            presence,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn panel(&self) -> Panel {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Panel(BufReader::new(stream))
    }

    /// The next submission.
    pub(crate) fn submission(&self) -> Submission {
        self.submitted
            .recv_timeout(PATIENCE)
            .expect("a signal reaches the intake")
    }

    /// Asks the gateway to drain.
    pub(crate) fn drain(&mut self) {
        let control = self.control.as_mut().unwrap();
        control.write_all(b"D").unwrap();
    }

    /// How the gateway ended.
    pub(crate) fn end(&mut self) -> Result<(), GatewayError> {
        self.gateway.take().unwrap().join().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.control.take());
        if let Some(gateway) = self.gateway.take()
            && !std::thread::panicking()
        {
            let end = gateway.join().unwrap();
            assert!(
                matches!(end, Ok(()) | Err(GatewayError::SupervisorGone)),
                "{end:?}"
            );
        }
    }
}

/// A panel's connection.
pub(crate) struct Panel(pub(crate) BufReader<TcpStream>);

impl Panel {
    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next line, without its end; empty when the connection has ended.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(_) => line.trim_end().to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => String::new(),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Whether the gateway closes the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.line().is_empty()
    }

    /// Whether nothing comes for a while that is long beside any answer.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.is_silent_for(Duration::from_millis(100))
    }

    /// Whether nothing comes, not even the end, for so long.
    pub(crate) fn is_silent_for(&mut self, a_while: Duration) -> bool {
        self.0.get_ref().set_read_timeout(Some(a_while)).unwrap();
        let mut line = String::new();
        let silent = self.0.read_line(&mut line).is_err();
        self.0.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let (_never, moment) = sync_channel::<()>(0);
    for _ in 0..PATIENCE.as_millis() / 10 {
        if so() {
            return;
        }
        let _elapsed = moment.recv_timeout(Duration::from_millis(10));
    }
    panic!("never came to be: {what}");
}

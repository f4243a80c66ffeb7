//! A gateway in a thread, an engine in another, panels in the test's hand.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::ports::{Measured, Reading, Submission};
use gateway::hub::{Figures, Hub, HubSetup};
use gateway::worker::{
    ClientCertificates, GatewayError, GatewayLimits, GatewaySetup, Listening, MachineClock, run,
};
use model::{Clock, Entropy, ListenerName, Mono, Now};
use proto::Strangers;
use tokio::sync::oneshot;

use crate::fakes::{FakeIdentities, FakeIntake, FakeSessions, FakeTls, FakeWatch};
use crate::family::LineFamily;
use crate::proving::ProvingFamily;

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
            ..now
        }
    }
}

/// A running hub.
pub(crate) struct Engine {
    pub(crate) figures: Arc<Figures>,
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
    pub(crate) watch: Arc<FakeWatch>,
    pub(crate) tls: Arc<FakeTls>,
    pub(crate) sessions: Arc<FakeSessions>,
    pub(crate) submitted: Receiver<Submission>,
    pub(crate) address: SocketAddr,
    /// Where the second listener is.
    pub(crate) second: SocketAddr,
    /// Under TLS: panels that must prove who they are.
    pub(crate) required: SocketAddr,
    /// Under TLS: panels that may show a certificate, and need not.
    pub(crate) optional: SocketAddr,
    /// Under TLS: nobody is asked for a certificate.
    pub(crate) off: SocketAddr,
    pub(crate) control: Option<UnixStream>,
    pub(crate) link_path: PathBuf,
    link: UnixListener,
    gateway: Option<JoinHandle<Result<(), GatewayError>>>,
    _folder: tempfile::TempDir,
}

/// Seeds say nothing here.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

/// Sockets for connections and for datagrams, on one port.
fn listening(at: IpAddr) -> (Listening, SocketAddr) {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let name = format!("tests_{}", OPENED.fetch_add(1, Ordering::SeqCst));
    loop {
        let stream = TcpListener::bind((at, 0)).unwrap();
        let address = stream.local_addr().unwrap();
        match UdpSocket::bind(address) {
            Ok(datagrams) => {
                let listening = Listening {
                    name: ListenerName::parse(&name).unwrap(),
                    family: &LineFamily,
                    strangers: Strangers::default(),
                    tls: None,
                    stream,
                    datagrams: Some(datagrams),
                };
                return (listening, address);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::AddrInUse),
        }
    }
}

/// A socket for connections under TLS.
fn secured(at: IpAddr, tls: ClientCertificates) -> (Listening, SocketAddr) {
    let stream = TcpListener::bind((at, 0)).unwrap();
    let address = stream.local_addr().unwrap();
    let family: &'static dyn proto::Family = match tls {
        ClientCertificates::Required => &ProvingFamily,
        ClientCertificates::Optional | ClientCertificates::Off => &LineFamily,
    };
    let name = format!("{tls:?}").to_lowercase();
    let listening = Listening {
        name: ListenerName::parse(&name).unwrap(),
        family,
        strangers: Strangers::default(),
        tls: Some(tls),
        stream,
        datagrams: None,
    };
    (listening, address)
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
        Self::new_at(limits, Ipv4Addr::LOCALHOST.into())
    }

    /// A gateway at this address of the machine.
    pub(crate) fn new_at(limits: GatewayLimits, at: IpAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let link_path = folder.path().join("link");
        let link = UnixListener::bind(&link_path).unwrap();
        let (first, address) = listening(at);
        let (other, second) = listening(at);
        let (proving, required) = secured(at, ClientCertificates::Required);
        let (asking, optional) = secured(at, ClientCertificates::Optional);
        let (not_asking, off) = secured(at, ClientCertificates::Off);
        let (control, ours) = UnixStream::pair().unwrap();
        let clock = Arc::new(HandClock::default());
        let (sender, submitted) = sync_channel(100_000);
        let setup = GatewaySetup {
            index: 0,
            incarnation: 1,
            build: BUILD.to_owned(),
            listeners: vec![first, other, proving, asking, not_asking],
            link_path: link_path.clone(),
            limits,
            clock: Arc::clone(&clock) as _,
            entropy: Box::new(Zeros),
        };
        let gateway = std::thread::spawn(move || run(setup, ours));
        let intake = FakeIntake::new(Arc::clone(&clock), sender);
        Self {
            clock,
            intake: Arc::new(intake),
            identities: Arc::default(),
            watch: Arc::default(),
            tls: Arc::default(),
            sessions: Arc::default(),
            submitted,
            address,
            second,
            required,
            optional,
            off,
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
            supervises: Arc::clone(&self.watch) as _,
            clocks: Arc::clone(&self.watch) as _,
            learns: Arc::clone(&self.watch) as _,
            quarantines: Arc::clone(&self.watch) as _,
            health: Arc::clone(&self.watch) as _,
            load: Arc::clone(&self.watch) as _,
            tls: Arc::clone(&self.tls) as _,
            sessions: Arc::clone(&self.sessions) as _,
            reports: Arc::clone(&self.watch) as _,
        });
        let figures = hub.figures();
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

    /// A panel that sends datagrams, with a port of its own.
    pub(crate) fn sender(&self) -> Sender {
        Sender::to(self.address)
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
            Err(error) if error.kind() == ErrorKind::ConnectionReset => String::new(),
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

/// A panel that sends datagrams.
pub(crate) struct Sender(pub(crate) UdpSocket);

impl Sender {
    /// With a port of its own, talking to this address alone.
    pub(crate) fn to(address: SocketAddr) -> Self {
        let ours: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        Self::from_to(ours, address)
    }

    /// From this address of the machine.
    pub(crate) fn from_to(ours: impl Into<IpAddr>, address: SocketAddr) -> Self {
        let ours: IpAddr = ours.into();
        let socket = UdpSocket::bind((ours, 0)).unwrap();
        socket.connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub(crate) fn send(&self, text: &str) {
        self.0.send(text.as_bytes()).unwrap();
    }

    /// The next answer, without its end.
    pub(crate) fn answer(&self) -> String {
        let mut buffer = [0; 1_024];
        let count = self.0.recv(&mut buffer).expect("an answer");
        str::from_utf8(&buffer[..count])
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Sends again and again until an answer comes, as panels do.
    pub(crate) fn insist(&self, text: &str) -> String {
        self.0
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let mut buffer = [0; 1_024];
        let mut answer = None;
        eventually("an answer comes", || {
            self.send(text);
            answer = self.0.recv(&mut buffer).ok();
            answer.is_some()
        });
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        str::from_utf8(&buffer[..answer.unwrap()])
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Whether nothing comes for a while that is long beside any answer.
    pub(crate) fn is_silent(&self) -> bool {
        let a_while = Some(Duration::from_millis(100));
        self.0.set_read_timeout(a_while).unwrap();
        let silent = self.0.recv(&mut [0; 64]).is_err();
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
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

//! A gateway process: one thread, one event loop, sockets on one side and the link on the other.
//!
//! ```text
//!   panels ══► accept ─► read_sockets ──┐
//!   panels ──► read_datagrams ──────────┴► Session ─► drive ─► window ─► uplink ══► engine
//!                                             ▲                             │
//!   panels ◄══ write_sockets ◄────────────────┴───────── hear_engine ◄══════┘
//! ```
//!
//! Invariants:
//! 1. An acknowledgement is written only because a session made it, on the engine's proof (I1).
//! 2. Nothing grows without bound: when the window or the open questions are full, no session is
//!    asked for more and no socket is read (I7); a connection that does not take its answers is
//!    not read either.
//! 3. Sockets are drained before timers are judged (R11), the engine is heard before both.
//! 4. Memory for octets is shared by all connections, except what a session keeps of a frame that
//!    is not complete, and what a slow socket has not taken.
//!
//! Failure: when the engine is gone, connections stay, and signals wait in the window; when its
//! word is too old, all connections close (R4). When the supervisor is gone, so are we.
//!
//! What never happens here: waiting for anything but readiness, a lock, a decision about a signal.

mod accept;
mod busy;
mod channel;
mod charging;
mod clock;
mod closing;
mod connection;
mod counts;
mod datagrams;
mod drive;
mod engine;
mod floods;
mod identities;
mod limits;
mod promise;
mod reading;
mod securing;
mod seeds;
mod setup;
mod sightings;
mod speakers;
mod timers;
mod uplink;
mod waiting;
mod wheel;
mod writing;

use std::collections::VecDeque;
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use ::engine::ports::Answer;
use mio::{Events, Interest, Poll, Token};
use model::{Clock, Mono, Now, PathIndex};

pub use crate::tls::ClientCertificates;
pub use clock::MachineClock;
pub use limits::Rate;
pub use setup::{GatewayError, GatewayLimits, GatewaySetup, Listening};

use crate::link::{Downward, Outbound, Window};
use accept::{Gate, Spoken};
use channel::Buffers;
use closing::Drain;
use connection::Connections;
use counts::Counts;
use datagrams::Datagrams;
use floods::Floods;
use identities::Identities;
use limits::Buckets;
use promise::Promise;
use securing::Securing;
use seeds::Seeds;
use sightings::{Epochs, Sightings};
use speakers::Speakers;
use uplink::{Introduction, Uplink};
use wheel::Wheel;

/// Token of the control stream; those of the link come before it.
const CONTROL: Token = Token(3);

/// Tokens of listeners begin here.
const LISTENERS: usize = 4;

/// Tokens of sockets for datagrams begin here.
const DATAGRAMS: usize = 512;

/// Tokens of connections begin here: more listeners than that nobody configures.
const CONNECTIONS: usize = 1_024;

/// Events taken in one turn.
const EVENTS: usize = 4_096;

/// Serves panels until the supervisor says `D` on `control` and everything is drained, or is
/// gone, which is an error.
pub fn run(setup: GatewaySetup, control: UnixStream) -> Result<(), GatewayError> {
    let mut worker = Worker::new(setup, control)?;
    while !worker.turn()? {}
    Ok(())
}

/// All of a gateway.
struct Worker {
    clock: Arc<dyn Clock>,
    limits: GatewayLimits,
    build: String,
    poll: Poll,
    events: Events,
    control: mio::net::UnixStream,
    /// The control stream may have something to be read.
    control_stirred: bool,
    /// Time stands still within a turn.
    now: Now,

    gate: Gate,
    securing: Securing,
    datagrams: Datagrams,
    seeds: Seeds,
    connections: Connections,
    lists: Lists,
    wheel: Wheel,
    accounts: Buckets<PathIndex>,
    addresses: Buckets<IpAddr>,
    floods: Floods,

    uplink: Uplink,
    window: Window,
    identities: Identities,
    speakers: Speakers,
    epochs: Epochs,
    sightings: Sightings,
    promise: Promise,
    counts: Counts,
    reported: Mono,

    drain: Option<Drain>,
    scratch: Scratch,
}

/// Connections with something left to do, each at most once.
#[derive(Debug, Default)]
struct Lists {
    /// May have octets to read.
    readable: Vec<usize>,
    /// The same, and their handshake is not done: the one that waits longest first.
    handshaking: VecDeque<usize>,
    /// May have octets to write, or a deadline that has changed.
    touched: Vec<usize>,
    /// Wait until the window or the questions have room.
    stalled: VecDeque<usize>,
}

/// Buffers that are used by one step at a time.
struct Scratch {
    buffers: Buffers,
    transmit: Vec<u8>,
    said: Vec<Downward>,
    answers: Vec<Answer>,
    outbound: Vec<Outbound>,
    places: Vec<usize>,
}

type Sockets<S> = Vec<(Spoken, S)>;

/// The sockets for connections and those for datagrams.
fn apart(listeners: Vec<Listening>) -> (Sockets<TcpListener>, Sockets<UdpSocket>) {
    let mut streams = Vec::new();
    let mut datagrams = Vec::new();
    for listening in listeners {
        let spoken = Spoken::at(&listening);
        streams.push((spoken, listening.stream));
        datagrams.extend(listening.datagrams.map(|socket| (spoken, socket)));
    }
    (streams, datagrams)
}

impl Worker {
    fn new(setup: GatewaySetup, control: UnixStream) -> Result<Self, GatewayError> {
        let poll = Poll::new().map_err(GatewayError::Poll)?;
        control
            .set_nonblocking(true)
            .map_err(GatewayError::Control)?;
        let mut control = mio::net::UnixStream::from_std(control);
        let registered = poll
            .registry()
            .register(&mut control, CONTROL, Interest::READABLE);
        registered.map_err(GatewayError::Control)?;
        let (streams, datagrams) = apart(setup.listeners);
        let gate = Gate::open(streams, poll.registry()).map_err(GatewayError::Listener)?;
        let datagrams =
            Datagrams::open(datagrams, poll.registry()).map_err(GatewayError::Listener)?;
        let now = setup.clock.now();
        let limits = setup.limits;
        let introduction = Introduction {
            gateway: setup.index,
            incarnation: setup.incarnation,
            build: setup.build.clone(),
        };
        Ok(Self {
            clock: setup.clock,
            limits,
            build: setup.build,
            poll,
            events: Events::with_capacity(EVENTS),
            control,
            control_stirred: true,
            now,
            gate,
            securing: Securing::default(),
            datagrams,
            seeds: Seeds::new(setup.entropy),
            connections: Connections::default(),
            lists: Lists::default(),
            wheel: Wheel::new(now.mono),
            accounts: Buckets::new(limits.account, model::limits::LIMIT_TABLE),
            addresses: Buckets::new(limits.address, model::limits::LIMIT_TABLE),
            floods: Floods::new(),
            uplink: Uplink::new(setup.link_path, introduction),
            window: Window::new(limits.unacknowledged, limits.unacknowledged_octets),
            identities: Identities::new(model::limits::IDENTITY_CACHE),
            speakers: Speakers::default(),
            epochs: Epochs::default(),
            sightings: Sightings::default(),
            promise: Promise::new(now.mono, limits.promise),
            counts: Counts::default(),
            reported: now.mono,
            drain: None,
            scratch: Scratch {
                buffers: Buffers::default(),
                transmit: Vec::new(),
                said: Vec::new(),
                answers: Vec::new(),
                outbound: Vec::new(),
                places: Vec::new(),
            },
        })
    }

    /// One turn of the loop; `true` when everything is drained.
    fn turn(&mut self) -> Result<bool, GatewayError> {
        let all_events_seen = self.wait()?;
        self.hear_supervisor()?;
        self.hear_engine();
        self.keep_promise(); // R4
        self.accept();
        self.read_datagrams();
        self.read_sockets();
        if all_events_seen {
            self.fire_timers(); // R11: after the sockets
        }
        self.step_drain();
        self.report();
        self.uplink.flush(self.now.mono);
        self.write_sockets();
        let turn = self.clock.now().mono.since(self.now.mono);
        self.counts.turn(turn);
        Ok(self.is_drained())
    }

    /// Whether sessions may be asked for more (I7).
    fn has_room(&self) -> bool {
        self.window.has_room() && self.identities.has_room()
    }
}

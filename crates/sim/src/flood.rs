//! A crowd of connections that want nothing: half of them silent, half of them spelling out a
//! frame at one octet a second. Panels must not notice them.
//!
//! Invariant: the crowd keeps coming. A connection that the receiver closes is made anew after a
//! pause, so that closing does not end the flood.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::fleet::Sources;
use crate::wait::pass;

/// What is spelled out: the beginning of a frame that could go on.
const SPELLED: &[u8] = b"\n9CF2003A\"SIA-DCS\"0001L0#1234[#1234|Nri1/BA0";

/// Between two octets.
const BEAT: Duration = Duration::from_secs(1);

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a flood is to be.
#[derive(Debug, Clone, Copy)]
pub struct FloodPlan {
    /// Where the receiver listens.
    pub target: SocketAddr,
    /// How many connections at a time.
    pub connections: u32,
    /// From where they come.
    pub sources: Sources,
    /// How many of them begin in a second.
    pub begin_per_second: u32,
    /// After how long a connection that ended is made anew.
    pub pause: Duration,
}

/// How often what happened.
#[derive(Debug, Default)]
struct Tally {
    made: AtomicU64,
    not_made: AtomicU64,
    closed: AtomicU64,
}

/// A flood that goes on until it is dropped.
#[derive(Debug)]
pub struct Flood {
    _connections: JoinSet<()>,
    tally: Arc<Tally>,
}

/// How a flood was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloodCounters {
    /// Connections made.
    pub made: u64,
    /// Connections that could not be made.
    pub not_made: u64,
    /// Connections that the receiver closed.
    pub closed: u64,
}

impl Flood {
    /// Starts the flood.
    pub fn start(plan: FloodPlan) -> Self {
        let tally = Arc::<Tally>::default();
        let mut connections = JoinSet::new();
        for place in 0..plan.connections {
            connections.spawn(one(plan, place, Arc::clone(&tally)));
        }
        Self {
            _connections: connections,
            tally,
        }
    }

    /// How it has been received so far.
    pub fn counters(&self) -> FloodCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        FloodCounters {
            made: read(&self.tally.made),
            not_made: read(&self.tally.not_made),
            closed: read(&self.tally.closed),
        }
    }
}

async fn one(plan: FloodPlan, place: u32, tally: Arc<Tally>) {
    let begins = f64::from(place) / f64::from(plan.begin_per_second.max(1));
    pass(Duration::from_secs_f64(begins)).await;
    loop {
        match dial(&plan, place).await {
            Ok(stream) => {
                tally.made.fetch_add(1, Ordering::Relaxed);
                if place.is_multiple_of(2) {
                    stay_silent(&stream).await;
                } else {
                    spell_out(stream).await;
                }
                tally.closed.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {
                tally.not_made.fetch_add(1, Ordering::Relaxed);
            }
        }
        pass(plan.pause).await;
    }
}

async fn dial(plan: &FloodPlan, place: u32) -> io::Result<TcpStream> {
    let socket = match plan.target {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = plan.sources.address(place.into()) {
        socket.bind(SocketAddr::from((source, 0)))?;
    }
    // Each octet goes by itself.
    socket.set_nodelay(true)?;
    timeout(PATIENCE, socket.connect(plan.target)).await?
}

/// Returns when the other side has closed.
async fn stay_silent(stream: &TcpStream) {
    let mut buffer = [0; 64];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut buffer) {
            Ok(octets) if octets > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}

/// Spells out octet by octet; returns when the other side has closed.
async fn spell_out(mut stream: TcpStream) {
    for octet in SPELLED.iter().cycle() {
        let written = stream.write_all(&[*octet]).await;
        if written.is_err() || timeout(BEAT, stay_silent(&stream)).await.is_ok() {
            return;
        }
    }
}

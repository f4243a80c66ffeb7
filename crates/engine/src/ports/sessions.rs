//! Who is connected where: one session for each path of the families that keep one (R9).

use std::net::IpAddr;
use std::time::Duration;

use model::{Epoch, Mono, PanelReport, PathIndex, Wall};

/// A connection of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionPlace {
    /// Which gateway.
    pub gateway: u16,
    /// The gateway's number for the connection.
    pub connection: u64,
}

/// A path that was just let in on a connection that it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Which path.
    pub path: PathIndex,
    /// On which connection.
    pub place: SessionPlace,
    /// Where it came from.
    pub source: IpAddr,
    /// When.
    pub at: Mono,
}

/// Knows where paths are connected. Every method returns at once.
pub trait Sessions: Send + Sync {
    /// A path was let in. Answers the connection that it takes over from, if that is still there:
    /// it is to be closed.
    fn arrived(&self, arrival: Arrival) -> Option<SessionPlace>;

    /// The path spoke on this connection: what tells a roaming panel from two that both live (R9).
    /// `epoch` is its admission there.
    fn spoke(&self, path: PathIndex, epoch: Epoch, at: Mono);

    /// The connection is gone.
    fn gone(&self, path: PathIndex, place: SessionPlace, at: Mono);

    /// The process of this gateway is gone with all its connections, whose numbers a new one gives
    /// again. Not to be called when only its link broke: then its connections are still there.
    fn gateway_gone(&self, gateway: u16);
}

/// Where a path is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownSession {
    /// On which connection.
    pub place: SessionPlace,
    /// From which address.
    pub source: IpAddr,
    /// Since when.
    pub since: Wall,
}

/// Shows where paths are connected. From memory; never waits.
pub trait ShowsSessions: Send + Sync {
    /// The path's connection; `None` if it has none.
    fn session(&self, path: PathIndex) -> Option<ShownSession>;

    /// Until when the path's signals are doubted, since two lives may be advancing on it (R9);
    /// `None` if they are not.
    fn doubted(&self, path: PathIndex) -> Option<Wall>;
}

/// Watches that we ourselves are well. Returns at once.
pub trait WatchesHealth: Send + Sync {
    /// A gateway's newest counters, every [`model::limits::LINK_PERIOD`]: how many TLS handshakes it refused
    /// since it began, by reason, and the longest turn of its loop since it last told.
    fn counted(&self, gateway: u16, refused: &[(&'static str, u64)], loop_delay: Duration);
}

/// Takes what panels tell of themselves beside events. Returns at once; what cannot be taken in is
/// counted by whoever takes it (I4, I7).
pub trait TakesReports: Send + Sync {
    /// A path told something.
    fn told(&self, path: PathIndex, report: PanelReport, at: Mono);
}

//! Who is connected where: one session for each path of the families that keep one (R9).

use std::net::IpAddr;

use model::{Epoch, Mono, PanelReport, PathIndex};

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
}

/// Takes what panels tell of themselves beside events. Returns at once; what cannot be taken in is
/// counted by whoever takes it (I4, I7).
pub trait TakesReports: Send + Sync {
    /// A path told something.
    fn told(&self, path: PathIndex, report: PanelReport, at: Mono);
}

//! What gateways see beside signals: signs of life, clocks that are off, habits, strangers, floods.
//!
//! Every method here returns at once: what cannot be taken in is counted by whoever takes it
//! (I4, I7). The hub calls them for whole batches.

use std::net::IpAddr;
use std::time::Duration;

use model::{AccountKey, Epoch, Learned, Mono, PathIndex, Wall};

/// A valid sign of life of a path: an answered poll, or a signal that is not doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// The path.
    pub path: PathIndex,
    /// The admission under which it spoke (I6).
    pub epoch: Epoch,
    /// When its last octet was read.
    pub at: Mono,
}

/// Watches that panels are reachable.
pub trait Supervises: Send + Sync {
    /// Paths were heard.
    fn heard(&self, signs: &[Sign]);

    /// A stream connection of this admission has ended, from whichever side (I6: one of an older
    /// admission changes nothing). For families whose panels connect for each message it means
    /// nothing.
    fn left(&self, path: PathIndex, epoch: Epoch, at: Mono);

    /// R10: the longest keep-alive that the path's class allows: 0.45 of its deadline. `None` if nobody
    /// watches it.
    fn keep_alive(&self, path: PathIndex) -> Option<Duration>;

    /// A gateway was lost (`false`), or is here again: silence meanwhile is ours (R11).
    fn gateway(&self, here: bool, at: Mono);
}

/// Watches whose clock is wrong (R3).
pub trait WatchesClocks: Send + Sync {
    /// A frame of this path was decrypted well, and its timestamp is outside the window.
    fn skewed(&self, path: PathIndex, at: Mono);

    /// A frame of this path was decrypted well, and its timestamp is inside the window.
    fn agreed(&self, path: PathIndex, at: Mono);
}

/// Keeps what is learned of accounts.
pub trait Learns: Send + Sync {
    /// A gateway learned something of a path. It is stored, and told to all gateways.
    fn learned(&self, path: PathIndex, learned: Learned);
}

/// A stray frame on its way to the quarantine: see `proto::Stray`, which it is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct StrayFrame {
    /// Who it says it is.
    pub key: AccountKey,
    /// Why it is a stray, by the name of `proto::StrayReason`.
    pub reason: &'static str,
    /// The registered path of that account, if it is the key that is wrong.
    pub path: Option<PathIndex>,
    /// Where it came from.
    pub source: IpAddr,
    /// The protocol's name for the format.
    pub format: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Whether it was acknowledged all the same.
    pub acknowledged: bool,
    /// When the gateway read it.
    pub received: Wall,
    /// The bytes, redacted. Personal data.
    pub raw: Vec<u8>,
}

/// Contents are personal data: they stay out of logs.
impl std::fmt::Debug for StrayFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StrayFrame")
            .field("key", &self.key)
            .field("reason", &self.reason)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Keeps strangers apart (R6), and says when somebody floods us (R7).
pub trait Quarantines: Send + Sync {
    /// A stray came.
    fn stray(&self, stray: StrayFrame);

    /// A gateway limits this address, or this path. Told at most once a minute for each by one gateway;
    /// one event says so, however many gateways tell of it.
    fn flood(&self, source: IpAddr, path: Option<PathIndex>, at: Wall);
}

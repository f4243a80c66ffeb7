//! Who speaks: asked by the session, answered by the engine, remembered by the gateway.

use std::sync::Arc;

use arrayvec::ArrayVec;
use std::time::Duration;

use model::{
    Account, CipherKey, IdentityRefusal, Learned, PanelIndex, PathIndex, PathPolicy, Proven,
};

/// Keys that a path may have at a time: the one in use, and the one that it is to change to.
pub const KEYS: usize = 2;

/// A path that the engine lets speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The panel, by its dense number.
    pub panel: PanelIndex,
    /// The path, by its dense number.
    pub path: PathIndex,
    /// What it may do.
    pub policy: PathPolicy,
    /// The keys that open its frames, the one in use first; empty if it does not encrypt.
    pub keys: ArrayVec<CipherKey, KEYS>,
    /// What was learned of it so far.
    pub learned: Learned,
    /// How it proved who it is.
    pub proven: Proven,
    /// R10: the longest keep-alive that its class allows; `None` if nobody watches it.
    pub keep_alive: Option<Duration>,
}

impl Admitted {
    /// A path that is known by its numbers alone: it does not encrypt, and nothing is learned yet.
    pub fn plain(panel: PanelIndex, path: PathIndex) -> Self {
        Self {
            panel,
            path,
            policy: PathPolicy::default(),
            keys: ArrayVec::new(),
            learned: Learned::default(),
            proven: Proven::default(),
            keep_alive: None,
        }
    }
}

/// The engine's answer to [`crate::SessionEvent::Identify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Registered. Shared by all who remember it, so that keys are in memory once.
    Admitted(Arc<Admitted>),
    /// Not registered, or not allowed.
    Refused {
        /// The account that was asked for.
        account: Account,
        /// Why; the panel is told little of it (I10).
        reason: IdentityRefusal,
    },
    /// Registered and allowed, but not now: we have too much to do. It may come back after this time.
    Busy {
        /// After which time.
        retry_after: Duration,
    },
    /// What was said before may no longer be true: the session asks again, at the latest before it
    /// takes the next frame. Until then nothing changes.
    Stale {
        /// The account that it is about.
        account: Account,
    },
}

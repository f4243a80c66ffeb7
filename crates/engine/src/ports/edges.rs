//! What the engine offers to the edges that serve panels.

use std::sync::Arc;

use model::{
    Account, Committed, EventClass, FamilyName, IdentityClaim, IdentityRefusal, IntakeState, Mono,
    PathIndex, PeerCertificate, Proven, Refusal, RepeatKey, Signal, SignalToken, Wall,
};
use tokio::sync::{broadcast, mpsc, watch};

use super::{Answering, PathBinding};

/// Where a submission came from, so that its answer finds the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The gateway's own number for the connection, never used again in its life.
    pub connection: u64,
    /// The session's number for the signal.
    pub token: SignalToken,
}

/// A signal that a gateway wants stored.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Where it came from.
    pub origin: Origin,
    /// The path that sent it.
    pub path: PathIndex,
    /// Its most urgent class.
    pub class: EventClass,
    /// What a repeat of it would show (R2).
    pub key: RepeatKey,
    /// When the gateway read it.
    pub received: Wall,
    /// The same by the clock that only goes forward, which all processes of the machine share: what the
    /// time until its commit is counted from.
    pub read_at: Mono,
    /// R3: refused twice before it is stored; see `proto::Outgoing`.
    pub skewed: bool,
    /// R2: its key has a number of the panel's in it; see `proto::Outgoing`.
    pub numbered: bool,
    /// What was decoded.
    pub signal: Signal,
    /// Where the answer goes.
    pub answers: AnswerSender,
}

/// The way back to the gateway. Bounded by what that gateway may have unacknowledged, so that it
/// is never full while the gateway keeps its word.
pub type AnswerSender = mpsc::Sender<Answer>;

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Stored, or a repeat of what is stored: acknowledge.
    Committed {
        /// The connection that it came by.
        connection: u64,
        /// The proof.
        proof: Committed,
    },
    /// Not stored: stay silent.
    Refused {
        /// The connection that it came by.
        connection: u64,
        /// Which signal.
        token: SignalToken,
        /// Why.
        reason: Refusal,
    },
}

/// Takes signals in.
pub trait Intake: Send + Sync {
    /// Queues a signal; waits while the queue is full (I7). The answer comes by `answers`, when it
    /// is on disk. Signals of one panel are stored in the order of these calls (I5); a panel with
    /// an alarm among them goes before panels without (I9).
    fn submit(&self, submission: Submission) -> Answering<'_, ()>;

    /// Whether storage can be promised (R4); changes with every commit and probe.
    fn state(&self) -> watch::Receiver<IntakeState>;
}

/// A path that is let in.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The path.
    pub binding: Arc<PathBinding>,
    /// How it proved who it is.
    pub proven: Proven,
}

/// Whose answer may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// These accounts', whatever receiver, line, listener and name of a path go with them.
    Accounts(Arc<Vec<(FamilyName, Account)>>),
    /// Anybody's: an authority is trusted no longer, or its revocation list has grown.
    Anybody,
}

/// Says who speaks.
pub trait Identities: Send + Sync {
    /// The path that this claim is of, if one is registered and the claim is good. `certificate` is what
    /// the connection showed, whenever its handshake was. From memory; never waits.
    fn identify(
        &self,
        claim: &IdentityClaim,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Admission, IdentityRefusal>;

    /// Whose answer may have changed; gateways forget what they remember of them, and ask again
    /// for those who are connected.
    fn changes(&self) -> broadcast::Receiver<Changed>;
}

//! One connection of a family, as a pure state machine.

use std::fmt::Debug;

use model::{
    Committed, EventClass, IdentityClaim, Learned, Mono, Now, PanelIndex, PanelReport, PathIndex,
    Refusal, RepeatKey, Signal, SignalToken, Wall,
};

use crate::{Counted, Identity, Stray};

/// A signal on its way to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The session's number for it, dense from 1.
    pub token: SignalToken,
    /// The path that sent it.
    pub path: PathIndex,
    /// Its most urgent class, which decides its stream (I9).
    pub class: EventClass,
    /// What a repeat of it would show (R2).
    pub key: RepeatKey,
    /// When the gateway had read the last octet of it.
    pub received: Wall,
    /// R3: encrypted, of an alarm class, and its timestamp is outside the window. Ingest refuses
    /// it twice ([`Refusal::OutsideWindow`]), and stores it when the panel says it again.
    pub skewed: bool,
    /// R2: its key was made by [`RepeatKey::numbered`]: it is a repeat of what has the same key, however
    /// old that is, and of nothing else.
    pub numbered: bool,
    /// What was decoded.
    pub signal: Signal,
}

/// Why a session wants its connection closed, or is told that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The other side closed, or the connection broke.
    Peer,
    /// The gateway stops in order: what is committed is still acknowledged.
    Draining,
    /// A frame was begun and not completed.
    Incomplete,
    /// The datagram that the session was opened for is answered, or needs no answer.
    Answered,
    /// The same path has connected anew, here or elsewhere.
    TakenOver,
    /// It is no longer let in: refused, revoked, disabled.
    NotAdmitted,
    /// It broke the protocol.
    Protocol,
    /// Nothing came within its keep-alive.
    KeepAlive,
    /// R28: a signal was not stored in time; the panel sends it again over a new connection.
    Unstored,
}

/// What a session wants its driver to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// Ask who this is. At most one question is open; the answer comes by `handle_identity`.
    Identify(Box<IdentityClaim>),
    /// Have this stored; `handle_committed` or `handle_refused` answers, in order of tokens.
    Signal(Box<Outgoing>),
    /// The path was heard, without anything to store.
    Alive {
        /// The panel, by its dense number.
        panel: PanelIndex,
        /// The path, by its dense number.
        path: PathIndex,
    },
    /// R3: a frame that was decrypted well, and whose timestamp is outside the window.
    Skewed {
        /// The path.
        path: PathIndex,
    },
    /// The panel told something of itself that is no event. [`Self::Alive`] goes before it.
    Report {
        /// The path.
        path: PathIndex,
        /// What it told.
        report: Box<PanelReport>,
    },
    /// Something new was learned of the path; it is kept with the account.
    Learned {
        /// The path.
        path: PathIndex,
        /// All that is known now, in place of what was known before.
        learned: Learned,
    },
    /// R6: a frame of somebody whom we do not know.
    Stray(Box<Stray>),
    /// Count this.
    Count(Counted),
    /// Close the connection once everything was transmitted.
    Close(CloseReason),
}

/// One connection of a family.
///
/// Inputs are `handle_…`, outputs `poll_…`; after any input the driver polls until nothing is
/// left. Inputs may come in any order and never fail: what makes no sense is counted.
pub trait Session: Debug + Send {
    /// Octets came in, split anywhere. The session keeps what it cannot use yet.
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]);

    /// The engine, or the gateway's memory, answers the open question.
    fn handle_identity(&mut self, now: Now, identity: Identity);

    /// The signal with this token is stored, and may be acknowledged (I1).
    fn handle_committed(&mut self, now: Now, proof: Committed);

    /// The signal with this token was not stored, and must not be acknowledged.
    fn handle_refused(&mut self, now: Now, token: SignalToken, reason: Refusal);

    /// The connection closes: by the peer, or by us in order. No further bytes will come.
    fn handle_close(&mut self, now: Now, reason: CloseReason);

    /// The deadline of `poll_timeout` has passed.
    fn handle_timeout(&mut self, now: Now);

    /// Appends what is to be sent to `out`; `false` if there was nothing.
    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool;

    /// The next thing for the driver to do.
    fn poll_event(&mut self) -> Option<SessionEvent>;

    /// When `handle_timeout` is due, if ever.
    fn poll_timeout(&self) -> Option<Mono>;

    /// Whether more octets are welcome; `false` while too much is unanswered (I7).
    fn wants_read(&self) -> bool;
}

//! The proof that a signal is on disk, and what it proves.

use crate::EventSeq;

/// A session's own number for a signal that it sent up, dense from 1 within the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalToken(pub u32);

/// What makes two signals "the same" (R2), as a truncated SHA-256 of what the rule names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepeatKey(pub [u8; 16]);

impl RepeatKey {
    /// Of a message that bears a number of its own: digests of the number and of the content. Two messages
    /// of one number and different content are told by their halves (R2).
    pub fn numbered(number: [u8; 8], content: [u8; 8]) -> Self {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&number);
        key[8..].copy_from_slice(&content);
        Self(key)
    }

    /// The number's half of a key that [`Self::numbered`] made.
    pub fn number(&self) -> [u8; 8] {
        std::array::from_fn(|at| self.0[at])
    }
}

impl std::fmt::Debug for RepeatKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// What an acknowledgement stands for (R8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AckMode {
    /// The signal is in the journal, synced.
    Stored,
}

/// The proof that allows an acknowledgement (I1): the transaction that holds the signal with
/// this key has been synced.
///
/// Invariant: [`Committed::attest`] is called in `engine::ingest`, where the store has just said
/// so, and in `gateway::link`, where the engine's message is read; nowhere else but in tests.
/// `cargo xtask tidy` checks this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    token: SignalToken,
    key: RepeatKey,
    seq: EventSeq,
    mode: AckMode,
}

impl Committed {
    /// States that the signal is stored. See the type's invariant.
    pub const fn attest(token: SignalToken, key: RepeatKey, seq: EventSeq, mode: AckMode) -> Self {
        Self {
            token,
            key,
            seq,
            mode,
        }
    }

    /// Which signal of the session.
    pub const fn token(&self) -> SignalToken {
        self.token
    }

    /// What was stored under it; a session checks that it is what it sent.
    pub const fn key(&self) -> RepeatKey {
        self.key
    }

    /// The number of its first event; of the stored one, if this signal was a repeat.
    pub const fn seq(&self) -> EventSeq {
        self.seq
    }

    /// What the acknowledgement stands for.
    pub const fn mode(&self) -> AckMode {
        self.mode
    }
}

/// Why a signal will never be stored. The panel gets no acknowledgement and will try again.
///
/// A store that cannot write at the moment is no such reason: then the signal waits unanswered,
/// since a later one of its panel must not be stored before it (I5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The path was removed between identification and storage.
    UnknownPath,
    /// R3: encrypted, and its timestamp is outside the window: the panel is told our time.
    OutsideWindow,
}

impl Refusal {
    /// All reasons.
    pub const ALL: [Self; 2] = [Self::UnknownPath, Self::OutsideWindow];

    /// The name in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPath => "unknown_path",
            Self::OutsideWindow => "outside_window",
        }
    }
}

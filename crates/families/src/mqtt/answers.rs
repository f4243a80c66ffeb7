//! Answers in the order of what they answer.
//!
//! Invariant: the PUBACK of an event leaves only when [`Answers::commit`] was given the proof for
//! its token and its key (I1), and after the answer to every earlier packet (I5).
//! Invariant: once [`Answers::silence`] was called, nothing more is let go.

use std::collections::VecDeque;

use model::{Committed, Mono, RepeatKey, SignalToken};

/// An answer that waits for its turn, or for its proof.
struct Waiting {
    octets: Vec<u8>,
    /// Whether it answers a publish, which counts for the receive maximum.
    is_publish: bool,
    proof: Option<Unproven>,
}

/// What an answer waits for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unproven {
    pub(super) token: SignalToken,
    pub(super) key: RepeatKey,
    /// When the event was handed on.
    pub(super) since: Mono,
}

/// A proof, or a refusal, for a signal that is not waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mismatch;

/// The queue of answers; its length is bounded by the session, which stops reading (I7).
#[derive(Default)]
pub(super) struct Answers {
    waiting: VecDeque<Waiting>,
    leaving: Vec<u8>,
    silent: bool,
}

impl Answers {
    /// Packets that have no answer yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Publishes that have no answer yet.
    pub(super) fn publishes(&self) -> usize {
        self.waiting.iter().filter(|one| one.is_publish).count()
    }

    /// Octets of memory that are held.
    pub(super) fn held(&self) -> usize {
        self.leaving.capacity() + self.waiting.capacity() * size_of::<Waiting>()
    }

    /// Whether nothing waits, and nothing is left to be sent.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.leaving.is_empty() && !self.silent
    }

    /// When the oldest event that still waits for its proof was handed on.
    pub(super) fn oldest(&self) -> Option<Mono> {
        self.waiting
            .iter()
            .find_map(|one| one.proof)
            .map(|proof| proof.since)
    }

    /// An answer that needs no proof, as `write` appends it.
    pub(super) fn push(&mut self, is_publish: bool, write: impl FnOnce(&mut Vec<u8>)) {
        if self.silent {
            return;
        }
        if self.waiting.is_empty() {
            return write(&mut self.leaving);
        }
        let mut octets = Vec::new();
        write(&mut octets);
        self.waiting.push_back(Waiting {
            octets,
            is_publish,
            proof: None,
        });
    }

    /// The PUBACK of an event that was handed on; empty if it wants none.
    pub(super) fn push_unproven(&mut self, octets: Vec<u8>, proof: Unproven) {
        self.waiting.push_back(Waiting {
            is_publish: !octets.is_empty(),
            octets,
            proof: Some(proof),
        });
    }

    /// The event is stored: its answer may leave in its turn.
    pub(super) fn commit(&mut self, proof: &Committed) -> Result<(), Mismatch> {
        let at = self.find(proof.token())?;
        let one = &mut self.waiting[at];
        if one.proof.is_some_and(|waits| waits.key != proof.key()) {
            return Err(Mismatch);
        }
        one.proof = None;
        self.release();
        Ok(())
    }

    /// The event is not stored: there will be no answer.
    pub(super) fn refuse(&mut self, token: SignalToken) -> Result<(), Mismatch> {
        let at = self.find(token)?;
        self.waiting.remove(at);
        self.release();
        Ok(())
    }

    /// Appends the last octets of all; what still waits is never answered, but its proofs are known.
    pub(super) fn silence(&mut self, last: &[u8]) {
        self.leaving.extend_from_slice(last);
        self.silent = true;
    }

    /// Forgets what was to be sent: nobody is there any more.
    pub(super) fn discard(&mut self) {
        self.leaving = Vec::new();
        self.silent = true;
    }

    /// Appends what may leave to `out`; `false` if there is nothing.
    pub(super) fn transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.leaving.is_empty();
        out.append(&mut self.leaving);
        any
    }

    fn find(&self, wanted: SignalToken) -> Result<usize, Mismatch> {
        let waits = |one: &Waiting| one.proof.is_some_and(|proof| proof.token == wanted);
        self.waiting.iter().position(waits).ok_or(Mismatch)
    }

    fn release(&mut self) {
        while let Some(one) = self.waiting.pop_front_if(|one| one.proof.is_none()) {
            self.leave(&one.octets);
        }
    }

    fn leave(&mut self, octets: &[u8]) {
        if !self.silent {
            self.leaving.extend_from_slice(octets);
        } // Otherwise nobody waits for it any more.
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers")
            .field("waiting", &self.waiting.len())
            .field("leaving_octets", &self.leaving.len())
            .finish_non_exhaustive()
    }
}

//! Replies in the order of their requests.
//!
//! Invariant: the acknowledgement of a signal leaves only when [`Replies::commit`] was given the
//! proof for its token and its key (I1), and after every reply to an earlier request (I5).
//! Invariant: a time that a reply tells is the time at which it leaves.

use std::collections::VecDeque;

use model::{Committed, Refusal, RepeatKey, SignalToken, Wall};
use wire::dc09::CrcForm;

use super::answer::{Answer, Pads};

/// A reply that waits for its turn, or for its proof.
enum Waiting {
    /// May leave in its turn.
    Ready(Answer),
    /// The answer to a signal that is not known to be stored.
    Unproven(Unproven),
}

/// What is answered to a signal once its fate is known.
pub(super) struct Unproven {
    pub(super) token: SignalToken,
    pub(super) key: RepeatKey,
    /// If it is stored.
    pub(super) stored: Answer,
    /// R3: the form in which it is told our time if its own is the reason not to store it; with
    /// any other reason, or without a form, the answer is silence.
    pub(super) outside: Option<CrcForm>,
}

/// A proof, or a refusal, for a signal that is not waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mismatch;

/// The queue of replies; its length is bounded by the session, which stops reading (I7).
pub(super) struct Replies {
    waiting: VecDeque<Waiting>,
    leaving: Vec<u8>,
    pads: Pads,
}

impl Replies {
    /// No replies; what is encrypted is padded from `seed`.
    pub(super) const fn new(seed: [u8; 16]) -> Self {
        Self {
            waiting: VecDeque::new(),
            leaving: Vec::new(),
            pads: Pads::new(seed),
        }
    }

    /// Requests that have no reply yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether every request has its reply.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A reply that needs no proof.
    pub(super) fn push(&mut self, reply: Answer, now: Wall) {
        self.waiting.push_back(Waiting::Ready(reply));
        self.release(now);
    }

    /// The answer to a signal that was handed on.
    pub(super) fn push_unproven(&mut self, unproven: Unproven) {
        self.waiting.push_back(Waiting::Unproven(unproven));
    }

    /// The signal is stored: its answer may leave in its turn.
    pub(super) fn commit(&mut self, proof: &Committed, now: Wall) -> Result<(), Mismatch> {
        let at = self.find(proof.token())?;
        let waiting = &mut self.waiting[at];
        match waiting {
            Waiting::Unproven(unproven) if unproven.key == proof.key() => {
                let silence = Answer::Frame(Vec::new());
                let stored = std::mem::replace(&mut unproven.stored, silence);
                *waiting = Waiting::Ready(stored);
                self.release(now);
                Ok(())
            }
            _ => Err(Mismatch),
        }
    }

    /// The signal is not stored: the panel is told our time if that is why, and nothing otherwise.
    pub(super) fn refuse(
        &mut self,
        token: SignalToken,
        reason: Refusal,
        now: Wall,
    ) -> Result<(), Mismatch> {
        let at = self.find(token)?;
        match &self.waiting[at] {
            Waiting::Unproven(Unproven {
                outside: Some(form),
                ..
            }) if reason == Refusal::OutsideWindow => {
                self.waiting[at] = Waiting::Ready(Answer::OurTime(*form));
            }
            _ => drop(self.waiting.remove(at)),
        }
        self.release(now);
        Ok(())
    }

    /// Appends what may leave to `out`; `false` if there is nothing.
    pub(super) fn transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.leaving.is_empty();
        out.extend_from_slice(&self.leaving);
        self.leaving = Vec::new();
        any
    }

    fn find(&self, wanted: SignalToken) -> Result<usize, Mismatch> {
        let place = self
            .waiting
            .iter()
            .position(|waiting| matches!(waiting, Waiting::Unproven(one) if one.token == wanted));
        place.ok_or(Mismatch)
    }

    /// Lets go of what is in its turn; holds no memory when nothing waits.
    fn release(&mut self, now: Wall) {
        while let Some(Waiting::Ready(_)) = self.waiting.front() {
            if let Some(Waiting::Ready(reply)) = self.waiting.pop_front() {
                reply.write(now, &mut self.pads, &mut self.leaving);
            }
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }
}

impl std::fmt::Debug for Replies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replies")
            .field("waiting", &self.waiting.len())
            .field("leaving_octets", &self.leaving.len())
            .finish_non_exhaustive()
    }
}

//! Replies in the order of their requests.
//!
//! Invariant: the acknowledgement of a signal leaves only when [`Replies::commit`] was given the
//! proof for its token and its key (I1), and after every reply to an earlier request (I5).

use std::collections::VecDeque;

use model::{Committed, RepeatKey, SignalToken};

/// A reply that waits for its turn, or for its proof.
enum Waiting {
    /// May leave in its turn.
    Ready(Vec<u8>),
    /// The acknowledgement of a signal that is not known to be stored.
    Unproven {
        token: SignalToken,
        key: RepeatKey,
        acknowledgement: Vec<u8>,
    },
}

/// A proof, or a refusal, for a signal that is not waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mismatch;

/// The queue of replies; its length is bounded by the session, which stops reading (I7).
#[derive(Default)]
pub(super) struct Replies {
    waiting: VecDeque<Waiting>,
    leaving: Vec<u8>,
}

impl Replies {
    /// Requests that have no reply yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether every request has its reply.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A reply that needs no proof.
    pub(super) fn push(&mut self, reply: Vec<u8>) {
        self.waiting.push_back(Waiting::Ready(reply));
        self.release();
    }

    /// The acknowledgement of a signal that was handed on.
    pub(super) fn push_unproven(
        &mut self,
        token: SignalToken,
        key: RepeatKey,
        acknowledgement: Vec<u8>,
    ) {
        self.waiting.push_back(Waiting::Unproven {
            token,
            key,
            acknowledgement,
        });
    }

    /// The signal is stored: its acknowledgement may leave in its turn.
    pub(super) fn commit(&mut self, proof: &Committed) -> Result<(), Mismatch> {
        let at = self.find(proof.token())?;
        let waiting = &mut self.waiting[at];
        match waiting {
            Waiting::Unproven {
                key,
                acknowledgement,
                ..
            } if *key == proof.key() => {
                *waiting = Waiting::Ready(std::mem::take(acknowledgement));
                self.release();
                Ok(())
            }
            _ => Err(Mismatch),
        }
    }

    /// The signal is not stored: it gets no reply.
    pub(super) fn refuse(&mut self, token: SignalToken) -> Result<(), Mismatch> {
        let at = self.find(token)?;
        self.waiting.remove(at);
        self.release();
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
        let place = self.waiting.iter().position(
            |waiting| matches!(waiting, Waiting::Unproven { token, .. } if *token == wanted),
        );
        place.ok_or(Mismatch)
    }

    /// Lets go of what is in its turn; holds no memory when nothing waits.
    fn release(&mut self) {
        while let Some(Waiting::Ready(reply)) = self.waiting.front() {
            self.leaving.extend_from_slice(reply);
            self.waiting.pop_front();
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

//! One connection of a DC-09 panel, or one datagram.
//!
//! ```text
//! octets ─► deframer ─► who? ─► opened ─► believed? ─► supervision ──────────────► ACK ┐
//!              │          │       │          │  └────► signal ─► engine ─► proof ─► ACK ├► replies,
//!              ▼          │       │          └─► wrong clock ─► (engine, if an alarm) NAK │  in order
//!          refused:       └───────┴► stranger ──────────────────────────────────► DUH ┘
//!          counted
//! ```
//!
//! Invariant: an acknowledgement of a signal leaves only with the proof for that signal (I1), and
//! replies leave in the order of their requests (I5); see [`Replies`].
//! Invariant: at most one question for an identity is open, and at most `pipeline` frames are
//! without reply. Until that changes the session takes no further frame, and says by
//! `wants_read` that it wants no octets; those of the same read wait in the [`Backlog`].
//! Invariant: between frames, with nothing unanswered, no memory is held beyond the session
//! itself.
//!
//! The identity of the last frame is remembered, so that only a connection on which accounts
//! take turns asks again; a refusal is not remembered, since the account may be registered at any
//! time, and the gateway remembers it for a while.
//!
//! A datagram is read as a connection that ends behind it: all frames in it are answered, and one
//! that stops short is dropped and counted.
//!
//! Failure: when the connection ends, what is not acknowledged is forgotten here; the panel sends
//! it again, and the engine finds the repeat (R2).

mod frames;
mod strangers;

use std::collections::VecDeque;

use model::{Committed, FamilyName, Mono, Now, Refusal, SignalToken};
use proto::{CloseReason, Counted, Identity, Session, SessionEvent, SessionSetting};
use wire::dc09::{Deframer, Found, Refused};

use super::replies::Replies;
use super::speaker::Speaker;
use crate::backlog::Backlog;
use crate::tally::Tally;

/// Where a connection stands between its beginning and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// No further octets; what was read is still answered, then the connection is closed.
    Closing(CloseReason),
    /// Everything is answered, and the driver was told to close.
    Closed,
    /// The other side is gone: nobody is left to answer.
    Gone,
}

/// What the octets come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Stream,
    Datagram,
}

/// A connection of the family `dc09`.
#[derive(Debug)]
pub(super) struct Dc09Session {
    family: FamilyName,
    setting: SessionSetting,
    transport: Transport,
    phase: Phase,
    speaker: Speaker,
    deframer: Deframer,
    /// When the frame that was begun must be complete.
    completion: Option<Mono>,
    backlog: Backlog,
    replies: Replies,
    last_token: SignalToken,
    events: VecDeque<SessionEvent>,
    tally: Tally,
}

impl Dc09Session {
    pub(super) fn new(family: FamilyName, setting: SessionSetting, transport: Transport) -> Self {
        Self {
            family,
            setting,
            transport,
            phase: Phase::Open,
            speaker: Speaker::Unknown,
            deframer: Deframer::new(),
            completion: None,
            backlog: Backlog::default(),
            replies: Replies::new(setting.seed),
            last_token: SignalToken(0),
            events: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// Whether the next frame has to wait.
    fn is_blocked(&self) -> bool {
        matches!(self.phase, Phase::Closed | Phase::Gone)
            || matches!(self.speaker, Speaker::Asked(_))
            || self.replies.len() >= self.setting.bounds.pipeline.max(1)
    }

    /// Takes frames from `input` until it is empty or the next one has to wait.
    fn take_frames(&mut self, now: Now, read: Now, input: &mut &[u8]) {
        // Taken out, since the frames that it hands out borrow from it.
        let mut deframer = std::mem::take(&mut self.deframer);
        let mut began_anew = self.completion.is_none();
        while !self.is_blocked() {
            let Some(found) = deframer.next(input) else {
                break;
            };
            began_anew = true;
            match found {
                Found::Frame(envelope) => self.handle_frame(&envelope, read, now),
                Found::Refused(Refused::BadCrc) => self.tally.add(Counted::BadCrc),
                Found::Refused(Refused::BadLength) => self.tally.add(Counted::BadLength),
                Found::Refused(Refused::NotAFrame) => self.tally.add(Counted::NotAFrame),
            }
        }
        if self.phase != Phase::Open || !deframer.is_begun() {
            self.completion = None;
        } else if began_anew {
            self.completion = Some(now.mono.after(self.setting.bounds.frame_completion));
        }
        self.deframer = deframer;
        if self.transport == Transport::Datagram && input.is_empty() {
            self.drop_unfinished();
        }
    }

    /// A frame that a datagram begins and does not end will never be complete.
    fn drop_unfinished(&mut self) {
        if self.deframer.is_begun() {
            self.tally.add(Counted::Incomplete);
        }
        self.deframer.reset();
        self.completion = None;
    }

    /// Goes on with what waits, if the next frame need not wait any longer.
    fn resume(&mut self, now: Now) {
        if !self.backlog.is_empty() && !self.is_blocked() {
            let mut backlog = std::mem::take(&mut self.backlog);
            let mut input = backlog.rest();
            self.take_frames(now, backlog.read(), &mut input);
            let left = input.len();
            backlog.leave(left);
            self.backlog = backlog;
        }
        self.close_if_answered();
    }

    /// No further octets. What was read is still answered, but for a frame that stopped short.
    fn stop_reading(&mut self, reason: CloseReason) {
        self.phase = Phase::Closing(reason);
        self.deframer.reset();
        self.completion = None;
        self.close_if_answered();
    }

    fn close_if_answered(&mut self) {
        let answered = self.replies.is_empty()
            && self.backlog.is_empty()
            && !matches!(self.speaker, Speaker::Asked(_));
        if let Phase::Closing(reason) = self.phase
            && answered
        {
            self.phase = Phase::Closed;
            self.events.push_back(SessionEvent::Close(reason));
        }
    }
}

impl Session for Dc09Session {
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        if self.phase != Phase::Open {
            return;
        }
        let mut input = bytes;
        if !self.is_blocked() && self.backlog.is_empty() {
            self.take_frames(now, now, &mut input);
        }
        if !input.is_empty() {
            self.backlog.append(input, now);
        }
        if self.transport == Transport::Datagram {
            self.stop_reading(CloseReason::Answered);
        }
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        match (
            std::mem::replace(&mut self.speaker, Speaker::Unknown),
            identity,
        ) {
            // About another account: the answer to our question is still to come.
            (Speaker::Asked(asked), Identity::Refused { account, .. })
                if account != asked.key.account =>
            {
                self.speaker = Speaker::Asked(asked);
            }
            (Speaker::Asked(asked), Identity::Stale { .. }) => {
                self.speaker = Speaker::Asked(asked);
            }
            (Speaker::Asked(asked), identity) => self.answered(&asked, identity, now),
            // Taken back unasked: the next frame asks again.
            (
                Speaker::Known(known),
                Identity::Stale { account } | Identity::Refused { account, .. },
            ) if account == known.key.account => {}
            // Told anew unasked: its keys, or what it may do, have changed.
            (Speaker::Known(mut known), Identity::Admitted(admitted))
                if admitted.path == known.admitted.path =>
            {
                known.renew(admitted);
                self.speaker = Speaker::Known(known);
            }
            (speaker, _) => self.speaker = speaker,
        }
        self.resume(now);
    }

    fn handle_committed(&mut self, now: Now, proof: Committed) {
        match self.replies.commit(&proof, now.wall) {
            Ok(()) if self.phase != Phase::Gone => self.tally.add(Counted::Acknowledged),
            Ok(()) => {}
            Err(_) => self.tally.add(Counted::ProofMismatch),
        }
        self.resume(now);
    }

    fn handle_refused(&mut self, now: Now, token: SignalToken, reason: Refusal) {
        match self.replies.refuse(token, reason, now.wall) {
            Ok(()) => self.tally.add(Counted::Refused),
            Err(_) => self.tally.add(Counted::ProofMismatch),
        }
        if reason == Refusal::UnknownPath && matches!(self.speaker, Speaker::Known(_)) {
            // The path was removed: the next frame asks who it is now.
            self.speaker = Speaker::Unknown;
        }
        self.resume(now);
    }

    fn handle_close(&mut self, _now: Now, reason: CloseReason) {
        match (self.phase, reason) {
            (_, CloseReason::Peer) => {
                self.phase = Phase::Gone;
                self.deframer.reset();
                self.completion = None;
                self.backlog = Backlog::default();
                if matches!(self.speaker, Speaker::Asked(_)) {
                    self.speaker = Speaker::Unknown;
                }
            }
            (Phase::Open, _) => self.stop_reading(reason),
            (Phase::Closing(_) | Phase::Closed | Phase::Gone, _) => {}
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        if self.completion.is_some_and(|due| due <= now.mono) {
            self.tally.add(Counted::Incomplete);
            self.stop_reading(CloseReason::Incomplete);
        }
    }

    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        self.phase != Phase::Gone && self.replies.transmit(out)
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        let event = self.events.pop_front();
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
        event.or_else(|| self.tally.take().map(SessionEvent::Count))
    }

    fn poll_timeout(&self) -> Option<Mono> {
        self.completion
    }

    fn wants_read(&self) -> bool {
        self.phase == Phase::Open && !self.is_blocked() && self.backlog.is_empty()
    }
}

#[cfg(test)]
mod tests;

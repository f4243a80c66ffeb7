//! One connection of a DC-09 panel.
//!
//! ```text
//! octets ─► deframer ─► who? ─► supervision ──────────────► ACK ┐
//!              │          │   └► signal ─► engine ─► proof ─► ACK ├► replies, in order ─► panel
//!              ▼          └► not registered ──────────────► DUH ┘
//!          refused: counted
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
//! Failure: when the connection ends, what is not acknowledged is forgotten here; the panel sends
//! it again, and the engine finds the repeat (R2).

use std::collections::VecDeque;
use std::sync::Arc;

use model::{AccountKey, Committed, EventFlags, FamilyName, Mono, Now, Refusal, SignalToken, Wall};
use proto::{
    Admitted, CloseReason, Counted, Identity, Outgoing, Session, SessionEvent, SessionSetting,
};
use wire::dc09::{Address, Body, Deframer, Envelope, Found, Frame, Refused, reply};

use super::backlog::Backlog;
use super::decode::{self, Received};
use super::repeat::repeat_key;
use super::replies::Replies;
use super::tally::Tally;
use super::token::Asks;

/// Who speaks, as far as it is known.
#[derive(Debug)]
enum Speaker {
    Unknown,
    /// The question is open; the frame that raised it waits.
    Asked(Box<Asked>),
    Known(AccountKey, Arc<Admitted>),
}

/// A frame that waits for the identity of its account.
struct Asked {
    key: AccountKey,
    frame: Vec<u8>,
    read: Wall,
}

/// The frame is personal data: it stays out of logs.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asked({:?})", self.key.account)
    }
}

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

/// A connection of the family `dc09`.
#[derive(Debug)]
pub(super) struct Dc09Session {
    family: FamilyName,
    setting: SessionSetting,
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
    pub(super) fn new(family: FamilyName, setting: SessionSetting) -> Self {
        Self {
            family,
            setting,
            phase: Phase::Open,
            speaker: Speaker::Unknown,
            deframer: Deframer::new(),
            completion: None,
            backlog: Backlog::default(),
            replies: Replies::default(),
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
    fn take_frames(&mut self, now: Now, read: Wall, input: &mut &[u8]) {
        // Taken out, since the frames that it hands out borrow from it.
        let mut deframer = std::mem::take(&mut self.deframer);
        let mut began_anew = self.completion.is_none();
        while !self.is_blocked() {
            let Some(found) = deframer.next(input) else {
                break;
            };
            began_anew = true;
            match found {
                Found::Frame(envelope) => self.handle_frame(&envelope, read),
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

    fn handle_frame(&mut self, envelope: &Envelope<'_>, read: Wall) {
        let Ok(frame) = Frame::parse(envelope.covered()) else {
            self.tally.add(Counted::NotAFrame);
            return;
        };
        match Asks::of(&frame) {
            Asks::Nothing => self.tally.add(Counted::UnknownToken),
            Asks::Unknown => self.decline(envelope, &frame, Counted::UnknownToken),
            Asks::Key => self.decline(envelope, &frame, Counted::NoKey),
            asks @ (Asks::Supervision | Asks::Signal(_)) => match frame.address() {
                Ok(address) => self.handle_addressed(envelope, &frame, &address, asks, read),
                Err(_) => self.decline(envelope, &frame, Counted::Malformed),
            },
        }
    }

    /// DUH: received well, and cannot be processed.
    fn decline(&mut self, envelope: &Envelope<'_>, frame: &Frame<'_>, reason: Counted) {
        self.tally.add(reason);
        let duh = reply::cannot_process(frame, envelope.form());
        self.replies.push(duh);
    }

    fn handle_addressed(
        &mut self,
        envelope: &Envelope<'_>,
        frame: &Frame<'_>,
        address: &Address,
        asks: Asks,
        read: Wall,
    ) {
        let key = AccountKey {
            family: self.family,
            account: address.account,
            listener: self.setting.listener,
            receiver: address.receiver,
            line: address.line,
        };
        match &self.speaker {
            Speaker::Known(known, admitted) if *known == key => {
                match (asks, Arc::clone(admitted)) {
                    (Asks::Signal(format), admitted) => self.hand_on(&Received {
                        envelope,
                        frame,
                        address,
                        admitted: &admitted,
                        format,
                        at: read,
                    }),
                    (_, admitted) => self.answer_supervision(envelope, frame, address, &admitted),
                }
            }
            _ => {
                self.events.push_back(SessionEvent::Identify(key));
                self.speaker = Speaker::Asked(Box::new(Asked {
                    key,
                    frame: envelope.octets().to_vec(),
                    read,
                }));
            }
        }
    }

    /// R4 is kept by the gateway, which closes connections when storage cannot be promised.
    fn answer_supervision(
        &mut self,
        envelope: &Envelope<'_>,
        frame: &Frame<'_>,
        address: &Address,
        admitted: &Admitted,
    ) {
        self.tally.add(Counted::Supervision);
        let body_is_standard = Body::parse(frame.body).is_ok_and(|body| body.is_standard);
        let sequence_is_standard = address.sequence == Some(0) || frame.token != b"NULL";
        let as_wanted = address.is_standard && body_is_standard && sequence_is_standard;
        if !as_wanted || envelope.is_padded() {
            self.tally.add(Counted::NonStandard);
        }
        let &Admitted { panel, path, .. } = admitted;
        let alive = SessionEvent::Alive { panel, path };
        if self.events.back() != Some(&alive) {
            self.events.push_back(alive);
        }
        let ack = reply::acknowledge(frame, envelope.form());
        self.replies.push(ack);
    }

    /// Hands a signal on to be stored; its acknowledgement waits for the proof (I1).
    fn hand_on(&mut self, received: &Received<'_>) {
        self.tally.add(Counted::Signal);
        let body = Body::parse(received.frame.body);
        let signal = decode::signal(received, &body);
        let is_odd = |flags: EventFlags| flags.contains(EventFlags::NON_STANDARD);
        if is_odd(signal.flags) || signal.items.iter().any(|item| is_odd(item.flags)) {
            self.tally.add(Counted::NonStandard);
        }
        self.last_token = SignalToken(self.last_token.0.wrapping_add(1));
        let key = repeat_key(received.address.account, received.frame, &body);
        let ack = reply::acknowledge(received.frame, received.envelope.form());
        self.replies.push_unproven(self.last_token, key, ack);
        self.events
            .push_back(SessionEvent::Signal(Box::new(Outgoing {
                token: self.last_token,
                path: received.admitted.path,
                class: signal.class(),
                key,
                received: received.at,
                skewed: false,
                signal,
            })));
    }

    /// The answer to the open question is here: the frame that waited goes its way.
    fn answered(&mut self, asked: &Asked, identity: Identity) {
        let mut deframer = Deframer::new();
        let mut input = asked.frame.as_slice();
        // It was cut out of the stream as a good frame, so it is found again.
        let Some(Found::Frame(envelope)) = deframer.next(&mut input) else {
            return;
        };
        match identity {
            Identity::Admitted(admitted) => {
                self.speaker = Speaker::Known(asked.key, admitted);
                self.handle_frame(&envelope, asked.read);
            }
            Identity::Refused { .. } => {
                if let Ok(frame) = Frame::parse(envelope.covered()) {
                    self.decline(&envelope, &frame, Counted::UnknownAccount);
                }
            }
        }
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
        if self.is_blocked() || !self.backlog.is_empty() {
            self.backlog.append(bytes, now.wall);
            return;
        }
        let mut input = bytes;
        self.take_frames(now, now.wall, &mut input);
        if !input.is_empty() {
            self.backlog.append(input, now.wall);
        }
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        match (
            std::mem::replace(&mut self.speaker, Speaker::Unknown),
            identity,
        ) {
            // About another account: the answer to our question is still to come.
            (Speaker::Asked(asked), Identity::Refused { account })
                if account != asked.key.account =>
            {
                self.speaker = Speaker::Asked(asked);
            }
            (Speaker::Asked(asked), identity) => self.answered(&asked, identity),
            // Taken back unasked: the next frame asks again.
            (Speaker::Known(key, _), Identity::Refused { account }) if account == key.account => {}
            (speaker, _) => self.speaker = speaker,
        }
        self.resume(now);
    }

    fn handle_committed(&mut self, now: Now, proof: Committed) {
        match self.replies.commit(&proof) {
            Ok(()) if self.phase != Phase::Gone => self.tally.add(Counted::Acknowledged),
            Ok(()) => {}
            Err(_) => self.tally.add(Counted::ProofMismatch),
        }
        self.resume(now);
    }

    fn handle_refused(&mut self, now: Now, token: SignalToken, reason: Refusal) {
        match self.replies.refuse(token) {
            Ok(()) => self.tally.add(Counted::Refused),
            Err(_) => self.tally.add(Counted::ProofMismatch),
        }
        if reason == Refusal::UnknownPath && matches!(self.speaker, Speaker::Known(..)) {
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

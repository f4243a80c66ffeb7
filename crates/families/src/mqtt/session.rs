//! One connection of a panel.
//!
//! ```text
//! octets ─► decoder ─► CONNECT ─► who? ─► engine ─► CONNACK
//!              │       evt ─────► signal ─► engine ─► proof ─► PUBACK ┐
//!              │       status ──► report ────────────────────► PUBACK ├► answers, in order
//!              │       PINGREQ ─► alive ───────────────────► PINGRESP ┘
//!              └► refused: DISCONNECT with the reason, end
//! ```
//!
//! Invariant: nothing but CONNECT is acted on before the engine has let the path in; when what it
//! said may no longer be true, it is asked again and the next packet waits for its answer.
//! Invariant: the PUBACK of an event leaves only with the proof for that event (I1), and answers
//! leave in the order of what they answer (I5); see [`Answers`].
//! Invariant: an event that has no proof within [`limits::UNSTORED`] ends the session (R28).
//! Invariant: at most `pipeline` publishes are without answer. In 3.1.1 no further packet is taken
//! until that changes; in 5, where the panel was told the number, one more ends the session.
//! Invariant: between packets, with nothing unanswered, no memory is held beyond the session
//! itself and the secret that was shown, which is shown again when the engine asks anew. A keep-alive
//! allocates nothing: what it needs is lent; see [`Work`].
//!
//! Failure: when the connection ends, what is not acknowledged is forgotten here; the panel sends
//! it again, and the engine finds the repeat (R2). The will of a panel that vanished, or broke the
//! protocol, is told as a report of its path; not where it is we who end a good session.

mod connect;
mod ending;
mod packets;
mod publish;
mod subscribe;
mod work;

use std::time::Duration;

use model::{
    Committed, ConnectionState, ListenerName, Mono, Now, PanelIndex, PanelSecret, PathIndex,
    Proven, Refusal, SignalToken, limits,
};
use proto::{CloseReason, Counted, Identity, Session, SessionEvent, SessionSetting};
use wire::mqtt::{Decoder, Level, Packet, ReasonCode, encode};

use super::client::Client;
use connect::Asked;
use work::Work;

/// Where a connection stands between its beginning and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing came yet, or not the whole of CONNECT.
    New,
    /// CONNECT came, and the engine was asked.
    Asked(Asked),
    /// Let in.
    Live(Place),
    /// Let in, and asked about again.
    AskedAgain(Place),
    /// No further packets; what was taken is still answered, then the session says goodbye.
    Draining(Place),
    /// The driver was told to close.
    Closed,
    /// The other side is gone: nobody is left to answer.
    Gone,
}

/// Who was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    panel: PanelIndex,
    path: PathIndex,
    proven: Proven,
}

/// A connection of the family `mqtt`.
pub(super) struct MqttSession {
    listener: ListenerName,
    pipeline: u16,
    frame_completion: Duration,
    decoder: Decoder,
    phase: Phase,
    client: Option<Client>,
    secret: Option<PanelSecret>,
    /// What is told when the panel vanishes: its state, and in which life.
    will: Option<(ConnectionState, u32)>,
    /// How long it may be silent, in milliseconds; 0: for ever.
    silence: u32,
    /// When it was last heard, or listened to again.
    heard: Mono,
    /// When the packet that was begun must be complete.
    completion: Option<Mono>,
    last_token: SignalToken,
    work: Option<Box<Work>>,
}

impl MqttSession {
    pub(super) fn new(setting: &SessionSetting) -> Self {
        let bounds = setting.bounds;
        Self {
            listener: setting.listener,
            // The receive maximum of 5 is never 0.
            pipeline: u16::try_from(bounds.pipeline).unwrap_or(u16::MAX).max(1),
            frame_completion: bounds.frame_completion,
            decoder: Decoder::server(limits::MQTT_PACKET),
            phase: Phase::New,
            client: None,
            secret: None,
            will: None,
            silence: 0,
            heard: Mono::default(),
            completion: None,
            last_token: SignalToken(0),
            work: None,
        }
    }

    fn work(&mut self) -> &mut Work {
        self.work.get_or_insert_with(Work::lend)
    }

    fn count(&mut self, reason: Counted) {
        self.work().tally.add(reason);
    }

    fn event(&mut self, event: SessionEvent) {
        self.work().events.push_back(event);
    }

    /// Holds no memory when there is nothing to do.
    fn rest(&mut self) {
        if let Some(work) = self.work.take_if(|work| work.is_idle()) {
            work.give_back();
        }
    }

    fn level(&self) -> Level {
        self.decoder.level().unwrap_or(Level::V311)
    }

    /// The octets of a packet, in the terms of this connection.
    fn packet(&self, packet: &Packet) -> Vec<u8> {
        let mut octets = Vec::new();
        // What 3.1.1 cannot say is left unsaid: the connection ends without it.
        let _unsaid = encode(packet, self.level(), &mut octets);
        octets
    }

    /// Answers in its turn.
    fn answer(&mut self, packet: &Packet) {
        let level = self.level();
        let is_publish = matches!(packet, Packet::PubAck(_));
        self.work().answers.push(is_publish, |out| {
            let _unsaid = encode(packet, level, out); // As above.
        });
    }

    /// Whether the next packet has to wait, or will never be taken.
    fn is_blocked(&self) -> bool {
        let (Phase::Live(_) | Phase::New) = self.phase else {
            return true;
        };
        let most = usize::from(self.pipeline);
        self.work.as_ref().is_some_and(|work| match self.level() {
            Level::V311 => work.answers.len() >= most,
            // One publish too many must be read to be refused.
            Level::V5 => work.answers.len() > 2 * most,
        })
    }

    const fn is_open(&self) -> bool {
        matches!(
            self.phase,
            Phase::New | Phase::Asked(_) | Phase::Live(_) | Phase::AskedAgain(_)
        )
    }

    fn has_backlog(&self) -> bool {
        let backlog = self.work.as_ref().map(|work| &work.backlog);
        backlog.is_some_and(|backlog| !backlog.is_empty())
    }

    /// When the silence of the panel has lasted too long; never while we do not listen.
    fn silence_ends(&self) -> Option<Mono> {
        let listens = matches!(self.phase, Phase::Live(_)) && self.silence > 0;
        let most = Duration::from_millis(self.silence.into());
        (listens && !self.is_blocked()).then(|| self.heard.after(most))
    }

    /// R28: when the oldest event must be stored.
    fn unstored_ends(&self) -> Option<Mono> {
        let is_served = matches!(
            self.phase,
            Phase::Live(_) | Phase::AskedAgain(_) | Phase::Draining(_)
        );
        let work = self.work.as_ref().filter(|_| is_served)?;
        let oldest = work.answers.oldest()?;
        Some(oldest.after(limits::UNSTORED))
    }
}

impl Session for MqttSession {
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        if !self.is_open() {
            return;
        }
        let mut input = bytes;
        if !self.is_blocked() && !self.has_backlog() {
            self.take_packets(now, now, &mut input);
        }
        if !input.is_empty() {
            self.work().backlog.append(input, now);
        }
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        let was_blocked = self.is_blocked();
        match self.phase {
            Phase::Asked(asked) => self.answered(asked, identity, now),
            Phase::Live(place) | Phase::AskedAgain(place) => {
                self.answered_again(place, identity);
            }
            Phase::New | Phase::Draining(_) | Phase::Closed | Phase::Gone => {}
        }
        self.resume(now, was_blocked);
    }

    fn handle_committed(&mut self, now: Now, proof: Committed) {
        let was_blocked = self.is_blocked();
        match self.work().answers.commit(&proof) {
            Ok(()) if matches!(self.phase, Phase::Closed | Phase::Gone) => {}
            Ok(()) => self.count(Counted::Acknowledged),
            Err(_) => self.count(Counted::ProofMismatch),
        }
        self.resume(now, was_blocked);
    }

    /// Without its PUBACK a panel sends an event again only on another connection (R28).
    fn handle_refused(&mut self, _now: Now, token: SignalToken, _reason: Refusal) {
        match self.work().answers.refuse(token) {
            Ok(()) => {
                self.count(Counted::Refused);
                self.end(CloseReason::NotAdmitted, ReasonCode::AdministrativeAction);
            }
            Err(_) => self.count(Counted::ProofMismatch),
        }
    }

    fn handle_close(&mut self, _now: Now, reason: CloseReason) {
        self.told_to_close(reason);
    }

    fn handle_timeout(&mut self, now: Now) {
        let is_due = |due: Option<Mono>| due.is_some_and(|due| due <= now.mono);
        if is_due(self.completion) {
            self.count(Counted::Incomplete);
            self.end(CloseReason::Incomplete, ReasonCode::MalformedPacket);
        } else if is_due(self.unstored_ends()) {
            self.count(Counted::Unstored);
            self.end(CloseReason::Unstored, ReasonCode::ServerBusy);
        } else if is_due(self.silence_ends()) {
            self.count(Counted::KeepAlive);
            self.end(CloseReason::KeepAlive, ReasonCode::KeepAliveTimeout);
        }
    }

    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = self
            .work
            .as_mut()
            .is_some_and(|work| work.answers.transmit(out));
        self.rest();
        any
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        let work = self.work.as_mut()?;
        let event = work.events.pop_front();
        let event = event.or_else(|| work.tally.next().map(SessionEvent::Count));
        if work.events.is_empty() {
            self.rest();
        }
        event
    }

    fn poll_timeout(&self) -> Option<Mono> {
        let times = [self.completion, self.unstored_ends(), self.silence_ends()];
        times.into_iter().flatten().min()
    }

    fn wants_read(&self) -> bool {
        self.is_open() && !self.is_blocked() && !self.has_backlog()
    }
}

/// Secrets and payloads stay out of logs (I10).
impl std::fmt::Debug for MqttSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MqttSession")
            .field("phase", &self.phase)
            .field("client", &self.client)
            .field("level", &self.decoder.level())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

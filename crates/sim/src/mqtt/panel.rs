//! One path of a simulated panel, as a pure state machine: the mirror of a server's session.
//!
//! ```text
//!   offline ──connected──► asking ──CONNACK 0──► online ──DISCONNECT, nobody answers──► hangs up
//!                 CONNECT, will    refused: hangs up   `conn`, then all that is unanswered
//! ```
//!
//! Invariant: an event keeps its number, its content and its times for ever, however often it is
//! sent again: its payload is written once. Events are sent, and sent again, in the order in which
//! they were reported.
//! Invariant: nothing is sent again on the same connection (MQTT 5, 4.4), but all that has no
//! PUBACK on the next one; there are never more unanswered than the server takes.
//!
//! What never happens here: a socket, a clock, an event given up. Only its driver ends a panel.

use std::collections::VecDeque;
use std::num::NonZeroU16;
use std::time::Duration;

use bytes::Bytes;
use model::{Mono, Now};
use wire::mqtt::{
    ConnAck, Connect, Decoder, Disconnect, Level, MessageProperties, Packet, Password, PubAck,
    Publish, Qos, ReasonCode, UserProperty, Will, encode,
};
use wire::panel::{Conn, ConnState, Document, Evt, Format, RebootReason, Status};

use super::member::Identity;
use super::waiting::Waiting;
use super::{Happening, Report};
use crate::dice::Dice;
use crate::kind::Kind;
use crate::machine::{Machine, PanelEvent, Saying};
use crate::reason::Reason;
use crate::terms::Share;

/// The largest packet that a panel takes, in octets: that of the server's promise.
const LARGEST: u32 = 16_384;

/// How many questions a panel that never reads asks with each of its messages, so that their
/// answers fill the server's buffers and not only its own.
const UNREAD_PINGS: usize = 64;

/// The longest that a server may ask to be left alone and be heard: an hour.
const LONGEST_LATER: u64 = 3_600;

/// How a panel goes about it, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// How many messages may be unanswered at once: an alarm does not wait for the answer to a
    /// status report. Twice as many must be below the server's Receive Maximum.
    pub window: usize,
    /// How long it waits for an answer before it hangs up. A server that cannot store an event
    /// closes the session after 10 s (R28).
    pub patience: Duration,
    /// The share of PUBACKs that it does not hear: it sends again what was stored.
    pub deaf: Share,
    /// The share of messages that it sends twice at once.
    pub doubles: Share,
    /// Whether it reads what it is answered. One that does not goes on sending.
    pub reads: bool,
    /// Whether its events say when they were first sent. The two paths of one panel cannot: the
    /// same event would differ.
    pub tells_sent: bool,
    /// How its payloads are written.
    pub format: Format,
}

impl Habit {
    /// A panel as most are.
    pub const fn plain() -> Self {
        Self {
            window: 4,
            patience: Duration::from_secs(15),
            deaf: Share::NONE,
            doubles: Share::NONE,
            reads: true,
            tells_sent: true,
            format: Format::Json,
        }
    }
}

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Offline,
    /// CONNECT has gone out. The connection was begun then.
    Asking(Mono),
    Online,
}

/// One path of a simulated panel.
pub struct Panel {
    identity: Identity,
    habit: Habit,
    dice: Dice,
    state: State,
    decoder: Decoder,
    waiting: VecDeque<Waiting>,
    /// The last packet id used.
    packet: u16,
    /// After how long a silence it asks whether the server is there.
    keep_alive: Option<Duration>,
    /// When it last sent anything.
    spoke: Mono,
    /// When it asked whether the server is there, if that is unanswered.
    asked: Option<Mono>,
    /// When it gives the connection up.
    deadline: Option<Mono>,
    /// What is to be sent.
    transmit: Vec<u8>,
    events: VecDeque<PanelEvent>,
}

impl Panel {
    pub(super) fn new(identity: Identity, habit: Habit, dice: Dice) -> Self {
        Self {
            decoder: Decoder::client(identity.level, LARGEST),
            keep_alive: seconds(identity.keep_alive),
            identity,
            habit,
            dice,
            state: State::Offline,
            waiting: VecDeque::new(),
            packet: 0,
            spoke: Mono(0),
            asked: None,
            deadline: None,
            transmit: Vec::new(),
            events: VecDeque::new(),
        }
    }

    fn write(&mut self, now: Now, packet: &Packet) {
        encode(packet, self.identity.level, &mut self.transmit)
            .expect("what a panel says is short, and 3.1.1 can say it");
        self.spoke = now.mono;
    }

    fn connect(&mut self, now: Now) {
        let identity = &self.identity;
        let lost = self.presence(now, ConnState::Lost);
        let connect = Connect {
            keep_alive: identity.keep_alive,
            user_name: identity
                .secret
                .as_ref()
                .map(|_| identity.account.to_string()),
            password: identity
                .secret
                .as_ref()
                .map(|secret| Password::new(secret.0.as_bytes())),
            will: Some(Will {
                topic: identity.topic(Conn::TOPIC),
                payload: lost,
                qos: Qos::AtLeastOnce,
                retain: false,
                delay: None,
                properties: self.properties(),
            }),
            ..Connect::new(identity.client_id())
        };
        self.write(now, &Packet::Connect(Box::new(connect)));
        self.events.push_back(PanelEvent::Said(Kind::Connect));
    }

    /// What it says of itself.
    fn presence(&self, now: Now, state: ConnState) -> Bytes {
        let conn = Conn {
            state,
            boot: self.identity.boot,
            firmware: Some("4.2.0".to_owned()),
            model: Some("Simulated 16".to_owned()),
            reason: Some(RebootReason::Power),
            time: Some(self.identity.time.at(now.mono)),
        };
        Bytes::from(conn.encode(self.habit.format))
    }

    fn properties(&self) -> MessageProperties {
        let is_cbor = self.habit.format == Format::Cbor;
        let named = is_cbor && self.identity.level == Level::V5;
        MessageProperties {
            content_type: named.then(|| Format::Cbor.content_type().to_owned()),
            ..MessageProperties::default()
        }
    }

    fn publish(
        &mut self,
        now: Now,
        topic: &'static str,
        payload: Bytes,
        packet: Option<NonZeroU16>,
    ) {
        let qos = match packet {
            Some(_) => Qos::AtLeastOnce,
            None => Qos::AtMostOnce,
        };
        let publish = Publish {
            dup: false,
            qos,
            retain: false,
            topic: self.identity.topic(topic),
            packet_id: packet,
            properties: self.properties(),
            payload,
        };
        self.write(now, &Packet::Publish(publish));
    }

    /// The next packet id. So few are under way that none is ever used twice at once.
    fn next_packet(&mut self) -> NonZeroU16 {
        self.packet = self.packet.checked_add(1).unwrap_or(1);
        NonZeroU16::new(self.packet).unwrap_or(NonZeroU16::MIN)
    }

    /// Sends what waits, from this place in the queue on, each under a packet id of its own.
    fn send_from(&mut self, now: Now, place: usize) {
        for at in place..self.waiting.len() {
            let packet = self.next_packet();
            let waiting = &mut self.waiting[at];
            waiting.packet = packet;
            let (topic, payload) = (waiting.topic, waiting.payload.clone());
            self.publish(now, topic, payload, Some(packet));
        }
        self.wait(now);
    }

    /// Waits anew while something is unanswered.
    fn wait(&mut self, now: Now) {
        let waits = !self.waiting.is_empty() || self.asked.is_some();
        self.deadline = waits.then(|| now.mono.after(self.habit.patience));
    }

    fn evt(
        &self,
        now: Now,
        intended: Mono,
        (number, happening, kept): (u64, Happening, bool),
    ) -> Evt {
        let time = &self.identity.time;
        Evt {
            occurred: Some(time.at(intended)),
            sent: self.habit.tells_sent.then(|| time.at(now.mono)),
            stored: kept && self.habit.tells_sent,
            ..happening.evt(self.identity.boot, number)
        }
    }

    /// What a report says, written once and for all.
    fn written(&self, now: Now, intended: Mono, content: Report) -> Waiting {
        let kind = content.kind();
        match content {
            Report::Event {
                number,
                happening,
                kept,
            } => {
                let evt = self.evt(now, intended, (number, happening, kept));
                let payload = evt.encode(self.habit.format).into();
                Waiting {
                    number: Some(number),
                    ..Waiting::new(intended, kind, (Evt::TOPIC, payload))
                }
            }
            Report::Status(mut status) => {
                status.time = Some(self.identity.time.at(intended));
                let payload = status.encode(self.habit.format).into();
                Waiting::new(intended, kind, (Status::TOPIC, payload))
            }
        }
    }

    fn handle_packet(&mut self, now: Now, packet: Packet) {
        match (self.state, packet) {
            (State::Asking(begun), Packet::ConnAck(ack)) => self.let_in(now, begun, &ack),
            (State::Online, Packet::PubAck(ack)) => self.answered(now, &ack),
            (State::Online, Packet::PingResp) => self.is_there(now),
            (_, Packet::Disconnect(why)) => self.sent_away(&why),
            _ => self.events.push_back(PanelEvent::Stray),
        }
    }

    fn let_in(&mut self, now: Now, begun: Mono, ack: &ConnAck) {
        if ack.reason.is_error() {
            self.events.push_back(PanelEvent::Declined(Kind::Connect));
            let reason = match self.identity.level {
                Level::V5 => Reason::Connack(ack.reason.number()),
                Level::V311 => Reason::Connack3(ack.reason.connect_return_code().unwrap_or(0)),
            };
            return self.end(reason, &ack.user_properties);
        }
        self.events.push_back(PanelEvent::Answered {
            kind: Kind::Connect,
            took: now.mono.since(begun),
        });
        if let Some(asked) = ack.server_keep_alive {
            self.keep_alive = seconds(asked);
        }
        self.begin(now);
    }

    /// Says who it is, and all that is unanswered.
    fn begin(&mut self, now: Now) {
        self.state = State::Online;
        if !self.waiting.is_empty() {
            self.events.push_back(PanelEvent::Repeating);
        }
        if self.habit.reads {
            self.events.push_back(PanelEvent::Said(Kind::Presence));
        }
        let online = self.presence(now, ConnState::Online);
        let presence = Waiting::new(now.mono, Kind::Presence, (Conn::TOPIC, online));
        self.waiting.push_front(presence);
        self.send_from(now, 0);
        self.forget_unread();
    }

    /// A panel that never reads waits for nothing.
    fn forget_unread(&mut self) {
        if self.habit.reads {
            return;
        }
        for waiting in self.waiting.drain(..) {
            if waiting.kind.is_signal() {
                self.events.push_back(PanelEvent::Unheard);
            }
        }
        self.deadline = None;
    }

    fn answered(&mut self, now: Now, ack: &PubAck) {
        let is_answered = |waiting: &Waiting| waiting.packet == ack.packet_id;
        let Some(at) = self.waiting.iter().position(is_answered) else {
            self.events.push_back(PanelEvent::Stray);
            return;
        };
        if !ack.reason.is_error() && self.dice.happens(self.habit.deaf) {
            let took = self.waiting[at].took(now.mono);
            self.waiting[at].first_answer = Some(took);
            self.events.push_back(PanelEvent::Ignored);
            return;
        }
        // What was answered and not heard was answered in its turn.
        let mut before = self.waiting.iter().take(at);
        let in_order = before.all(|waiting| waiting.first_answer.is_some());
        let Some(waiting) = self.waiting.remove(at) else {
            return;
        };
        self.wait(now);
        let (kind, took) = (waiting.kind, waiting.took(now.mono));
        if ack.reason.is_error() {
            let reason = Reason::Puback(ack.reason.number());
            self.events.push_back(PanelEvent::Told(reason));
        }
        self.events
            .push_back(match (waiting.number, ack.reason.is_error()) {
                (Some(number), false) => PanelEvent::Acknowledged {
                    number,
                    kind,
                    took,
                    in_order,
                },
                (Some(number), true) => PanelEvent::Refused { number, kind },
                (None, false) => PanelEvent::Answered { kind, took },
                (None, true) => PanelEvent::Declined(kind),
            });
    }

    fn is_there(&mut self, now: Now) {
        let Some(asked) = self.asked.take() else {
            self.events.push_back(PanelEvent::Stray);
            return;
        };
        self.events.push_back(PanelEvent::Answered {
            kind: Kind::Poll,
            took: now.mono.since(asked),
        });
        self.wait(now);
    }

    fn sent_away(&mut self, why: &Disconnect) {
        let reason = Reason::Disconnect(why.reason.number());
        self.end(reason, &why.user_properties);
    }

    /// The server ended it; with a hint when to come back, perhaps.
    fn end(&mut self, reason: Reason, properties: &[UserProperty]) {
        self.events.push_back(PanelEvent::Told(reason));
        let hint = properties.iter().find(|(name, _)| name == "retry-after");
        let hint = hint.and_then(|(_, value)| value.parse::<u64>().ok());
        if let Some(after) = hint {
            let after = Duration::from_secs(after.min(LONGEST_LATER));
            self.events.push_back(PanelEvent::Later(after));
        }
        self.hang_up();
    }

    fn hang_up(&mut self) {
        self.deadline = None;
        self.state = State::Offline;
        self.events.push_back(PanelEvent::HangUp);
    }

    fn ask(&mut self, now: Now, intended: Mono) {
        self.write(now, &Packet::PingReq);
        if self.habit.reads {
            self.events.push_back(PanelEvent::Said(Kind::Poll));
            self.asked = Some(intended);
            self.deadline
                .get_or_insert_with(|| now.mono.after(self.habit.patience));
        }
    }

    /// When it is time to ask whether the server is there.
    fn asks_at(&self) -> Option<Mono> {
        let keep_alive = self.keep_alive?;
        let free = self.state == State::Online && self.asked.is_none();
        free.then(|| self.spoke.after(keep_alive))
    }
}

impl Machine for Panel {
    type Content = Report;

    fn has_room(&self) -> bool {
        self.state == State::Online && self.waiting.len() < self.habit.window
    }

    fn is_at_rest(&self) -> bool {
        self.waiting.is_empty()
    }

    fn report(&mut self, now: Now, intended: Mono, content: Report) {
        debug_assert!(self.has_room(), "a panel keeps to its window (I7)");
        let waiting = self.written(now, intended, content);
        if self.dice.happens(self.habit.doubles) {
            let packet = self.next_packet();
            let (topic, payload) = (waiting.topic, waiting.payload.clone());
            self.publish(now, topic, payload, Some(packet));
            self.events.push_back(PanelEvent::Doubled);
        }
        let waits = self.deadline;
        self.waiting.push_back(waiting);
        self.send_from(now, self.waiting.len() - 1);
        // Who waits already does not wait longer for what comes behind.
        self.deadline = waits.or(self.deadline);
        if !self.habit.reads {
            (0..UNREAD_PINGS).for_each(|_| self.write(now, &Packet::PingReq));
        }
        self.forget_unread();
    }

    fn supervise(&mut self, now: Now, intended: Mono) {
        self.ask(now, intended);
    }

    fn handle_connected(&mut self, now: Now, begun: Mono) {
        self.decoder = Decoder::client(self.identity.level, LARGEST);
        self.keep_alive = seconds(self.identity.keep_alive);
        self.asked = None;
        self.connect(now);
        self.state = State::Asking(begun);
        self.deadline = Some(now.mono.after(self.habit.patience));
        if !self.habit.reads {
            // MQTT lets a client send before it has its answer (MQTT 5, 3.1.4).
            self.begin(now);
        }
    }

    fn handle_disconnected(&mut self) {
        self.state = State::Offline;
        self.deadline = None;
        self.asked = None;
        self.transmit.clear();
        // Who it is, it says anew.
        self.waiting
            .retain(|waiting| waiting.kind != Kind::Presence);
    }

    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        let mut input = bytes;
        loop {
            match self.decoder.next(&mut input) {
                Ok(Some(packet)) => self.handle_packet(now, packet),
                Ok(None) => return,
                Err(_) => {
                    self.events.push_back(PanelEvent::Unreadable);
                    return self.hang_up();
                }
            }
        }
    }

    fn handle_datagram(&mut self, _: Now, _: &[u8]) {
        self.events.push_back(PanelEvent::Unreadable);
    }

    fn handle_timeout(&mut self, now: Now) {
        if self.deadline.is_some_and(|deadline| deadline <= now.mono) {
            return self.hang_up();
        }
        if let Some(due) = self.asks_at().filter(|due| *due <= now.mono) {
            self.ask(now, due);
        }
    }

    /// A farewell, so that the will is not published (MQTT 5, 3.14.4).
    fn handle_end(&mut self, now: Now) {
        if self.state != State::Online {
            return;
        }
        let offline = self.presence(now, ConnState::Offline);
        self.publish(now, Conn::TOPIC, offline, None);
        let farewell = Disconnect::because(ReasonCode::Success);
        self.write(now, &Packet::Disconnect(farewell));
    }

    fn hear_all(&mut self) {
        self.habit.deaf = Share::NONE;
    }

    fn transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.transmit.is_empty();
        out.append(&mut self.transmit);
        any
    }

    fn poll_event(&mut self) -> Option<PanelEvent> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Mono> {
        [self.deadline, self.asks_at()].into_iter().flatten().min()
    }
}

fn seconds(seconds: u16) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

impl std::fmt::Debug for Panel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Panel")
            .field("identity", &self.identity)
            .field("state", &self.state)
            .field("unanswered", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

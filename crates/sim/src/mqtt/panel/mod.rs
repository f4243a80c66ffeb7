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
//! Invariant: a panel at rest keeps no queue and no buffer.
//!
//! What never happens here: a socket, a clock, an event given up. Only its driver ends a panel.

mod answers;
mod habit;
mod words;

use std::collections::VecDeque;
use std::num::NonZeroU16;
use std::time::Duration;

use model::{ConnectionReport, ConnectionState, Mono, Now};
use wire::mqtt::{Decoder, Disconnect, Packet, ReasonCode};
use wire::panel::Document;

use super::Report;
use super::member::Identity;
use super::waiting::Waiting;
use crate::dice::Dice;
use crate::kind::Kind;
use crate::machine::{Machine, PanelEvent};
use crate::terms::Share;
pub use habit::Habit;

/// The largest packet that a panel takes, in octets: that of the server's promise.
const LARGEST: u32 = 16_384;

/// How many questions a panel that never reads asks with each of its messages, so that their
/// answers fill the server's buffers and not only its own.
const UNREAD_PINGS: usize = 64;

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
    /// How long the last answer took, in milliseconds.
    round_trip: Option<u32>,
    /// The last packet id used.
    packet: u16,
    /// After how long a silence it asks whether the server is there.
    keep_alive: Option<Duration>,
    /// When it last sent anything.
    spoke: Mono,
    /// When it was let in last.
    admitted: Mono,
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
            round_trip: None,
            packet: 0,
            spoke: Mono(0),
            admitted: Mono(0),
            asked: None,
            deadline: None,
            transmit: Vec::new(),
            events: VecDeque::new(),
        }
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
        self.transmit = Vec::new();
        // Who it is, it says anew.
        self.waiting
            .retain(|waiting| waiting.kind != Kind::Presence);
        release(&mut self.waiting);
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
        let offline = self.presence(now, ConnectionState::Offline);
        self.publish(now, ConnectionReport::TOPIC, offline, None);
        let farewell = Disconnect::because(ReasonCode::Success);
        self.write(now, &Packet::Disconnect(farewell));
    }

    fn hear_all(&mut self) {
        self.habit.deaf = Share::NONE;
    }

    fn transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.transmit.is_empty();
        out.extend_from_slice(&self.transmit);
        self.transmit = Vec::new();
        any
    }

    fn poll_event(&mut self) -> Option<PanelEvent> {
        let event = self.events.pop_front();
        release(&mut self.events);
        event
    }

    fn poll_timeout(&self) -> Option<Mono> {
        [self.deadline, self.asks_at()].into_iter().flatten().min()
    }
}

/// Gives the memory of a queue back that holds nothing: most panels are at rest.
fn release<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() {
        *queue = VecDeque::new();
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

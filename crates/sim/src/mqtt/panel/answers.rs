//! What a panel makes of what it is answered.

use std::time::Duration;

use model::{ConnectionReport, ConnectionState, Mono, Now};
use wire::mqtt::{ConnAck, Disconnect, Level, Packet, PubAck, UserProperty};
use wire::panel::Document;

use super::super::waiting::Waiting;
use super::{Panel, State, release, seconds};
use crate::kind::Kind;
use crate::machine::PanelEvent;
use crate::reason::Reason;

/// The longest that a server may ask to be left alone and be heard, in seconds: an hour.
const LONGEST_LATER: u64 = 3_600;

impl Panel {
    pub(super) fn handle_packet(&mut self, now: Now, packet: Packet) {
        match (self.state, packet) {
            (State::Asking(begun), Packet::ConnAck(ack)) => self.let_in(now, begun, &ack),
            (State::Online, Packet::PubAck(ack)) => self.answered(now, &ack),
            (State::Online, Packet::PingResp) => self.is_there(now),
            (_, Packet::Disconnect(why)) => self.sent_away(&why),
            _ => self.events.push_back(PanelEvent::Stray),
        }
    }

    pub(super) fn let_in(&mut self, now: Now, begun: Mono, ack: &ConnAck) {
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
    pub(super) fn begin(&mut self, now: Now) {
        self.state = State::Online;
        self.admitted = now.mono;
        if !self.waiting.is_empty() {
            self.events.push_back(PanelEvent::Repeating);
        }
        if self.habit.reads {
            self.events.push_back(PanelEvent::Said(Kind::Presence));
        }
        let online = self.presence(now, ConnectionState::Online);
        let presence = Waiting::new(now.mono, Kind::Presence, (ConnectionReport::TOPIC, online));
        self.waiting.push_front(presence);
        self.send_from(now, 0);
        self.forget_unread();
    }

    /// A panel that never reads waits for nothing.
    pub(super) fn forget_unread(&mut self) {
        if self.habit.reads {
            return;
        }
        for waiting in self.waiting.drain(..) {
            if waiting.kind.is_signal() {
                self.events.push_back(PanelEvent::Unheard(waiting.kind));
            }
        }
        self.deadline = None;
    }

    pub(super) fn answered(&mut self, now: Now, ack: &PubAck) {
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
        release(&mut self.waiting);
        self.wait(now);
        let (kind, took) = (waiting.kind, waiting.took(now.mono));
        self.round_trip = u32::try_from(took.as_millis()).ok();
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
                    served: took.min(now.mono.since(self.admitted)),
                    in_order,
                },
                (Some(number), true) => PanelEvent::Refused { number, kind },
                (None, false) => PanelEvent::Answered { kind, took },
                (None, true) => PanelEvent::Declined(kind),
            });
    }

    pub(super) fn is_there(&mut self, now: Now) {
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

    pub(super) fn sent_away(&mut self, why: &Disconnect) {
        let reason = Reason::Disconnect(why.reason.number());
        self.end(reason, &why.user_properties);
    }

    /// The server ended it; with a hint when to come back, perhaps.
    pub(super) fn end(&mut self, reason: Reason, properties: &[UserProperty]) {
        self.events.push_back(PanelEvent::Told(reason));
        let hint = properties.iter().find(|(name, _)| name == "retry-after");
        let hint = hint.and_then(|(_, value)| value.parse::<u64>().ok());
        if let Some(after) = hint {
            let after = Duration::from_secs(after.min(LONGEST_LATER));
            self.events.push_back(PanelEvent::Later(after));
        }
        self.hang_up();
    }
}

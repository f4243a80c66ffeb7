//! Packets, one after the other, as long as the next one need not wait.

use model::Now;
use proto::{Counted, SessionEvent};
use wire::mqtt::{Packet, ReasonCode};

use super::{MqttSession, Phase, Place};

impl MqttSession {
    /// Takes packets from `input` until it is empty or the next one has to wait.
    pub(super) fn take_packets(&mut self, now: Now, read: Now, input: &mut &[u8]) {
        let mut began_anew = self.completion.is_none();
        while !self.is_blocked() {
            match self.decoder.next(input) {
                Ok(None) => break,
                Ok(Some(packet)) => {
                    began_anew = true;
                    self.heard = now.mono;
                    self.handle_packet(packet, now, read);
                }
                Err(refused) => self.refuse_octets(refused),
            }
        }
        if !self.is_open() {
            *input = &[];
            self.completion = None;
        } else if !self.decoder.is_begun() {
            self.completion = None;
        } else if began_anew {
            self.completion = Some(now.mono.after(self.frame_completion));
        }
    }

    pub(super) fn handle_packet(&mut self, packet: Packet, now: Now, read: Now) {
        match (self.phase, packet) {
            (Phase::New, Packet::Connect(connect)) => self.handle_connect(&connect),
            (Phase::Live(place), packet) => self.handle_live(place, packet, now, read),
            // The decoder takes nothing but CONNECT first, and the rest waits.
            _ => {}
        }
    }

    pub(super) fn handle_live(&mut self, place: Place, packet: Packet, now: Now, read: Now) {
        match packet {
            Packet::Publish(publish) => self.handle_publish(place, publish, now, read),
            Packet::Subscribe(subscribe) => self.handle_subscribe(place, &subscribe),
            Packet::Unsubscribe(unsubscribe) => self.handle_unsubscribe(place, &unsubscribe),
            Packet::PingReq => {
                // R4 is kept by the gateway, which closes connections when storage cannot be
                // promised.
                self.count(Counted::Supervision);
                self.alive(place);
                self.answer(&Packet::PingResp);
            }
            Packet::Disconnect(disconnect) => self.handle_disconnect(disconnect.reason),
            // To a publish of ours; there is none that waits for it.
            Packet::PubAck(_) => self.count(Counted::NonStandard),
            Packet::Connect(_)
            | Packet::ConnAck(_)
            | Packet::SubAck(_)
            | Packet::UnsubAck(_)
            | Packet::PingResp
            | Packet::NotOffered(_) => {
                self.break_off(ReasonCode::ProtocolError, Counted::MqttProtocolError);
            }
        }
    }

    /// The path is heard. An expired certificate takes nothing from that (R27): the key behind it
    /// was proven all the same.
    pub(super) fn alive(&mut self, place: Place) {
        let alive = SessionEvent::Alive {
            panel: place.panel,
            path: place.path,
        };
        let events = &mut self.work().events;
        if events.back() != Some(&alive) {
            events.push_back(alive);
        }
    }

    /// Goes on with what waits, if the next packet need not wait any longer.
    pub(super) fn resume(&mut self, now: Now, was_blocked: bool) {
        if was_blocked && !self.is_blocked() {
            // We did not listen: its silence begins now.
            self.heard = now.mono;
        }
        if self.has_backlog() && !self.is_blocked() {
            let mut backlog = std::mem::take(&mut self.work().backlog);
            let mut input = backlog.rest();
            self.take_packets(now, backlog.read(), &mut input);
            let left = input.len();
            backlog.leave(left);
            self.work().backlog = backlog;
        }
        self.finish_draining();
    }
}

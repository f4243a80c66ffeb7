//! What a panel writes: CONNECT, what it says of itself, its reports.

use std::num::NonZeroU16;

use bytes::Bytes;
use model::{ConnectionReport, ConnectionState, Mono, Now, RebootReason, ShortText, StatusReport};
use wire::mqtt::{Connect, Level, MessageProperties, Packet, Password, Publish, Qos, Will, encode};
use wire::panel::{Document, Evt, Format};

use super::super::waiting::Waiting;
use super::super::{Happening, Report};
use super::Panel;
use crate::kind::Kind;
use crate::machine::{PanelEvent, Saying};

/// As many octets as most of what a panel says has, so that its buffer need not grow.
const USUAL: usize = 384;

impl Panel {
    pub(super) fn write(&mut self, now: Now, packet: &Packet) {
        if self.transmit.capacity() == 0 {
            self.transmit.reserve(USUAL);
        }
        encode(packet, self.identity.level, &mut self.transmit)
            .expect("what a panel says is short, and 3.1.1 can say it");
        self.spoke = now.mono;
    }

    pub(super) fn connect(&mut self, now: Now) {
        let identity = &self.identity;
        let lost = self.presence(now, ConnectionState::Lost);
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
                topic: identity.topic(ConnectionReport::TOPIC),
                payload: lost,
                qos: Qos::AtLeastOnce,
                retain: false,
                delay: None,
                properties: self.properties(),
            }),
            ..Connect::new(identity.client_id())
        };
        self.write(now, &Packet::Connect(Box::new(connect)));
        if self.habit.reads {
            self.events.push_back(PanelEvent::Said(Kind::Connect));
        }
    }

    /// What it says of itself.
    pub(super) fn presence(&self, now: Now, state: ConnectionState) -> Bytes {
        let conn = ConnectionReport {
            state,
            boot: self.identity.boot,
            firmware: ShortText::from("4.2.0").ok(),
            model: ShortText::from("Simulated 16").ok(),
            reason: Some(RebootReason::Power),
            at: Some(self.identity.time.at(now.mono)),
        };
        Bytes::from(conn.encode(self.habit.format))
    }

    pub(super) fn properties(&self) -> MessageProperties {
        let is_cbor = self.habit.format == Format::Cbor;
        let named = is_cbor && self.identity.level == Level::V5;
        MessageProperties {
            content_type: named.then(|| Format::Cbor.content_type().to_owned()),
            ..MessageProperties::default()
        }
    }

    pub(super) fn publish(
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

    pub(super) fn evt(
        &self,
        now: Now,
        intended: Mono,
        (number, happening, kept): (u64, Happening, bool),
    ) -> Evt {
        let time = &self.identity.time;
        Evt {
            occurred: Some(time.at(intended)),
            sent: Some(time.at(now.mono)),
            stored: kept,
            ..happening.evt(self.identity.boot, number)
        }
    }

    /// What a report says, written once and for all.
    pub(super) fn written(&self, now: Now, intended: Mono, content: Report) -> Waiting {
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
                status.at = Some(self.identity.time.at(intended));
                status.round_trip = self.round_trip;
                let payload = status.encode(self.habit.format).into();
                Waiting::new(intended, kind, (StatusReport::TOPIC, payload))
            }
        }
    }
}

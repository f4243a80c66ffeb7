//! What a panel publishes: events, reports, and what is refused.

use model::{EventFlags, Now, PanelReport, Proven, Signal, SignalToken};
use proto::{Counted, Outgoing, SessionEvent};
use wire::mqtt::{Level, Packet, PubAck, Publish, Qos, ReasonCode};
use wire::panel::{Document, Evt, Format};

use super::{MqttSession, Place};
use crate::mqtt::answers::Unproven;
use crate::mqtt::client::Client;
use crate::mqtt::repeat;
use crate::mqtt::topic::Topic;

impl MqttSession {
    pub(super) fn handle_publish(&mut self, place: Place, publish: Publish, now: Now, read: Now) {
        let Some(client) = self.client else { return };
        if publish.properties.topic_alias.is_some() {
            self.break_off(ReasonCode::TopicAliasInvalid, Counted::TopicAlias);
        } else if publish.qos == Qos::ExactlyOnce {
            self.break_off(ReasonCode::QosNotSupported, Counted::QosNotOffered);
        } else if publish.qos == Qos::AtLeastOnce
            && self.work().answers.publishes() >= usize::from(self.pipeline)
        {
            let reason = ReasonCode::ReceiveMaximumExceeded;
            self.break_off(reason, Counted::ReceiveMaximum);
        } else {
            match Topic::of(&publish.topic, &client) {
                Topic::Event => self.take_event(place, client, publish, now, read),
                Topic::Status => self.take_report(place, &publish, PanelReport::Status),
                Topic::Connection => self.take_report(place, &publish, PanelReport::Connection),
                Topic::LaidOut => {
                    let reason = ReasonCode::ImplementationSpecificError;
                    self.refuse_publish(place, &publish, reason, Counted::NotServed);
                }
                Topic::Foreign => {
                    let reason = ReasonCode::NotAuthorized;
                    self.refuse_publish(place, &publish, reason, Counted::ForeignTopic);
                }
                Topic::Unknown => {
                    let reason = ReasonCode::TopicNameInvalid;
                    self.refuse_publish(place, &publish, reason, Counted::UnknownTopic);
                }
            }
        }
    }

    /// Without QoS it is dropped; 3.1.1 has no way to say no but to close (3.3.5).
    fn refuse_publish(
        &mut self,
        place: Place,
        publish: &Publish,
        reason: ReasonCode,
        why: Counted,
    ) {
        // It lives, and pays for what it sends (R7).
        self.alive(place);
        match (publish.packet_id, self.level()) {
            (None, _) => self.count(why),
            (Some(_), Level::V311) => self.break_off(reason, why),
            (Some(packet_id), Level::V5) => {
                self.count(why);
                self.answer(&Packet::PubAck(PubAck::because(packet_id, reason)));
            }
        }
    }

    /// An event is to be stored, whether it can be read or not: it may be a fire (I4, I12).
    fn take_event(&mut self, place: Place, client: Client, publish: Publish, now: Now, read: Now) {
        let account = client.account;
        let format = Format::of_content_type(publish.properties.content_type.as_deref());
        let (packet_id, raw) = (publish.packet_id, Vec::from(publish.payload));
        let decoded = match format {
            Some(format) => Evt::decode(format, &raw).map_err(|flaw| flaw.reason()),
            None => Err(arrayvec::ArrayString::from(NO_FORMAT).unwrap_or_default()),
        };
        let numbered = decoded.is_ok();
        let (key, mut signal, reason, text) = match decoded {
            Ok(event) => {
                let key = repeat::of_event(account, &event);
                let signal = event.into_signal(account, raw);
                (key, signal, ReasonCode::Success, None)
            }
            Err(flaw) => {
                self.count(Counted::BadEvent);
                let key = repeat::of_payload(account, &raw);
                let signal = Evt::undecoded(account, raw);
                let text = Some(flaw.as_str().to_owned());
                (key, signal, ReasonCode::PayloadFormatInvalid, text)
            }
        };
        // R27.
        let has_expired = place.proven == Proven::ByExpiredCertificate;
        signal
            .flags
            .set(EventFlags::EXPIRED_CERTIFICATE, has_expired);
        if has_expired {
            // A doubtful event is no sign of life by itself.
            self.alive(place);
        }
        let ack = packet_id.map(|packet_id| {
            self.packet(&Packet::PubAck(PubAck {
                packet_id,
                reason,
                reason_string: text,
            }))
        });
        if ack.is_none() {
            self.count(Counted::UnansweredEvent);
            signal.flags |= EventFlags::NON_STANDARD;
        }
        let outgoing = Outgoing {
            token: SignalToken(0),
            path: place.path,
            class: Signal::class(&signal),
            key,
            received: read.wall,
            skewed: false,
            numbered,
            signal,
        };
        self.hand_on(outgoing, ack.unwrap_or_default(), now);
    }

    /// Hands an event on under the next token; its PUBACK waits for the proof (I1).
    fn hand_on(&mut self, mut outgoing: Outgoing, ack: Vec<u8>, now: Now) {
        self.count(Counted::Signal);
        self.last_token = SignalToken(self.last_token.0.wrapping_add(1));
        outgoing.token = self.last_token;
        let proof = Unproven {
            token: outgoing.token,
            key: outgoing.key,
            since: now.mono,
        };
        self.work().answers.push_unproven(ack, proof);
        self.event(SessionEvent::Signal(Box::new(outgoing)));
    }

    /// A report is for the engine, whatever becomes of it; nobody waits for it to be stored.
    fn take_report<R: Document>(
        &mut self,
        place: Place,
        publish: &Publish,
        report_of: fn(R) -> PanelReport,
    ) {
        let format = Format::of_content_type(publish.properties.content_type.as_deref());
        let decoded = match format {
            Some(format) => R::decode(format, &publish.payload)
                .map_err(|flaw| flaw.reason().as_str().to_owned()),
            None => Err(NO_FORMAT.to_owned()),
        };
        self.alive(place);
        let (reason, text) = match decoded {
            Ok(report) => {
                self.count(Counted::Report);
                self.event(SessionEvent::Report {
                    path: place.path,
                    report: Box::new(report_of(report)),
                });
                (ReasonCode::Success, None)
            }
            Err(flaw) => {
                self.count(Counted::BadReport);
                (ReasonCode::PayloadFormatInvalid, Some(flaw))
            }
        };
        if let Some(packet_id) = publish.packet_id {
            self.answer(&Packet::PubAck(PubAck {
                packet_id,
                reason,
                reason_string: text,
            }));
        }
    }
}

/// What a panel's maker is told of another content type.
const NO_FORMAT: &str = "content type: application/json or application/cbor is expected";

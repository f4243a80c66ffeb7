//! SUBSCRIBE and UNSUBSCRIBE. Nothing is sent to panels yet, so nothing is kept of them.

use proto::Counted;
use wire::mqtt::{Packet, Qos, ReasonCode, SubAck, Subscribe, Unsubscribe};

use super::{MqttSession, Place};
use crate::mqtt::topic;

impl MqttSession {
    /// Its own topics are granted, at most at QoS 1; each filter is answered for itself.
    pub(super) fn handle_subscribe(&mut self, place: Place, subscribe: &Subscribe) {
        let Some(client) = self.client else { return };
        self.alive(place);
        let reasons = subscribe.filters.iter().map(|one| {
            let forbidden = topic::forbids(&one.filter, &client);
            match (forbidden, one.qos) {
                (Some(reason), _) => reason,
                _ if subscribe.subscription_id.is_some() => {
                    ReasonCode::SubscriptionIdentifiersNotSupported
                }
                (None, Qos::AtMostOnce) => ReasonCode::Success,
                (None, _) => ReasonCode::GrantedQos1,
            }
        });
        let ack = SubAck {
            packet_id: subscribe.packet_id,
            reasons: reasons.collect(),
            reason_string: None,
        };
        self.count_refused(&ack.reasons);
        self.answer(&Packet::SubAck(ack));
    }

    pub(super) fn handle_unsubscribe(&mut self, place: Place, unsubscribe: &Unsubscribe) {
        let Some(client) = self.client else { return };
        self.alive(place);
        let reasons = unsubscribe.filters.iter();
        let reasons = reasons.map(|f| topic::forbids(f, &client).unwrap_or(ReasonCode::Success));
        let ack = SubAck {
            packet_id: unsubscribe.packet_id,
            reasons: reasons.collect(),
            reason_string: None,
        };
        self.count_refused(&ack.reasons);
        self.answer(&Packet::UnsubAck(ack));
    }

    fn count_refused(&mut self, reasons: &[ReasonCode]) {
        for reason in reasons.iter().filter(|reason| reason.is_error()) {
            self.count(match reason {
                ReasonCode::NotAuthorized => Counted::ForeignSubscription,
                _ => Counted::SubscriptionNotOffered,
            });
        }
    }
}

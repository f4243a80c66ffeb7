//! Writes packets.
//!
//! The answers of a busy server, PUBACK and PINGRESP, allocate nothing but what `out` needs.

mod writer;

use super::{
    ConnAck, Connect, Disconnect, Kind, Level, MessageProperties, Packet, PubAck, Publish, Qos,
    ReasonCode, SubAck, Subscribe, Unsubscribe,
};
use writer::{Writer, Written, property};

/// A packet that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotEncode {
    /// A string or binary data of more than 65,535 octets, or a packet of more than 268,435,455.
    #[error("a part of the packet is longer than MQTT allows")]
    TooLong,
    /// 3.1.1 has no way to say this.
    #[error("MQTT 3.1.1 has no such reason")]
    NotIn311,
    /// QoS and packet id do not go together, a topic is empty, or the packet is one that is
    /// never offered.
    #[error("the packet contradicts itself")]
    Contradiction,
}

/// Appends a packet to `out`.
///
/// A reason of PUBACK and UNSUBACK is left out in 3.1.1, which has none there; whoever means a
/// refusal must not send them.
///
/// # Errors
///
/// See [`CannotEncode`]; `out` is as it was.
pub fn encode(packet: &Packet, level: Level, out: &mut Vec<u8>) -> Result<(), CannotEncode> {
    let start = out.len();
    let mut writer = Writer { out, level };
    let written = writer.packet(packet, start);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

impl Writer<'_> {
    fn packet(&mut self, packet: &Packet, start: usize) -> Written {
        let first = match packet {
            Packet::Publish(publish) => {
                let flags = [
                    u8::from(publish.dup) << 3,
                    publish.qos.number() << 1,
                    u8::from(publish.retain),
                ];
                flags.into_iter().fold(0x30, |first, flag| first | flag)
            }
            other => other.kind().first_octet(),
        };
        self.octet(first);
        match packet {
            Packet::Connect(connect) => self.connect(connect),
            Packet::ConnAck(ack) => self.conn_ack(ack),
            Packet::Publish(publish) => self.publish(publish),
            Packet::PubAck(ack) => self.pub_ack(ack),
            Packet::Subscribe(subscribe) => self.subscribe(subscribe),
            Packet::SubAck(ack) => self.sub_ack(ack, Kind::SubAck),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(unsubscribe),
            Packet::UnsubAck(ack) => self.sub_ack(ack, Kind::UnsubAck),
            Packet::PingReq | Packet::PingResp => Ok(()),
            Packet::Disconnect(disconnect) => self.disconnect(disconnect),
            Packet::NotOffered(_) => Err(CannotEncode::Contradiction),
        }?;
        self.put_length(start + 1)
    }

    fn connect(&mut self, connect: &Connect) -> Written {
        self.text("MQTT")?;
        self.octet(match self.level {
            Level::V311 => 4,
            Level::V5 => 5,
        });
        if self.level == Level::V311 && connect.password.is_some() && connect.user_name.is_none() {
            return Err(CannotEncode::Contradiction);
        }
        let will = connect.will.as_ref();
        let flags = [
            u8::from(connect.user_name.is_some()) << 7,
            u8::from(connect.password.is_some()) << 6,
            will.map_or(0, |will| u8::from(will.retain) << 5),
            will.map_or(0, |will| will.qos.number() << 3),
            u8::from(will.is_some()) << 2,
            u8::from(connect.clean_start) << 1,
        ];
        self.octet(flags.into_iter().fold(0, |all, flag| all | flag));
        self.two(connect.keep_alive);
        self.properties(|writer| writer.connect_properties(connect))?;
        self.text(&connect.client_id)?;
        if let Some(will) = will {
            self.properties(|writer| {
                writer.optional_four(property::WILL_DELAY, will.delay);
                writer.message_properties(&will.properties)
            })?;
            self.text(&will.topic)?;
            self.binary(&will.payload)?;
        }
        if let Some(name) = &connect.user_name {
            self.text(name)?;
        }
        match &connect.password {
            Some(password) => self.binary(password.expose()),
            None => Ok(()),
        }
    }

    fn connect_properties(&mut self, connect: &Connect) -> Written {
        let expiry = Some(connect.session_expiry).filter(|seconds| *seconds > 0);
        self.optional_four(property::SESSION_EXPIRY, expiry);
        let most = connect.receive_maximum.map(std::num::NonZero::get);
        self.optional_two(property::RECEIVE_MAXIMUM, most);
        let size = connect.maximum_packet_size.map(std::num::NonZero::get);
        self.optional_four(property::MAXIMUM_PACKET_SIZE, size);
        let aliases = Some(connect.topic_alias_maximum).filter(|most| *most > 0);
        self.optional_two(property::TOPIC_ALIAS_MAXIMUM, aliases);
        self.unless(
            property::PROBLEM_INFORMATION,
            connect.wants_problem_information,
        );
        let method = connect.authentication_method.as_deref();
        self.optional_text(property::AUTHENTICATION_METHOD, method)?;
        self.user_properties(&connect.user_properties)
    }

    fn conn_ack(&mut self, ack: &ConnAck) -> Written {
        self.octet(u8::from(ack.session_present));
        match self.level {
            Level::V5 => self.octet(ack.reason.number()),
            Level::V311 => {
                let code = ack.reason.connect_return_code();
                self.octet(code.ok_or(CannotEncode::NotIn311)?);
            }
        }
        self.properties(|writer| {
            writer.optional_four(property::SESSION_EXPIRY, ack.session_expiry);
            let most = ack.receive_maximum.map(std::num::NonZero::get);
            writer.optional_two(property::RECEIVE_MAXIMUM, most);
            if ack.maximum_qos != Qos::ExactlyOnce {
                writer.octet(property::MAXIMUM_QOS);
                writer.octet(ack.maximum_qos.number());
            }
            writer.unless(property::RETAIN_AVAILABLE, ack.retain_available);
            writer.optional_four(property::MAXIMUM_PACKET_SIZE, ack.maximum_packet_size);
            let aliases = Some(ack.topic_alias_maximum).filter(|most| *most > 0);
            writer.optional_two(property::TOPIC_ALIAS_MAXIMUM, aliases);
            writer.unless(property::WILDCARDS, ack.wildcards_available);
            writer.unless(property::SUBSCRIPTION_IDS, ack.subscription_ids_available);
            writer.unless(property::SHARED, ack.shared_available);
            writer.optional_two(property::SERVER_KEEP_ALIVE, ack.server_keep_alive);
            writer.optional_text(property::REASON_STRING, ack.reason_string.as_deref())?;
            writer.user_properties(&ack.user_properties)
        })
    }

    fn publish(&mut self, publish: &Publish) -> Written {
        let is_named = !publish.topic.is_empty()
            || (self.level == Level::V5 && publish.properties.topic_alias.is_some());
        let is_answered = publish.qos != Qos::AtMostOnce;
        if !is_named || publish.packet_id.is_some() != is_answered || (publish.dup && !is_answered)
        {
            return Err(CannotEncode::Contradiction);
        }
        self.text(&publish.topic)?;
        if let Some(id) = publish.packet_id {
            self.two(id.get());
        }
        self.properties(|writer| writer.message_properties(&publish.properties))?;
        self.out.extend_from_slice(&publish.payload);
        Ok(())
    }

    fn message_properties(&mut self, properties: &MessageProperties) -> Written {
        if properties.is_text {
            self.octet(property::PAYLOAD_FORMAT);
            self.octet(1);
        }
        let expiry = properties.expiry.map(std::num::NonZero::get);
        self.optional_four(property::MESSAGE_EXPIRY, expiry);
        let alias = properties.topic_alias.map(std::num::NonZero::get);
        self.optional_two(property::TOPIC_ALIAS, alias);
        self.optional_text(property::CONTENT_TYPE, properties.content_type.as_deref())?;
        self.optional_text(
            property::RESPONSE_TOPIC,
            properties.response_topic.as_deref(),
        )?;
        if let Some(data) = &properties.correlation_data {
            self.octet(property::CORRELATION_DATA);
            self.binary(data)?;
        }
        self.user_properties(&properties.user_properties)
    }

    /// As short as it can be: without properties, and without a reason where it is success
    /// (3.4.2.1).
    fn pub_ack(&mut self, ack: &PubAck) -> Written {
        self.two(ack.packet_id.get());
        let is_plain = ack.reason == ReasonCode::Success && ack.reason_string.is_none();
        if self.level == Level::V311 || is_plain {
            return Ok(());
        }
        self.octet(ack.reason.number());
        match ack.reason_string.as_deref() {
            None => Ok(()),
            text => self.properties(|writer| writer.optional_text(property::REASON_STRING, text)),
        }
    }

    fn subscribe(&mut self, subscribe: &Subscribe) -> Written {
        if subscribe.filters.is_empty() {
            return Err(CannotEncode::Contradiction);
        }
        self.two(subscribe.packet_id.get());
        self.properties(|writer| match subscribe.subscription_id {
            None => Ok(()),
            Some(id) => {
                writer.octet(property::SUBSCRIPTION_ID);
                let at = writer.out.len();
                let id = usize::try_from(id).map_err(|_| CannotEncode::TooLong)?;
                writer.put_variable(at, id)
            }
        })?;
        for one in &subscribe.filters {
            self.text(&one.filter)?;
            let no_local = one.no_local && self.level == Level::V5;
            self.octet(one.qos.number() | (u8::from(no_local) << 2));
        }
        Ok(())
    }

    fn sub_ack(&mut self, ack: &SubAck, kind: Kind) -> Written {
        self.two(ack.packet_id.get());
        let text = ack.reason_string.as_deref();
        self.properties(|writer| writer.optional_text(property::REASON_STRING, text))?;
        match (self.level, kind) {
            (Level::V311, Kind::UnsubAck) => {}
            (Level::V311, _) => {
                let short = |reason: &ReasonCode| reason.number().min(0x80);
                self.out.extend(ack.reasons.iter().map(short));
            }
            (Level::V5, _) => self.out.extend(ack.reasons.iter().map(|r| r.number())),
        }
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Written {
        if unsubscribe.filters.is_empty() {
            return Err(CannotEncode::Contradiction);
        }
        self.two(unsubscribe.packet_id.get());
        self.properties(|_| Ok(()))?;
        unsubscribe
            .filters
            .iter()
            .try_for_each(|filter| self.text(filter))
    }

    /// As short as it can be (3.14.2.1).
    fn disconnect(&mut self, disconnect: &Disconnect) -> Written {
        let is_bare = disconnect.session_expiry.is_none()
            && disconnect.reason_string.is_none()
            && disconnect.user_properties.is_empty();
        let is_normal = disconnect.reason == ReasonCode::Success;
        match self.level {
            Level::V311 if !is_normal => return Err(CannotEncode::NotIn311),
            Level::V311 => return Ok(()),
            Level::V5 if is_normal && is_bare => return Ok(()),
            Level::V5 => self.octet(disconnect.reason.number()),
        }
        if is_bare {
            return Ok(());
        }
        self.properties(|writer| {
            writer.optional_four(property::SESSION_EXPIRY, disconnect.session_expiry);
            writer.optional_text(property::REASON_STRING, disconnect.reason_string.as_deref())?;
            writer.user_properties(&disconnect.user_properties)
        })
    }
}

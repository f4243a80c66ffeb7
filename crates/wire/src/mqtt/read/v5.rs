//! Packets of 5, out of the codec's types.

use rmqtt_codec::types::Publish as CodecPublish;
use rmqtt_codec::v5;

use super::{filter, name, qos};
use crate::mqtt::{
    ConnAck, Connect, Disconnect, Kind, MessageProperties, Packet, Password, PubAck, Publish,
    ReasonCode, SubAck, Subscribe, Subscription, Unsubscribe, UserProperty, Will, check,
};

pub(super) fn packet(packet: v5::Packet) -> Result<Packet, ReasonCode> {
    Ok(match packet {
        v5::Packet::Connect(packet) => connect(*packet).map(Box::new).map(Packet::Connect)?,
        v5::Packet::ConnectAck(packet) => conn_ack(&packet).map(Box::new).map(Packet::ConnAck)?,
        v5::Packet::Publish(packet) => publish(*packet).map(Packet::Publish)?,
        v5::Packet::PublishAck(packet) => Packet::PubAck(PubAck {
            packet_id: packet.packet_id,
            reason: code(packet.reason_code.into())?,
            reason_string: optional(packet.reason_string.as_deref())?,
        }),
        v5::Packet::Subscribe(packet) => subscribe(packet).map(Packet::Subscribe)?,
        v5::Packet::SubscribeAck(packet) => Packet::SubAck(SubAck {
            packet_id: packet.packet_id,
            reasons: codes(packet.status.into_iter().map(Into::into))?,
            reason_string: optional(packet.reason_string.as_deref())?,
        }),
        v5::Packet::Unsubscribe(packet) => Packet::Unsubscribe(Unsubscribe {
            packet_id: packet.packet_id,
            filters: packet
                .topic_filters
                .iter()
                .map(|topic| filter(topic))
                .collect::<Result<_, _>>()?,
        }),
        v5::Packet::UnsubscribeAck(packet) => Packet::UnsubAck(SubAck {
            packet_id: packet.packet_id,
            reasons: codes(packet.status.into_iter().map(Into::into))?,
            reason_string: optional(packet.reason_string.as_deref())?,
        }),
        v5::Packet::PingRequest => Packet::PingReq,
        v5::Packet::PingResponse => Packet::PingResp,
        v5::Packet::Disconnect(packet) => Packet::Disconnect(Disconnect {
            reason: code(packet.reason_code.into())?,
            session_expiry: packet.session_expiry_interval_secs,
            reason_string: optional(packet.reason_string.as_deref())?,
            user_properties: user_properties(&packet.user_properties)?,
        }),
        v5::Packet::PublishReceived(_) => Packet::NotOffered(Kind::PubRec),
        v5::Packet::PublishRelease(_) => Packet::NotOffered(Kind::PubRel),
        v5::Packet::PublishComplete(_) => Packet::NotOffered(Kind::PubComp),
        v5::Packet::Auth(_) => Packet::NotOffered(Kind::Auth),
    })
}

fn connect(packet: v5::Connect) -> Result<Connect, ReasonCode> {
    Ok(Connect {
        clean_start: packet.clean_start,
        keep_alive: packet.keep_alive,
        user_name: optional(packet.username.as_deref())?,
        password: packet.password.as_deref().map(Password::new),
        will: packet.last_will.map(will).transpose()?,
        session_expiry: packet.session_expiry_interval_secs,
        receive_maximum: packet.receive_max,
        maximum_packet_size: packet.max_packet_size,
        topic_alias_maximum: packet.topic_alias_max,
        wants_problem_information: packet.request_problem_info,
        authentication_method: optional(packet.auth_method.as_deref())?,
        user_properties: user_properties(&packet.user_properties)?,
        ..Connect::new(check::text(&packet.client_id)?)
    })
}

fn will(will: v5::LastWill) -> Result<Will, ReasonCode> {
    Ok(Will {
        topic: name(&will.topic)?,
        // Copies, so that the memory of the packet can be wiped.
        payload: will.message.to_vec().into(),
        qos: qos(will.qos),
        retain: will.retain,
        delay: will.will_delay_interval_sec,
        properties: MessageProperties {
            is_text: will.is_utf8_payload == Some(true),
            expiry: will.message_expiry_interval,
            topic_alias: None,
            content_type: optional(will.content_type.as_deref())?,
            response_topic: will.response_topic.as_deref().map(name).transpose()?,
            correlation_data: will.correlation_data.map(|data| data.to_vec().into()),
            user_properties: user_properties(&will.user_properties)?,
        },
    })
}

fn conn_ack(packet: &v5::ConnectAck) -> Result<ConnAck, ReasonCode> {
    Ok(ConnAck {
        session_present: packet.session_present,
        reason: code(packet.reason_code.into())?,
        session_expiry: packet.session_expiry_interval_secs,
        receive_maximum: Some(packet.receive_max).filter(|most| most.get() != u16::MAX),
        maximum_qos: qos(packet.max_qos),
        retain_available: packet.retain_available,
        maximum_packet_size: packet.max_packet_size,
        topic_alias_maximum: packet.topic_alias_max,
        wildcards_available: packet.wildcard_subscription_available,
        subscription_ids_available: packet.subscription_identifiers_available,
        shared_available: packet.shared_subscription_available,
        server_keep_alive: packet.server_keepalive_sec,
        reason_string: optional(packet.reason_string.as_deref())?,
        user_properties: user_properties(&packet.user_properties)?,
    })
}

fn publish(packet: CodecPublish) -> Result<Publish, ReasonCode> {
    let properties = packet.properties.unwrap_or_default();
    // MQTT-3.3.2-8 and 3.3.2.3.4: no topic is right only where an alias stands for it.
    let topic = match packet.topic.is_empty() {
        true if properties.topic_alias.is_some() => String::new(),
        true => return Err(ReasonCode::ProtocolError),
        false => name(&packet.topic)?,
    };
    Ok(Publish {
        dup: packet.dup,
        qos: qos(packet.qos),
        retain: packet.retain,
        topic,
        packet_id: packet.packet_id,
        properties: MessageProperties {
            is_text: properties.is_utf8_payload,
            expiry: properties.message_expiry_interval,
            topic_alias: properties.topic_alias,
            content_type: optional(properties.content_type.as_deref())?,
            response_topic: properties.response_topic.as_deref().map(name).transpose()?,
            correlation_data: properties.correlation_data,
            user_properties: user_properties(&properties.user_properties)?,
        },
        payload: packet.payload,
    })
}

fn subscribe(packet: v5::Subscribe) -> Result<Subscribe, ReasonCode> {
    let filters = packet.topic_filters.into_iter().map(|(topic, options)| {
        Ok(Subscription {
            filter: filter(&topic)?,
            qos: qos(options.qos),
            no_local: options.no_local,
        })
    });
    Ok(Subscribe {
        packet_id: packet.packet_id,
        subscription_id: packet.id.map(std::num::NonZeroU32::get),
        filters: filters.collect::<Result<_, _>>()?,
    })
}

fn code(number: u8) -> Result<ReasonCode, ReasonCode> {
    ReasonCode::from_number(number).ok_or(ReasonCode::MalformedPacket)
}

fn codes(numbers: impl Iterator<Item = u8>) -> Result<Vec<ReasonCode>, ReasonCode> {
    numbers.map(code).collect()
}

fn optional(text: Option<&str>) -> Result<Option<String>, ReasonCode> {
    text.map(check::text).transpose()
}

fn user_properties<T: std::ops::Deref<Target = str>>(
    properties: &[(T, T)],
) -> Result<Vec<UserProperty>, ReasonCode> {
    properties
        .iter()
        .map(|(name, value)| Ok((check::text(name)?, check::text(value)?)))
        .collect()
}

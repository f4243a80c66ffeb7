//! Packets of 3.1.1, out of the codec's types.

use rmqtt_codec::v3;

use super::{filter, name, qos};
use crate::mqtt::{
    ConnAck, Connect, Disconnect, Kind, MessageProperties, Packet, Password, PubAck, Publish,
    ReasonCode, SubAck, Subscribe, Subscription, Unsubscribe, Will, check,
};

pub(super) fn packet(packet: v3::Packet) -> Result<Packet, ReasonCode> {
    Ok(match packet {
        v3::Packet::Connect(packet) => connect(*packet).map(Box::new).map(Packet::Connect)?,
        v3::Packet::ConnectAck(packet) => Packet::ConnAck(Box::new(ConnAck {
            session_present: packet.session_present,
            ..ConnAck::because(
                ReasonCode::from_connect_return_code(packet.return_code.into())
                    .ok_or(ReasonCode::MalformedPacket)?,
            )
        })),
        v3::Packet::Publish(packet) => Packet::Publish(Publish {
            dup: packet.dup,
            qos: qos(packet.qos),
            retain: packet.retain,
            topic: name(&packet.topic)?,
            packet_id: packet.packet_id,
            properties: MessageProperties::default(),
            payload: packet.payload,
        }),
        v3::Packet::PublishAck { packet_id } => {
            Packet::PubAck(PubAck::because(packet_id, ReasonCode::Success))
        }
        v3::Packet::Subscribe {
            packet_id,
            topic_filters,
        } => Packet::Subscribe(Subscribe {
            packet_id,
            subscription_id: None,
            filters: topic_filters
                .into_iter()
                .map(|(topic, wanted)| {
                    Ok(Subscription {
                        filter: filter(&topic)?,
                        qos: qos(wanted),
                        no_local: false,
                    })
                })
                .collect::<Result<_, _>>()?,
        }),
        v3::Packet::SubscribeAck { packet_id, status } => Packet::SubAck(SubAck {
            packet_id,
            reasons: status.into_iter().map(granted).collect(),
            reason_string: None,
        }),
        v3::Packet::Unsubscribe {
            packet_id,
            topic_filters,
        } => Packet::Unsubscribe(Unsubscribe {
            packet_id,
            filters: topic_filters
                .iter()
                .map(|topic| filter(topic))
                .collect::<Result<_, _>>()?,
        }),
        v3::Packet::UnsubscribeAck { packet_id } => Packet::UnsubAck(SubAck {
            packet_id,
            reasons: Vec::new(),
            reason_string: None,
        }),
        v3::Packet::PingRequest => Packet::PingReq,
        v3::Packet::PingResponse => Packet::PingResp,
        v3::Packet::Disconnect => Packet::Disconnect(Disconnect::because(ReasonCode::Success)),
        v3::Packet::PublishReceived { .. } => Packet::NotOffered(Kind::PubRec),
        v3::Packet::PublishRelease { .. } => Packet::NotOffered(Kind::PubRel),
        v3::Packet::PublishComplete { .. } => Packet::NotOffered(Kind::PubComp),
    })
}

fn connect(packet: v3::Connect) -> Result<Connect, ReasonCode> {
    let user_name = packet.username.as_deref().map(check::text).transpose()?;
    let will = packet.last_will.map(|will| {
        Ok(Will {
            topic: name(&will.topic)?,
            // A copy, so that the memory of the packet can be wiped.
            payload: will.message.to_vec().into(),
            qos: qos(will.qos),
            retain: will.retain,
            delay: None,
            properties: MessageProperties::default(),
        })
    });
    Ok(Connect {
        clean_start: packet.clean_session,
        keep_alive: packet.keep_alive,
        user_name,
        password: packet.password.as_deref().map(Password::new),
        will: will.transpose()?,
        ..Connect::new(check::text(&packet.client_id)?)
    })
}

const fn granted(code: v3::SubscribeReturnCode) -> ReasonCode {
    use rmqtt_codec::types::QoS;
    match code {
        v3::SubscribeReturnCode::Success(QoS::AtMostOnce) => ReasonCode::Success,
        v3::SubscribeReturnCode::Success(QoS::AtLeastOnce) => ReasonCode::GrantedQos1,
        v3::SubscribeReturnCode::Success(QoS::ExactlyOnce) => ReasonCode::GrantedQos2,
        v3::SubscribeReturnCode::Failure => ReasonCode::UnspecifiedError,
    }
}

//! Any packet that can be written, for the property tests.

use std::num::{NonZeroU16, NonZeroU32};

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use wire::mqtt::{
    ConnAck, Connect, Disconnect, Level, MessageProperties, Packet, Password, PubAck, Publish, Qos,
    ReasonCode, SubAck, Subscribe, Subscription, Unsubscribe, UserProperty, Will,
};

pub(super) fn level() -> impl Strategy<Value = Level> {
    select(&super::LEVELS[..])
}

/// A packet and the level that can say it.
pub(super) fn packet_and_level() -> impl Strategy<Value = (Packet, Level)> {
    level().prop_flat_map(|level| (packet(level), Just(level)))
}

pub(super) fn packet(level: Level) -> BoxedStrategy<Packet> {
    let is_5 = level == Level::V5;
    let fits = move |packet| if is_5 { packet } else { without_5(packet) };
    prop_oneof![
        connect().prop_map(|packet| Packet::Connect(Box::new(packet))),
        conn_ack().prop_map(|packet| Packet::ConnAck(Box::new(packet))),
        publish().prop_map(Packet::Publish),
        pub_ack().prop_map(Packet::PubAck),
        subscribe().prop_map(Packet::Subscribe),
        sub_ack(select(&SUBSCRIBED[..])).prop_map(Packet::SubAck),
        unsubscribe().prop_map(Packet::Unsubscribe),
        sub_ack(select(&UNSUBSCRIBED[..])).prop_map(Packet::UnsubAck),
        Just(Packet::PingReq),
        Just(Packet::PingResp),
        disconnect().prop_map(Packet::Disconnect),
    ]
    .prop_map(fits)
    .boxed()
}

const SUBSCRIBED: [ReasonCode; 5] = [
    ReasonCode::Success,
    ReasonCode::GrantedQos1,
    ReasonCode::GrantedQos2,
    ReasonCode::NotAuthorized,
    ReasonCode::SharedSubscriptionsNotSupported,
];

const UNSUBSCRIBED: [ReasonCode; 3] = [
    ReasonCode::Success,
    ReasonCode::NoSubscriptionExisted,
    ReasonCode::NotAuthorized,
];

/// What 3.1.1 can say of a packet.
fn without_5(packet: Packet) -> Packet {
    match packet {
        Packet::Connect(connect) => {
            let connect = *connect;
            let will = connect.will.map(|will| Will {
                delay: None,
                properties: MessageProperties::default(),
                ..will
            });
            Packet::Connect(Box::new(Connect {
                clean_start: connect.clean_start,
                keep_alive: connect.keep_alive,
                password: connect.password.filter(|_| connect.user_name.is_some()),
                user_name: connect.user_name,
                will,
                ..Connect::new(connect.client_id)
            }))
        }
        Packet::ConnAck(ack) => {
            let code = ack.reason.connect_return_code().unwrap_or(5);
            let reason = ReasonCode::from_connect_return_code(code).unwrap();
            Packet::ConnAck(Box::new(ConnAck {
                session_present: ack.session_present,
                ..ConnAck::because(reason)
            }))
        }
        Packet::Publish(publish) => Packet::Publish(Publish {
            topic: Some(publish.topic)
                .filter(|topic| !topic.is_empty())
                .unwrap_or_else(|| "a".to_owned()),
            properties: MessageProperties::default(),
            ..publish
        }),
        Packet::PubAck(ack) => Packet::PubAck(PubAck::because(ack.packet_id, ReasonCode::Success)),
        Packet::Subscribe(subscribe) => Packet::Subscribe(Subscribe {
            subscription_id: None,
            filters: subscribe
                .filters
                .into_iter()
                .map(|one| Subscription {
                    no_local: false,
                    ..one
                })
                .collect(),
            ..subscribe
        }),
        Packet::SubAck(ack) => Packet::SubAck(SubAck {
            reasons: ack
                .reasons
                .into_iter()
                .map(|reason| {
                    if reason.is_error() {
                        ReasonCode::UnspecifiedError
                    } else {
                        reason
                    }
                })
                .collect(),
            reason_string: None,
            ..ack
        }),
        Packet::UnsubAck(ack) => Packet::UnsubAck(SubAck {
            reasons: Vec::new(),
            reason_string: None,
            ..ack
        }),
        Packet::Disconnect(_) => Packet::Disconnect(Disconnect::because(ReasonCode::Success)),
        other => other,
    }
}

fn connect() -> impl Strategy<Value = Connect> {
    let names = (text(), any::<bool>(), any::<u16>());
    let proofs = (of(text()), of(vec(any::<u8>(), 0..40)), of(will()));
    let limits = (
        any::<u32>(),
        of(any::<NonZeroU16>()),
        of(any::<NonZeroU32>()),
        any::<u16>(),
        any::<bool>(),
        of(text()),
        user_properties(),
    );
    (names, proofs, limits).prop_map(|(names, proofs, limits)| Connect {
        clean_start: names.1 || names.0.is_empty(),
        client_id: names.0,
        keep_alive: names.2,
        user_name: proofs.0,
        password: proofs.1.as_deref().map(Password::new),
        will: proofs.2,
        session_expiry: limits.0,
        receive_maximum: limits.1,
        maximum_packet_size: limits.2,
        topic_alias_maximum: limits.3,
        wants_problem_information: limits.4,
        authentication_method: limits.5,
        user_properties: limits.6,
    })
}

fn will() -> impl Strategy<Value = Will> {
    let message = (name(), payload(), qos(), any::<bool>());
    (message, of(any::<u32>()), properties()).prop_map(|(message, delay, properties)| Will {
        topic: message.0,
        payload: message.1.into(),
        qos: message.2,
        retain: message.3,
        delay,
        properties: MessageProperties {
            topic_alias: None,
            ..properties
        },
    })
}

fn conn_ack() -> impl Strategy<Value = ConnAck> {
    let reasons = [
        ReasonCode::Success,
        ReasonCode::ServerBusy,
        ReasonCode::NotAuthorized,
        ReasonCode::ClientIdentifierNotValid,
        ReasonCode::PacketTooLarge,
    ];
    let limits = (
        of(any::<u32>()),
        of(1_u16..u16::MAX),
        qos(),
        of(any::<u32>()),
        any::<u16>(),
        of(any::<u16>()),
    );
    let flags = any::<[bool; 5]>();
    (
        select(reasons.to_vec()),
        limits,
        flags,
        of(text()),
        user_properties(),
    )
        .prop_map(
            |(reason, limits, flags, reason_string, user_properties)| ConnAck {
                session_present: flags[0],
                reason,
                session_expiry: limits.0,
                receive_maximum: limits.1.and_then(NonZeroU16::new),
                maximum_qos: limits.2,
                retain_available: flags[1],
                maximum_packet_size: limits.3,
                topic_alias_maximum: limits.4,
                wildcards_available: flags[2],
                subscription_ids_available: flags[3],
                shared_available: flags[4],
                server_keep_alive: limits.5,
                reason_string,
                user_properties,
            },
        )
}

fn publish() -> impl Strategy<Value = Publish> {
    let flags = (any::<bool>(), qos(), any::<bool>(), any::<bool>());
    (flags, name(), any::<NonZeroU16>(), properties(), payload()).prop_map(
        |(flags, topic, id, properties, payload)| Publish {
            dup: flags.0 && flags.1 != Qos::AtMostOnce,
            qos: flags.1,
            retain: flags.2,
            topic: if flags.3 && properties.topic_alias.is_some() {
                String::new()
            } else {
                topic
            },
            packet_id: Some(id).filter(|_| flags.1 != Qos::AtMostOnce),
            properties,
            payload: payload.into(),
        },
    )
}

fn pub_ack() -> impl Strategy<Value = PubAck> {
    let reasons = [
        ReasonCode::Success,
        ReasonCode::NoMatchingSubscribers,
        ReasonCode::NotAuthorized,
        ReasonCode::PayloadFormatInvalid,
    ];
    (any::<NonZeroU16>(), select(reasons.to_vec()), of(text())).prop_map(
        |(packet_id, reason, text)| PubAck {
            packet_id,
            reason,
            reason_string: text,
        },
    )
}

fn subscribe() -> impl Strategy<Value = Subscribe> {
    let one = (filter(), qos(), any::<bool>()).prop_map(|(filter, qos, no_local)| Subscription {
        no_local: no_local && !filter.starts_with("$share/"),
        filter,
        qos,
    });
    let id = of(1_u32..=268_435_455);
    (any::<NonZeroU16>(), id, vec(one, 1..5)).prop_map(|(packet_id, subscription_id, filters)| {
        Subscribe {
            packet_id,
            subscription_id,
            filters,
        }
    })
}

fn unsubscribe() -> impl Strategy<Value = Unsubscribe> {
    (any::<NonZeroU16>(), vec(filter(), 1..5))
        .prop_map(|(packet_id, filters)| Unsubscribe { packet_id, filters })
}

fn sub_ack(reason: impl Strategy<Value = ReasonCode>) -> impl Strategy<Value = SubAck> {
    (any::<NonZeroU16>(), vec(reason, 1..6), of(text())).prop_map(|(packet_id, reasons, text)| {
        SubAck {
            packet_id,
            reasons,
            reason_string: text,
        }
    })
}

fn disconnect() -> impl Strategy<Value = Disconnect> {
    let reasons = [
        ReasonCode::Success,
        ReasonCode::DisconnectWithWill,
        ReasonCode::ServerShuttingDown,
        ReasonCode::SessionTakenOver,
    ];
    let reason = select(reasons.to_vec());
    (reason, of(any::<u32>()), of(text()), user_properties()).prop_map(
        |(reason, session_expiry, reason_string, user_properties)| Disconnect {
            reason,
            session_expiry,
            reason_string,
            user_properties,
        },
    )
}

fn properties() -> impl Strategy<Value = MessageProperties> {
    let numbers = (
        any::<bool>(),
        of(any::<NonZeroU32>()),
        of(any::<NonZeroU16>()),
    );
    let texts = (of(text()), of(name()), of(vec(any::<u8>(), 0..20)));
    (numbers, texts, user_properties()).prop_map(|(numbers, texts, user_properties)| {
        MessageProperties {
            is_text: numbers.0,
            expiry: numbers.1,
            topic_alias: numbers.2,
            content_type: texts.0,
            response_topic: texts.1,
            correlation_data: texts.2.map(Into::into),
            user_properties,
        }
    })
}

fn user_properties() -> impl Strategy<Value = Vec<UserProperty>> {
    vec((text(), text()), 0..3)
}

fn qos() -> impl Strategy<Value = Qos> {
    select(&[Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce][..])
}

/// Up to three octets of length.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..200),
        1 => vec(any::<u8>(), 16_000..17_000),
    ]
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äß/+#$ ]{0,12}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9ü/$]{1,20}"
}

fn filter() -> impl Strategy<Value = String> {
    "(\\$share/[a-z]{1,3}/)?([a-z]{0,4}/|\\+/){0,3}([a-z]{1,4}|\\+|#)"
}

//! Answers: to CONNECT, PUBLISH, SUBSCRIBE and UNSUBSCRIBE.

use std::num::NonZeroU16;

use super::{Qos, ReasonCode, UserProperty};

/// CONNACK (3.2). In 3.1.1 only the first two members exist.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own in the standard"
)]
pub struct ConnAck {
    /// Whether the server has a session of this client.
    pub session_present: bool,
    /// Success or why not; 3.1.1 knows fewer ([`ReasonCode::connect_return_code`]).
    pub reason: ReasonCode,
    /// Seconds that the session will be kept, where the server differs.
    pub session_expiry: Option<u32>,
    /// How many publishes of QoS 1 and 2 the server takes unanswered; absent means 65,535.
    pub receive_maximum: Option<NonZeroU16>,
    /// The highest QoS that the server takes.
    pub maximum_qos: Qos,
    /// Whether the server retains messages.
    pub retain_available: bool,
    /// Octets of the largest packet that the server takes.
    pub maximum_packet_size: Option<u32>,
    /// The highest topic alias that the server takes; 0: none.
    pub topic_alias_maximum: u16,
    /// Whether filters may hold wildcards.
    pub wildcards_available: bool,
    /// Whether subscriptions may have an identifier.
    pub subscription_ids_available: bool,
    /// Whether subscriptions may be shared.
    pub shared_available: bool,
    /// Seconds of keep-alive that hold instead of the client's.
    pub server_keep_alive: Option<u16>,
    /// For people.
    pub reason_string: Option<String>,
    /// Whatever else.
    pub user_properties: Vec<UserProperty>,
}

impl ConnAck {
    /// One that says yes or no and limits nothing.
    pub const fn because(reason: ReasonCode) -> Self {
        Self {
            session_present: false,
            reason,
            session_expiry: None,
            receive_maximum: None,
            maximum_qos: Qos::ExactlyOnce,
            retain_available: true,
            maximum_packet_size: None,
            topic_alias_maximum: 0,
            wildcards_available: true,
            subscription_ids_available: true,
            shared_available: true,
            server_keep_alive: None,
            reason_string: None,
            user_properties: Vec::new(),
        }
    }
}

/// PUBACK (3.4). In 3.1.1 it says only which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PubAck {
    /// Which PUBLISH.
    pub packet_id: NonZeroU16,
    /// Success or why not. 3.1.1 cannot say: there every PUBACK means success.
    pub reason: ReasonCode,
    /// For people.
    pub reason_string: Option<String>,
}

impl PubAck {
    /// One that says which and why.
    pub const fn because(packet_id: NonZeroU16, reason: ReasonCode) -> Self {
        Self {
            packet_id,
            reason,
            reason_string: None,
        }
    }
}

/// SUBACK (3.9) and UNSUBACK (3.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAck {
    /// Which SUBSCRIBE or UNSUBSCRIBE.
    pub packet_id: NonZeroU16,
    /// One for each filter, in their order; an UNSUBACK of 3.1.1 has none.
    pub reasons: Vec<ReasonCode>,
    /// For people.
    pub reason_string: Option<String>,
}

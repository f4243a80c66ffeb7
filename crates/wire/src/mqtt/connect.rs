//! CONNECT: who a client is, and what it asks for.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{MessageProperties, Qos, UserProperty};

/// CONNECT (3.1). What only 5 has is at its default in 3.1.1. The level is the decoder's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Who connects; may be empty where `clean_start` is set.
    pub client_id: String,
    /// Whether an old session of this client is to be forgotten.
    pub clean_start: bool,
    /// Seconds within which the client will send something; 0: it promises nothing.
    pub keep_alive: u16,
    /// The user name.
    pub user_name: Option<String>,
    /// The password.
    pub password: Option<Password>,
    /// What is to be published when the client is gone.
    pub will: Option<Will>,
    /// Seconds that the session is to be kept.
    pub session_expiry: u32,
    /// How many publishes of QoS 1 and 2 the client takes unanswered; absent means 65,535.
    pub receive_maximum: Option<NonZeroU16>,
    /// Octets of the largest packet that the client takes; absent means any.
    pub maximum_packet_size: Option<NonZeroU32>,
    /// The highest topic alias that the client takes; 0: none.
    pub topic_alias_maximum: u16,
    /// Whether the client wants reason strings and user properties in every packet.
    pub wants_problem_information: bool,
    /// How the client wants to be authenticated beyond this packet.
    pub authentication_method: Option<String>,
    /// Whatever else.
    pub user_properties: Vec<UserProperty>,
}

impl Connect {
    /// A client that asks for nothing special.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            clean_start: true,
            keep_alive: 0,
            user_name: None,
            password: None,
            will: None,
            session_expiry: 0,
            receive_maximum: None,
            maximum_packet_size: None,
            topic_alias_maximum: 0,
            wants_problem_information: true,
            authentication_method: None,
            user_properties: Vec::new(),
        }
    }
}

/// The will message (3.1.2.5).
#[derive(Clone, PartialEq, Eq)]
pub struct Will {
    /// Where it is to be published.
    pub topic: String,
    /// What.
    pub payload: Bytes,
    /// How surely.
    pub qos: Qos,
    /// Whether it is to be retained.
    pub retain: bool,
    /// Seconds after the end of the connection.
    pub delay: Option<u32>,
    /// Its properties; a will has no topic alias.
    pub properties: MessageProperties,
}

/// The payload stays out of logs (I10).
impl fmt::Debug for Will {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Will")
            .field("topic", &self.topic)
            .field("payload_octets", &self.payload.len())
            .field("qos", &self.qos)
            .field("retain", &self.retain)
            .finish_non_exhaustive()
    }
}

/// A password. Wiped when it is dropped, and never shown (I10).
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Takes a copy.
    pub fn new(octets: &[u8]) -> Self {
        Self(Zeroizing::new(octets.to_vec()))
    }

    /// The octets, for whoever judges them. Compare in constant time, or compare digests.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

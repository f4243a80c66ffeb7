//! PUBLISH: a message on a topic.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};

use bytes::Bytes;

use super::{Qos, UserProperty};

/// PUBLISH (3.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Publish {
    /// Whether the sender may have sent it before; never with QoS 0.
    pub dup: bool,
    /// How surely.
    pub qos: Qos,
    /// Whether the receiver is to keep it for those who come later.
    pub retain: bool,
    /// Where; empty where a topic alias stands for it.
    pub topic: String,
    /// What the answer will name; absent with QoS 0.
    pub packet_id: Option<NonZeroU16>,
    /// 5: see there.
    pub properties: MessageProperties,
    /// What.
    pub payload: Bytes,
}

/// The payload stays out of logs (I10).
impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("topic", &self.topic)
            .field("payload_octets", &self.payload.len())
            .field("packet_id", &self.packet_id)
            .field("dup", &self.dup)
            .field("qos", &self.qos)
            .field("retain", &self.retain)
            .finish_non_exhaustive()
    }
}

/// What 5 lets a message carry along (3.3.2.3, 3.1.3.2). All absent in 3.1.1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageProperties {
    /// The payload is said to be UTF-8.
    pub is_text: bool,
    /// Seconds after which it is of no use. An expiry of 0 is refused as malformed.
    pub expiry: Option<NonZeroU32>,
    /// A number that stands for the topic.
    pub topic_alias: Option<NonZeroU16>,
    /// What the payload is, such as `application/cbor`.
    pub content_type: Option<String>,
    /// Where an answer is to go.
    pub response_topic: Option<String>,
    /// What the answer is to repeat.
    pub correlation_data: Option<Bytes>,
    /// Whatever else.
    pub user_properties: Vec<UserProperty>,
}

//! MQTT 5 and 3.1.1: the packets of the panel protocol, for both ends of a connection.
//!
//! ```text
//! type flags | remaining length | variable header | payload
//! └──────── fixed header ───────┘
//!  1 octet     1 to 4 octets
//! ```
//!
//! Reading goes in three steps. [`Decoder`] cuts a stream into packets and judges each fixed
//! header before its body is waited for. The body is taken apart by `rmqtt-codec`; none of its
//! types leaves this module. What that codec lets pass and the standards forbid is refused by our
//! own checks, before or behind it. [`encode`] writes packets, and is ours alone.
//!
//! Clauses are those of "MQTT Version 5.0" and "MQTT Version 3.1.1" (OASIS).
//!
//! What never happens here: a decision what a topic or a payload means, who may publish where, or
//! when to answer. QoS 2 is read and left to the session to refuse.

mod ack;
mod check;
mod connect;
mod decode;
mod encode;
mod fixed;
mod packet;
mod publish;
mod read;
mod reason;
mod topic;

pub use ack::{ConnAck, PubAck, SubAck};
pub use connect::{Connect, Password, Will};
pub use decode::{Decoder, Refused};
pub use encode::{CannotEncode, encode};
pub use fixed::Kind;
pub use packet::{Disconnect, Level, Packet, Qos, Subscribe, Subscription, Unsubscribe};
pub use publish::{MessageProperties, Publish};
pub use reason::ReasonCode;
pub use topic::{is_filter, is_name, share};

/// A name with its value, which the standard gives no meaning (MQTT 5, 1.5.7).
pub type UserProperty = (String, String);

//! A packet, as both levels know it, and the small ones.

use std::num::NonZeroU16;

use super::{ConnAck, Connect, Kind, PubAck, Publish, ReasonCode, SubAck, UserProperty};

/// Which of the two standards a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// MQTT 3.1.1, protocol level 4.
    V311,
    /// MQTT 5.0, protocol level 5.
    V5,
}

/// How surely a message is delivered (4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Qos {
    /// QoS 0: no answer.
    AtMostOnce,
    /// QoS 1: answered by PUBACK.
    AtLeastOnce,
    /// QoS 2: read, so that it can be refused by its name.
    ExactlyOnce,
}

impl Qos {
    /// The number on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The QoS with this number; `None` above 2.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// A packet of either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// Client to server, the first.
    Connect(Box<Connect>),
    /// Its answer.
    ConnAck(Box<ConnAck>),
    /// A message.
    Publish(Publish),
    /// The answer to a message of QoS 1.
    PubAck(PubAck),
    /// Client to server: which topics it wants.
    Subscribe(Subscribe),
    /// Its answer, a reason for each filter.
    SubAck(SubAck),
    /// Client to server: which topics it no longer wants.
    Unsubscribe(Unsubscribe),
    /// Its answer; in 3.1.1 without reasons.
    UnsubAck(SubAck),
    /// Client to server: are you there?
    PingReq,
    /// Its answer.
    PingResp,
    /// The end; from a server only in 5.
    Disconnect(Disconnect),
    /// PUBREC, PUBREL, PUBCOMP or AUTH: well formed as far as we look, and never offered here.
    NotOffered(Kind),
}

impl Packet {
    /// What kind of packet it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Connect(_) => Kind::Connect,
            Self::ConnAck(_) => Kind::ConnAck,
            Self::Publish(_) => Kind::Publish,
            Self::PubAck(_) => Kind::PubAck,
            Self::Subscribe(_) => Kind::Subscribe,
            Self::SubAck(_) => Kind::SubAck,
            Self::Unsubscribe(_) => Kind::Unsubscribe,
            Self::UnsubAck(_) => Kind::UnsubAck,
            Self::PingReq => Kind::PingReq,
            Self::PingResp => Kind::PingResp,
            Self::Disconnect(_) => Kind::Disconnect,
            Self::NotOffered(kind) => *kind,
        }
    }
}

/// SUBSCRIBE (3.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    /// What SUBACK will name.
    pub packet_id: NonZeroU16,
    /// 5: sent along with each message that matches.
    pub subscription_id: Option<u32>,
    /// What is wanted; at least one.
    pub filters: Vec<Subscription>,
}

/// One wish of a SUBSCRIBE. Retain options of 5 are read and dropped: nothing is retained here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic filter.
    pub filter: String,
    /// The highest QoS wanted.
    pub qos: Qos,
    /// 5: what the client published itself is not to come back.
    pub no_local: bool,
}

/// UNSUBSCRIBE (3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// What UNSUBACK will name.
    pub packet_id: NonZeroU16,
    /// What is no longer wanted; at least one.
    pub filters: Vec<String>,
}

/// DISCONNECT (3.14). In 3.1.1 it says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    /// Why.
    pub reason: ReasonCode,
    /// From a client: for how many seconds its session is to be kept.
    pub session_expiry: Option<u32>,
    /// For people.
    pub reason_string: Option<String>,
    /// Whatever else.
    pub user_properties: Vec<UserProperty>,
}

impl Disconnect {
    /// One that says why and no more.
    pub const fn because(reason: ReasonCode) -> Self {
        Self {
            reason,
            session_expiry: None,
            reason_string: None,
            user_properties: Vec::new(),
        }
    }
}

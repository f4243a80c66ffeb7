//! The reason codes of MQTT 5, which name every refusal here, whatever the level of the peer.

/// Writes the enumeration, its numbers and the way back from one list.
macro_rules! reason_codes {
    ($($(#[$doc:meta])+ $name:ident = $number:literal,)+) => {
        /// Why, in one octet (MQTT 5, 2.4). Below 0x80 means success.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum ReasonCode {
            $($(#[$doc])+ $name = $number,)+
        }

        impl ReasonCode {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code with this number; `None` when the standard knows none.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

reason_codes! {
    /// It went well; in DISCONNECT: a normal end without will; in SUBACK: QoS 0 is granted.
    Success = 0x00,
    /// In SUBACK: QoS 1 is granted.
    GrantedQos1 = 0x01,
    /// In SUBACK: QoS 2 is granted.
    GrantedQos2 = 0x02,
    /// In DISCONNECT: the end, and the will is to be published.
    DisconnectWithWill = 0x04,
    /// Taken in; nobody subscribes to it.
    NoMatchingSubscribers = 0x10,
    /// In UNSUBACK: there was no such subscription.
    NoSubscriptionExisted = 0x11,
    /// In AUTH: go on.
    ContinueAuthentication = 0x18,
    /// In AUTH: begin again.
    Reauthenticate = 0x19,
    /// None of the others.
    UnspecifiedError = 0x80,
    /// The octets are no packet.
    MalformedPacket = 0x81,
    /// A packet that was not due, or says what it must not.
    ProtocolError = 0x82,
    /// Right, but not served here.
    ImplementationSpecificError = 0x83,
    /// Another level of the protocol.
    UnsupportedProtocolVersion = 0x84,
    /// Not a client id that is accepted here.
    ClientIdentifierNotValid = 0x85,
    /// User name or password is wrong.
    BadUserNameOrPassword = 0x86,
    /// Not allowed.
    NotAuthorized = 0x87,
    /// The server cannot serve now.
    ServerUnavailable = 0x88,
    /// The server is busy: later.
    ServerBusy = 0x89,
    /// Shut out by a person.
    Banned = 0x8A,
    /// The server goes down.
    ServerShuttingDown = 0x8B,
    /// No such authentication method.
    BadAuthenticationMethod = 0x8C,
    /// Nothing came for one and a half times the keep-alive.
    KeepAliveTimeout = 0x8D,
    /// The same client id connected anew.
    SessionTakenOver = 0x8E,
    /// Not a topic filter, or not here.
    TopicFilterInvalid = 0x8F,
    /// Not a topic name, or not here.
    TopicNameInvalid = 0x90,
    /// The packet id is under way already.
    PacketIdentifierInUse = 0x91,
    /// No such packet id is under way.
    PacketIdentifierNotFound = 0x92,
    /// More unanswered publishes than were allowed.
    ReceiveMaximumExceeded = 0x93,
    /// Topic alias of 0 or above the maximum.
    TopicAliasInvalid = 0x94,
    /// Longer than the receiver said it takes.
    PacketTooLarge = 0x95,
    /// Too many in too short a time.
    MessageRateTooHigh = 0x96,
    /// A quota is used up.
    QuotaExceeded = 0x97,
    /// A person ended it.
    AdministrativeAction = 0x98,
    /// The payload is not what the format says.
    PayloadFormatInvalid = 0x99,
    /// Retained messages are not offered.
    RetainNotSupported = 0x9A,
    /// The QoS is not offered.
    QosNotSupported = 0x9B,
    /// Go to another server for now.
    UseAnotherServer = 0x9C,
    /// Go to another server for good.
    ServerMoved = 0x9D,
    /// Shared subscriptions are not offered.
    SharedSubscriptionsNotSupported = 0x9E,
    /// Connections come too fast.
    ConnectionRateExceeded = 0x9F,
    /// The connection lasted as long as it may.
    MaximumConnectTime = 0xA0,
    /// Subscription identifiers are not offered.
    SubscriptionIdentifiersNotSupported = 0xA1,
    /// Wildcards are not offered.
    WildcardSubscriptionsNotSupported = 0xA2,
}

impl ReasonCode {
    /// The number on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether it is a refusal.
    pub const fn is_error(self) -> bool {
        self.number() >= 0x80
    }

    /// The return code of a CONNACK of 3.1.1 (3.2.2.3) that says the same; `None` where there is
    /// none and the connection can only be closed.
    pub const fn connect_return_code(self) -> Option<u8> {
        match self {
            Self::Success => Some(0),
            Self::UnsupportedProtocolVersion => Some(1),
            Self::ClientIdentifierNotValid => Some(2),
            Self::ServerUnavailable
            | Self::ServerBusy
            | Self::ServerShuttingDown
            | Self::QuotaExceeded
            | Self::ConnectionRateExceeded => Some(3),
            Self::BadUserNameOrPassword => Some(4),
            Self::NotAuthorized | Self::Banned | Self::BadAuthenticationMethod => Some(5),
            _ => None,
        }
    }

    /// What a return code of a CONNACK of 3.1.1 means.
    pub const fn from_connect_return_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Success),
            1 => Some(Self::UnsupportedProtocolVersion),
            2 => Some(Self::ClientIdentifierNotValid),
            3 => Some(Self::ServerUnavailable),
            4 => Some(Self::BadUserNameOrPassword),
            5 => Some(Self::NotAuthorized),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_43_codes_of_the_standard_are_found_by_their_numbers_and_no_others() {
        assert_eq!(ReasonCode::ALL.len(), 43);
        for number in 0..=u8::MAX {
            let code = ReasonCode::from_number(number);
            assert_eq!(
                code.is_some(),
                ReasonCode::ALL.iter().any(|c| c.number() == number)
            );
            assert!(code.is_none_or(|code| code.number() == number));
        }
    }

    #[test]
    fn every_return_code_of_3_1_1_comes_back_as_itself() {
        for code in 0..=5 {
            let reason = ReasonCode::from_connect_return_code(code).unwrap();
            assert_eq!(reason.connect_return_code(), Some(code));
        }
        assert_eq!(ReasonCode::from_connect_return_code(6), None);
    }
}

//! Everything that is refused, ignored or odd is counted by reason (I4).

macro_rules! counted {
    ($($(#[$doc:meta])* $variant:ident, $name:literal;)*) => {
        /// A reason to count something. The position is the number in link messages: append only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counted { $($(#[$doc])* $variant,)* }

        impl Counted {
            /// All reasons, in the order of link messages.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Reasons for which TLS handshakes are refused.
            pub const HANDSHAKES_REFUSED: &'static [Self] = &[
                Self::TlsNoCertificate,
                Self::TlsBadCertificate,
                Self::TlsUnknownAuthority,
                Self::TlsNotInForce,
                Self::TlsVersion,
                Self::TlsRefused,
            ];

            /// The position in [`Self::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }
        }
    };
}

counted! {
    /// A frame of good form whose CRC is wrong: no answer.
    BadCrc, "bad_crc";
    /// A length that is wrong, or does not begin with 0: no answer.
    BadLength, "bad_length";
    /// Octets that are no frame: skipped up to the next LF.
    NotAFrame, "not_a_frame";
    /// A frame that was begun and not completed in time.
    Incomplete, "incomplete";
    /// A good frame whose content cannot be read: DUH.
    Malformed, "malformed";
    /// A good frame with a token that nobody knows: DUH.
    UnknownToken, "unknown_token";
    /// A good frame of an account that is not registered: DUH.
    UnknownAccount, "unknown_account";
    /// An encrypted frame of an account without a key: DUH.
    NoKey, "no_key";
    /// Accepted, though not quite as the standard wants it (R5).
    NonStandard, "non_standard";
    /// A supervision message that was answered.
    Supervision, "supervision";
    /// A signal that was handed to the engine.
    Signal, "signal";
    /// A signal that was acknowledged.
    Acknowledged, "acknowledged";
    /// A signal that was refused by the engine and left unanswered.
    Refused, "refused";
    /// A connection that was accepted.
    Accepted, "accepted";
    /// A connection closed because no valid frame of a registered account came in time.
    NoIdentityInTime, "no_identity_in_time";
    /// A connection without identity closed to make room for a newer one.
    EvictedWithoutIdentity, "evicted_without_identity";
    /// A connection refused because the gateway is full.
    Full, "full";
    /// A connection closed or refused because storage cannot be promised (R4).
    NoPromise, "no_promise";
    /// A connection closed because it was silent for too long.
    Idle, "idle";
    /// Reading paused, or a datagram left unanswered, because the account sent more than its
    /// share (R7).
    AccountLimited, "account_limited";
    /// A connection closed, or a datagram left unanswered, because its address spent more than its
    /// share (R7).
    AddressLimited, "address_limited";
    /// A connection that the other side closed.
    ClosedByPeer, "closed_by_peer";
    /// A connection that broke.
    Broken, "broken";
    /// A proof of commitment for a signal that the session did not send, or not so (I1): no
    /// acknowledgement. It would be our own mistake.
    ProofMismatch, "proof_mismatch";
    /// An encrypted frame of a registered account that none of its keys opens (R6).
    WrongKey, "wrong_key";
    /// An encrypted frame whose timestamp is outside the window: the panel is told our time (R3).
    OutsideWindow, "outside_window";
    /// Accepted, though its padding is not the account's habit (R1).
    OddPadding, "odd_padding";
    /// Accepted, though it is plain and the account has encrypted before (R1).
    PlainAfterEncrypted, "plain_after_encrypted";
    /// A datagram that was read.
    Datagram, "datagram";
    /// A datagram that was not answered in time; the panel sends it again.
    DatagramExpired, "datagram_expired";
    /// An answer to a datagram that could not be sent; the panel sends its own again.
    DatagramUnsent, "datagram_unsent";
    /// A stranger's frame of which the engine was not told, since it does not keep up.
    StrayUntold, "stray_untold";
    /// Octets that are no MQTT packet, or one that was not due: the connection ends.
    MqttMalformed, "mqtt_malformed";
    /// An MQTT packet that was not due, or said what it must not: the connection ends.
    MqttProtocolError, "mqtt_protocol_error";
    /// An MQTT packet before CONNECT, or a second CONNECT: the connection ends.
    MqttOutOfTurn, "mqtt_out_of_turn";
    /// A CONNECT of a level of MQTT that is not spoken here.
    MqttLevel, "mqtt_level";
    /// An MQTT packet longer than announced: the connection ends.
    PacketTooLarge, "packet_too_large";
    /// A CONNECT whose client id is no account, or no account and path.
    BadClientId, "bad_client_id";
    /// A CONNECT that wants to be authenticated in a way that is not offered.
    BadAuthentication, "bad_authentication";
    /// A CONNECT with a will that is not for its own `conn` topic.
    ForeignWill, "foreign_will";
    /// A CONNECT that the engine refused; its own counters say why.
    NotAdmitted, "not_admitted";
    /// A CONNECT refused because there is too much to do at the moment.
    Busy, "busy";
    /// A session that was let in.
    Connected, "connected";
    /// A session ended because the same path connected anew.
    TakenOver, "taken_over";
    /// A session ended because it is no longer let in.
    Ended, "ended";
    /// A session from which nothing came for one and a half times its keep-alive.
    KeepAlive, "keep_alive";
    /// R28: a session ended because a signal of it was not stored in time.
    Unstored, "unstored";
    /// More unanswered publishes than announced: the connection ends.
    ReceiveMaximum, "receive_maximum";
    /// A topic alias, though none is offered: the connection ends.
    TopicAlias, "topic_alias";
    /// QoS 2, which is not offered: the connection ends.
    QosNotOffered, "qos_not_offered";
    /// A publish to a topic of another account.
    ForeignTopic, "foreign_topic";
    /// A publish to a topic that does not exist.
    UnknownTopic, "unknown_topic";
    /// A publish to a topic that is laid out and not served yet.
    NotServed, "not_served";
    /// A subscription to topics of others.
    ForeignSubscription, "foreign_subscription";
    /// A shared subscription, or one with an identifier, which are not offered.
    SubscriptionNotOffered, "subscription_not_offered";
    /// A report of a panel that was taken in.
    Report, "report";
    /// A report of a panel, or a will, that cannot be read: dropped.
    BadReport, "bad_report";
    /// An event that cannot be read: stored as it came.
    BadEvent, "bad_event";
    /// An event without a request for an answer (QoS 0): stored, and not acknowledged.
    UnansweredEvent, "unanswered_event";
    /// A TLS handshake that was done in full.
    HandshakeFull, "handshake_full";
    /// A TLS handshake that resumed a session.
    HandshakeResumed, "handshake_resumed";
    /// A handshake refused because no client certificate was shown where one is required.
    TlsNoCertificate, "tls_no_certificate";
    /// A handshake refused because the client's certificate is no good.
    TlsBadCertificate, "tls_bad_certificate";
    /// A handshake refused because nobody we trust signed the client's certificate.
    TlsUnknownAuthority, "tls_unknown_authority";
    /// A handshake refused because the client's certificate is not in force yet, or somebody's above it is
    /// no more.
    TlsNotInForce, "tls_not_in_force";
    /// A handshake refused because the client knows neither TLS 1.3 nor 1.2.
    TlsVersion, "tls_version";
    /// A handshake refused for anything else: no TLS at all, nothing in common.
    TlsRefused, "tls_refused";
    /// A connection that the other side ended with a TLS alert: it does not like our certificate.
    TlsPeerRefused, "tls_peer_refused";
    /// A connection closed because of a TLS record that is none, or is no good.
    TlsBadRecord, "tls_bad_record";
    /// Material for TLS that is of no use: what was there before stays.
    TlsMaterialRefused, "tls_material_refused";
    /// A session ended so that its panel comes again with a shorter keep-alive (R10).
    KeepAliveShortened, "keep_alive_shortened";
}

//! What the standards forbid, each with its reason.

use wire::mqtt::{
    CannotEncode, Connect, Decoder, Disconnect, Kind, Level, Packet, Password, ReasonCode, encode,
};

use super::{LARGE, LEVELS, read, refused};

/// CONNECT with these flags and what follows the properties.
fn connect(level: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    let properties: &[u8] = if level == 5 { b"\0" } else { b"" };
    body(
        0x10,
        &[
            b"\0\x04MQTT".as_slice(),
            &[level, flags, 0, 60],
            properties,
            rest,
        ]
        .concat(),
    )
}

fn body(first: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).unwrap();
    assert!(length < 128);
    [&[first, length], body].concat()
}

/// That octets are refused for `reason` at both levels.
#[track_caller]
fn both(octets: &[u8], reason: ReasonCode) {
    for level in LEVELS {
        assert_eq!(refused(octets, level), Some(reason), "{level:?}");
    }
}

#[test]
fn a_good_connect_is_the_measure_of_the_bad_ones() {
    assert_eq!(
        refused(&connect(4, 0xC2, b"\0\x011\0\x011\0\x012"), Level::V311),
        None
    );
    assert_eq!(
        refused(&connect(5, 0xC2, b"\0\x011\0\x011\0\x012"), Level::V5),
        None
    );
}

#[test]
fn a_password_needs_a_user_name_in_3_1_1_only() {
    let octets = connect(4, 0x42, b"\0\x011\0\x012");
    assert_eq!(
        refused(&octets, Level::V311),
        Some(ReasonCode::ProtocolError)
    );
    assert_eq!(
        refused(&connect(5, 0x42, b"\0\x011\0\x012"), Level::V5),
        None
    );
}

#[test]
fn flags_of_a_connect_must_go_together() {
    for level in [4, 5] {
        for flags in [0x03, 0x0A, 0x22, 0x1E] {
            let octets = connect(level, flags, b"\0\x011\0\x01a\0\0");
            assert_eq!(
                refused(&octets, Level::V5),
                Some(ReasonCode::MalformedPacket)
            );
        }
    }
}

#[test]
fn a_connect_is_as_long_as_its_parts() {
    for level in [4, 5] {
        for rest in [b"\0\x011x".as_slice(), b"\0\x03a", b""] {
            let octets = connect(level, 0x02, rest);
            assert_eq!(
                refused(&octets, Level::V5),
                Some(ReasonCode::MalformedPacket)
            );
        }
    }
}

#[test]
fn an_empty_client_id_needs_a_clean_start() {
    for level in [4, 5] {
        let octets = connect(level, 0x00, b"\0\0");
        assert_eq!(
            refused(&octets, Level::V5),
            Some(ReasonCode::ClientIdentifierNotValid)
        );
    }
}

#[test]
fn other_protocols_and_levels_are_named() {
    let old = body(0x10, b"\0\x06MQIsdp\x03\x02\0\x3C\0\x011");
    assert_eq!(
        refused(&old, Level::V5),
        Some(ReasonCode::UnsupportedProtocolVersion)
    );
    let new = connect(6, 0x02, b"\0\x011");
    assert_eq!(
        refused(&new, Level::V5),
        Some(ReasonCode::UnsupportedProtocolVersion)
    );
    let other = body(0x10, b"\0\x04HTTP\x04\x02\0\x3C\0\x011");
    assert_eq!(
        refused(&other, Level::V5),
        Some(ReasonCode::MalformedPacket)
    );
}

#[test]
fn nothing_comes_before_a_connect_and_no_second_one_after_it() {
    let mut server = Decoder::server(LARGE);
    let early = server.next(&mut &[0xC0][..]).unwrap_err();
    assert_eq!(
        (early.reason, early.kind),
        (ReasonCode::ProtocolError, Some(Kind::PingReq))
    );
    let octets = connect(4, 0x02, b"\0\x011").repeat(2);
    let (packets, reason) = read(Decoder::server(LARGE), [&octets[..]]);
    assert_eq!(
        (packets.len(), reason),
        (1, Some(ReasonCode::ProtocolError))
    );
}

#[test]
fn a_dup_flag_without_qos_is_malformed() {
    both(&body(0x38, b"\0\x01a\0"), ReasonCode::MalformedPacket);
}

#[test]
fn qos_3_is_malformed_in_publish_and_subscribe() {
    both(&body(0x36, b"\0\x01a\0\x01\0"), ReasonCode::MalformedPacket);
    assert_eq!(
        refused(&body(0x82, b"\0\x01\0\x01a\x03"), Level::V311),
        Some(ReasonCode::MalformedPacket)
    );
    assert_eq!(
        refused(&body(0x82, b"\0\x01\0\0\x01a\x03"), Level::V5),
        Some(ReasonCode::MalformedPacket)
    );
}

#[test]
fn a_topic_with_a_wildcard_is_no_name() {
    for topic in [b"\0\x03a/#\0", b"\0\x03a/+\0", b"\0\x03a#b\0"] {
        both(&body(0x30, topic), ReasonCode::TopicNameInvalid);
    }
    for level in [4, 5] {
        let properties: &[u8] = if level == 5 { b"\0" } else { b"" };
        let rest = [b"\0\x011".as_slice(), properties, b"\0\x01+\0\0"].concat();
        let octets = connect(level, 0x06, &rest);
        assert_eq!(
            refused(&octets, Level::V5),
            Some(ReasonCode::TopicNameInvalid)
        );
    }
}

#[test]
fn a_string_with_nul_or_without_utf_8_is_malformed() {
    both(&body(0x30, b"\0\x02a\0\0"), ReasonCode::MalformedPacket);
    both(&body(0x30, b"\0\x02a\xFF\0"), ReasonCode::MalformedPacket);
    assert_eq!(
        refused(&connect(4, 0x02, b"\0\x021\0"), Level::V311),
        Some(ReasonCode::MalformedPacket)
    );
    let content_type = body(0x30, b"\0\x01a\x04\x03\0\x01\0");
    assert_eq!(
        refused(&content_type, Level::V5),
        Some(ReasonCode::MalformedPacket)
    );
}

#[test]
fn an_empty_topic_needs_an_alias() {
    assert_eq!(
        refused(&body(0x30, b"\0\0"), Level::V311),
        Some(ReasonCode::TopicNameInvalid)
    );
    assert_eq!(
        refused(&body(0x30, b"\0\0\0"), Level::V5),
        Some(ReasonCode::ProtocolError)
    );
    assert_eq!(refused(&body(0x30, b"\0\0\x03\x23\0\x01"), Level::V5), None);
}

#[test]
fn a_bad_filter_is_refused() {
    for filter in ["a#", "a/#/b", "a+", "$share/n", "$share//a"] {
        let length = u8::try_from(filter.len()).unwrap();
        let one = [&[0, length], filter.as_bytes(), b"\x01"].concat();
        let v311 = body(0x82, &[b"\0\x01".as_slice(), &one].concat());
        assert_eq!(
            refused(&v311, Level::V311),
            Some(ReasonCode::TopicFilterInvalid)
        );
        let v5 = body(0x82, &[b"\0\x01\0".as_slice(), &one].concat());
        assert_eq!(
            refused(&v5, Level::V5),
            Some(ReasonCode::TopicFilterInvalid)
        );
    }
}

#[test]
fn a_subscribe_or_unsubscribe_without_filter_is_a_protocol_error() {
    for first in [0x82, 0xA2] {
        let v311 = body(first, b"\0\x01");
        assert_eq!(refused(&v311, Level::V311), Some(ReasonCode::ProtocolError));
        let v5 = body(first, b"\0\x01\0");
        assert_eq!(refused(&v5, Level::V5), Some(ReasonCode::ProtocolError));
    }
}

#[test]
fn no_local_is_forbidden_with_shared_subscriptions() {
    let shared = body(0x82, b"\0\x01\0\0\x0A$share/n/a\x05");
    assert_eq!(refused(&shared, Level::V5), Some(ReasonCode::ProtocolError));
    let own = body(0x82, b"\0\x01\0\0\x01a\x05");
    assert_eq!(refused(&own, Level::V5), None);
}

#[test]
fn reserved_bits_of_subscribe_options_are_malformed() {
    for options in [0x04, 0x40, 0x81] {
        let v311 = body(0x82, &[b"\0\x01\0\x01a".as_slice(), &[options]].concat());
        assert_eq!(
            refused(&v311, Level::V311),
            Some(ReasonCode::MalformedPacket)
        );
    }
    for options in [0x30, 0x40, 0x81] {
        let v5 = body(0x82, &[b"\0\x01\0\0\x01a".as_slice(), &[options]].concat());
        assert_eq!(refused(&v5, Level::V5), Some(ReasonCode::MalformedPacket));
    }
}

#[test]
fn a_ping_has_no_body() {
    both(&body(0xC0, b"\0"), ReasonCode::MalformedPacket);
    both(&body(0xD0, b"\0"), ReasonCode::MalformedPacket);
}

#[test]
fn reserved_flags_of_the_fixed_header_are_malformed() {
    for first in [
        0x11, 0x21, 0x41, 0x53, 0x60, 0x72, 0x80, 0x91, 0xA0, 0xB1, 0xC1, 0xD8, 0xE1,
    ] {
        both(&[first], ReasonCode::MalformedPacket);
    }
    both(&[0x00], ReasonCode::MalformedPacket);
    assert_eq!(
        refused(&[0xF0], Level::V311),
        Some(ReasonCode::MalformedPacket)
    );
    assert_eq!(
        refused(&[0xF1], Level::V5),
        Some(ReasonCode::MalformedPacket)
    );
}

#[test]
fn a_packet_id_of_0_is_malformed() {
    both(&body(0x32, b"\0\x01a\0\0\0"), ReasonCode::MalformedPacket);
    both(&body(0x40, b"\0\0"), ReasonCode::MalformedPacket);
}

#[test]
fn a_length_is_written_as_short_as_it_can_be_and_in_four_octets() {
    both(&[0xC0, 0x80, 0x00], ReasonCode::MalformedPacket);
    both(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF], ReasonCode::MalformedPacket);
}

#[test]
fn what_3_1_1_gives_no_body_has_none() {
    assert_eq!(
        refused(b"\xE0\x01\0", Level::V311),
        Some(ReasonCode::MalformedPacket)
    );
    assert_eq!(
        refused(b"\x20\x03\0\0\0", Level::V311),
        Some(ReasonCode::MalformedPacket)
    );
}

#[test]
fn a_property_given_twice_or_out_of_place_is_refused() {
    let twice = body(0x30, b"\0\x01a\x06\x23\0\x01\x23\0\x01");
    assert_eq!(
        refused(&twice, Level::V5),
        Some(ReasonCode::MalformedPacket)
    );
    let misplaced = body(0x30, b"\0\x01a\x03\x21\0\x01");
    assert_eq!(
        refused(&misplaced, Level::V5),
        Some(ReasonCode::MalformedPacket)
    );
}

#[test]
fn qos_2_and_auth_are_read_so_that_they_can_be_refused_by_their_names() {
    for (octets, kind) in [
        (b"\x50\x02\0\x01", Kind::PubRec),
        (b"\x62\x02\0\x01", Kind::PubRel),
        (b"\x70\x02\0\x01", Kind::PubComp),
        (b"\xF0\x02\x18\0", Kind::Auth),
    ] {
        let (packets, _) = read(Decoder::client(Level::V5, LARGE), [&octets[..]]);
        assert_eq!(packets, [Packet::NotOffered(kind)]);
    }
}

#[test]
fn what_cannot_be_said_leaves_nothing_behind() {
    let mut out = b"before".to_vec();
    let lonely = Packet::Connect(Box::new(Connect {
        password: Some(Password::new(b"x")),
        ..Connect::new("1")
    }));
    let long = Packet::Connect(Box::new(Connect::new("x".repeat(65_536))));
    let late = Packet::Disconnect(Disconnect::because(ReasonCode::ServerBusy));
    for (packet, error) in [
        (lonely, CannotEncode::Contradiction),
        (long, CannotEncode::TooLong),
        (late, CannotEncode::NotIn311),
        (Packet::NotOffered(Kind::Auth), CannotEncode::Contradiction),
    ] {
        assert_eq!(encode(&packet, Level::V311, &mut out), Err(error));
        assert_eq!(out, b"before");
    }
}

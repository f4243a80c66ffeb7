//! Packets in a stream: split anywhere, several at once, bounded, changed by chance.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::mqtt::{Connect, Decoder, Level, Packet, Password, ReasonCode};

use super::any::{level, packet, packet_and_level};
use super::{decoder, octets, read};

proptest! {
    #[test]
    fn what_is_written_is_read_back((packet, level) in packet_and_level()) {
        let octets = octets(&packet, level);
        let (packets, refused) = read(decoder(&octets, level), [&octets[..]]);
        prop_assert_eq!(refused, None);
        prop_assert_eq!(packets, [packet]);
    }

    #[test]
    fn a_packet_may_be_split_at_any_octet((packet, level) in packet_and_level()) {
        let octets = octets(&packet, level);
        // Every octet of short packets, and of the front of long ones.
        for at in 0..=octets.len().min(300) {
            let (head, tail) = octets.split_at(at);
            let (packets, refused) = read(decoder(&octets, level), [head, tail]);
            prop_assert_eq!(refused, None);
            prop_assert_eq!(&packets[..], std::slice::from_ref(&packet));
        }
        let (packets, _) = read(decoder(&octets, level), octets.chunks(1));
        prop_assert_eq!(packets, [packet]);
    }

    #[test]
    fn what_is_found_does_not_depend_on_the_cutting(
        (octets, level) in changed(),
        cut in 1_usize..40,
    ) {
        let whole = read(decoder(&octets, level), [&octets[..]]);
        let pieces = read(decoder(&octets, level), octets.chunks(cut));
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn changed_octets_never_panic_and_never_take_more_than_allowed(
        (octets, level) in changed(),
        maximum in 2_u32..2_000,
        cut in 1_usize..40,
        is_server in any::<bool>(),
    ) {
        let mut decoder = if is_server { Decoder::server(maximum) } else { Decoder::client(level, maximum) };
        for mut chunk in octets.chunks(cut) {
            while let Ok(Some(_)) = decoder.next(&mut chunk) {
                prop_assert_eq!(decoder.held(), 0);
            }
            prop_assert!(chunk.is_empty());
            prop_assert!(decoder.held() <= usize::try_from(maximum).unwrap().max(5));
            prop_assert!(decoder.is_begun() || decoder.held() == 0);
        }
    }

    #[test]
    fn what_was_read_from_changed_octets_can_be_written_and_read_again(
        (octets, level) in changed(),
    ) {
        let (packets, _) = read(decoder(&octets, level), [&octets[..]]);
        for packet in packets {
            let mut again = Vec::new();
            if wire::mqtt::encode(&packet, level, &mut again).is_ok() {
                let (packets, refused) = read(decoder(&again, level), [&again[..]]);
                prop_assert_eq!(refused, None);
                prop_assert_eq!(packets, [packet]);
            }
        }
    }
}

/// A few packets of one level, with some octets changed, put in or gone.
pub(super) fn changed() -> impl Strategy<Value = (Vec<u8>, Level)> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    level()
        .prop_flat_map(move |level| {
            let packets = vec(packet(level), 1..4);
            (packets, vec(change.clone(), 0..4), Just(level))
        })
        .prop_map(|(packets, changes, level)| {
            let mut all: Vec<u8> = packets.iter().flat_map(|one| octets(one, level)).collect();
            for (at, octet, how) in changes {
                let at = at.index(all.len().max(1));
                match how {
                    0 if at < all.len() => all[at] = octet,
                    1 if at < all.len() => drop(all.remove(at)),
                    2 => all.insert(at, octet),
                    _ => all.truncate(at.max(2)),
                }
            }
            (all, level)
        })
}

#[test]
fn a_claimed_length_takes_no_memory_before_the_octets_come() {
    let mut decoder = Decoder::client(Level::V5, 200_000);
    let mut head = &[0x30, 0x80, 0x80, 0x04][..];
    assert_eq!(decoder.next(&mut head), Ok(None));
    assert!(decoder.held() <= 8, "{}", decoder.held());
    for _ in 0..50 {
        let mut more = &[0; 1_000][..];
        assert_eq!(decoder.next(&mut more), Ok(None));
    }
    assert!(decoder.held() <= 2 * 50_004);
}

#[test]
fn nothing_is_held_between_packets() {
    let ping = octets(&Packet::PingReq, Level::V5);
    let mut decoder = Decoder::client(Level::V5, 100);
    for piece in ping.repeat(3).chunks(3) {
        let mut piece = piece;
        while decoder.next(&mut piece).unwrap().is_some() {
            assert_eq!(decoder.held(), 0);
            assert!(!decoder.is_begun());
        }
    }
}

#[test]
fn a_packet_too_large_is_refused_before_its_body_comes() {
    for (maximum, octets) in [(16_384, &[0x30, 0x80, 0x80, 0x01][..]), (3, &[0x30, 0x02])] {
        let mut decoder = Decoder::client(Level::V5, maximum);
        let refused = decoder.next(&mut &octets[..]).unwrap_err();
        assert_eq!(refused.reason, ReasonCode::PacketTooLarge);
    }
    let mut decoder = Decoder::client(Level::V5, 4);
    assert_eq!(decoder.next(&mut &[0x30, 0x02][..]), Ok(None));
}

#[test]
fn after_a_refusal_nothing_more_is_read() {
    let mut decoder = Decoder::client(Level::V5, 100);
    assert!(decoder.next(&mut &[0x00, 0x00][..]).is_err());
    let mut more = &[0xD0, 0x00][..];
    assert_eq!(decoder.next(&mut more), Ok(None));
    assert!(more.is_empty());
}

#[test]
fn the_level_is_known_from_a_connect_even_where_the_rest_is_refused() {
    for (number, level) in [(4, Level::V311), (5, Level::V5)] {
        let mut decoder = Decoder::server(100);
        assert_eq!(decoder.level(), None);
        let octets = [b"\x10\x08\0\x04MQTT".as_slice(), &[number, 0x01]].concat();
        let refused = decoder.next(&mut &octets[..]).unwrap_err();
        assert_eq!(refused.reason, ReasonCode::MalformedPacket);
        assert_eq!(decoder.level(), Some(level));
    }
}

#[test]
fn a_password_is_never_shown() {
    let connect = Connect {
        user_name: Some("1234".to_owned()),
        password: Some(Password::new(b"wfp_hidden")),
        ..Connect::new("1234")
    };
    let shown = format!("{:?}", Packet::Connect(Box::new(connect)));
    assert!(!shown.contains("hidden") && shown.contains("redacted"));
}

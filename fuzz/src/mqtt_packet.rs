//! MQTT packets under arbitrary octets.

use wire::mqtt::{Decoder, Level, Packet, ReasonCode, encode};

/// Octets of the largest packet that is let in.
const MAXIMUM: u32 = 4_096;

/// The first octet says which end listens at which level and how the stream is cut, the rest is
/// the stream.
///
/// - What is found does not depend on the cutting.
/// - A packet that was read, written and read again is the same packet.
/// - No more memory is held than a packet may have, and none between packets.
///
/// # Panics
///
/// If one of these does not hold.
pub fn mqtt_packet(data: &[u8]) {
    let Some((how, stream)) = data.split_first() else {
        return;
    };
    let decoder = || match how & 0b11 {
        0 => Decoder::client(Level::V311, MAXIMUM),
        1 => Decoder::client(Level::V5, MAXIMUM),
        _ => Decoder::server(MAXIMUM),
    };
    let cut = usize::from(how >> 2).max(1);
    let whole = read(decoder(), stream, stream.len().max(1));
    let pieces = read(decoder(), stream, cut);
    assert!(whole == pieces, "what is found depends on the cutting");
}

fn read(mut decoder: Decoder, stream: &[u8], cut: usize) -> (Vec<Packet>, Option<ReasonCode>) {
    let mut packets = Vec::new();
    for mut input in stream.chunks(cut) {
        loop {
            match decoder.next(&mut input) {
                Ok(Some(packet)) => {
                    assert!(decoder.held() == 0, "memory is held between packets");
                    let level = decoder.level().expect("it was read at a level");
                    check_again(&packet, level);
                    packets.push(packet);
                }
                Ok(None) => break,
                Err(refused) => return (packets, Some(refused.reason)),
            }
        }
        assert!(input.is_empty(), "octets are left over");
        let most = usize::try_from(MAXIMUM).expect("small");
        assert!(decoder.held() <= most, "more is held than a packet has");
    }
    (packets, None)
}

fn check_again(packet: &Packet, level: Level) {
    let mut octets = Vec::new();
    if matches!(packet, Packet::NotOffered(_)) {
        return;
    }
    encode(packet, level, &mut octets).expect("what was read can be written");
    let mut decoder = match packet {
        Packet::Connect(_) => Decoder::server(u32::MAX),
        _ => Decoder::client(level, u32::MAX),
    };
    let again = decoder.next(&mut octets.as_slice());
    assert!(
        again.as_ref() == Ok(&Some(packet.clone())),
        "it is not read again"
    );
}

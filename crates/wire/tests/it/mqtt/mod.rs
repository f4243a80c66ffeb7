//! MQTT packets, seen from outside.

mod any;
mod oracle;
mod refusals;
mod streams;

use wire::mqtt::{Decoder, Level, Packet, ReasonCode, encode};

/// More than any packet here.
const LARGE: u32 = 1 << 20;

const LEVELS: [Level; 2] = [Level::V311, Level::V5];

fn octets(packet: &Packet, level: Level) -> Vec<u8> {
    let mut octets = Vec::new();
    encode(packet, level, &mut octets).unwrap();
    octets
}

/// A decoder that takes `packet` next at `level`: the server's where it is a CONNECT.
fn decoder(octets: &[u8], level: Level) -> Decoder {
    match octets.first() {
        Some(first) if first >> 4 == 1 => Decoder::server(LARGE),
        _ => Decoder::client(level, LARGE),
    }
}

/// The packets in `chunks`, and the refusal that ended them.
fn read<'a>(
    mut decoder: Decoder,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Packet>, Option<ReasonCode>) {
    let mut packets = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.next(&mut chunk) {
                Ok(Some(packet)) => packets.push(packet),
                Ok(None) => break,
                Err(refused) => return (packets, Some(refused.reason)),
            }
        }
        assert!(chunk.is_empty(), "octets are left over");
    }
    (packets, None)
}

/// What a whole packet at `level` is refused for; `None` where it is read.
fn refused(octets: &[u8], level: Level) -> Option<ReasonCode> {
    let (packets, reason) = read(decoder(octets, level), [octets]);
    assert_eq!(packets.is_empty(), reason.is_some(), "{octets:02x?}");
    reason
}

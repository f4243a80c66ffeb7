//! What the floor answers: CONNACK, PUBACK, PINGRESP, and nothing else is done.
//!
//! It believes everybody and keeps nothing, not even who connected: below this no server comes
//! that answers the same messages over TCP.

use anyhow::bail;

/// The greatest packet that it takes.
const MOST: usize = 16_384;

/// What the packets at the beginning of `input` are answered with, and how many octets they are.
/// A packet that is not all there is left (MQTT 5.0, 2.1).
pub(super) fn answer(input: &[u8], output: &mut Vec<u8>) -> anyhow::Result<usize> {
    let mut taken = 0;
    while let Some((first, body, after)) = packet(input.get(taken..).unwrap_or_default())? {
        match first >> 4 {
            // CONNECT: protocol name of four letters, then the level.
            1 if body.get(6) == Some(&5) => output.extend([0x20, 3, 0, 0, 0]),
            1 => output.extend([0x20, 2, 0, 0]),
            // PUBLISH: the identifier is behind the topic, if there is a quality of service.
            3 if first & 6 != 0 => {
                let Some(identifier) = identifier(body) else {
                    bail!("a PUBLISH without an identifier");
                };
                output.extend([0x40, 2, identifier[0], identifier[1]]);
            }
            12 => output.extend([0xD0, 0]),
            _ => {}
        }
        taken += after;
    }
    Ok(taken)
}

/// The first octet and the body of the packet at the beginning, and the length of the whole.
fn packet(input: &[u8]) -> anyhow::Result<Option<(u8, &[u8], usize)>> {
    let mut length = 0_usize;
    for nth in 1..=4 {
        let (Some(first), Some(octet)) = (input.first(), input.get(nth)) else {
            return Ok(None);
        };
        length |= usize::from(octet & 0x7F) << (7 * (nth - 1));
        if octet & 0x80 == 0 {
            if length > MOST {
                bail!("a packet of {length} octets");
            }
            let end = nth + 1 + length;
            return Ok(input.get(nth + 1..end).map(|body| (*first, body, end)));
        }
    }
    bail!("a length of more than four octets")
}

fn identifier(body: &[u8]) -> Option<[u8; 2]> {
    let topic = u16::from_be_bytes([*body.first()?, *body.get(1)?]);
    let at = 2 + usize::from(topic);
    Some([*body.get(at)?, *body.get(at + 1)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(input: &[u8]) -> (usize, Vec<u8>) {
        let mut output = Vec::new();
        let taken = answer(input, &mut output).unwrap();
        (taken, output)
    }

    const CONNECT_5: &[u8] = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x27\x00\x00\x00";
    const CONNECT_4: &[u8] = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x27\x00\x00";
    const PUBLISH: &[u8] = b"\x32\x07\x00\x01t\x12\x34\x00x";

    #[test]
    fn each_packet_is_answered_as_its_version_wants_it() {
        assert_eq!(answered(CONNECT_5), (15, vec![0x20, 3, 0, 0, 0]));
        assert_eq!(answered(CONNECT_4), (14, vec![0x20, 2, 0, 0]));
        assert_eq!(answered(PUBLISH), (9, vec![0x40, 2, 0x12, 0x34]));
        assert_eq!(answered(b"\xC0\x00"), (2, vec![0xD0, 0]));
        assert_eq!(answered(b"\x30\x03\x00\x01t"), (5, vec![]), "QoS 0");
    }

    #[test]
    fn packets_that_come_together_are_answered_together_and_a_piece_waits_for_its_rest() {
        let both = [PUBLISH, b"\xC0\x00", &PUBLISH[..5]].concat();
        assert_eq!(answered(&both), (11, vec![0x40, 2, 0x12, 0x34, 0xD0, 0]));
        for end in 0..PUBLISH.len() {
            assert_eq!(answered(&PUBLISH[..end]), (0, vec![]), "{end}");
        }
    }

    #[test]
    fn what_is_no_packet_is_an_error_and_no_panic() {
        for wrong in [
            &b"\x30\xFF\xFF\xFF\xFF\x01"[..],
            b"\x30\xFF\xFF\x7F",
            b"\x32\x02\x00\x09",
        ] {
            assert!(answer(wrong, &mut Vec::new()).is_err(), "{wrong:?}");
        }
    }
}

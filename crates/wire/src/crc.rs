//! CRC-16/ARC, the check of DC-07 and DC-09 frames.

use crc::{CRC_16_ARC, Crc};

static ARC: Crc<u16> = Crc::<u16>::new(&CRC_16_ARC);

/// CRC-16/ARC: polynomial 0x8005 reflected, initial value 0, no final exclusive or.
pub fn crc16_arc(octets: &[u8]) -> u16 {
    ARC.checksum(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue_is_met() {
        assert_eq!(crc16_arc(b"123456789"), 0xBB3D);
        assert_eq!(crc16_arc(b""), 0);
    }
}

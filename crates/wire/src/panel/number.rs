//! Numbers of both formats, before they are judged.
//!
//! JSON knows one kind of number, and small libraries write whole ones with a fraction of zero or
//! an exponent; CBOR has a kind for each. A number counts for what it is, not for how it is
//! written.

/// Up to here a float of 64 bits shows every whole number (IEEE 754).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number as it was written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    /// The number, if it is a whole one, and known exactly.
    pub(super) fn whole(self) -> Option<i128> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Some(exact(number))
            }
            Self::Float(_) => None,
        }
    }

    /// The number, to the precision of 64 bits.
    pub(super) fn decimal(self) -> f64 {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "beyond 2^53 any bound of a field is passed"
            )]
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole, and within what is exact"
)]
fn exact(number: f64) -> i128 {
    number as i128
}

/// A float of 16 bits (RFC 8949, appendix D).
pub(super) fn half(octets: [u8; 2]) -> f64 {
    let bits = u16::from_be_bytes(octets);
    let exponent = i32::from((bits >> 10) & 0x1F);
    let mantissa = f64::from(bits & 0x3FF);
    let value = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { value } else { -value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_16_bits_are_what_the_standard_says() {
        for (octets, value) in [
            ([0x00, 0x00], 0.0),
            ([0x3C, 0x00], 1.0),
            ([0x3E, 0x00], 1.5),
            ([0x7B, 0xFF], 65_504.0),
            ([0x00, 0x01], 5.960_464_477_539_063e-8),
            ([0x04, 0x00], 0.000_061_035_156_25),
            ([0xC4, 0x00], -4.0),
            ([0x7C, 0x00], f64::INFINITY),
            ([0xFC, 0x00], f64::NEG_INFINITY),
        ] {
            assert_eq!(half(octets).to_bits(), f64::to_bits(value), "{octets:02X?}");
        }
        assert!(half([0x7E, 0x00]).is_nan());
    }

    #[test]
    fn a_number_is_whole_if_it_is_known_to_be() {
        assert_eq!(Number::Float(12.0).whole(), Some(12));
        assert_eq!(Number::Float(-0.0).whole(), Some(0));
        assert_eq!(Number::Float(12.5).whole(), None);
        assert_eq!(Number::Float(1e17).whole(), None);
        assert_eq!(Number::Float(f64::NAN).whole(), None);
        assert_eq!(Number::Float(f64::INFINITY).whole(), None);
    }
}

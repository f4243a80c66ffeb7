//! The key that a panel and we share, in an alarm protocol that encrypts.
//!
//! Invariant: the octets are wiped when the key is dropped, and never printed (I10).

use std::fmt;

use arrayvec::ArrayVec;
use zeroize::Zeroize;

/// How long an AES key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyStrength {
    /// 128 bits.
    Aes128,
    /// 192 bits.
    Aes192,
    /// 256 bits.
    Aes256,
}

impl KeyStrength {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Aes128, Self::Aes192, Self::Aes256];

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aes128 => "aes128",
            Self::Aes192 => "aes192",
            Self::Aes256 => "aes256",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// An AES key of 128, 192 or 256 bits (DC-09 5.4.4).
///
/// Panels are configured with it as characters or as hexadecimal digits, and the same text means
/// another key in the other spelling: whoever enters it must say which.
#[derive(Clone, PartialEq, Eq)]
pub struct CipherKey(ArrayVec<u8, 32>);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCipherKey {
    /// Not 32, 48 or 64 hexadecimal digits.
    #[error("a key is 32, 48 or 64 hexadecimal digits (AES-128, -192, -256)")]
    NotHex,
    /// Not 16, 24 or 32 characters of ASCII.
    #[error("a key in ASCII is 16, 24 or 32 characters (AES-128, -192, -256)")]
    NotAscii,
    /// Not 16, 24 or 32 octets.
    #[error("a key has 16, 24 or 32 octets")]
    Length,
}

impl CipherKey {
    /// From its octets.
    pub fn from_octets(octets: &[u8]) -> Result<Self, BadCipherKey> {
        let fits = matches!(octets.len(), 16 | 24 | 32);
        let key = ArrayVec::try_from(octets).ok().filter(|_| fits);
        key.map(Self).ok_or(BadCipherKey::Length)
    }

    /// From hexadecimal digits, in either case.
    pub fn from_hex(digits: &str) -> Result<Self, BadCipherKey> {
        let digit = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let mut octets = ArrayVec::<u8, 32>::new();
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
            return Err(BadCipherKey::NotHex);
        };
        for [high, low] in pairs {
            let octet = digit(*high).zip(digit(*low)).map(|(h, l)| h << 4 | l);
            let pushed = octet.and_then(|octet| octets.try_push(octet).ok());
            pushed.ok_or(BadCipherKey::NotHex)?;
        }
        let key = Self::from_octets(&octets).map_err(|_| BadCipherKey::NotHex);
        octets.zeroize();
        key
    }

    /// From characters, of which each is an octet of the key.
    pub fn from_ascii(text: &str) -> Result<Self, BadCipherKey> {
        let key = Self::from_octets(text.as_bytes()).ok();
        key.filter(|_| text.is_ascii())
            .ok_or(BadCipherKey::NotAscii)
    }

    /// The octets: 16, 24 or 32 of them.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// How long it is, in bits.
    pub fn bits(&self) -> usize {
        self.0.len() * 8
    }

    /// How long it is, by name.
    pub fn strength(&self) -> KeyStrength {
        match self.0.len() {
            16 => KeyStrength::Aes128,
            24 => KeyStrength::Aes192,
            _ => KeyStrength::Aes256,
        }
    }
}

impl Drop for CipherKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CipherKey({} bits)", self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_given_as_digits_or_as_characters_and_these_differ() {
        let hex = CipherKey::from_hex("850cBA22f7dd4f033405da83e4c5bae9").unwrap();
        assert_eq!(
            (hex.octets()[0], hex.octets()[2], hex.bits()),
            (0x85, 0xBA, 128)
        );
        let text = "850cba22f7dd4f033405da83e4c5bae9";
        let ascii = CipherKey::from_ascii(text).unwrap();
        assert_eq!((ascii.octets(), ascii.bits()), (text.as_bytes(), 256));
        assert_ne!(hex, ascii);
        assert_eq!(
            (hex.strength(), ascii.strength()),
            (KeyStrength::Aes128, KeyStrength::Aes256)
        );
    }

    #[test]
    fn strengths_are_read_back_by_their_names() {
        for strength in KeyStrength::ALL {
            assert_eq!(KeyStrength::parse(strength.as_str()), Some(strength));
        }
        assert_eq!(KeyStrength::parse("aes512"), None);
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_is_expected() {
        for digits in [
            "",
            "85",
            "850cba22f7dd4f033405da83e4c5baex",
            &"a".repeat(31),
            &"a".repeat(66),
        ] {
            assert_eq!(
                CipherKey::from_hex(digits),
                Err(BadCipherKey::NotHex),
                "{digits}"
            );
        }
        for text in ["", "fifteen letters", "schlüsselschlüs"] {
            assert_eq!(
                CipherKey::from_ascii(text),
                Err(BadCipherKey::NotAscii),
                "{text}"
            );
        }
        assert_eq!(CipherKey::from_octets(&[0; 20]), Err(BadCipherKey::Length));
    }

    #[test]
    fn a_key_does_not_print_itself() {
        let key = CipherKey::from_ascii("AAAAAAAAAAAAAAAA").unwrap();
        assert_eq!(format!("{key:?}"), "CipherKey(128 bits)");
    }
}

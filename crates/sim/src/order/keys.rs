//! Under which keys a fleet encrypts: one for all, or one for each panel derived from a secret.
//!
//! Invariant: keys are never printed (I10). They go to another process over a pipe and to a file
//! that only its owner reads, nowhere else.

use std::fmt;

use model::{Account, BadCipherKey, CipherKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Under which keys a fleet encrypts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keys {
    /// It does not.
    None,
    /// All under one.
    One(PanelKey),
    /// Each panel under its own.
    Derived {
        /// From what they are derived.
        secret: String,
        /// How long they are: 128, 192 or 256.
        bits: u16,
    },
}

/// A key, with the spelling in which a person gave it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenKey", into = "WrittenKey")]
pub struct PanelKey {
    /// The key.
    pub key: CipherKey,
    /// Whether it was given as characters; otherwise as hexadecimal digits.
    pub ascii: bool,
}

/// A key as it goes to another process.
#[derive(Serialize, Deserialize)]
struct WrittenKey {
    hex: String,
    ascii: bool,
}

impl Keys {
    /// The key of a panel, if it encrypts.
    ///
    /// # Panics
    ///
    /// Never: a digest of 256 bits is long enough for any key.
    pub fn of(&self, account: Account) -> Option<PanelKey> {
        match self {
            Self::None => None,
            Self::One(key) => Some(key.clone()),
            Self::Derived { secret, bits } => {
                let mut digest = Sha256::new();
                // The zero keeps secret and account apart.
                for part in [secret.as_bytes(), &[0], account.as_str().as_bytes()] {
                    digest.update(part);
                }
                let octets = usize::from(*bits / 8).clamp(16, 32) / 8 * 8;
                let key = CipherKey::from_octets(&digest.finalize()[..octets]);
                Some(PanelKey {
                    key: key.expect("16, 24 or 32 octets of a digest are a key"),
                    ascii: false,
                })
            }
        }
    }
}

impl PanelKey {
    /// From hexadecimal digits.
    pub fn from_hex(digits: &str) -> Result<Self, BadCipherKey> {
        let key = CipherKey::from_hex(digits)?;
        Ok(Self { key, ascii: false })
    }

    /// From characters.
    pub fn from_ascii(text: &str) -> Result<Self, BadCipherKey> {
        let key = CipherKey::from_ascii(text)?;
        Ok(Self { key, ascii: true })
    }

    /// The key in hexadecimal digits. Secret.
    pub fn hex(&self) -> String {
        let digits = self.key.octets().iter().map(|octet| format!("{octet:02X}"));
        digits.collect()
    }
}

impl TryFrom<WrittenKey> for PanelKey {
    type Error = BadCipherKey;

    fn try_from(written: WrittenKey) -> Result<Self, BadCipherKey> {
        Ok(Self {
            key: CipherKey::from_hex(&written.hex)?,
            ascii: written.ascii,
        })
    }
}

impl From<PanelKey> for WrittenKey {
    fn from(key: PanelKey) -> Self {
        Self {
            hex: key.hex(),
            ascii: key.ascii,
        }
    }
}

impl fmt::Debug for PanelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::One(key) => f.debug_tuple("One").field(key).finish(),
            Self::Derived { bits, .. } => write!(f, "Derived({bits} bits)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> Account {
        Account::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn derived_keys_are_each_panels_own_and_always_the_same() {
        for bits in [128, 192, 256] {
            let keys = Keys::Derived {
                secret: "winter".to_owned(),
                bits,
            };
            let key = |text| keys.of(account(text)).unwrap();
            assert_eq!(key("1000"), key("1000"));
            assert_ne!(key("1000"), key("1001"));
            assert_eq!(key("1000").key.bits(), usize::from(bits));
        }
    }

    #[test]
    fn keys_go_to_another_process_and_into_no_log() {
        let keys = Keys::One(PanelKey::from_ascii("sixteen letters!").unwrap());
        let json = serde_json::to_string(&keys).unwrap();
        assert_eq!(serde_json::from_str::<Keys>(&json).unwrap(), keys);
        assert_eq!(format!("{keys:?}"), "One(CipherKey(128 bits))");
        let keys = Keys::Derived {
            secret: "winter".to_owned(),
            bits: 128,
        };
        assert!(!format!("{keys:?}").contains("winter"));
    }
}

//! What came from nobody that we know (R6).

use std::fmt;

use arrayvec::ArrayString;
use model::{AccountKey, Wall};

/// Why something is a stray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StrayReason {
    /// The account is not registered.
    UnknownAccount,
    /// The account is registered, and none of its keys opens the frame.
    WrongKey,
    /// The account is registered without a key, and the frame is encrypted.
    NoKey,
}

impl StrayReason {
    /// All reasons; the position is the number in link messages: append only.
    pub const ALL: [Self; 3] = [Self::UnknownAccount, Self::WrongKey, Self::NoKey];

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::WrongKey => "wrong_key",
            Self::NoKey => "no_key",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// A good frame of somebody whom we do not know, for the quarantine.
#[derive(Clone, PartialEq, Eq)]
pub struct Stray {
    /// Who it says it is.
    pub key: AccountKey,
    /// Why it is a stray.
    pub reason: StrayReason,
    /// The protocol's name for the format: `SIA-DCS`, `NULL`.
    pub format: ArrayString<12>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Whether it was acknowledged all the same, because the operator wants so.
    pub acknowledged: bool,
    /// When the gateway read it.
    pub received: Wall,
    /// The bytes as received, secrets redacted (R31). Personal data.
    pub raw: Vec<u8>,
}

/// Contents are personal data: they stay out of logs.
impl fmt::Debug for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stray")
            .field("key", &self.key)
            .field("reason", &self.reason)
            .field("format", &self.format)
            .field("raw_octets", &self.raw.len())
            .finish_non_exhaustive()
    }
}

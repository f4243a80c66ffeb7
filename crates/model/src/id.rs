//! Typed identifiers: `UUIDv7` (RFC 9562) inside, `pan_…` in base32 outside.
//!
//! Sixteen octets in the store. The printed form is the prefix and 26 lower-case letters of
//! base32hex (RFC 4648 section 7, no padding), which sorts as the octets do, that is by time.
//! Ids are made by [`IdSource`] only, from an injected clock and entropy.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::BASE32_DNSSEC;
use uuid::{Builder, Uuid};

use crate::{Clock, Entropy};

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}: it should look like `{prefix}_` and 26 letters or digits")]
pub struct BadId {
    /// What was given.
    pub text: String,
    /// What was expected, with its article.
    pub kind: &'static str,
    /// The prefix of the expected kind.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the printed form, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// From the sixteen octets that the store keeps.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen octets that the store keeps.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", Self::PREFIX, BASE32_DNSSEC.encode_display(self.0.as_bytes()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(text, Self::PREFIX).map(Self).ok_or_else(|| BadId {
                    text: text.to_owned(),
                    kind: $kind,
                    prefix: Self::PREFIX,
                })
            }
        }

        impl NewId for $name {
            fn new_id(source: &mut IdSource) -> Self {
                Self(source.next_uuid())
            }
        }
    )*};
}

ids! {
    /// A security company, a dealer, an owner.
    OrganisationId, "org", "an organisation id";
    /// The premises that panels protect.
    SiteId, "sit", "a site id";
    /// An alarm control panel or its communicator.
    PanelId, "pan", "a panel id";
    /// One way by which a panel reaches us.
    PathId, "pth", "a path id";
    /// A bearer token of the API.
    TokenId, "tok", "a token id";
}

/// An id type that [`IdSource::make`] can produce.
pub trait NewId: Sized {
    /// Takes the next id from `source`.
    fn new_id(source: &mut IdSource) -> Self;
}

/// Makes ids from the given clock and entropy, so that tests can repeat them.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    entropy: Box<dyn Entropy>,
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSource").finish_non_exhaustive()
    }
}

impl IdSource {
    /// A source that reads `clock` and `entropy` for each id.
    pub fn new(clock: Arc<dyn Clock>, entropy: Box<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// The next id of the wanted type.
    pub fn make<I: NewId>(&mut self) -> I {
        I::new_id(self)
    }

    fn next_uuid(&mut self) -> Uuid {
        let millis = u64::try_from(self.clock.now().wall.millis()).unwrap_or(0);
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

fn parse(text: &str, prefix: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?;
    let octets = BASE32_DNSSEC.decode(digits.as_bytes()).ok()?;
    let octets: [u8; 16] = octets.try_into().ok()?;
    // Base32 decoding accepts upper case; the printed form is the only one we accept, so that
    // an id has one spelling in logs, URLs and audit rows.
    (BASE32_DNSSEC.encode(&octets) == digits).then(|| Uuid::from_bytes(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_with_its_prefix_and_parses_back_strictly() {
        let id = PanelId::from_bytes([0x01; 16]);
        let text = id.to_string();
        assert_eq!(text, "pan_040g2081040g2081040g208104");
        assert_eq!(text.parse(), Ok(id));
        assert!(text.to_uppercase().parse::<PanelId>().is_err());
        assert!(text.replace("pan", "org").parse::<PanelId>().is_err());
        assert!(format!("{text}0").parse::<PanelId>().is_err());
    }
}

//! How a panel proves who it is: by a client certificate, or by a secret of ours.

use std::fmt;

use arrayvec::{ArrayString, ArrayVec};
use zeroize::Zeroizing;

use crate::{AccountKey, Wall};

/// Octets of a certificate's serial number at most (RFC 5280 4.1.2.2).
pub const SERIAL: usize = 20;

/// Names of a certificate that are looked at.
pub const NAMES: usize = 8;

/// The serial number of a certificate, big-endian, without leading zeros.
pub type Serial = ArrayVec<u8, SERIAL>;

/// Who signed a certificate: SHA-256 of the issuer's distinguished name as it is encoded, and of
/// its key identifier (RFC 5280 4.2.1.1), where there is one. Two authorities of one name with
/// different keys are two issuers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer(pub [u8; 32]);

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A name that a certificate gives its holder: the common name, a DNS name, or the last part of a
/// URI, behind its last `:` or `/`.
pub type HolderName = ArrayString<64>;

/// What a client certificate says, once TLS has found its signatures right.
///
/// A resumed handshake shows the certificate of the first one and checks nothing anew: whether it
/// is still good is the engine's to say, after every handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The authority that the chain ends at.
    pub issuer: Issuer,
    /// Who signed the certificate itself; the same, where there is nobody in between.
    pub signer: Issuer,
    /// Its serial number, unique among those of its signer.
    pub serial: Serial,
    /// Until when it is good.
    pub not_after: Wall,
    /// What it calls its holder.
    pub names: ArrayVec<HolderName, NAMES>,
}

/// A secret that a panel shows in place of a certificate. Wiped when dropped, absent from logs (I10).
#[derive(Clone, PartialEq, Eq)]
pub struct PanelSecret(Zeroizing<Vec<u8>>);

impl PanelSecret {
    /// From the octets of the wire.
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets: for the digest, and for the link.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PanelSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PanelSecret(…)")
    }
}

/// What a session knows of who speaks. The certificate of its connection is added by the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityClaim {
    /// Who it says it is.
    pub key: AccountKey,
    /// The secret that it showed.
    pub secret: Option<PanelSecret>,
    /// Whether it must prove it. Of families whose frames prove themselves, or prove nothing, an account
    /// is enough; but a certificate that is shown must be that account's in any case.
    pub must_prove: bool,
}

impl IdentityClaim {
    /// Of a family whose frames carry the proof, if any.
    pub const fn of_account(key: AccountKey) -> Self {
        Self {
            key,
            secret: None,
            must_prove: false,
        }
    }
}

/// How a panel proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Proven {
    /// Not at all, or by its frames.
    #[default]
    ByFrames,
    /// By its secret.
    BySecret,
    /// By its certificate.
    ByCertificate,
    /// R27: by a certificate that has expired. Alarms get in, with that doubt named, and nothing but a renewal
    /// goes out.
    ByExpiredCertificate,
}

impl Proven {
    /// All values.
    pub const ALL: [Self; 4] = [
        Self::ByFrames,
        Self::BySecret,
        Self::ByCertificate,
        Self::ByExpiredCertificate,
    ];
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident, $name:literal;)*) => {
        /// Why somebody is not let in. A panel is told little, an operator this (I10).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IdentityRefusal { $($(#[$doc])* $variant,)* }

        impl IdentityRefusal {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in metrics and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

refusals! {
    /// No such account is registered.
    UnknownAccount, "unknown_account";
    /// Neither certificate nor secret was shown.
    NoProof, "no_proof";
    /// The secret is not the path's.
    WrongSecret, "wrong_secret";
    /// The certificate is somebody else's.
    WrongCertificate, "wrong_certificate";
    /// The certificate's authority is not trusted, or no longer.
    UntrustedIssuer, "untrusted_issuer";
    /// The certificate was revoked.
    Revoked, "revoked";
    /// The certificate expired longer ago than R27 allows.
    LongExpired, "long_expired";
    /// A person disabled the panel.
    Disabled, "disabled";
}

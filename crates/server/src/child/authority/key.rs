//! Private keys in any of the forms that tools write, as PKCS #8.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

/// A private key that TLS can sign with.
pub(super) struct PrivateKey {
    /// As PKCS #8 DER.
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    /// Its public half, as the bits of a certificate's public key.
    pub(super) public: Vec<u8>,
}

impl PrivateKey {
    /// From PKCS #8, PKCS #1 or SEC 1; `None` if it is none of the kinds that TLS can use: RSA of at
    /// least 2048 bits, ECDSA on P-256, P-384 or P-521, Ed25519.
    pub(super) fn new(der: &PrivateKeyDer<'_>) -> Option<Self> {
        let octets = der.secret_der();
        Self::ecdsa(octets)
            .or_else(|| Self::rsa(der))
            .or_else(|| Self::ed25519(octets))
    }

    fn ecdsa(der: &[u8]) -> Option<Self> {
        let curves = [
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &ECDSA_P384_SHA384_ASN1_SIGNING,
            &ECDSA_P521_SHA512_ASN1_SIGNING,
        ];
        let mut pairs = curves
            .iter()
            .filter_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok());
        let pair = pairs.next()?;
        let pkcs8 = pair.to_pkcs8v1().ok()?;
        Some(Self::from_parts(pkcs8.as_ref(), pair.public_key().as_ref()))
    }

    fn rsa(der: &PrivateKeyDer<'_>) -> Option<Self> {
        let octets = der.secret_der();
        let pair = match der {
            PrivateKeyDer::Pkcs1(_) => rsa::KeyPair::from_der(octets),
            _ => rsa::KeyPair::from_pkcs8(octets),
        };
        let pair = pair.ok()?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?;
        Some(Self::from_parts(pkcs8.as_ref(), pair.public_key().as_ref()))
    }

    fn ed25519(der: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        Some(Self::from_parts(der, pair.public_key().as_ref()))
    }

    fn from_parts(pkcs8: &[u8], public: &[u8]) -> Self {
        Self {
            pkcs8: Zeroizing::new(pkcs8.to_vec()),
            public: public.to_vec(),
        }
    }
}

//! Keys at rest: what a connection keeps of its cipher while nothing comes.
//!
//! The library's context of a key, with its schedule and its tables, has 600 octets; a connection
//! has two of them, and a panel says something every few seconds. So a connection keeps its keys,
//! as TLS derived them, and each record has a context made for it by rustls' own suite, which
//! seals or opens it. Records, their numbers and nonces are rustls' as before, and so are
//! the suites and their order: only the life of the context is another.
//!
//! That costs half a microsecond a record, and spares a sixth of what an idle panel takes.
//!
//! Invariant: a suite that is not of TLS 1.3, or whose key is shorter than 32 octets, stays as it is:
//! rustls has no way to hand such a key to its cipher a second time.
//! Invariant: keys are wiped when the connection is gone (I10).

use std::sync::LazyLock;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter,
    NONCE_LEN, OutboundOpaqueMessage, OutboundPlainMessage, Tls13AeadAlgorithm,
    UnsupportedOperationError,
};
use rustls::{
    CipherSuiteCommon, ConnectionTrafficSecrets, Error, SupportedCipherSuite, Tls13CipherSuite,
};
use zeroize::Zeroizing;

/// Octets of a key that can rest.
const KEY: usize = 32;

/// rustls' own provider, its suites in their order, with keys that rest.
pub(super) fn provider() -> CryptoProvider {
    static SUITES: LazyLock<Vec<SupportedCipherSuite>> = LazyLock::new(|| {
        let suites = default_provider().cipher_suites;
        suites.into_iter().map(resting).collect()
    });
    CryptoProvider {
        cipher_suites: SUITES.clone(),
        ..default_provider()
    }
}

/// The suite, with keys that rest if they can. It lives as long as the process, as rustls' do.
fn resting(suite: SupportedCipherSuite) -> SupportedCipherSuite {
    let Some(own) = suite.tls13().filter(|own| own.aead_alg.key_len() == KEY) else {
        return suite;
    };
    let nothing = || (AeadKey::from([0; KEY]), Iv::new([0; NONCE_LEN]));
    let (key, iv) = nothing();
    let cipher: &'static Cipher = Box::leak(Box::new(Cipher {
        own: own.aead_alg,
        overhead: own.aead_alg.encrypter(key, iv).encrypted_payload_len(0),
    }));
    SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
        common: CipherSuiteCommon { ..own.common },
        aead_alg: Box::leak(Box::new(cipher)),
        ..*own
    })))
}

/// A cipher of rustls'.
struct Cipher {
    own: &'static dyn Tls13AeadAlgorithm,
    /// Octets by which a record is longer than what it says.
    overhead: usize,
}

/// The cipher as rustls sees it: it makes keys that rest.
impl Tls13AeadAlgorithm for &'static Cipher {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(Resting::new(self, &key, &iv))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(Resting::new(self, &key, &iv))
    }

    fn key_len(&self) -> usize {
        self.own.key_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.own.extract_keys(key, iv)
    }

    fn fips(&self) -> bool {
        self.own.fips()
    }
}

/// The key of one direction of a connection.
struct Resting {
    cipher: &'static Cipher,
    key: Zeroizing<[u8; KEY]>,
    iv: [u8; NONCE_LEN],
}

impl Resting {
    fn new(cipher: &'static Cipher, key: &AeadKey, iv: &Iv) -> Self {
        let mut resting = Self {
            cipher,
            key: Zeroizing::new([0; KEY]),
            iv: [0; NONCE_LEN],
        };
        resting.key.copy_from_slice(key.as_ref());
        resting.iv.copy_from_slice(iv.as_ref());
        resting
    }

    /// As TLS derived them.
    fn wake(&self) -> (AeadKey, Iv) {
        (AeadKey::from(*self.key), Iv::new(self.iv))
    }
}

impl MessageEncrypter for Resting {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        number: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let (key, iv) = self.wake();
        self.cipher.own.encrypter(key, iv).encrypt(message, number)
    }

    fn encrypted_payload_len(&self, payload: usize) -> usize {
        payload + self.cipher.overhead
    }
}

impl MessageDecrypter for Resting {
    fn decrypt<'a>(
        &mut self,
        message: InboundOpaqueMessage<'a>,
        number: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let (key, iv) = self.wake();
        self.cipher.own.decrypter(key, iv).decrypt(message, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_and_all_else_are_rustls_own_and_in_its_order() {
        let (ours, theirs) = (provider(), default_provider());
        let suites = |provider: &CryptoProvider| {
            let suites = provider.cipher_suites.iter();
            suites.map(SupportedCipherSuite::suite).collect::<Vec<_>>()
        };
        assert_eq!(suites(&ours), suites(&theirs));
        assert_eq!(ours.fips(), theirs.fips());
        for (ours, theirs) in ours.cipher_suites.iter().zip(&theirs.cipher_suites) {
            let (Some(ours), Some(theirs)) = (ours.tls13(), theirs.tls13()) else {
                assert_eq!(ours, theirs, "suites of TLS 1.2 are the very same");
                continue;
            };
            assert_eq!(
                ours.common.confidentiality_limit,
                theirs.common.confidentiality_limit
            );
            let rests = ours.aead_alg.key_len() == KEY;
            assert_eq!(std::ptr::eq(ours, theirs), !rests);
        }
    }

    #[test]
    fn a_key_at_rest_is_small() {
        assert!(size_of::<Resting>() <= 56, "{}", size_of::<Resting>());
    }
}

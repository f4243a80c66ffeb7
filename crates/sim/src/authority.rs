//! A simulated operator's certificate authority: the root that a server is given as
//! `tls.client_ca`, and the client certificates of a fleet under it.
//!
//! Invariant: the key of the root is never printed (I10). It goes to another process over a pipe
//! and to a file that only its owner reads, nowhere else.
//!
//! Everything here is valid from 2000 to 2099: nothing of a simulated fleet expires unless a test
//! wants it to, and no clock is asked.

use std::fmt;
use std::sync::Arc;

use model::Account;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};

/// What the root calls itself. All roots of this kind do: a server tells them apart by key.
const NAME: &str = "Watchfire simulated operator CA";

/// Certificate and key of a root, as their files say them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Papers {
    /// The certificate, PEM: for the server.
    pub certificate: String,
    /// The key, PEM. Secret.
    pub key: String,
}

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum BadAuthority {
    /// What should be its key or its certificate is none.
    #[error("its {0} cannot be read")]
    Unreadable(&'static str),
    /// The key is another certificate's.
    #[error("its key does not go with its certificate")]
    OfTwo,
    /// Nothing can be signed with it.
    #[error("it cannot sign: {0}")]
    CannotSign(String),
}

/// An authority at work.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The key of all panels: to be told apart they need certificates, not keys.
    key: KeyPair,
    signing: Arc<dyn rustls::sign::SigningKey>,
}

impl Papers {
    /// A new root.
    pub fn new() -> Result<Self, BadAuthority> {
        let key = KeyPair::generate().map_err(cannot_sign)?;
        let certificate = root().self_signed(&key).map_err(cannot_sign)?;
        Ok(Self {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

impl Authority {
    /// The authority with these papers; its panels sign by `provider`.
    pub fn open(papers: &Papers, provider: &CryptoProvider) -> Result<Self, BadAuthority> {
        let key = KeyPair::from_pem(&papers.key).map_err(|_| BadAuthority::Unreadable("key"))?;
        let certificate = CertificateDer::from_pem_slice(papers.certificate.as_bytes())
            .map_err(|_| BadAuthority::Unreadable("certificate"))?;
        let public = key.public_key_raw();
        let mut places = certificate.windows(public.len());
        if !places.any(|octets| octets == public) {
            return Err(BadAuthority::OfTwo);
        }
        let panels = KeyPair::generate().map_err(cannot_sign)?;
        let pkcs8 = PrivatePkcs8KeyDer::from(panels.serialize_der());
        let signing = provider
            .key_provider
            .load_private_key(PrivateKeyDer::Pkcs8(pkcs8))
            .map_err(cannot_sign)?;
        Ok(Self {
            issuer: Issuer::new(root(), key),
            key: panels,
            signing,
        })
    }

    /// A client certificate whose common name is the account, and its key.
    pub fn certify(&self, account: Account) -> Result<CertifiedKey, BadAuthority> {
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2099, 12, 31);
        params.distinguished_name = called(account.as_str());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params
            .signed_by(&self.key, &self.issuer)
            .map_err(cannot_sign)?;
        let chain = vec![certificate.der().clone()];
        Ok(CertifiedKey::new(chain, Arc::clone(&self.signing)))
    }
}

/// The root's own terms. They are always the same, so that they need not be read back.
fn root() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    params.distinguished_name = called(NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

fn cannot_sign(error: impl fmt::Display) -> BadAuthority {
    BadAuthority::CannotSign(error.to_string())
}

impl fmt::Debug for Papers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Papers")
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::crypto::aws_lc_rs::default_provider;
    use rustls::server::WebPkiClientVerifier;
    use rustls_pki_types::UnixTime;
    use std::time::Duration;
    use x509_parser::prelude::{FromDer, X509Certificate};

    use super::*;

    fn account() -> Account {
        Account::parse(b"100007").unwrap()
    }

    #[test]
    fn a_panels_certificate_names_its_account_and_is_believed_under_its_root_only() {
        let provider = Arc::new(default_provider());
        let papers = [Papers::new().unwrap(), Papers::new().unwrap()];
        let authority = Authority::open(&papers[0], &provider).unwrap();
        let certified = authority.certify(account()).unwrap();
        let (_, read) = X509Certificate::from_der(&certified.cert[0]).unwrap();
        assert_eq!(read.subject().to_string(), "CN=100007");
        let verdicts = papers.map(|papers| {
            let mut roots = RootCertStore::empty();
            let root = CertificateDer::from_pem_slice(papers.certificate.as_bytes());
            roots.add(root.unwrap()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            let today = UnixTime::since_unix_epoch(Duration::from_hours(500_000));
            let verifier = verifier.build().unwrap();
            verifier
                .verify_client_cert(&certified.cert[0], &[], today)
                .is_ok()
        });
        assert_eq!(verdicts, [true, false]);
    }

    #[test]
    fn papers_of_two_authorities_are_refused_and_never_printed() {
        let [mut papers, other] = [Papers::new().unwrap(), Papers::new().unwrap()];
        papers.key = other.key;
        let refused = Authority::open(&papers, &default_provider()).unwrap_err();
        assert!(matches!(refused, BadAuthority::OfTwo));
        assert_eq!(format!("{papers:?}"), "Papers");
    }
}

//! Who signed a certificate.
//!
//! A leaf names its signer by a distinguished name and, mostly, by the identifier of the signer's
//! key. Where both are those of a root, that root is its authority. In all other cases, with
//! certificates in between, or without identifiers of keys, what a panel shows beside its own
//! certificate proves nothing: so the chain is verified against each root alone, and the root that
//! bears it is the authority. That costs a verification each time the engine is asked, which
//! fleets with intermediate authorities pay.
//!
//! Invariant: an authority that is no longer a root is never answered as one that is.

use std::sync::Arc;

use model::{Issuer, PeerCertificate, Wall};
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;

use super::certificate::{
    Unreadable, authority_key, issuer_named, names_of, not_after, parse, serial_of, subject_key,
    unix_time,
};
use super::configuration::MaterialError;
use super::verifier;

/// The authorities whose certificates panels may show.
#[derive(Debug)]
pub struct Authorities(Vec<Root>);

#[derive(Debug)]
struct Root {
    subject: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
    issuer: Issuer,
    /// Takes what this root bears, and nothing else.
    alone: Arc<dyn ClientCertVerifier>,
}

impl Root {
    fn new(der: &[u8], provider: &Arc<CryptoProvider>) -> Result<Self, MaterialError> {
        let certificate = parse(der).map_err(|_| MaterialError::Root)?;
        let subject = certificate.subject().as_raw();
        let key_identifier = subject_key(&certificate);
        Ok(Self {
            issuer: issuer_named(subject, key_identifier),
            subject: subject.to_vec(),
            key_identifier: key_identifier.map(<[u8]>::to_vec),
            alone: verifier::of([der], false, provider)?,
        })
    }

    /// Whether the certificate names this root and its key.
    fn is_named_by(&self, certificate: &X509Certificate<'_>) -> bool {
        let key = authority_key(certificate);
        self.subject == certificate.issuer().as_raw()
            && key.is_some()
            && key == self.key_identifier.as_deref()
    }
}

impl Authorities {
    /// From their certificates, as DER.
    pub(super) fn new(
        roots: &[Vec<u8>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, MaterialError> {
        let roots = roots.iter().map(|der| Root::new(der, provider));
        roots.collect::<Result<_, _>>().map(Self)
    }

    /// What a chain says that TLS has verified, now or when it gave the ticket; the end entity's
    /// certificate comes first.
    pub fn read(
        &self,
        chain: &[CertificateDer<'_>],
        now: Wall,
    ) -> Result<PeerCertificate, Unreadable> {
        let (end_entity, others) = chain.split_first().ok_or(Unreadable)?;
        let certificate = parse(end_entity)?;
        let bearer = self.bearer(&certificate, end_entity, others, now);
        let name = certificate.issuer().as_raw();
        let named = issuer_named(name, authority_key(&certificate));
        let signs_itself = |root: &&Root| root.subject == name;
        Ok(PeerCertificate {
            issuer: bearer.map_or(named, |root| root.issuer),
            // Where no root signed it, who did is known by the leaf's word alone, which is signed.
            signer: bearer
                .filter(signs_itself)
                .map_or(named, |root| root.issuer),
            serial: serial_of(&certificate)?,
            not_after: not_after(&certificate),
            names: names_of(&certificate),
        })
    }

    /// The root that the chain ends at.
    fn bearer(
        &self,
        certificate: &X509Certificate<'_>,
        end_entity: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: Wall,
    ) -> Option<&Root> {
        let named = self.0.iter().find(|root| root.is_named_by(certificate));
        named.or_else(|| {
            let now = unix_time(now);
            let bears = |root: &&Root| {
                let verified = root.alone.verify_client_cert(end_entity, others, now);
                verified.is_ok()
            };
            self.0.iter().find(bears)
        })
    }
}

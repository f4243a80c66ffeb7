//! Authorities, certificates and material for tests.

use std::sync::Arc;

use engine::ports::{TICKET_KEY, TicketKey, TlsMaterial};
use model::Wall;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// Somebody who signs certificates.
pub(crate) struct Authority {
    signer: CertifiedIssuer<'static, KeyPair>,
    /// Who signed this one, up to the root, which is not among them.
    above: Vec<Vec<u8>>,
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

impl Authority {
    /// A root.
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self {
            signer: CertifiedIssuer::self_signed(authority(name), key).unwrap(),
            above: Vec::new(),
        }
    }

    /// One that this one has signed.
    pub(crate) fn under(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let signer = CertifiedIssuer::signed_by(authority(name), key, &self.signer).unwrap();
        let mut above = vec![signer.der().to_vec()];
        above.extend_from_slice(&self.above);
        Self { signer, above }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.signer.der().to_vec()
    }

    /// A certificate with this common name.
    pub(crate) fn issue(&self, name: &str) -> Holder {
        self.issue_as(name, |_| {})
    }

    /// The same, changed.
    pub(crate) fn issue_as(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Holder {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, &self.signer).unwrap();
        let mut chain = vec![own.der().to_vec()];
        chain.extend_from_slice(&self.above);
        Holder {
            chain,
            key: key.serialize_der(),
        }
    }
}

/// Somebody with a certificate.
pub(crate) struct Holder {
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) key: Vec<u8>,
}

impl Holder {
    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.chain
            .iter()
            .cloned()
            .map(CertificateDer::from)
            .collect()
    }
}

/// Material of this server, for panels of these authorities; each octet stands for a ticket key.
pub(crate) fn material(
    version: u64,
    server: &Holder,
    roots: &[&Authority],
    tickets: &[u8],
) -> TlsMaterial {
    TlsMaterial {
        version,
        chain: server.chain.clone(),
        key: Zeroizing::new(server.key.clone()),
        roots: roots.iter().map(|root| root.der()).collect(),
        tickets: tickets.iter().map(|octet| ticket_key(*octet)).collect(),
    }
}

pub(crate) fn ticket_key(octet: u8) -> TicketKey {
    TicketKey {
        name: [octet; 16],
        key: Zeroizing::new([octet; TICKET_KEY]),
        made: Wall(0),
    }
}

/// A client that trusts this authority; it remembers its sessions.
pub(crate) fn client(
    trusted: &Authority,
    holder: Option<&Holder>,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().into()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match holder {
        None => builder.with_no_client_auth(),
        Some(holder) => {
            let key = PrivateKeyDer::Pkcs8(holder.key.clone().into());
            builder
                .with_client_auth_cert(holder.certificates(), key)
                .unwrap()
        }
    };
    config.resumption = Resumption::in_memory_sessions(8);
    Arc::new(config)
}

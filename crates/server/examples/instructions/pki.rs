//! Certificates of a server and its panels, and what either side of TLS makes of them. All keys are P-256.

use std::sync::Arc;

use engine::ports::{TICKET_KEY, TicketKey, TlsMaterial};
use gateway::tls::Configurations;
use model::Wall;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

use crate::calm;
use crate::messages;

/// By what a panel knows the server.
pub(crate) const SERVER: &str = "localhost";

/// One authority for all.
pub(crate) struct Pki(CertifiedIssuer<'static, KeyPair>);

impl Pki {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "The authority of a bench");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        Ok(Self(CertifiedIssuer::self_signed(params, key)?))
    }

    /// A certificate, and its key, as DER.
    fn issue(&self, name: &str) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let mut params = CertificateParams::new(vec![SERVER.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok((certificate.der().to_vec(), key.serialize_der()))
    }

    /// What a gateway ends TLS with.
    pub(crate) fn server(&self) -> anyhow::Result<Configurations> {
        let (certificate, key) = self.issue("The server")?;
        let material = TlsMaterial {
            version: 1,
            chain: vec![certificate],
            key: Zeroizing::new(key),
            roots: vec![self.0.der().to_vec()],
            tickets: vec![TicketKey {
                name: [1; 16],
                key: Zeroizing::new([1; TICKET_KEY]),
                made: Wall(0),
            }],
        };
        Ok(Configurations::new(&material, calm::clock())?)
    }

    /// Panels with a certificate each, as rustls makes them unless it is told otherwise; each
    /// remembers its own session.
    pub(crate) fn panels(&self, count: u32) -> anyhow::Result<Vec<Arc<ClientConfig>>> {
        (0..count).map(|place| self.panel(place)).collect()
    }

    fn panel(&self, place: u32) -> anyhow::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone())?;
        let (certificate, key) = self.issue(messages::account(place)?.as_str())?;
        let provider = Arc::new(default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(key.into()))?;
        config.resumption = Resumption::in_memory_sessions(1);
        Ok(Arc::new(config))
    }
}

//! From the engine's material to what rustls wants, for each demand for certificates.

use std::fmt;
use std::sync::Arc;

use engine::ports::{TicketKey, TlsMaterial};
use model::Clock;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use zeroize::Zeroize;

use super::authorities::Authorities;
use super::certificate::unix_time;
use super::resting;
use super::tickets::Tickets;
use super::verifier;

/// What a listener demands of its clients. The number is part of tickets: it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ClientCertificates {
    /// Nobody gets in without.
    Required = 1,
    /// Asked for; one that is shown must be good.
    Optional = 2,
    /// Not asked for.
    Off = 3,
}

/// Why material is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MaterialError {
    /// The server's private key cannot be read, or is of no use.
    #[error("the server's private key cannot be used")]
    Key,
    /// There is no server certificate, or it is not that of the key.
    #[error("the server's certificate does not fit its private key")]
    Chain,
    /// A panels' authority cannot be used, or there is none.
    #[error("an authority for panels' certificates cannot be used")]
    Root,
    /// A ticket key cannot be used.
    #[error("a key for session tickets cannot be used")]
    Tickets,
    /// The library does not offer what we build on.
    #[error("the TLS library lacks TLS 1.3 or 1.2")]
    Versions,
}

/// How TLS is ended under one version of the material.
#[derive(Debug)]
pub struct Configurations {
    version: u64,
    required: Arc<ServerConfig>,
    optional: Arc<ServerConfig>,
    off: Arc<ServerConfig>,
    authorities: Authorities,
}

impl Configurations {
    /// From the engine's material. Certificates are judged by `clock` (I11).
    pub fn new(material: &TlsMaterial, clock: Arc<dyn Clock>) -> Result<Self, MaterialError> {
        let maker = Maker {
            provider: Arc::new(resting::provider()),
            time: Arc::new(Time(clock)),
            certificate: certified(material)?,
            roots: &material.roots,
            tickets: &material.tickets,
        };
        Ok(Self {
            version: material.version,
            required: maker.configuration(ClientCertificates::Required)?,
            optional: maker.configuration(ClientCertificates::Optional)?,
            off: maker.configuration(ClientCertificates::Off)?,
            authorities: Authorities::new(&material.roots, &maker.provider)?,
        })
    }

    /// The material's version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// For a listener with this demand.
    pub fn of(&self, demand: ClientCertificates) -> &Arc<ServerConfig> {
        match demand {
            ClientCertificates::Required => &self.required,
            ClientCertificates::Optional => &self.optional,
            ClientCertificates::Off => &self.off,
        }
    }

    /// Whose certificates are taken.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }
}

/// The server's certificate with its key.
fn certified(material: &TlsMaterial) -> Result<Arc<dyn ResolvesServerCert>, MaterialError> {
    let mut der = PrivateKeyDer::Pkcs8(material.key.to_vec().into());
    let key = aws_lc_rs::sign::any_supported_type(&der);
    der.zeroize(); // I10
    let key = key.map_err(|_| MaterialError::Key)?;
    let chain = material.chain.iter().cloned().map(CertificateDer::from);
    let certified = CertifiedKey::new(chain.collect(), key);
    certified.keys_match().map_err(|_| MaterialError::Chain)?;
    Ok(Arc::new(SingleCertAndKey::from(certified)))
}

/// What the configurations for all demands have in common.
struct Maker<'a> {
    provider: Arc<CryptoProvider>,
    time: Arc<Time>,
    certificate: Arc<dyn ResolvesServerCert>,
    roots: &'a [Vec<u8>],
    tickets: &'a [TicketKey],
}

impl Maker<'_> {
    fn configuration(
        &self,
        demand: ClientCertificates,
    ) -> Result<Arc<ServerConfig>, MaterialError> {
        let roots = self.roots.iter().map(Vec::as_slice);
        let builder = match demand {
            ClientCertificates::Off => self.builder()?.with_no_client_auth(),
            ClientCertificates::Required | ClientCertificates::Optional => {
                let optional = demand == ClientCertificates::Optional;
                let verifier = verifier::of(roots, optional, &self.provider)?;
                self.builder()?.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::clone(&self.certificate));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = Arc::new(Tickets::new(demand, self.tickets)?);
        config.send_tls13_tickets = 1;
        config.max_early_data_size = 0;
        Ok(Arc::new(config))
    }

    fn builder(&self) -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, MaterialError> {
        let provider = Arc::clone(&self.provider);
        let time = Arc::clone(&self.time);
        ServerConfig::builder_with_details(provider, time)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|_| MaterialError::Versions)
    }
}

/// Our clock, for rustls.
struct Time(Arc<dyn Clock>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(self.0.now().wall))
    }
}

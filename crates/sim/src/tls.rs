//! The client side of TLS, as panels have it: a certificate of their own where they have one,
//! and one ticket kept for the next connection.
//!
//! Invariant: a server is always verified; there is no way around it.
//! Invariant: a panel keeps one ticket at most, and shows it once.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use model::Account;
use rustls::client::{
    ClientConfig, ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
    WebPkiServerVerifier,
};
use rustls::crypto::aws_lc_rs;
use rustls::sign::SingleCertAndKey;
use rustls::{HandshakeKind, NamedGroup, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::authority::{Authority, BadAuthority, Papers};
use crate::reason::Reason;

/// What the panels of a fleet have in common, as it goes to another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustTerms {
    /// The certificates, PEM, under which the server's must be.
    pub server_ca: String,
    /// The name that the server's certificate must have: a DNS name or an address.
    pub server_name: String,
    /// Who certifies the panels; nobody, if not given.
    pub authority: Option<Papers>,
    /// Which versions are spoken.
    pub versions: Versions,
    /// Whether a panel resumes with the ticket of its last connection.
    pub resumption: bool,
}

/// Which versions of TLS are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Versions {
    /// 1.3 where the server has it, otherwise 1.2.
    #[default]
    Both,
    /// 1.2 only, as older modems have it.
    Only12,
    /// 1.3 only.
    Only13,
}

/// Why a fleet cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub enum BadTrust {
    /// What should be the server's authority has no certificate that can be used.
    #[error("there is no certificate of an authority in what the server is to be verified with")]
    NoRoots,
    /// No name of a server.
    #[error("`{0}` is no name that a server's certificate could have")]
    Name(String),
    /// The panels' authority is none.
    #[error("the authority of the panels is none: {0}")]
    Authority(#[from] BadAuthority),
    /// What rustls says.
    #[error("{0}")]
    Tls(#[from] rustls::Error),
}

/// What the panels of a fleet have in common.
pub struct Trust {
    /// Of all that is not one panel's own.
    template: ClientConfig,
    server: ServerName<'static>,
    authority: Option<Authority>,
    resumption: bool,
}

impl Trust {
    /// What these terms make.
    pub fn new(terms: &TrustTerms) -> Result<Self, BadTrust> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(terms.server_ca.as_bytes()) {
            let certificate = certificate.map_err(|_| BadTrust::NoRoots)?;
            roots.add(certificate)?;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = verifier.build().map_err(|_| BadTrust::NoRoots)?;
        let authority = terms.authority.as_ref();
        let authority = authority
            .map(|papers| Authority::open(papers, &provider))
            .transpose()?;
        let server = ServerName::try_from(terms.server_name.clone());
        let mut template = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(terms.versions.supported())?
            .with_webpki_verifier(verifier)
            .with_no_client_auth();
        template.resumption = Resumption::disabled();
        Ok(Self {
            template,
            server: server.map_err(|_| BadTrust::Name(terms.server_name.clone()))?,
            authority,
            resumption: terms.resumption,
        })
    }

    /// The client side of a panel that is certified for `account`.
    pub fn client(self: &Arc<Self>, account: Account) -> Client {
        Client {
            trust: Arc::clone(self),
            account,
            connector: None,
        }
    }

    fn connector(&self, account: Account) -> Result<TlsConnector, BadTrust> {
        let mut config = self.template.clone();
        if let Some(authority) = &self.authority {
            let certified = authority.certify(account)?;
            config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        }
        if self.resumption {
            config.resumption = Resumption::store(Arc::new(OneTicket::default()));
        }
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

static ONLY_12: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS12];
static ONLY_13: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];

impl Versions {
    fn supported(self) -> &'static [&'static SupportedProtocolVersion] {
        match self {
            Self::Both => rustls::ALL_VERSIONS,
            Self::Only12 => &ONLY_12,
            Self::Only13 => &ONLY_13,
        }
    }
}

/// The client side of one panel.
pub struct Client {
    trust: Arc<Trust>,
    account: Account,
    /// Made for the first connection: fifty thousand certificates take some seconds.
    connector: Option<TlsConnector>,
}

/// A handshake that came to an end.
#[derive(Debug)]
pub(crate) struct Shaken {
    pub(crate) stream: Box<TlsStream<TcpStream>>,
    /// Whether it resumed an earlier session.
    pub(crate) resumed: bool,
}

impl Client {
    /// Shakes hands over a connection.
    pub(crate) async fn shake(&mut self, stream: TcpStream) -> io::Result<Shaken> {
        if self.connector.is_none() {
            let made = self.trust.connector(self.account);
            self.connector = Some(made.map_err(io::Error::other)?);
        }
        let connector = self.connector.as_ref().expect("it was made just now");
        let stream = connector.connect(self.trust.server.clone(), stream).await?;
        let (_, connection) = stream.get_ref();
        let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
        Ok(Shaken {
            stream: Box::new(stream),
            resumed,
        })
    }
}

/// Why TLS ended, as far as an error tells.
pub(crate) fn reason_of(error: &io::Error) -> Option<Reason> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::AlertReceived(description) => Some(Reason::alert(*description)),
        rustls::Error::InvalidCertificate(_) => Some(Reason::NotBelieved),
        _ => None,
    }
}

/// A store of one session: that of the panel's last connection. A panel knows one server.
#[derive(Default)]
struct OneTicket {
    /// Held for a copy at a time.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    group: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tls13: Option<Tls13ClientSessionValue>,
}

impl OneTicket {
    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientSessionStore for OneTicket {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.kept(|kept| kept.group = Some(group));
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept(|kept| kept.group)
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept(|kept| kept.tls12 = Some(value));
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept(|kept| kept.tls12.clone())
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.kept(|kept| kept.tls12 = None);
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.kept(|kept| kept.tls13 = Some(value));
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.kept(|kept| kept.tls13.take())
    }
}

impl fmt::Debug for OneTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTicket")
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.account)
    }
}

//! The client side of TLS, as panels have it: a certificate of their own where they have one,
//! and one ticket kept for the next connection.
//!
//! ```text
//!   Trust ──open──► Office: one configuration for a fleet's panels    Secured: one connection
//!                     Clerk: shows and keeps what is the panel's that is served at the moment
//! ```
//!
//! Invariant: a server is always verified; there is no way around it.
//! Invariant: a panel keeps one ticket at most, and shows it once.

mod clerk;
mod secured;

use std::fmt;
use std::sync::Arc;

use rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::{RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, BadAuthority, Papers};
use crate::reason::Reason;
pub(crate) use clerk::{Office, Ticket};
pub(crate) use secured::{Holder, LARGEST_RECORD, Secured};

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

/// Why TLS ended, as far as an error tells.
pub(crate) fn reason_of(error: &rustls::Error) -> Option<Reason> {
    match error {
        rustls::Error::AlertReceived(description) => Some(Reason::alert(*description)),
        rustls::Error::InvalidCertificate(_) => Some(Reason::NotBelieved),
        _ => None,
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

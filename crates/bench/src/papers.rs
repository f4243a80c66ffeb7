//! Certificates: one for both servers, and the authority of the panels.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use sim::authority;
use sim::tls::{TrustTerms, Versions};

/// The address that the servers listen on, and their certificate is for.
const SERVER: &str = "127.0.0.1";

/// Certificates and keys, all of them P-256, in files for the servers.
pub(crate) struct Papers {
    /// The server's certificate.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// The panels' authority.
    pub(crate) client_ca: PathBuf,
    panels: authority::Papers,
    /// The servers' authority, PEM.
    server_ca: String,
}

impl Papers {
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        let root_key = KeyPair::generate()?;
        let mut root = params("Benchmark")?;
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let server_ca = root.self_signed(&root_key)?.pem();
        let key = KeyPair::generate()?;
        let mut server = params("Server")?;
        server.subject_alt_names = vec![rcgen::SanType::IpAddress(SERVER.parse()?)];
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = server.signed_by(&key, &Issuer::new(root, root_key))?;
        let panels = authority::Papers::new()?;
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map(|()| path)
        };
        Ok(Self {
            certificate: file("server.pem", &certificate.pem())?,
            key: file("server.key", &key.serialize_pem())?,
            client_ca: file("panels.pem", &panels.certificate)?,
            panels,
            server_ca,
        })
    }

    /// What the panels need.
    pub(crate) fn trust(&self) -> TrustTerms {
        TrustTerms {
            server_ca: self.server_ca.clone(),
            server_name: SERVER.to_owned(),
            authority: Some(self.panels.clone()),
            versions: Versions::Only13,
            resumption: true,
        }
    }
}

fn params(name: &str) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

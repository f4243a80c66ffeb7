//! The secure channel against clients that other people wrote: paho, mosquitto's tools, openssl,
//! and the panel in Python of `examples/`.
//!
//! Invariant: what is expected of a refusal is the standard's own reason code, or the TLS alert, as
//! the other's code names it; what counts as stored is what the API shows.

mod example;
mod openssl;
mod paho;
mod presence;
mod tools;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

use crate::support::api::Stored;
use crate::support::clock::clock;
use crate::support::server::Server;

/// Certificates are optional by default, so that panels with secrets can come.
const OPTIONAL: &[(&str, &str)] = &[];

/// A certificate and its key, as files.
#[derive(Debug, Clone)]
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
}

/// An operator's authority, made by the test.
struct Operator {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Operator {
    fn new(folder: &Path, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).unwrap();
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ca.pem"), certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    /// Its certificate.
    fn root(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A panel's certificate, good for ten years.
    fn panel(&self, account: &str) -> Identity {
        self.panel_until(account, 3_650)
    }

    /// A panel's certificate, good until so many days from now.
    fn panel_until(&self, account: &str, days: i64) -> Identity {
        let now = clock().now().wall.0 / 1_000_000;
        let until = Timestamp::from_second(now + days * 86_400).unwrap();
        let until = until.to_zoned(TimeZone::UTC).date();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, account);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        let (month, day) = (until.month().unsigned_abs(), until.day().unsigned_abs());
        params.not_after = rcgen::date_time_ymd(until.year().into(), month, day);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let identity = Identity {
            certificate: self.folder.join(format!("{account}.pem")),
            key: self.folder.join(format!("{account}.key")),
        };
        fs::write(&identity.certificate, certificate.pem()).unwrap();
        fs::write(&identity.key, key.serialize_pem()).unwrap();
        identity
    }
}

/// A server with a listener for the panel protocol.
struct House {
    server: Server,
    folder: tempfile::TempDir,
}

impl House {
    async fn open(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open_in(folder, settings).await
    }

    async fn open_in(folder: tempfile::TempDir, settings: &[(&str, &str)]) -> Self {
        let server = Server::start(&folder.path().join("data"), settings).await;
        Self { server, folder }
    }

    /// Where panels connect to.
    fn mqtt(&self) -> SocketAddr {
        self.server.listener("mqtt")
    }

    /// By whom panels know the server.
    fn authority(&self) -> PathBuf {
        self.folder.path().join("data/tls/ca.pem")
    }

    /// Registers a path of a panel: the first one with the panel.
    fn register(&self, account: &str) {
        self.server
            .command(&["panel", "add", "--family", "mqtt", "--account", account]);
    }

    /// A certificate of the server's own authority.
    fn enrol(&self, account: &str) -> Identity {
        let out = self.folder.path().join(format!("enrolled-{account}"));
        let out_text = out.to_str().unwrap();
        self.server
            .command(&["panel", "enrol", account, "--out", out_text]);
        Identity {
            certificate: out.join(format!("{account}.pem")),
            key: out.join(format!("{account}.key")),
        }
    }

    /// A client of paho with this certificate.
    fn client(&self, id: &str, version: u8, identity: Option<&Identity>) -> Value {
        let mut client = json!({
            "host": "localhost",
            "port": self.mqtt().port(),
            "client_id": id,
            "version": version,
            "ca": self.authority(),
        });
        if let Some(identity) = identity {
            client["certificate"] = json!(identity.certificate);
            client["key"] = json!(identity.key);
        }
        client
    }

    /// What panels said, without what the server saw itself; then the server is stopped.
    async fn close(self) -> Vec<Stored> {
        let mut stored = self.server.events().await;
        stored.retain(|event| !event.is_own());
        self.server.stop().await;
        stored
    }
}

/// An event on one line: account, sequence, code, where, flags.
fn line(event: &Stored) -> String {
    let sequence = event.panel_sequence.map(|number| number.to_string());
    let mut words = vec![
        event.account.clone(),
        sequence.unwrap_or_default(),
        event.code.set.clone(),
        event.code.code.clone(),
    ];
    for (word, value) in [
        ("partition", &event.partition),
        ("zone", &event.zone),
        ("user", &event.user),
    ] {
        words.extend(value.as_ref().map(|value| format!("{word} {value}")));
    }
    words.extend(event.flags.iter().map(|flag| format!("+{flag}")));
    words.join(" ")
}

/// The topic of an account.
fn topic(account: &str, last: &str) -> String {
    format!("ap/v1/{account}/{last}")
}

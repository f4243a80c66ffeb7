//! What `sim --family mqtt` can be told, and what a fleet of such panels is then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use model::{Account, Clock};
use sim::mqtt::{Secret, Timeline};
use sim::order::{MqttTerms, Version};
use sim::tls::{Trust, TrustTerms, Versions};

use super::ca;
use crate::cli::Failure;
use crate::clock::SystemClock;

/// How panels of the panel protocol are let in, and what they speak.
#[derive(Debug, Args)]
#[command(next_help_heading = "Panels of the panel protocol (--family mqtt)")]
pub(super) struct MqttOptions {
    /// An operator's authority, made by `watchfire sim ca`: each panel gets a client certificate
    /// under it (ECDSA P-256) whose common name is its account. All panels of a process share one
    /// key, which spares the machine and nothing else; the server cannot tell.
    #[arg(long, value_name = "DIR")]
    pub(super) ca: Option<PathBuf>,
    /// The certificates, PEM, under which the server's must be: `tls/ca.pem` in its data folder.
    #[arg(long, value_name = "FILE")]
    pub(super) server_ca: Option<PathBuf>,
    /// The name that the server's certificate must have; the host of `--target`, if not given.
    #[arg(long, value_name = "NAME")]
    pub(super) server_name: Option<String>,
    /// Secrets of panels without certificates: lines of `account,secret`.
    #[arg(long, value_name = "FILE")]
    pub(super) secret_file: Option<PathBuf>,
    /// The version of MQTT.
    #[arg(long, value_enum)]
    pub(super) mqtt: Option<MqttOption>,
    /// The version of TLS; the newest that the server has, if not given.
    #[arg(long, value_enum)]
    pub(super) tls: Option<TlsOption>,
    /// Shake hands from nothing each time, without the ticket of the last connection.
    #[arg(long)]
    pub(super) no_resumption: bool,
    /// Payloads in CBOR; needs MQTT 5.
    #[arg(long)]
    pub(super) cbor: bool,
}

/// The version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MqttOption {
    /// MQTT 5.
    #[value(name = "5")]
    V5,
    /// MQTT 3.1.1.
    #[value(name = "3.1.1")]
    V311,
}

/// The version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TlsOption {
    /// TLS 1.2.
    #[value(name = "1.2")]
    V12,
    /// TLS 1.3.
    #[value(name = "1.3")]
    V13,
}

impl MqttOptions {
    /// Which of these options was given, if any: they are for panels of this family only.
    pub(super) fn given(&self) -> Option<&'static str> {
        let all = [
            (self.ca.is_some(), "--ca"),
            (self.server_ca.is_some(), "--server-ca"),
            (self.server_name.is_some(), "--server-name"),
            (self.secret_file.is_some(), "--secret-file"),
            (self.mqtt.is_some(), "--mqtt"),
            (self.tls.is_some(), "--tls"),
            (self.no_resumption, "--no-resumption"),
            (self.cbor, "--cbor"),
        ];
        all.iter().find(|(given, _)| *given).map(|(_, name)| *name)
    }

    /// What the panels are that are sent to `target`, a host with a port; whether their scenario
    /// lets them come back with tickets.
    pub(super) fn terms(&self, target: &str, resumption: bool) -> Result<MqttTerms, Failure> {
        let version = match self.mqtt {
            Some(MqttOption::V311) => Version::V311,
            Some(MqttOption::V5) | None => Version::V5,
        };
        if self.cbor && version == Version::V311 {
            return Err(Failure::new(
                "MQTT 3.1.1 cannot say that a payload is CBOR",
                "Leave out --cbor, or say --mqtt 5.",
            ));
        }
        if self.ca.is_none() && self.secret_file.is_none() {
            return Err(Failure::new(
                "panels of the panel protocol need a proof of who they are",
                "Give --ca DIR (made by `watchfire sim ca --out DIR`), or --secret-file FILE.",
            ));
        }
        let trust = TrustTerms {
            resumption: resumption && !self.no_resumption,
            ..self.trust(target)?
        };
        // Each process makes its own of it; what is wrong is told once, and here.
        Trust::new(&trust).map_err(|bad| Failure::new(bad.to_string(), TRUST_HINT))?;
        let secrets = self.secret_file.as_deref().map(secrets).transpose()?;
        Ok(MqttTerms {
            version,
            trust: Some(trust),
            secrets: secrets.unwrap_or_default(),
            cbor: self.cbor,
            time: Timeline::of(SystemClock.now()),
        })
    }

    fn trust(&self, target: &str) -> Result<TrustTerms, Failure> {
        let server_ca = self.server_ca.as_deref().ok_or_else(|| {
            Failure::new(
                "the server cannot be verified without --server-ca, and panels speak to no other",
                TRUST_HINT,
            )
        })?;
        let named = self.server_name.as_deref();
        Ok(TrustTerms {
            server_ca: read(server_ca)?,
            server_name: named.unwrap_or_else(|| host(target)).to_owned(),
            authority: self.ca.as_deref().map(ca::read).transpose()?,
            versions: match self.tls {
                None => Versions::Both,
                Some(TlsOption::V12) => Versions::Only12,
                Some(TlsOption::V13) => Versions::Only13,
            },
            resumption: !self.no_resumption,
        })
    }
}

const TRUST_HINT: &str =
    "Watchfire keeps its authority's certificate as tls/ca.pem in its data folder.";

/// The host of `HOST:PORT`, without the brackets of an address of IPv6.
fn host(target: &str) -> &str {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display()), ""))
}

/// The secrets of a file. What is wrong is told by its line alone: it may be nearly a secret.
fn secrets(path: &Path) -> Result<BTreeMap<String, Secret>, Failure> {
    let text = read(path)?;
    let mut secrets = BTreeMap::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || (number == 1 && line.trim() == "account,secret") {
            continue;
        }
        let pair = line.trim().split_once(',').and_then(|(account, secret)| {
            let account = Account::parse(account.trim().as_bytes()).ok()?;
            let secret = secret.trim();
            (!secret.is_empty()).then(|| (account.to_string(), Secret(secret.to_owned())))
        });
        let (account, secret) = pair.ok_or_else(|| {
            Failure::new(
                format!(
                    "line {number} of {} is not `account,secret`",
                    path.display()
                ),
                "Such as: 100000,wfp_…",
            )
        })?;
        secrets.insert(account, secret);
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_as_a_certificate_names_it() {
        for (target, name) in [
            ("127.0.0.1:8883", "127.0.0.1"),
            ("panels.example:8883", "panels.example"),
            ("[::1]:8883", "::1"),
        ] {
            assert_eq!(host(target), name);
        }
    }

    #[test]
    fn secrets_are_read_by_account_and_a_bad_line_is_told_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.csv");
        std::fs::write(&path, "account,secret\n12ab, wfp_a\n\n100001,wfp_b\n").unwrap();
        let read = secrets(&path).unwrap();
        assert_eq!(read["12AB"], Secret("wfp_a".to_owned()));
        assert_eq!(read.len(), 2);
        std::fs::write(&path, "100001,wfp_b\nwfp_c").unwrap();
        let refused = secrets(&path).unwrap_err().to_string();
        assert!(
            refused.contains("line 2") && !refused.contains("wfp_c"),
            "{refused}"
        );
    }
}

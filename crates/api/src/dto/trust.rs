//! Certificates, secrets and TLS as JSON.
//!
//! Invariant: a private key and a secret are in the one answer that makes them, and in no other; their
//! types cannot be printed (I10).

use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;
use engine::ports::{CertificateRow, Credentials, TrustStatus, TrustedRoot};
use model::{PanelSecret, PathId, Serial, Wall, limits, micros};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::problem::FieldError;

/// A certificate that was made for a path of a panel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificate {
    /// Its number, in hexadecimal digits.
    #[schema(example = "4a1f0c22e6b7435d9a0b1c2d3e4f5061")]
    serial: String,
    /// The id of the path that may show it.
    path: String,
    /// When it was made.
    #[schema(format = DateTime)]
    issued: String,
    /// Until when it is good.
    #[schema(format = DateTime)]
    not_after: String,
    /// When it was revoked; `null` if it was not.
    #[schema(format = DateTime)]
    revoked: Option<String>,
    /// `in_force`; `expired`: alarms are still taken, with that doubt; `ended`: it lets nothing in;
    /// `revoked`.
    #[schema(example = "in_force")]
    state: &'static str,
}

impl Certificate {
    pub(crate) fn new(row: &CertificateRow, now: Wall) -> Self {
        Self {
            serial: spelled(&row.serial),
            path: row.path_id.to_string(),
            issued: time::to_rfc3339(row.issued),
            not_after: time::to_rfc3339(row.not_after),
            revoked: row.revoked.map(time::to_rfc3339),
            state: state(row, now),
        }
    }
}

/// R27: after its end a certificate lets alarms in for a while.
fn state(row: &CertificateRow, now: Wall) -> &'static str {
    if row.revoked.is_some() {
        "revoked"
    } else if now <= row.not_after {
        "in_force"
    } else if now - row.not_after <= micros(limits::EXPIRED_ADMITTED) {
        "expired"
    } else {
        "ended"
    }
}

/// Whether it may still let something in.
pub(crate) fn admits(row: &CertificateRow, now: Wall) -> bool {
    matches!(state(row, now), "in_force" | "expired")
}

fn spelled(serial: &Serial) -> String {
    HEXLOWER_PERMISSIVE.encode(serial)
}

/// A certificate's number as people write it; leading zeros say nothing.
pub(crate) fn serial(text: &str) -> Option<Serial> {
    let octets = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    Serial::try_from(octets.get(zeros..)?)
        .ok()
        .filter(|serial| !serial.is_empty())
}

/// The certificates of a panel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificates {
    /// Newest first, those that were revoked among them.
    pub(crate) certificates: Vec<Certificate>,
}

/// For which path a certificate is to be made, and for how long.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CertificateOrder)]
pub(crate) struct CertificateInput {
    /// The id of the path; may be absent if the panel has only one.
    path: Option<String>,
    /// For how many days it is good: 730 unless said otherwise.
    #[schema(minimum = 1, maximum = 3650)]
    valid_days: Option<u64>,
}

impl CertificateInput {
    /// The path and the time, or what is wrong with them.
    pub(crate) fn check(&self) -> Result<(Option<PathId>, Option<Duration>), Vec<FieldError>> {
        let most = limits::CERTIFICATE_LONGEST.as_secs() / 86_400;
        let mut errors = Vec::new();
        let path = path(self.path.as_deref(), &mut errors);
        if let Some(days) = self.valid_days.filter(|days| !(1..=most).contains(days)) {
            let detail = format!("{days} is not a number of days from 1 to {most}");
            errors.push(FieldError::new("valid_days", detail));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let valid = self.valid_days.map(|days| Duration::from_hours(24 * days));
        Ok((path, valid))
    }
}

/// Which path.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecretOrder)]
pub(crate) struct SecretInput {
    /// The id of the path; may be absent if the panel has only one.
    path: Option<String>,
}

impl SecretInput {
    pub(crate) fn check(&self) -> Result<Option<PathId>, Vec<FieldError>> {
        let mut errors = Vec::new();
        let path = path(self.path.as_deref(), &mut errors);
        if errors.is_empty() {
            Ok(path)
        } else {
            Err(errors)
        }
    }
}

fn path(text: Option<&str>, errors: &mut Vec<FieldError>) -> Option<PathId> {
    let read = text?.parse::<PathId>();
    read.map_err(|error| errors.push(FieldError::new("path", error.to_string())))
        .ok()
}

/// A certificate that was just made, and its private key. This is the only time that the key is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedCertificate {
    #[serde(flatten)]
    about: Certificate,
    /// The certificate and what leads to its authority, as PEM.
    certificate: String,
    /// Its private key, as PEM (PKCS #8). It is kept nowhere.
    key: String,
    /// The authorities by which the panel knows the server, as PEM.
    ca: String,
}

impl IssuedCertificate {
    pub(crate) fn new(row: &CertificateRow, credentials: &Credentials, now: Wall) -> Self {
        Self {
            about: Certificate::new(row, now),
            certificate: credentials.certificate.clone(),
            key: credentials.key.to_string(),
            ca: credentials.server_authority.clone(),
        }
    }
}

/// A secret that was just made. This is the only time that it is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedSecret {
    /// The id of the path that may show it.
    path: String,
    /// The secret: what the panel gives as its password.
    #[schema(example = "wfp_…")]
    secret: String,
}

impl IssuedSecret {
    pub(crate) fn new(path: PathId, secret: &PanelSecret) -> Self {
        Self {
            path: path.to_string(),
            secret: String::from_utf8_lossy(secret.octets()).into_owned(),
        }
    }
}

/// Whether a panel is disabled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disabling {
    /// The panel's id.
    pub(crate) panel: String,
    /// Since when it is disabled; `null` if it is not.
    #[schema(format = DateTime)]
    pub(crate) disabled: Option<String>,
}

/// How TLS stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tls {
    /// Grows with each state that is taken into use; 0 as long as there was none.
    version: u64,
    /// Until when the server's certificate is good; `null` as long as there is none.
    #[schema(format = DateTime)]
    not_after: Option<String>,
    /// Whose client certificates are taken.
    roots: Vec<Root>,
    /// Why the files could not be read when they were last looked at; what was read before is then
    /// still in use. `null` if all is well.
    problem: Option<String>,
}

/// An authority whose client certificates are taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Root {
    /// Its subject.
    #[schema(example = "CN=Watchfire")]
    subject: String,
    /// Until when it is good.
    #[schema(format = DateTime)]
    not_after: String,
    /// Whether it is this server's own: then only certificates that it made are taken, each of its path.
    /// Certificates of others are taken of the panel whose account they name.
    ours: bool,
}

impl From<&TrustStatus> for Tls {
    fn from(status: &TrustStatus) -> Self {
        let known = status.version > 0;
        Self {
            version: status.version,
            not_after: known.then(|| time::to_rfc3339(status.not_after)),
            roots: status.roots.iter().map(Root::from).collect(),
            problem: status.problem.clone(),
        }
    }
}

impl From<&TrustedRoot> for Root {
    fn from(root: &TrustedRoot) -> Self {
        Self {
            subject: root.subject.clone(),
            not_after: time::to_rfc3339(root.not_after),
            ours: root.ours,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_certificates_are_read_in_any_case_and_without_leading_zeros() {
        let octets = |text: &str| serial(text).map(|serial| serial.to_vec());
        assert_eq!(octets("4A02ff"), Some(vec![0x4A, 2, 0xFF]));
        assert_eq!(octets("00004A"), Some(vec![0x4A]));
        assert_eq!(octets(&"7f".repeat(20)), Some(vec![0x7F; 20]));
        for text in ["", "00", "4", "4g", "4A:02", &"7f".repeat(21)] {
            assert_eq!(octets(text), None, "{text}");
        }
    }
}

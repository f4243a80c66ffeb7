//! `[tls]`: the server's certificate, and whose client certificates are taken.

use std::path::PathBuf;

use serde::Deserialize;

use super::Settings;
use super::problem::Problems;
use super::schema::{Key, Section};
use crate::child::authority::is_name;

pub(super) const SECTION: Section = Section {
    name: "tls",
    doc: "Certificates, for listeners with TLS. At the first start Watchfire makes an authority of its own and a\nserver certificate, in DATA/tls: `watchfire panel enrol` makes certificates for panels. The files named here\nare looked at every minute, and read again at once on SIGHUP or by `watchfire tls reload`.",
    instances: &[],
    keys: &[
        Key {
            name: "certificate",
            doc: "The server's certificate of your own, in place of Watchfire's: a PEM file with the server's own certificate\nfirst and then those that lead to its authority, which `watchfire panel enrol` hands to panels.",
            default: r#""""#,
            allowed: r#"the path of a file, together with `key`; or "" for Watchfire's own"#,
            hidden: false,
        },
        Key {
            name: "key",
            doc: "The private key of that certificate: a PEM file, not locked by a password.",
            default: r#""""#,
            allowed: r#"the path of a file, together with `certificate`; or """#,
            hidden: false,
        },
        Key {
            name: "client_ca",
            doc: "Authorities whose client certificates are taken besides Watchfire's own: PEM files. Of theirs, a common name,\na DNS name, or the last part of a URI must be the panel's account.",
            default: "[]",
            allowed: r#"paths of files, such as ["/etc/watchfire/panels-ca.pem"]"#,
            hidden: false,
        },
        Key {
            name: "crl",
            doc: "Revocation lists of those authorities: files, PEM or DER.",
            default: "[]",
            allowed: r#"paths of files, such as ["/etc/watchfire/panels.crl"]"#,
            hidden: false,
        },
        Key {
            name: "names",
            doc: "Names and addresses by which panels reach this server, besides localhost and this machine's own name:\nWatchfire's own server certificate is made for them.",
            default: "[]",
            allowed: r#"host names and addresses, such as ["alarms.example.org", "192.0.2.7"]"#,
            hidden: false,
        },
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Vec<PathBuf>,
    crl: Vec<PathBuf>,
    names: Vec<String>,
}

/// The server's certificate, and whose client certificates are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The operator's certificate and its key; `None` for Watchfire's own.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Authorities whose client certificates are taken, besides Watchfire's own.
    pub client_ca: Vec<PathBuf>,
    /// Their revocation lists.
    pub crl: Vec<PathBuf>,
    /// Names by which panels reach the server, besides this machine's own.
    pub names: Vec<String>,
}

impl Tls {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("tls", problems)?;
        let given = |path: &PathBuf| !path.as_os_str().is_empty();
        let lacking = match (given(&raw.certificate), given(&raw.key)) {
            (true, false) => Some(("tls.certificate", "it is given without its `key`")),
            (false, true) => Some(("tls.key", "it is given without its `certificate`")),
            _ => None,
        };
        let empty = [("tls.client_ca", &raw.client_ca), ("tls.crl", &raw.crl)];
        let empty = empty
            .into_iter()
            .filter(|(_, paths)| !paths.iter().all(given));
        let mut wrong: Vec<_> = empty
            .map(|(key, _)| (key, "a path is empty".to_owned()))
            .collect();
        wrong.extend(lacking.map(|(key, what)| (key, what.to_owned())));
        let names = raw.names.iter().filter(|name| !is_name(name));
        wrong.extend(names.map(|name| {
            (
                "tls.names",
                format!("\"{name}\" is no host name and no address"),
            )
        }));
        let well = wrong.is_empty();
        for (key, what) in wrong {
            problems.push(settings.problem(key, what));
        }
        let own = !given(&raw.certificate);
        well.then_some(Self {
            certificate: (!own).then_some((raw.certificate, raw.key)),
            client_ca: raw.client_ca,
            crl: raw.crl,
            names: raw.names,
        })
    }
}

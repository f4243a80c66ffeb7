//! Certificates and keys: there, in order, private, good for long enough, and for the right names.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use model::{Clock, Wall};

use super::Finding;
use crate::child::authority::{self, Names};
use crate::clock::SystemClock;
use crate::config::{Config, Tls};

/// With less than this left, a person must see to it.
const SOON: i64 = 30;

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// Permissions of others and of the group.
const OTHERS: u32 = 0o077;

pub(super) fn check(config: &Config) -> Vec<Finding> {
    if config
        .listeners
        .iter()
        .all(|listener| listener.tls.is_none())
    {
        return Vec::new();
    }
    let now = SystemClock.now().wall;
    let files = Files::of(config);
    if files.own && !files.certificate.exists() && !files.authority.exists() {
        return vec![Finding::ok("TLS", "none yet; `watchfire serve` makes them")];
    }
    let mut findings = vec![names(config, &files)];
    let certificates = [
        ("TLS certificate", &files.certificate),
        ("TLS authority", &files.authority),
    ];
    let certificates = certificates
        .into_iter()
        .map(|(name, path)| (name.to_owned(), path));
    let panels = config
        .tls
        .client_ca
        .iter()
        .map(|path| ("TLS client CA".to_owned(), path));
    findings.extend(
        certificates
            .chain(panels)
            .map(|(name, path)| life(&name, path, now)),
    );
    findings.extend([&files.key, &files.authority_key].map(|path| private(path)));
    findings
}

/// Where the files are.
struct Files {
    own: bool,
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
    authority_key: PathBuf,
}

impl Files {
    fn of(config: &Config) -> Self {
        let folder = config.data.path.join(authority::FOLDER);
        let own = (folder.join("server.pem"), folder.join("server.key"));
        let Tls { certificate, .. } = &config.tls;
        let (given, key) = certificate.clone().unwrap_or(own);
        Self {
            own: certificate.is_none(),
            certificate: given,
            key,
            authority: folder.join("ca.pem"),
            authority_key: folder.join("ca.key"),
        }
    }
}

/// Whether the server's certificate has the names by which panels reach it.
fn names(config: &Config, files: &Files) -> Finding {
    let name = "TLS names";
    let chain = match authority::certificates(&files.certificate) {
        Ok(chain) => chain,
        Err(error) => return Finding::fail(name, error.what, ""),
    };
    let Ok(certificate) = authority::parsed(&files.certificate, &chain[0]) else {
        return Finding::fail(
            name,
            format!("{} makes no sense", files.certificate.display()),
            "",
        );
    };
    let known = Names::of(&certificate);
    let with_tls = config
        .listeners
        .iter()
        .filter(|listener| listener.tls.is_some());
    let bound = with_tls.map(|listener| listener.address.ip());
    let bound = bound
        .filter(|address| !address.is_unspecified())
        .map(|address| address.to_string());
    let lacking: Vec<String> = bound
        .chain(config.tls.names.iter().cloned())
        .filter(|wanted| !known.covers(wanted))
        .collect();
    let advice = if files.own {
        "add to `tls.names` by what panels reach this server; the next start makes the certificate for it"
    } else {
        "ask for a certificate with the names by which panels reach this server"
    };
    if !lacking.is_empty() {
        let detail = format!(
            "the certificate is for {}, and not for {}",
            known.told(),
            lacking.join(", ")
        );
        return Finding::fail(name, detail, advice);
    }
    let open = config
        .listeners
        .iter()
        .any(|listener| listener.tls.is_some() && listener.address.ip().is_unspecified());
    if files.own && open && config.tls.names.is_empty() {
        let detail = format!("the certificate is for {} only", known.told());
        return Finding::warn(name, detail, advice);
    }
    Finding::ok(name, known.told())
}

/// Until when the certificates in a file are good: the first that ends counts.
fn life(name: &str, path: &Path, now: Wall) -> Finding {
    let certificates = match authority::certificates(path) {
        Ok(certificates) => certificates,
        Err(error) => return Finding::fail(name, error.what, ""),
    };
    let ends = certificates
        .iter()
        .filter_map(|der| authority::parsed(path, der).ok());
    let Some(end) = ends
        .map(|certificate| authority::not_after(&certificate))
        .min()
    else {
        return Finding::fail(name, format!("{} makes no sense", path.display()), "");
    };
    let days = (end.0 - now.0).div_euclid(DAY);
    let (shown, advice) = (
        path.display(),
        "put a new one in its place and type `watchfire tls reload`",
    );
    match days {
        ..0 => Finding::fail(name, format!("{shown} has expired"), advice),
        0..SOON => Finding::warn(name, format!("{shown} expires in {days} days"), advice),
        _ => Finding::ok(name, format!("{shown} is good for {days} days")),
    }
}

/// Whether a private key is its owner's alone.
fn private(path: &Path) -> Finding {
    let shown = path.display();
    let name = "TLS key";
    match std::fs::metadata(path) {
        Ok(found) if found.mode() & OTHERS != 0 => Finding::fail(
            name,
            format!(
                "{shown} can be read or changed by others (mode {:o})",
                found.mode() & 0o777
            ),
            format!("chmod 600 {shown}"),
        ),
        Ok(_) => Finding::ok(name, format!("{shown} is its owner's alone")),
        Err(error) => Finding::fail(
            name,
            format!("{shown} cannot be looked at: {error}"),
            "restore it from a backup",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;
    use crate::cli::doctor::Verdict;
    use crate::config::Sources;

    /// A data folder with a certificate for a name, and its configuration.
    fn with_certificate(name: &str, settings: &[(&str, &str)]) -> (tempfile::TempDir, Config) {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join(authority::FOLDER);
        std::fs::create_dir(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(2200, 1, 1);
        let pem = params.self_signed(&key).unwrap().pem();
        for name in ["ca", "server"] {
            std::fs::write(folder.join(format!("{name}.pem")), &pem).unwrap();
            let path = folder.join(format!("{name}.key"));
            std::fs::write(&path, key.serialize_pem()).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let given = [("WATCHFIRE__LISTENER__MQTT__ENABLED", "false")];
        let sources = Sources {
            environment: given
                .iter()
                .chain(settings)
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
            data: Some(data.path().to_owned()),
            ..Sources::default()
        };
        (data, Config::load(&sources).unwrap())
    }

    fn worst(config: &Config) -> Verdict {
        check(config)
            .into_iter()
            .map(|finding| finding.verdict)
            .max()
            .unwrap()
    }

    #[test]
    fn a_certificate_must_have_the_names_by_which_panels_reach_the_server() {
        let names = ("WATCHFIRE__TLS__NAMES", "[\"alarms.example.org\"]");
        let (_data, config) = with_certificate("alarms.example.org", &[names]);
        assert_eq!(worst(&config), Verdict::Ok, "{:?}", check(&config));
        let (_data, config) = with_certificate("localhost", &[names]);
        assert_eq!(worst(&config), Verdict::Fail, "it lacks the name");
        let (_data, config) = with_certificate("localhost", &[]);
        assert_eq!(
            worst(&config),
            Verdict::Warn,
            "nobody elsewhere knows it so"
        );
        let bound = ("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "192.0.2.7:9010");
        let (_data, config) = with_certificate("localhost", &[bound]);
        assert_eq!(
            worst(&config),
            Verdict::Fail,
            "it listens on another address"
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_bad() {
        let names = ("WATCHFIRE__TLS__NAMES", "[\"alarms.example.org\"]");
        let (data, config) = with_certificate("alarms.example.org", &[names]);
        let key = data.path().join("tls/ca.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
        let found = private(&key);
        assert_eq!(
            (found.verdict, worst(&config)),
            (Verdict::Fail, Verdict::Fail)
        );
        assert!(found.advice.starts_with("chmod 600 "), "{}", found.advice);
    }

    #[test]
    fn the_end_of_a_certificate_is_told_in_time() {
        let (data, _) = with_certificate("localhost", &[]);
        let path = data.path().join("tls/server.pem");
        // The start of the year 2200.
        let end = 7_258_118_400_000_000;
        for (before, verdict) in [(31, Verdict::Ok), (29, Verdict::Warn), (-1, Verdict::Fail)] {
            let found = life("server", &path, Wall(end - before * DAY));
            assert_eq!(found.verdict, verdict, "{before} days before: {found:?}");
        }
    }

    #[test]
    fn without_tls_or_before_the_first_start_there_is_nothing_to_find() {
        let data = tempfile::tempdir().unwrap();
        let with = |enabled: &str| {
            let sources = Sources {
                environment: vec![
                    (
                        "WATCHFIRE__LISTENER__DC09_TLS__ENABLED".into(),
                        enabled.into(),
                    ),
                    ("WATCHFIRE__LISTENER__MQTT__ENABLED".into(), "false".into()),
                ],
                data: Some(data.path().to_owned()),
                ..Sources::default()
            };
            Config::load(&sources).unwrap()
        };
        assert_eq!(check(&with("false")), []);
        assert_eq!(worst(&with("true")), Verdict::Ok);
    }
}

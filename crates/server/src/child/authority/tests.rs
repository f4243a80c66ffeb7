//! What is made, what is read, and what is refused with which words.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use engine::ports::TrustedRoot;
use gateway::tls::issuer_named;
use model::{Account, PanelId, PathName, Serial, Wall};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use tempfile::TempDir;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::*;

mod operator;

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// The start of the year 2027.
const NOW: Wall = Wall(1_798_761_600_000_000);

/// A wall clock that stands still.
#[derive(Debug)]
struct Stopped(Wall);

impl Clock for Stopped {
    fn now(&self) -> model::Now {
        model::Now {
            mono: model::Mono(0),
            wall: self.0,
            suspect: false,
        }
    }
}

fn authority(folder: &TempDir, operator: TlsSetup, at: Wall) -> FolderAuthority {
    FolderAuthority::new(
        folder.path(),
        operator,
        &Key([7; 32]),
        Arc::new(Stopped(at)),
    )
}

fn own(folder: &TempDir, at: Wall) -> FolderAuthority {
    authority(folder, TlsSetup::default(), at)
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join("tls").join(name)
}

fn order(serial: &[u8]) -> CertificateOrder {
    CertificateOrder {
        account: Account::parse(b"12AB").unwrap(),
        path_name: PathName::parse("lan"),
        panel: PanelId::from_bytes([1; 16]),
        serial: Serial::try_from(serial).unwrap(),
        not_before: NOW,
        not_after: Wall(NOW.0 + 365 * DAY),
    }
}

/// Whether a panel that knows the server by `root` takes its certificate, when its clock says `seconds`.
fn panel_takes(loaded: &Loaded, root: &TrustedRoot, name: &str, seconds: u64) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root.der.clone())).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    let chain: Vec<_> = loaded
        .chain
        .iter()
        .map(|der| CertificateDer::from(der.clone()))
        .collect();
    let taken = verifier.build().unwrap().verify_server_cert(
        &chain[0],
        &chain[1..],
        &ServerName::try_from(name.to_owned()).unwrap(),
        &[],
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
    );
    taken.is_ok()
}

/// R27.
#[test]
fn a_panel_takes_the_servers_certificate_even_if_its_clock_was_never_set() {
    let folder = tempfile::tempdir().unwrap();
    let names = TlsSetup {
        names: vec!["alarms.example.org".to_owned(), "192.0.2.7".to_owned()],
        ..TlsSetup::default()
    };
    let loaded = authority(&folder, names, NOW).load().unwrap();
    let [root] = &loaded.roots[..] else {
        panic!("one root: {:?}", loaded.roots);
    };
    assert!(root.ours);
    let now = u64::try_from(NOW.0 / 1_000_000).unwrap();
    for name in [
        "localhost",
        "127.0.0.1",
        "::1",
        "alarms.example.org",
        "192.0.2.7",
    ] {
        assert!(panel_takes(&loaded, root, name, 0), "{name} in 1970");
        assert!(panel_takes(&loaded, root, name, now), "{name} today");
        assert!(
            !panel_takes(&loaded, root, name, now + 3 * 366 * 86_400),
            "{name} in three years"
        );
    }
    assert!(!panel_takes(&loaded, root, "elsewhere.example.org", now));
    assert!(root.not_after.0 - NOW.0 > 29 * 365 * DAY);
}

#[test]
fn files_are_made_once_and_keys_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let first = own(&folder, NOW).load().unwrap();
    let names = ["ca.key", "ca.pem", "server.key", "server.pem"];
    let before = names.map(|name| fs::read(file(&folder, name)).unwrap());
    let again = own(&folder, NOW).load().unwrap();
    assert_eq!(
        before,
        names.map(|name| fs::read(file(&folder, name)).unwrap())
    );
    assert_eq!(first.fingerprint, again.fingerprint);
    for name in ["ca.key", "server.key"] {
        let mode = fs::metadata(file(&folder, name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(folder.path().join("tls")).unwrap().count(), 4);
}

#[test]
fn the_servers_certificate_is_renewed_in_time_with_its_key_under_the_same_authority() {
    let folder = tempfile::tempdir().unwrap();
    let first = own(&folder, NOW).load().unwrap();
    let early = own(&folder, Wall(NOW.0 + 480 * DAY)).load().unwrap();
    assert_eq!(early.chain, first.chain, "more than a third is left");
    let renewed = own(&folder, Wall(NOW.0 + 490 * DAY)).load().unwrap();
    assert_ne!(renewed.chain, first.chain);
    assert_ne!(renewed.fingerprint, first.fingerprint);
    assert_eq!(renewed.key, first.key);
    assert_eq!(renewed.roots, first.roots);
    assert_eq!(renewed.not_after, Wall(NOW.0 + (490 + 730) * DAY));
    let serial = |loaded: &Loaded| {
        let (_, certificate) = X509Certificate::from_der(&loaded.chain[0]).unwrap();
        certificate.raw_serial().to_vec()
    };
    assert_ne!(serial(&renewed), serial(&first), "RFC 5280 4.1.2.2");
}

#[test]
fn a_name_that_is_added_is_in_the_next_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let first = own(&folder, NOW).load().unwrap();
    let named = TlsSetup {
        names: vec!["Alarms.example.org".to_owned()],
        ..TlsSetup::default()
    };
    let second = authority(&folder, named, NOW).load().unwrap();
    assert!(!panel_takes(
        &first,
        &first.roots[0],
        "alarms.example.org",
        0
    ));
    assert!(panel_takes(
        &second,
        &first.roots[0],
        "alarms.example.org",
        0
    ));
    let third = own(&folder, NOW).load().unwrap();
    assert_eq!(third.chain, second.chain, "a name too many is no reason");
}

/// A clock in 1970 would make an authority that is long expired once it is set.
#[test]
fn an_authority_made_before_the_clock_was_set_is_good_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    own(&folder, Wall(0)).load().unwrap();
    let loaded = own(&folder, NOW).load().unwrap();
    assert!(panel_takes(
        &loaded,
        &loaded.roots[0],
        "localhost",
        1_798_761_600
    ));
}

#[test]
fn a_panels_certificate_names_its_account_and_path_and_is_of_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let files = own(&folder, NOW);
    let loaded = files.load().unwrap();
    let credentials = files.issue(&order(&[0x7f, 1, 2])).unwrap();
    let path = folder.path().join("panel.pem");
    fs::write(&path, &credentials.certificate).unwrap();
    let chain = certificates(&path).unwrap();
    let (_, certificate) = X509Certificate::from_der(&chain[0]).unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=12AB");
    assert_eq!(certificate.raw_serial(), [0x7f, 1, 2]);
    assert_eq!(not_after(&certificate), Wall(NOW.0 + 365 * DAY));
    let names = certificate.subject_alternative_name().unwrap().unwrap();
    let names: Vec<_> = names
        .value
        .general_names
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["URI(urn:watchfire:panel:12AB/lan)"]);
    let signer = issuer_named(
        certificate.issuer().as_raw(),
        issuer::signing_key(certificate.extensions()),
    );
    assert_eq!(
        signer, loaded.roots[0].issuer,
        "leaves and roots are of one spelling"
    );

    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(loaded.roots[0].der.clone()))
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let at =
        |micros: i64| UnixTime::since_unix_epoch(Duration::from_micros(micros.try_into().unwrap()));
    let leaf = CertificateDer::from(chain[0].clone());
    assert!(verifier.verify_client_cert(&leaf, &[], at(NOW.0)).is_ok());
    assert!(
        verifier
            .verify_client_cert(&leaf, &[], at(NOW.0 + 366 * DAY))
            .is_err()
    );

    assert!(credentials.key.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(
        credentials.server_authority,
        fs::read_to_string(file(&folder, "ca.pem")).unwrap()
    );
    assert!(!format!("{credentials:?}").contains("PRIVATE"), "I10");
}

#[test]
fn no_certificate_outlives_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let late = CertificateOrder {
        not_after: Wall(NOW.0 + 40 * 366 * DAY),
        ..order(&[1])
    };
    let refused = own(&folder, NOW).issue(&late).unwrap_err();
    assert!(refused.what.contains("fewer days"), "{refused}");
}

#[test]
fn the_authoritys_lost_certificate_is_made_anew_and_panels_stay_good() {
    let folder = tempfile::tempdir().unwrap();
    let first = own(&folder, NOW).load().unwrap();
    fs::remove_file(file(&folder, "ca.pem")).unwrap();
    let again = own(&folder, NOW).load().unwrap();
    assert_eq!(again.roots[0].issuer, first.roots[0].issuer);
    assert_eq!(
        again.chain, first.chain,
        "the server's certificate is good still"
    );
    assert!(panel_takes(&again, &first.roots[0], "localhost", 0));
    assert!(panel_takes(&first, &again.roots[0], "localhost", 0));
}

#[test]
fn a_lost_key_of_the_authority_is_never_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    own(&folder, NOW).load().unwrap();
    fs::remove_file(file(&folder, "ca.key")).unwrap();
    let refused = own(&folder, NOW).load().unwrap_err();
    assert!(refused.what.contains("ca.key: it is gone"), "{refused}");
    assert!(refused.what.contains("backup"), "{refused}");
    assert!(!file(&folder, "ca.key").exists());
}

#[test]
fn files_of_another_authority_are_refused_and_left_alone() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    own(&one, NOW).load().unwrap();
    own(&other, NOW).load().unwrap();
    for (name, told) in [
        ("ca.pem", "it was not made from ca.key"),
        ("server.pem", "did not sign it"),
    ] {
        let kept = fs::read(file(&one, name)).unwrap();
        fs::copy(file(&other, name), file(&one, name)).unwrap();
        let refused = own(&one, NOW).load().unwrap_err();
        assert!(refused.what.contains(told), "{refused}");
        assert_eq!(
            fs::read(file(&one, name)).unwrap(),
            fs::read(file(&other, name)).unwrap()
        );
        fs::write(file(&one, name), kept).unwrap();
    }
    fs::copy(file(&other, "server.key"), file(&one, "server.key")).unwrap();
    let refused = own(&one, NOW).load().unwrap_err();
    assert!(refused.what.contains("is not of the key in"), "{refused}");
}

#[test]
fn a_start_that_was_cut_off_is_gone_on_with() {
    let whole = tempfile::tempdir().unwrap();
    own(&whole, NOW).load().unwrap();
    for kept in [
        &["ca.key"][..],
        &["ca.key", "ca.pem"],
        &["ca.key", "ca.pem", "server.key"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tls")).unwrap();
        for name in kept {
            fs::copy(file(&whole, name), file(&folder, name)).unwrap();
        }
        fs::write(file(&folder, "server.pem.new"), "half").unwrap();
        let loaded = own(&folder, NOW).load().unwrap();
        assert!(
            panel_takes(&loaded, &loaded.roots[0], "localhost", 0),
            "{kept:?}"
        );
    }
}

#[test]
fn digests_of_secrets_are_of_the_folders_key_and_of_nothing_else() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secret = |text: &str| PanelSecret::new(text.as_bytes().to_vec());
    let digest = own(&one, NOW).digest(&secret("wfp_a"));
    assert_eq!(
        digest,
        own(&other, NOW).digest(&secret("wfp_a")),
        "the same key, the same digest"
    );
    assert_ne!(digest, own(&one, NOW).digest(&secret("wfp_b")));
    let key = Key([8; 32]);
    let another = FolderAuthority::new(
        one.path(),
        TlsSetup::default(),
        &key,
        Arc::new(Stopped(NOW)),
    );
    assert_ne!(digest, another.digest(&secret("wfp_a")));
    // As anybody can compute it: HMAC of the secret under HMAC of the label under the folder's key.
    let mac = |key: &[u8], text: &[u8]| {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
        <[u8; 32]>::from(mac.chain_update(text).finalize().into_bytes())
    };
    assert_eq!(digest, mac(&mac(&[7; 32], LABEL), b"wfp_a"));
}

#[test]
fn names_of_a_certificate_cover_what_they_should_and_no_more() {
    let given = ["*.example.org", "192.0.2.7"].map(str::to_owned);
    let mut params = CertificateParams::new(given).unwrap();
    params
        .subject_alt_names
        .push(rcgen::SanType::IpAddress(IpAddr::from([
            0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ])));
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let (_, certificate) = X509Certificate::from_der(made.der()).unwrap();
    let names = Names::of(&certificate);
    for name in ["alarms.example.org", "192.0.2.7", "2001:db8::1"] {
        assert!(names.covers(name), "{name}");
    }
    for name in ["example.org", "a.b.example.org", "192.0.2.8", "not a name"] {
        assert!(!names.covers(name), "{name}");
    }
    for text in ["", "-a", "a b", "a..b", "*.example.org", "é"] {
        assert!(!is_name(text), "{text}");
    }
}

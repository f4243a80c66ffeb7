//! The operator's own files.

use super::*;

/// An authority of an operator's.
struct Operator {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

impl Operator {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    /// A certificate for a server, and its key.
    fn server(&self, name: &str) -> (String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer()).unwrap().pem(), key)
    }

    /// A certificate for a panel, as DER.
    fn panel(&self, serial: &[u8], with_key_identifier: bool) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.use_authority_key_identifier_extension = with_key_identifier;
        let made = params.signed_by(&KeyPair::generate().unwrap(), &self.issuer());
        made.unwrap().der().to_vec()
    }

    fn revokes(&self, serials: &[&[u8]]) -> rcgen::CertificateRevocationList {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(2026, 2, 1),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer()).unwrap()
    }
}

fn put(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

/// Who signed a certificate, and its number.
fn named(der: &[u8]) -> (model::Issuer, Serial) {
    let (_, certificate) = X509Certificate::from_der(der).unwrap();
    let signer = issuer::signing_key(certificate.extensions());
    let signer = issuer_named(certificate.issuer().as_raw(), signer);
    (signer, issuer::serial(certificate.raw_serial()).unwrap())
}

#[test]
fn the_operators_certificate_is_shown_and_panels_are_handed_his_authority() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::new("Operator");
    let (server, key) = operator.server("alarms.example.org");
    let setup = TlsSetup {
        certificate: Some((
            put(&folder, "chain.pem", format!("{server}{}", operator.pem)),
            put(&folder, "server.key", key.serialize_pem()),
        )),
        ..TlsSetup::default()
    };
    let files = authority(&folder, setup, NOW);
    let loaded = files.load().unwrap();
    assert_eq!(loaded.chain.len(), 2);
    assert_eq!(*loaded.key, key.serialize_der());
    assert!(
        loaded.roots[0].ours,
        "panels of ours are let in all the same"
    );
    assert!(
        !file(&folder, "server.pem").exists(),
        "none of our own is made"
    );
    let credentials = files.issue(&order(&[1])).unwrap();
    let handed = credentials.server_authority.replace('\n', "");
    assert_eq!(handed, operator.pem.replace(['\n', '\r'], ""));
}

#[test]
fn keys_in_older_forms_become_pkcs_8() {
    use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::new("Operator");
    let (server, key) = operator.server("alarms.example.org");
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der()).unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    let body = data_encoding::BASE64.encode(sec1.as_ref());
    let old = format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n");
    let certificate = (put(&folder, "a.pem", server), put(&folder, "a.key", old));
    let setup = TlsSetup {
        certificate: Some(certificate),
        ..TlsSetup::default()
    };
    let loaded = authority(&folder, setup, NOW).load().unwrap();
    let again = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &loaded.key).unwrap();
    assert_eq!(
        aws_lc_rs::signature::KeyPair::public_key(&again).as_ref(),
        aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref()
    );
}

/// Loading must be refused with these words, about this file, and tell no key.
fn refused(folder: &TempDir, setup: TlsSetup, name: &str, told: &str) {
    let refused = authority(folder, setup, NOW).load().unwrap_err().what;
    assert!(refused.contains(told), "{told} in {refused}");
    let file = folder.path().join(name);
    assert!(refused.starts_with(file.to_str().unwrap()), "{refused}");
    assert!(!refused.contains("AAAA"), "I10: {refused}");
}

#[test]
fn a_certificate_that_cannot_be_shown_is_told_with_its_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::new("Operator");
    let (server, key) = operator.server("alarms.example.org");
    let (_, other_key) = operator.server("alarms.example.org");
    let other = Operator::new("Other").pem;
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    put(&folder, "server.pem", &server);
    put(&folder, "server.key", key.serialize_pem());
    put(&folder, "other.key", other_key.serialize_pem());
    put(&folder, "locked.key", locked);
    put(
        &folder,
        "backwards.pem",
        format!("{}{server}", operator.pem),
    );
    put(&folder, "strays.pem", format!("{server}{other}"));
    put(&folder, "text", "hello");
    for (certificate, key, name, told) in [
        ("server.pem", "other.key", "server.pem", "belong together"),
        (
            "backwards.pem",
            "server.key",
            "backwards.pem",
            "certificate first",
        ),
        (
            "strays.pem",
            "server.key",
            "strays.pem",
            "followed by that of its signer",
        ),
        (
            "server.pem",
            "locked.key",
            "locked.key",
            "takes a password off",
        ),
        ("text", "server.key", "text", "-----BEGIN CERTIFICATE-----"),
        ("gone", "server.key", "gone", "cannot be read"),
    ] {
        let within = |name: &str| folder.path().join(name);
        let setup = TlsSetup {
            certificate: Some((within(certificate), within(key))),
            ..TlsSetup::default()
        };
        refused(&folder, setup, name, told);
    }
}

#[test]
fn what_is_no_authority_and_no_list_is_told_with_its_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (server, key) = Operator::new("Operator").server("alarms.example.org");
    let certificate = put(&folder, "server.pem", &server);
    let key = put(&folder, "server.key", key.serialize_pem());
    let text = put(&folder, "text", "hello");
    for (path, name, told) in [
        (&certificate, "server.pem", "is not an authority's"),
        (&key, "server.key", "no certificate in it"),
    ] {
        let setup = TlsSetup {
            client_ca: vec![path.clone()],
            ..TlsSetup::default()
        };
        refused(&folder, setup, name, told);
    }
    for (path, name) in [(&text, "text"), (&certificate, "server.pem")] {
        let setup = TlsSetup {
            crl: vec![path.clone()],
            ..TlsSetup::default()
        };
        refused(&folder, setup, name, "X509 CRL");
    }
}

#[test]
fn authorities_of_the_operator_are_known_as_their_certificates_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Operator::new("Panels"), Operator::new("Panels"));
    let both = put(&folder, "both.pem", format!("{}{}", one.pem, other.pem));
    let setup = TlsSetup {
        client_ca: vec![both.clone(), both],
        ..TlsSetup::default()
    };
    let loaded = authority(&folder, setup, NOW).load().unwrap();
    assert_eq!(loaded.roots.len(), 3, "each once");
    let ours: Vec<bool> = loaded.roots.iter().map(|root| root.ours).collect();
    assert_eq!(ours, [true, false, false]);
    assert_eq!(named(&one.panel(&[1], true)).0, loaded.roots[1].issuer);
    assert_eq!(named(&other.panel(&[1], true)).0, loaded.roots[2].issuer);
    assert_ne!(
        loaded.roots[1].issuer, loaded.roots[2].issuer,
        "one name, two keys"
    );
}

#[test]
fn revocation_lists_name_certificates_as_gateways_see_them() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Operator::new("One"), Operator::new("Other"));
    let serials: [&[u8]; 2] = [&[0x80, 1], &[2]];
    let list = one.revokes(&serials);
    let setup = TlsSetup {
        client_ca: vec![
            put(&folder, "one.pem", &one.pem),
            put(&folder, "other.pem", &other.pem),
        ],
        crl: vec![
            put(&folder, "one.crl", list.pem().unwrap()),
            put(&folder, "other.crl", other.revokes(&[&[9]]).der()),
        ],
        ..TlsSetup::default()
    };
    let revoked = authority(&folder, setup, NOW).load().unwrap().revoked;
    for identified in [true, false] {
        for serial in serials {
            assert!(
                revoked.contains(&named(&one.panel(serial, identified))),
                "{serial:?}"
            );
            assert!(
                !revoked.contains(&named(&other.panel(serial, identified))),
                "{serial:?}"
            );
        }
        assert!(!revoked.contains(&named(&one.panel(&[9], identified))));
        assert!(
            revoked.contains(&named(&other.panel(&[9], identified))),
            "as DER"
        );
    }
}

#[test]
fn a_change_of_any_file_is_another_state() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::new("Panels");
    let (ca, list) = (
        put(&folder, "ca.pem", &operator.pem),
        put(&folder, "list", operator.revokes(&[]).der()),
    );
    let setup = TlsSetup {
        client_ca: vec![ca.clone()],
        crl: vec![list.clone()],
        ..TlsSetup::default()
    };
    let files = authority(&folder, setup, NOW);
    let first = files.load().unwrap().fingerprint;
    put(&folder, "list", operator.revokes(&[&[1]]).der());
    let second = files.load().unwrap().fingerprint;
    put(
        &folder,
        "ca.pem",
        format!("{}{}", operator.pem, Operator::new("More").pem),
    );
    let third = files.load().unwrap().fingerprint;
    assert!(first != second && second != third && first != third);
    assert_eq!(third, files.load().unwrap().fingerprint);
}

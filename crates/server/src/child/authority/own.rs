//! Our own authority and our own server certificate, in `DATA/tls`.
//!
//! Invariant: the authority's name and key identifier follow from its key. A lost `ca.pem` is made anew
//! from `ca.key`, and every certificate that panels hold stays good.
//! Invariant: keys are written before what is made of them, and never written over: whenever a crash comes, the
//! next start goes on from what is there.
//!
//! Certificates that panels judge begin in 1970, so that a panel whose clock was never set takes them (R27).

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::ports::{AuthorityError, TrustedRoot};
use gateway::tls::issuer_named;
use model::{Entropy, Wall};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
    date_time_ymd,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::names::Names;
use super::pair::Pair;
use super::read;
use super::{issuer, roots, within, wrong};
use crate::clock::SystemEntropy;
use crate::private_file;

/// Days that our authority's certificate is good for: 30 years. Panels are in the wall for as long.
const AUTHORITY_DAYS: u32 = 30 * 366;

/// Days that the server's certificate is good for: two years.
const SERVER_DAYS: u32 = 2 * 365;

/// With how many days left it is renewed: a third.
const RENEWED: u32 = SERVER_DAYS / 3;

/// No certificate's life is counted from before 2026, when this was written: a machine whose clock has not
/// been set yet would make an authority that is long expired once it is.
const EARLIEST: Wall = Wall(1_767_225_600_000_000);

/// The folder of our own files.
pub(super) struct Own {
    folder: PathBuf,
}

impl Own {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Our authority; made if there is none.
    pub(super) fn certifier(&self, now: Wall) -> Result<Certifier, AuthorityError> {
        let (key, certificate) = (
            within(&self.folder, "ca.key"),
            within(&self.folder, "ca.pem"),
        );
        if certificate.exists() && !key.exists() {
            return Err(wrong(
                &key,
                "it is gone, and panels hold certificates that it signed",
                "restore it from a backup; without one, remove ca.pem and enrol every panel anew",
            ));
        }
        let pair = self.key_pair(&key)?;
        if !certificate.exists() {
            let made = authority(&pair, now).self_signed(&*pair);
            let made = made.map_err(|error| not_made(&certificate, &error))?;
            written(&certificate, made.pem().as_bytes())?;
            tracing::info!(file = %certificate.display(), "an authority of our own was made");
        }
        Certifier::new(pair, &certificate)
    }

    /// The server's certificate and key; made if there are none, and the certificate renewed in time.
    pub(super) fn server(
        &self,
        by: &Certifier,
        names: &Names,
        now: Wall,
    ) -> Result<Pair, AuthorityError> {
        let (key, certificate) = (
            within(&self.folder, "server.key"),
            within(&self.folder, "server.pem"),
        );
        // A key that comes after its certificate cannot be that certificate's.
        let reason = if !certificate.exists() || !key.exists() {
            Some("there was none")
        } else {
            by.renews(&certificate, names, now)?
        };
        let pair = self.key_pair(&key)?;
        if let Some(reason) = reason {
            let made = server(names, now).signed_by(&*pair, &by.issuer());
            let made = made.map_err(|error| not_made(&certificate, &error))?;
            written(&certificate, made.pem().as_bytes())?;
            tracing::info!(file = %certificate.display(), reason, "a server certificate of our own was made");
        }
        Pair::read(&certificate, &key)
    }

    /// The key pair of a file; made if there is none.
    fn key_pair(&self, path: &Path) -> Result<Zeroizing<KeyPair>, AuthorityError> {
        if !path.exists() {
            let pair = new_key_pair(path)?;
            let folder = private_file::folder(&self.folder);
            folder.map_err(|error| not_written(&self.folder, &error))?;
            let pem = Zeroizing::new(pair.serialize_pem());
            written(path, pem.as_bytes())?;
        }
        let key = read::key(path)?;
        let pair = KeyPair::try_from(key.pkcs8.as_slice());
        pair.map(Zeroizing::new).map_err(|error| {
            let what = format!("the private key cannot be used: {error}");
            wrong(path, what, "restore it from a backup")
        })
    }
}

/// A new key pair, ECDSA on P-256: what every panel's library can verify.
pub(super) fn new_key_pair(path: &Path) -> Result<Zeroizing<KeyPair>, AuthorityError> {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256);
    pair.map(Zeroizing::new)
        .map_err(|error| not_made(path, &error))
}

fn not_made(path: &Path, error: &rcgen::Error) -> AuthorityError {
    wrong(
        path,
        format_args!("it cannot be made: {error}"),
        "this is a defect: tell us",
    )
}

fn not_written(path: &Path, error: &std::io::Error) -> AuthorityError {
    let advice = "give the user who runs the server the data folder, and room on its disk";
    wrong(path, format_args!("it cannot be written: {error}"), advice)
}

fn written(path: &Path, octets: &[u8]) -> Result<(), AuthorityError> {
    private_file::write(path, octets).map_err(|error| not_written(path, &error))
}

/// Our authority, ready to sign.
pub(super) struct Certifier {
    params: CertificateParams,
    pair: Zeroizing<KeyPair>,
    pem: String,
    root: TrustedRoot,
    path: PathBuf,
}

impl Certifier {
    fn new(pair: Zeroizing<KeyPair>, path: &Path) -> Result<Self, AuthorityError> {
        let text = read::octets(path)?;
        let der = match &read::certificates(path)?[..] {
            [der] => der.clone(),
            _ => {
                return Err(wrong(
                    path,
                    "there are several certificates in it",
                    "it is not ours: restore it, or remove it and the next start makes it from ca.key",
                ));
            }
        };
        let certificate = read::parsed(path, &der)?;
        let params = identity(&pair);
        let identifier = params.key_identifier(&*pair);
        let ours = *certificate.public_key().subject_public_key.data == *pair.der_bytes()
            && issuer::own_key(&certificate) == Some(&identifier);
        if !ours {
            return Err(wrong(
                path,
                "it was not made from ca.key beside it",
                "restore both from one backup; or remove ca.pem, and the next start makes it from ca.key. \
                 An authority of your own is named by `tls.client_ca`",
            ));
        }
        let root = roots::of(&certificate, true);
        Ok(Self {
            params,
            pair,
            pem: String::from_utf8_lossy(&text).into_owned(),
            root,
            path: path.to_owned(),
        })
    }

    /// It, as one who signs.
    pub(super) fn issuer(&self) -> rcgen::Issuer<'_, &KeyPair> {
        rcgen::Issuer::from_params(&self.params, &*self.pair)
    }

    /// Its certificate, for those who are to know the server by it.
    pub(super) fn pem(&self) -> String {
        self.pem.clone()
    }

    /// It, as one whose client certificates are taken.
    pub(super) fn root(&self) -> TrustedRoot {
        self.root.clone()
    }

    /// Where its certificate is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Why the server's certificate is to be made anew, if it is.
    fn renews(
        &self,
        path: &Path,
        names: &Names,
        now: Wall,
    ) -> Result<Option<&'static str>, AuthorityError> {
        let chain = read::certificates(path)?;
        let certificate = read::parsed(path, &chain[0])?;
        let signer = issuer_named(
            certificate.issuer().as_raw(),
            issuer::signing_key(certificate.extensions()),
        );
        let left = read::not_after(&certificate).before(days(RENEWED));
        Ok(if signer != self.root.issuer {
            // A person put it there: only what we made is made anew.
            let advice = "a certificate of your own is named by `tls.certificate` and `tls.key`; or remove server.pem \
                          and server.key, and the next start makes them";
            return Err(wrong(path, "our own authority did not sign it", advice));
        } else if !Names::of(&certificate).cover(names) {
            Some("it lacked a name")
        } else if now > left {
            Some("it was about to expire")
        } else {
            None
        })
    }
}

/// So many days.
fn days(days: u32) -> Duration {
    Duration::from_hours(24) * days
}

/// From when until when a certificate is good, to the second.
pub(super) fn lives(params: &mut CertificateParams, from: Wall, until: Wall) {
    let epoch = date_time_ymd(1970, 1, 1);
    let since = |at: Wall| {
        let seconds = u64::try_from(at.0 / 1_000_000).unwrap_or(0);
        Duration::from_secs(seconds.min(LAST))
    };
    params.not_before = epoch + since(from);
    params.not_after = epoch + since(until);
}

/// The end of the year 9999 in seconds since 1970: no certificate lives longer (RFC 5280 4.1.2.5).
const LAST: u64 = 253_402_300_799;

/// So many days from now.
fn after(now: Wall, life: u32) -> Wall {
    let micros = i64::from(life) * 24 * 3_600 * 1_000_000;
    Wall(now.max(EARLIEST).0.saturating_add(micros))
}

/// A common name, and nothing else.
pub(super) fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// A serial number that nobody guesses, and no other certificate has: 126 random bits behind a one.
fn random_serial() -> SerialNumber {
    let mut octets = [0; 16];
    SystemEntropy.fill(&mut octets);
    octets[0] = octets[0] & 0x3f | 0x40;
    SerialNumber::from_slice(&octets)
}

/// What of our authority follows from its key: its name, and how its key is identified.
fn identity(pair: &KeyPair) -> CertificateParams {
    let digest = Sha256::digest(pair.subject_public_key_info());
    let tail = data_encoding::HEXLOWER.encode(&digest[..4]);
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("Watchfire authority {tail}"));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.key_identifier_method = KeyIdMethod::Sha256;
    params
}

/// Our authority's certificate.
fn authority(pair: &KeyPair, now: Wall) -> CertificateParams {
    let mut params = identity(pair);
    params.serial_number = Some(random_serial());
    lives(&mut params, Wall(0), after(now, AUTHORITY_DAYS));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params
}

/// The server's certificate.
fn server(names: &Names, now: Wall) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Watchfire");
    params.serial_number = Some(random_serial());
    lives(&mut params, Wall(0), after(now, SERVER_DAYS));
    params.subject_alt_names = names.alternatives();
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

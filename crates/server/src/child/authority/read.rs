//! Reads the files that TLS needs: certificates and keys, as PEM.

use std::io::Read;
use std::path::Path;

use engine::ports::AuthorityError;
use model::Wall;
use model::limits::TLS_FILE;
use rustls_pki_types::pem::{Error as PemError, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::key::PrivateKey;
use super::wrong;

/// All of a file that is not larger than any of its kind.
pub(super) fn octets(path: &Path) -> Result<Zeroizing<Vec<u8>>, AuthorityError> {
    let mut octets = Zeroizing::new(Vec::new());
    let opened = std::fs::File::open(path);
    let read = opened.and_then(|file| file.take(TLS_FILE + 1).read_to_end(&mut octets));
    match read {
        Ok(length) if length as u64 > TLS_FILE => Err(wrong(
            path,
            format_args!("it has more than {} MiB", TLS_FILE >> 20),
            "it cannot be what it is named for",
        )),
        Ok(_) => Ok(octets),
        Err(error) => Err(wrong(
            path,
            format_args!("it cannot be read: {error}"),
            "put it there, readable by the user who runs the server, or name another in [tls]",
        )),
    }
}

/// The certificates in a PEM file, in its order; at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, AuthorityError> {
    let text = octets(path)?;
    let advice = "a PEM file is wanted, with `-----BEGIN CERTIFICATE-----`";
    let mut certificates = Vec::new();
    for section in CertificateDer::pem_slice_iter(&text) {
        let der = section.map_err(|error| wrong(path, not_pem(&error), advice))?;
        parsed(path, &der)?;
        certificates.push(der.to_vec());
    }
    if certificates.is_empty() {
        return Err(wrong(path, "there is no certificate in it", advice));
    }
    Ok(certificates)
}

/// The private key in a PEM file.
pub(super) fn key(path: &Path) -> Result<PrivateKey, AuthorityError> {
    let text = octets(path)?;
    let der = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        PemError::NoItemsFound => wrong(
            path,
            "there is no private key in it that is not locked by a password",
            "a PEM file is wanted, with `-----BEGIN PRIVATE KEY-----`; `openssl pkey` takes a password off",
        ),
        error => wrong(path, not_pem(&error), "write the key anew, or restore it"),
    })?;
    let der = Zeroizing::new(der);
    PrivateKey::new(&der).ok_or_else(|| {
        wrong(
            path,
            "the private key is of no kind that TLS can use here",
            "use ECDSA on P-256 or P-384, Ed25519, or RSA of at least 2048 bits",
        )
    })
}

fn not_pem(error: &PemError) -> String {
    format!("it is not PEM as it should be: {error}")
}

/// A certificate, from DER.
pub(crate) fn parsed<'a>(
    path: &Path,
    der: &'a [u8],
) -> Result<X509Certificate<'a>, AuthorityError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(wrong(
            path,
            "octets follow a certificate",
            "write it anew, or restore it",
        )),
        Err(error) => Err(wrong(
            path,
            format_args!("a certificate in it makes no sense: {error}"),
            "write it anew, or restore it",
        )),
    }
}

/// Until when a certificate is good.
pub(crate) fn not_after(certificate: &X509Certificate<'_>) -> Wall {
    let seconds = certificate.validity().not_after.timestamp();
    Wall(seconds.saturating_mul(1_000_000))
}

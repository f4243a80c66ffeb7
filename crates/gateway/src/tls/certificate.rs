//! What certificates say, in the engine's terms.

use arrayvec::ArrayVec;
use aws_lc_rs::digest::{Context, SHA256};
use model::{HolderName, Issuer, NAMES, Serial, Wall};
use rustls_pki_types::UnixTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

/// Octets that are no certificate, or one whose serial number is longer than RFC 5280 allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a certificate cannot be read")]
pub struct Unreadable;

/// An authority by its distinguished name, as it is encoded in DER, and the identifier of its key, if
/// it has one: SHA-256 of both, one behind the other. So a revocation list names its issuer, too.
pub fn issuer_named(name: &[u8], key_identifier: Option<&[u8]>) -> Issuer {
    let mut hash = Context::new(&SHA256);
    hash.update(name);
    hash.update(key_identifier.unwrap_or_default());
    let mut issuer = Issuer([0; 32]);
    issuer.0.copy_from_slice(hash.finish().as_ref());
    issuer
}

/// An authority by its own certificate, as DER: its subject, and its subject key identifier.
pub fn issuer_of(authority: &[u8]) -> Result<Issuer, Unreadable> {
    let parsed = parse(authority)?;
    let name = parsed.subject().as_raw();
    Ok(issuer_named(name, subject_key(&parsed)))
}

/// The certificate in these octets, and nothing behind it.
pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Unreadable> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Unreadable),
    }
}

/// The identifier of its own key (RFC 5280 4.2.1.2).
pub(super) fn subject_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    })
}

/// The identifier of the key that signed it (RFC 5280 4.2.1.1).
pub(super) fn authority_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(identifier) => {
            identifier.key_identifier.as_ref().map(|key| key.0)
        }
        _ => None,
    })
}

/// Its number, without leading zeros.
pub(super) fn serial_of(certificate: &X509Certificate<'_>) -> Result<Serial, Unreadable> {
    let octets = certificate.raw_serial();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let number = octets.get(zeros..).unwrap_or_default();
    Serial::try_from(number).map_err(|_| Unreadable)
}

/// The end of its time, to the second.
pub(super) fn not_after(certificate: &X509Certificate<'_>) -> Wall {
    let seconds = certificate.validity().not_after.timestamp();
    Wall(seconds.saturating_mul(1_000_000))
}

/// A wall time as TLS counts it; 1970 for any before.
pub(super) fn unix_time(at: Wall) -> UnixTime {
    let micros = u64::try_from(at.0).unwrap_or(0);
    UnixTime::since_unix_epoch(std::time::Duration::from_micros(micros))
}

/// What it calls its holder: common names, DNS names, and the last part of each URI. A name that
/// is longer than any account, and all beyond the first few, are left out.
pub(super) fn names_of(certificate: &X509Certificate<'_>) -> ArrayVec<HolderName, NAMES> {
    let common = certificate.subject().iter_common_name();
    let common = common.filter_map(|name| name.as_str().ok());
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let alternative = alternative
        .iter()
        .flat_map(|names| &names.value.general_names);
    let alternative = alternative.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        GeneralName::URI(uri) => uri.rsplit([':', '/']).next(),
        _ => None,
    });
    let names = common.chain(alternative).filter(|name| !name.is_empty());
    let names = names.filter_map(|name| HolderName::from(name).ok());
    names.take(NAMES).collect()
}

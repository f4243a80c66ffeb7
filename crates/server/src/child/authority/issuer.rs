//! By what an authority is known, in its own certificate, in those that it signed and in its
//! revocation lists.

use engine::ports::AuthorityError;
use gateway::tls::issuer_named;
use model::{Issuer, SERIAL, Serial};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ParsedExtension, X509Extension};

/// As whom an authority's certificates name it: by its subject and its subject key identifier
/// (RFC 5280 4.2.1.2).
pub(super) fn of_authority(certificate: &X509Certificate<'_>) -> Issuer {
    issuer_named(certificate.subject().as_raw(), own_key(certificate))
}

/// The identifier of the holder's key.
pub(super) fn own_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    })
}

/// The identifier of the signer's key (RFC 5280 4.2.1.1).
pub(super) fn signing_key<'a>(extensions: &'a [X509Extension<'_>]) -> Option<&'a [u8]> {
    extensions
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(authority) => authority
                .key_identifier
                .as_ref()
                .map(|identifier| identifier.0),
            _ => None,
        })
}

/// A serial number without leading zeros.
pub(super) fn serial(raw: &[u8]) -> Result<Serial, AuthorityError> {
    let zeros = raw.iter().take_while(|octet| **octet == 0).count();
    Serial::try_from(&raw[zeros..]).map_err(|_| AuthorityError {
        what: format!("a serial number has more than {SERIAL} octets"),
    })
}

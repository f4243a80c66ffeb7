//! Operators' revocation lists (RFC 5280 5): who signed, and which serial numbers are not to be taken.
//!
//! A list names its authority as certificates do, by name and by an identifier of the key. Where either of
//! the two leaves the identifier out, the name alone has to do; such a list is taken for every trusted
//! authority of that name, since one certificate too many refused is seen at once, and one too few never.
//!
//! A list that is overdue still counts: what was revoked stays revoked.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use engine::ports::{AuthorityError, TrustedRoot};
use gateway::tls::issuer_named;
use model::limits::REVOKED;
use model::{Issuer, Serial};
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};
use x509_parser::x509::ReasonCode;

use super::read;
use super::{issuer, wrong};

/// All that the lists name.
pub(super) fn read_all(
    files: &[PathBuf],
    roots: &[TrustedRoot],
) -> Result<HashSet<(Issuer, Serial)>, AuthorityError> {
    let mut revoked = HashSet::new();
    for path in files {
        let octets = read::octets(path)?;
        if octets.starts_with(b"0") {
            take(path, &octets, roots, &mut revoked)?;
            continue;
        }
        let mut sections = 0;
        for section in CertificateRevocationListDer::pem_slice_iter(&octets) {
            let section = section.map_err(|error| {
                wrong(
                    path,
                    format_args!("it is not PEM as it should be: {error}"),
                    FORMS,
                )
            })?;
            take(path, &section, roots, &mut revoked)?;
            sections += 1;
        }
        if sections == 0 {
            return Err(wrong(path, "there is no revocation list in it", FORMS));
        }
    }
    Ok(revoked)
}

const FORMS: &str = "a list is wanted as PEM, with `-----BEGIN X509 CRL-----`, or as DER";

fn take(
    path: &Path,
    der: &[u8],
    roots: &[TrustedRoot],
    revoked: &mut HashSet<(Issuer, Serial)>,
) -> Result<(), AuthorityError> {
    let (_, list) = CertificateRevocationList::from_der(der).map_err(|error| {
        wrong(
            path,
            format_args!("the list in it makes no sense: {error}"),
            FORMS,
        )
    })?;
    if is_indirect(&list) {
        return Err(wrong(
            path,
            "the list speaks for other authorities than its own (an indirect list)",
            "name the lists of those authorities themselves",
        ));
    }
    let signers = signers(&list, roots);
    for entry in list.iter_revoked_certificates() {
        // A list of changes may take a hold back (RFC 5280 5.3.1).
        if entry
            .reason_code()
            .is_some_and(|(_, reason)| reason == ReasonCode::RemoveFromCRL)
        {
            continue;
        }
        let serial = issuer::serial(entry.raw_serial());
        let serial = serial.map_err(|error| {
            wrong(
                path,
                error,
                "ask its authority for a list that keeps to RFC 5280",
            )
        })?;
        revoked.extend(signers.iter().map(|signer| (*signer, serial.clone())));
        if revoked.len() > REVOKED {
            return Err(wrong(
                path,
                format_args!("the lists name more than {REVOKED} certificates"),
                "leave out lists of authorities that no panel's certificate comes from",
            ));
        }
    }
    Ok(())
}

fn is_indirect(list: &CertificateRevocationList<'_>) -> bool {
    list.extensions().iter().any(|extension| {
        matches!(extension.parsed_extension(), ParsedExtension::IssuingDistributionPoint(point) if point.indirect_crl)
    })
}

/// As whom certificates may name the authority of a list.
fn signers(list: &CertificateRevocationList<'_>, roots: &[TrustedRoot]) -> HashSet<Issuer> {
    let name = list.issuer().as_raw();
    let key = issuer::signing_key(list.extensions());
    let mut signers = HashSet::from([issuer_named(name, key), issuer_named(name, None)]);
    if key.is_none() {
        let named = roots
            .iter()
            .filter(|root| subject(root).is_some_and(|subject| subject == name));
        signers.extend(named.map(|root| root.issuer));
    }
    signers
}

fn subject(root: &TrustedRoot) -> Option<&[u8]> {
    let (_, certificate) = X509Certificate::from_der(&root.der).ok()?;
    Some(certificate.tbs_certificate.subject.as_raw())
}

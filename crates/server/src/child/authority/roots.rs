//! The authorities whose client certificates are taken: our own, and the operator's.

use std::path::{Path, PathBuf};

use engine::ports::{AuthorityError, TrustedRoot};
use x509_parser::certificate::X509Certificate;
use x509_parser::x509::X509Version;

use super::read;
use super::{issuer, wrong};

/// Our own and those of the operator's files, each once.
pub(super) fn read_all(
    own: TrustedRoot,
    files: &[PathBuf],
) -> Result<Vec<TrustedRoot>, AuthorityError> {
    let mut roots = vec![own];
    for path in files {
        for der in read::certificates(path)? {
            let root = root(path, &der)?;
            if roots.iter().all(|known| known.der != root.der) {
                roots.push(root);
            }
        }
    }
    Ok(roots)
}

fn root(path: &Path, der: &[u8]) -> Result<TrustedRoot, AuthorityError> {
    let certificate = read::parsed(path, der)?;
    if !may_sign(&certificate) {
        return Err(wrong(
            path,
            format_args!(
                "the certificate of {} is not an authority's",
                certificate.subject()
            ),
            "`tls.client_ca` names those who signed panels' certificates, not panels",
        ));
    }
    Ok(of(&certificate, false))
}

/// Whether it is an authority's: by its basic constraints, which version 1 does not have.
fn may_sign(certificate: &X509Certificate<'_>) -> bool {
    certificate.is_ca() || certificate.version() == X509Version::V1
}

/// What is to be known of an authority.
pub(super) fn of(certificate: &X509Certificate<'_>, ours: bool) -> TrustedRoot {
    TrustedRoot {
        der: certificate.as_raw().to_vec(),
        issuer: issuer::of_authority(certificate),
        subject: certificate.subject().to_string(),
        not_after: read::not_after(certificate),
        ours,
    }
}

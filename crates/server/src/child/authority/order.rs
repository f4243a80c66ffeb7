//! A panel's certificate.

use engine::ports::{AuthorityError, CertificateOrder};
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType, SerialNumber,
};
use zeroize::Zeroizing;

use super::names::ascii;
use super::own::{Certifier, lives, named, new_key_pair};
use super::wrong;

/// What the URI in a panel's certificate begins with; the account follows, and the path's name behind a `/`.
const URN: &str = "urn:watchfire:panel:";

/// Makes a key pair and a certificate for a panel; both as PEM, the key as PKCS #8.
pub(super) fn carry_out(
    by: &Certifier,
    order: &CertificateOrder,
) -> Result<(String, Zeroizing<String>), AuthorityError> {
    if order.not_after > by.root().not_after {
        return Err(wrong(
            by.path(),
            "the authority itself expires before the certificate would",
            "order one that is good for fewer days",
        ));
    }
    let pair = new_key_pair(by.path())?;
    let made = params(order).signed_by(&*pair, &by.issuer());
    let made = made.map_err(|error| AuthorityError {
        what: format!(
            "the certificate of account {} cannot be made: {error}",
            order.account
        ),
    })?;
    Ok((made.pem(), Zeroizing::new(pair.serialize_pem())))
}

fn params(order: &CertificateOrder) -> CertificateParams {
    let account = order.account.as_str();
    let uri = match &order.path_name {
        Some(path) => format!("{URN}{account}/{path}"),
        None => format!("{URN}{account}"),
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = named(account);
    params.serial_number = Some(SerialNumber::from_slice(&order.serial));
    lives(&mut params, order.not_before, order.not_after);
    params.subject_alt_names = vec![SanType::URI(ascii(&uri))];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

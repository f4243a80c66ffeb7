//! Under which reason a failure of TLS is counted (I4).

use proto::Counted;
use rustls::{CertificateError, Error, PeerIncompatible};

/// Why a handshake was refused.
pub(super) fn of_handshake(error: &Error) -> Counted {
    match error {
        Error::NoCertificatesPresented => Counted::TlsNoCertificate,
        Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::UnknownIssuer => Counted::TlsUnknownAuthority,
            CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
            | CertificateError::Expired
            | CertificateError::ExpiredContext { .. } => Counted::TlsNotInForce,
            _ => Counted::TlsBadCertificate,
        },
        Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            // RFC 5246 7.4.1.4.1: TLS 1.1 does not know them.
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
        ) => Counted::TlsVersion,
        Error::AlertReceived(_) => Counted::TlsPeerRefused,
        _ => Counted::TlsRefused,
    }
}

/// Why an open connection ended.
pub(super) fn of_record(error: &Error) -> Counted {
    match error {
        Error::AlertReceived(_) => Counted::TlsPeerRefused,
        _ => Counted::TlsBadRecord,
    }
}

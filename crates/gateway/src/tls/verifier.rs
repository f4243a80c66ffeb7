//! Which client certificates end no handshake.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::certificate::{not_after, parse, unix_time};
use super::configuration::MaterialError;

/// A verifier for certificates of these roots, of which a client may show none if `optional`.
pub(super) fn of<'a>(
    roots: impl IntoIterator<Item = &'a [u8]>,
    optional: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, MaterialError> {
    let mut store = RootCertStore::empty();
    for der in roots {
        let added = store.add(CertificateDer::from_slice(der));
        added.map_err(|_| MaterialError::Root)?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
    let builder = if optional {
        builder.allow_unauthenticated()
    } else {
        builder
    };
    let strict = builder.build().map_err(|_| MaterialError::Root)?;
    Ok(Arc::new(ExpiryLeftOpen(strict)))
}

/// R27: a certificate whose time is over is judged as of its last moment; whether its panel is
/// still let in is for the engine. All else is as rustls does it.
#[derive(Debug)]
struct ExpiryLeftOpen(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for ExpiryLeftOpen {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let strict = self.0.verify_client_cert(end_entity, intermediates, now);
        let Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) = strict
        else {
            return strict;
        };
        match parse(end_entity).map(|leaf| unix_time(not_after(&leaf))) {
            Ok(last) if last < now => self.0.verify_client_cert(end_entity, intermediates, last),
            _ => strict, // It is somebody above it whose time is over.
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }
}

//! What people do about certificates and secrets.

use std::time::Duration;

use data_encoding::{BASE32_DNSSEC, HEXLOWER};
use model::{Actor, PanelId, PanelSecret, PathId, Serial, Wall, limits, micros};
use zeroize::Zeroizing;

use super::Trust;
use crate::ports::{
    Answering, CertificateOrder, CertificateRow, ChangeError, Credentials, TrustAdmin, TrustError,
    TrustStatus,
};

/// The prefix of panels' secrets, so that scanners recognise one that leaked.
const SECRET_PREFIX: &str = "wfp_";

/// Octets of a secret before they are spelled: 256 bits, which need no slow digest.
const SECRET: usize = 32;

/// Octets of a serial number: what is drawn at random is never drawn twice (RFC 5280 4.1.2.2 asks
/// for at most 20).
const SERIAL: usize = 16;

/// Certificates know whole seconds.
fn whole_second(at: Wall) -> Wall {
    Wall(at.0 - at.0.rem_euclid(1_000_000))
}

impl Trust {
    /// A serial number: positive, and without leading zeros, whatever is drawn.
    fn serial(&self) -> Serial {
        let mut octets: [u8; SERIAL] = self.shared.random();
        octets[0] = octets[0] & 0x3F | 0x40;
        octets.into_iter().collect()
    }

    fn secret(&self) -> PanelSecret {
        let octets: Zeroizing<[u8; SECRET]> = Zeroizing::new(self.shared.random());
        // All at once, so that no part of it stays behind where a text grew.
        let length = SECRET_PREFIX.len() + BASE32_DNSSEC.encode_len(SECRET);
        let mut text = String::with_capacity(length);
        text.push_str(SECRET_PREFIX);
        BASE32_DNSSEC.encode_append(&*octets, &mut text);
        PanelSecret::new(text.into_bytes())
    }

    async fn enrol_path(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
        valid: Option<Duration>,
    ) -> Result<(CertificateRow, Credentials), TrustError> {
        let shared = &self.shared;
        let valid = valid.unwrap_or(limits::CERTIFICATE_VALID);
        if valid > limits::CERTIFICATE_LONGEST {
            let days = limits::CERTIFICATE_LONGEST.as_secs() / 86_400;
            return Err(TrustError::TooLong { days });
        }
        let binding = shared.registry.path_of(panel, path).await?;
        let now = whole_second(shared.clock.now().wall);
        // Before a key is made in vain; it is looked at again when the certificate is recorded.
        shared.registry.has_room(binding.path.index, now)?;
        let row = CertificateRow {
            serial: self.serial(),
            path: binding.path.index,
            path_id: binding.path.id,
            issued: now,
            not_after: whole_second(Wall(now.0.saturating_add(micros(valid)))),
            revoked: None,
        };
        let order = CertificateOrder {
            account: binding.path.account,
            path_name: binding.path.path_name,
            panel,
            serial: row.serial.clone(),
            not_before: row.issued,
            not_after: row.not_after,
        };
        let made = shared.with_authority(move |authority| authority.issue(&order));
        let credentials = made.await?;
        let store = &*shared.store;
        let recorded = shared.registry.add_certificate(store, actor, row.clone());
        recorded.await?;
        Ok((row, credentials))
    }

    async fn set_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
        secret: Option<&PanelSecret>,
    ) -> Result<PathId, TrustError> {
        let shared = &self.shared;
        let binding = shared.registry.path_of(panel, path).await?;
        let (id, family) = (binding.path.id, binding.path.family);
        if !shared.secret_families.contains(&family) {
            return Err(TrustError::NoSecret { family });
        }
        let digest = secret.map(|secret| shared.authority.digest(secret));
        let set = shared
            .registry
            .set_secret(&*shared.store, actor, id, digest);
        set.await?;
        Ok(id)
    }
}

impl TrustAdmin for Trust {
    fn enrol(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
        valid: Option<Duration>,
    ) -> Answering<'_, Result<(CertificateRow, Credentials), TrustError>> {
        Box::pin(self.enrol_path(actor, panel, path, valid))
    }

    fn certificates(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Vec<CertificateRow>, TrustError>> {
        Box::pin(async move {
            let found = self.shared.store.certificates_of(panel).await?;
            Ok(found.ok_or(ChangeError::UnknownPanel { panel })?)
        })
    }

    fn revoke(
        &self,
        actor: Actor,
        serial: Serial,
    ) -> Answering<'_, Result<CertificateRow, TrustError>> {
        Box::pin(async move {
            let store = &*self.shared.store;
            let unknown = TrustError::UnknownCertificate {
                serial: HEXLOWER.encode(&serial),
            };
            let revoked = self.shared.registry.revoke(store, actor, serial).await?;
            revoked.ok_or(unknown)
        })
    }

    fn renew_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Answering<'_, Result<(PathId, PanelSecret), TrustError>> {
        Box::pin(async move {
            let secret = self.secret();
            let path = self.set_secret(actor, panel, path, Some(&secret)).await?;
            Ok((path, secret))
        })
    }

    fn remove_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Answering<'_, Result<PathId, TrustError>> {
        Box::pin(self.set_secret(actor, panel, path, None))
    }

    fn set_disabled(
        &self,
        actor: Actor,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<(), TrustError>> {
        Box::pin(async move {
            let store = &*self.shared.store;
            let registry = &self.shared.registry;
            registry.set_disabled(store, actor, panel, disabled).await
        })
    }

    fn reload(&self) -> Answering<'_, Result<TrustStatus, TrustError>> {
        Box::pin(self.read_again())
    }

    fn status(&self) -> Answering<'_, TrustStatus> {
        let status = self.shared.status.borrow().clone();
        Box::pin(async move { status })
    }
}

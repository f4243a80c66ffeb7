//! Certificates and secrets in memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::ports::{
    Answering, CertificateRow, ChangeError, Credentials, Registry as _, TrustAdmin, TrustError,
    TrustStatus, TrustedRoot,
};
use model::{Actor, Issuer, PanelId, PanelSecret, PathId, PathIndex, Serial, Wall, micros};

use super::NOW;
use super::register::Register;
use super::samples::path_id;

pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
pub(crate) const SECRET: &str = "wfp_c2vjcmv0";

/// What was done is noted as `who reason: what`.
pub(crate) struct Trust {
    register: Arc<Register>,
    rows: Mutex<Vec<(PanelId, CertificateRow)>>,
    pub(crate) done: Mutex<Vec<String>>,
    pub(crate) status: Mutex<TrustStatus>,
    /// What everything is refused with.
    pub(crate) refusal: Mutex<Option<TrustError>>,
}

impl Trust {
    pub(super) fn new(register: Arc<Register>) -> Self {
        Self {
            register,
            rows: Mutex::default(),
            done: Mutex::default(),
            status: Mutex::new(TrustStatus {
                version: 7,
                not_after: Wall(NOW.0 + 1_000_000),
                roots: vec![TrustedRoot {
                    der: vec![1],
                    issuer: Issuer([1; 32]),
                    subject: "CN=Watchfire".to_owned(),
                    not_after: Wall(NOW.0 + 2_000_000),
                    ours: true,
                }],
                problem: None,
            }),
            refusal: Mutex::default(),
        }
    }

    /// Notes it, if there is such a panel and nothing is refused.
    async fn act(
        &self,
        actor: &Actor,
        panel: Option<PanelId>,
        what: String,
    ) -> Result<(), TrustError> {
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        if let Some(panel) = panel {
            let found = self.register.panel(panel).await.unwrap();
            found.ok_or(ChangeError::UnknownPanel { panel })?;
        }
        let reason = actor.reason.as_deref().unwrap_or("-");
        let line = format!("{} {reason}: {what}", actor.who);
        self.done.lock().unwrap().push(line);
        Ok(())
    }

    /// Puts a certificate of the first panel on record that ended so many days ago.
    pub(crate) fn ended(&self, panel: PanelId, days: i64) {
        let day = micros(Duration::from_hours(24));
        let mut rows = self.rows.lock().unwrap();
        let mut row = row(rows.len());
        row.not_after = Wall(NOW.0 - days * day);
        rows.push((panel, row));
    }
}

fn row(number: usize) -> CertificateRow {
    CertificateRow {
        serial: [0x4A, u8::try_from(number).unwrap()].into_iter().collect(),
        path: PathIndex(1),
        path_id: path_id(1),
        issued: NOW,
        not_after: Wall(NOW.0 + micros(Duration::from_hours(24 * 730))),
        revoked: None,
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
        Box::pin(async move {
            let days = valid.map(|valid| valid.as_secs() / 86_400);
            let what = format!("enrol {path:?} for {days:?}");
            self.act(&actor, Some(panel), what).await?;
            let mut rows = self.rows.lock().unwrap();
            let row = row(rows.len());
            rows.push((panel, row.clone()));
            let credentials = Credentials {
                certificate: "CERTIFICATE\n".to_owned(),
                key: KEY.to_owned().into(),
                server_authority: "AUTHORITY\n".to_owned(),
            };
            Ok((row, credentials))
        })
    }

    fn certificates(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Vec<CertificateRow>, TrustError>> {
        Box::pin(async move {
            let found = self.register.panel(panel).await.unwrap();
            found.ok_or(ChangeError::UnknownPanel { panel })?;
            let rows = self.rows.lock().unwrap();
            let own = rows.iter().rev().filter(|(of, _)| *of == panel);
            Ok(own.map(|(_, row)| row.clone()).collect())
        })
    }

    fn revoke(
        &self,
        actor: Actor,
        serial: Serial,
    ) -> Answering<'_, Result<CertificateRow, TrustError>> {
        Box::pin(async move {
            self.act(&actor, None, format!("revoke {serial:x?}"))
                .await?;
            let mut rows = self.rows.lock().unwrap();
            let found = rows.iter_mut().find(|(_, row)| row.serial == serial);
            let (_, row) = found.ok_or_else(|| TrustError::UnknownCertificate {
                serial: "4a02".to_owned(),
            })?;
            row.revoked = Some(NOW);
            Ok(row.clone())
        })
    }

    fn renew_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Answering<'_, Result<(PathId, PanelSecret), TrustError>> {
        Box::pin(async move {
            let what = format!("renew secret {path:?}");
            self.act(&actor, Some(panel), what).await?;
            Ok((path_id(1), PanelSecret::new(SECRET.into())))
        })
    }

    fn remove_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Answering<'_, Result<PathId, TrustError>> {
        Box::pin(async move {
            let what = format!("remove secret {path:?}");
            self.act(&actor, Some(panel), what).await?;
            Ok(path_id(1))
        })
    }

    fn set_disabled(
        &self,
        actor: Actor,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<(), TrustError>> {
        Box::pin(async move {
            let what = format!("disabled {disabled}");
            self.act(&actor, Some(panel), what).await?;
            *self.register.disabled.lock().unwrap() = disabled.then_some(NOW);
            Ok(())
        })
    }

    fn reload(&self) -> Answering<'_, Result<TrustStatus, TrustError>> {
        Box::pin(async move {
            if let Some(refusal) = self.refusal.lock().unwrap().clone() {
                return Err(refusal);
            }
            let mut status = self.status.lock().unwrap();
            status.version += 1;
            Ok(status.clone())
        })
    }

    fn status(&self) -> Answering<'_, TrustStatus> {
        let status = self.status.lock().unwrap().clone();
        Box::pin(async move { status })
    }
}

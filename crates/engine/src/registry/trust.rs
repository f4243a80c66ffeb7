//! What [`crate::trust`] changes of who may speak: in the store, then in memory, then told.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use model::{Actor, PanelId, PathId, PathIndex, Serial, Wall, limits};

use super::admission::{Held, Trusted, admitted_until};
use super::{Registry, account};
use crate::ports::{
    Authority, CertificateRow, ChangeError, Changed, PathBinding, TrustError, TrustStore,
};

/// When the last certificate of a path ends, of those that are not revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathExpiry {
    pub(crate) path: PathIndex,
    /// When that certificate was made.
    pub(crate) issued: Wall,
    pub(crate) not_after: Wall,
}

/// How many certificates of ours there are, by what they are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CertificateCounts {
    pub(crate) in_force: usize,
    pub(crate) expired: usize,
    pub(crate) revoked: usize,
}

impl Registry {
    /// From now on proofs are held against these.
    pub(crate) fn hold(&self, authority: Arc<dyn Authority>, rows: Vec<CertificateRow>) {
        let now = self.clock.now().wall;
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.proofs.digest_by(authority);
        for row in rows {
            // One of a path that has been removed lets nobody in.
            if let Some(panel) = table.panel_of(row.path) {
                let held = Held::new(&row, panel);
                table.proofs.hold(row.serial, held);
            }
        }
        table.proofs.forget_ended(now);
    }

    /// Replaces whose certificates are taken. Where that takes something away, all who are
    /// connected are judged anew.
    pub(crate) fn trust(&self, trusted: Trusted) {
        let taken_away = {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            table.proofs.trust(trusted)
        };
        if taken_away {
            // No receiver means that no gateway is connected, so none remembers anything.
            drop(self.changes.send(Changed::Anybody));
        }
    }

    /// Has those judged anew whose certificate ended, or ended to be admitted (R27), after `from`
    /// and not after `until`; forgets what lets nobody in any more.
    pub(crate) fn pass(&self, from: Wall, until: Wall) {
        let passed = |at: Wall| from < at && at <= until;
        let (concerned, ended) = self.read(|table| {
            let mut accounts = Vec::new();
            let mut ended = false;
            for held in table.proofs.all() {
                let last = admitted_until(held.not_after);
                ended |= last < until;
                if (passed(held.not_after) || passed(last))
                    && let Some(binding) = table.by_index(held.path)
                {
                    accounts.push(account(&binding));
                }
            }
            (accounts, ended)
        });
        if ended {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            table.proofs.forget_ended(until);
        }
        if !concerned.is_empty() {
            self.tell(concerned);
        }
    }

    /// The paths whose last certificate ends, or ended, before `until`, each once. Most end later, and
    /// cost one comparison.
    pub(crate) fn expiries(&self, until: Wall) -> Vec<PathExpiry> {
        self.read(|table| {
            let alive = table.proofs.all().filter(|held| !held.revoked);
            let ending = alive.filter(|held| held.not_after < until);
            let outlived = |held: &&Held| {
                let of_path = table.proofs.of_path(held.path);
                let mut others = of_path.filter(|other| !other.revoked);
                others.any(|other| other.not_after > held.not_after)
            };
            let last = ending.filter(|held| !outlived(held));
            let expiry = |held: &Held| PathExpiry {
                path: held.path,
                issued: held.issued,
                not_after: held.not_after,
            };
            let mut expiries: Vec<PathExpiry> = last.map(expiry).collect();
            // Two may end at the same moment.
            expiries.sort_by_key(|expiry| expiry.path);
            expiries.dedup_by_key(|expiry| expiry.path);
            expiries
        })
    }

    pub(crate) fn count_certificates(&self, now: Wall) -> CertificateCounts {
        self.read(|table| {
            let mut counts = CertificateCounts::default();
            for held in table.proofs.all() {
                *(if held.revoked {
                    &mut counts.revoked
                } else if held.is_in_force(now) {
                    &mut counts.in_force
                } else {
                    &mut counts.expired
                }) += 1;
            }
            counts
        })
    }

    /// The path of a panel that is meant: its only one, or the one that is named.
    pub(crate) async fn path_of(
        &self,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Result<Arc<PathBinding>, TrustError> {
        let detail = self.store.panel(panel).await?;
        let detail = detail.ok_or(ChangeError::UnknownPanel { panel })?;
        let paths = &detail.panel.paths;
        let meant = match (path, &paths[..]) {
            (Some(path), _) => {
                let found = paths.iter().find(|known| known.id == path);
                found.ok_or(ChangeError::UnknownPath { path })?
            }
            (None, [only]) => only,
            (None, _) => return Err(TrustError::WhichPath),
        };
        let binding = self.binding(meant.index);
        let gone = ChangeError::UnknownPath { path: meant.id };
        Ok(binding.ok_or(gone)?)
    }

    /// Whether a path may have another certificate.
    pub(crate) fn has_room(&self, path: PathIndex, now: Wall) -> Result<(), TrustError> {
        let most = limits::PATH_CERTIFICATES;
        let in_force = self.read(|table| {
            let of_path = table.proofs.of_path(path);
            of_path.filter(|held| held.is_in_force(now)).count()
        });
        if in_force < most {
            Ok(())
        } else {
            Err(TrustError::TooMany { most })
        }
    }

    /// Puts a certificate on record.
    pub(crate) async fn add_certificate(
        &self,
        store: &dyn TrustStore,
        actor: Actor,
        row: CertificateRow,
    ) -> Result<(), TrustError> {
        let _changing = self.changing.lock().await;
        let path = ChangeError::UnknownPath { path: row.path_id };
        let binding = self.binding(row.path).ok_or(path)?;
        self.has_room(row.path, row.issued)?;
        let added = store.add_certificate(actor, row.clone()).await;
        added.map_err(ChangeError::from)?;
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let held = Held::new(&row, binding.panel_index);
        table.proofs.hold(row.serial, held);
        Ok(())
    }

    /// Revokes a certificate; `None` if there is none of that number in force.
    pub(crate) async fn revoke(
        &self,
        store: &dyn TrustStore,
        actor: Actor,
        serial: Serial,
    ) -> Result<Option<CertificateRow>, TrustError> {
        let at = self.clock.now().wall;
        let _changing = self.changing.lock().await;
        let revoked = store.revoke_certificate(actor, at, serial).await;
        let Some(row) = revoked.map_err(ChangeError::from)? else {
            return Ok(None);
        };
        let concerned = {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            let binding = table.by_index(row.path);
            if let Some(binding) = &binding {
                let held = Held::new(&row, binding.panel_index);
                table.proofs.hold(row.serial.clone(), held);
            }
            binding
        };
        if let Some(binding) = concerned {
            self.tell_panel(&binding);
        }
        Ok(Some(row))
    }

    /// Sets, or removes, the digest of a path's secret.
    pub(crate) async fn set_secret(
        &self,
        store: &dyn TrustStore,
        actor: Actor,
        path: PathId,
        digest: Option<[u8; 32]>,
    ) -> Result<(), TrustError> {
        let at = self.clock.now().wall;
        let _changing = self.changing.lock().await;
        let binding = store.set_secret(actor, at, path, digest).await?;
        self.put(vec![binding]);
        Ok(())
    }

    /// Disables a panel, or enables it again.
    pub(crate) async fn set_disabled(
        &self,
        store: &dyn TrustStore,
        actor: Actor,
        panel: PanelId,
        disabled: bool,
    ) -> Result<(), TrustError> {
        let at = self.clock.now().wall;
        let _changing = self.changing.lock().await;
        let bindings = store.set_disabled(actor, at, panel, disabled).await?;
        self.put(bindings);
        Ok(())
    }

    /// A certificate of one path may have been shown for others of its panel; `binding` itself may
    /// be gone.
    pub(super) fn tell_panel(&self, binding: &PathBinding) {
        let mut accounts: BTreeSet<_> =
            self.read(|table| table.accounts_of(binding.panel_index).collect());
        accounts.insert(account(binding));
        self.tell(accounts.into_iter().collect());
    }
}

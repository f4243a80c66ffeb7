//! Certificates, secrets and keys of tickets as lists in memory, beside the registry in memory.

use std::collections::BTreeMap;

use engine::ports::{
    AddError, Answering, CertificateRow, ChangeError, ExpirySubject, ExpiryTold, PathBinding,
    ReadError, TicketKey, TrustStore,
};
use model::{Actor, PanelId, PathId, PathIndex, Serial, Wall, limits};

use crate::memory_registry::{MemoryRegistry, answer};

/// What is kept of trust. Nothing is audited here, and nothing sealed.
#[derive(Default)]
pub(crate) struct MemoryTrust {
    rows: Vec<CertificateRow>,
    keys: Vec<TicketKey>,
    told: BTreeMap<ExpirySubject, ExpiryTold>,
}

impl MemoryTrust {
    /// The path was removed.
    pub(crate) fn forget(&mut self, path: PathIndex) {
        self.rows.retain(|row| row.path != path);
    }
}

fn refused(cause: &str) -> AddError {
    AddError::Store {
        full: false,
        cause: cause.to_owned(),
    }
}

impl TrustStore for MemoryRegistry {
    fn certificates(&self) -> Answering<'_, Result<Vec<CertificateRow>, ReadError>> {
        answer(Ok(self.with(|state| state.trust.rows.clone())))
    }

    fn certificates_of(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Option<Vec<CertificateRow>>, ReadError>> {
        answer(Ok(self.with(|state| {
            state.panels.iter().find(|known| known.id == panel)?;
            let own = state.bindings.iter().filter(|known| known.panel == panel);
            let own: Vec<_> = own.map(|known| known.path.index).collect();
            let rows = state.trust.rows.iter();
            let mut rows: Vec<_> = rows
                .filter(|row| own.contains(&row.path))
                .cloned()
                .collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.issued));
            rows.truncate(limits::PAGE);
            Some(rows)
        })))
    }

    fn add_certificate(
        &self,
        _: Actor,
        row: CertificateRow,
    ) -> Answering<'_, Result<(), AddError>> {
        answer(self.with(|state| {
            state
                .path(row.path_id)
                .map_err(|_| refused("no such path"))?;
            let rows = &mut state.trust.rows;
            if rows.iter().any(|known| known.serial == row.serial) {
                return Err(refused("given before"));
            }
            rows.push(row);
            Ok(())
        }))
    }

    fn revoke_certificate(
        &self,
        _: Actor,
        at: Wall,
        serial: Serial,
    ) -> Answering<'_, Result<Option<CertificateRow>, AddError>> {
        answer(Ok(self.with(|state| {
            let mut rows = state.trust.rows.iter_mut();
            let found = rows.find(|row| row.serial == serial && row.revoked.is_none())?;
            found.revoked = Some(at);
            Some(found.clone())
        })))
    }

    fn set_secret(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
        digest: Option<[u8; 32]>,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        answer(self.with(|state| {
            let known = state.path(path)?;
            known.secret = digest;
            Ok(known.clone())
        }))
    }

    fn set_disabled(
        &self,
        _: Actor,
        at: Wall,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<Vec<PathBinding>, ChangeError>> {
        answer(self.with(|state| {
            let known = state.panels.iter().find(|known| known.id == panel);
            known.ok_or(ChangeError::UnknownPanel { panel })?;
            if disabled {
                state.disabled.entry(panel).or_insert(at);
            } else {
                state.disabled.remove(&panel);
            }
            let own = state.bindings.iter_mut();
            let own = own.filter(|known| known.panel == panel).map(|known| {
                known.disabled = disabled;
                known.clone()
            });
            Ok(own.collect())
        }))
    }

    fn ticket_keys(&self) -> Answering<'_, Result<Vec<TicketKey>, ReadError>> {
        let mut keys = self.with(|state| state.trust.keys.clone());
        keys.sort_by_key(|key| std::cmp::Reverse(key.made));
        answer(Ok(keys))
    }

    fn expiries_told(&self) -> Answering<'_, Result<Vec<ExpiryTold>, ReadError>> {
        let told = self.with(|state| state.trust.told.values().copied().collect());
        answer(Ok(told))
    }

    fn put_expiries_told(&self, told: Vec<ExpiryTold>) -> Answering<'_, Result<(), AddError>> {
        self.with(|state| {
            let told = told.into_iter().map(|told| (told.subject, told));
            state.trust.told.extend(told);
        });
        answer(Ok(()))
    }

    fn put_ticket_keys(&self, keys: Vec<TicketKey>) -> Answering<'_, Result<(), AddError>> {
        self.with(|state| state.trust.keys = keys);
        answer(Ok(()))
    }
}

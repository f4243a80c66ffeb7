//! Trust, on the state file.

use std::sync::Arc;

use engine::ports::{
    AddError, Answering, CertificateRow, ChangeError, ExpiryTold, PathBinding, ReadError,
    TicketKey, TrustStore,
};
use model::{Actor, PanelId, PathId, Serial, Wall};

use crate::files::Lease;
use crate::state::paths::Deed;
use crate::state::trust;
use crate::store::Store;

impl TrustStore for Store {
    fn certificates(&self) -> Answering<'_, Result<Vec<CertificateRow>, ReadError>> {
        Box::pin(self.inner().read_state(trust::certificates))
    }

    fn certificates_of(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Option<Vec<CertificateRow>>, ReadError>> {
        let of = move |conn: &Lease<'_>| trust::certificates_of(conn, panel);
        Box::pin(self.inner().read_state(of))
    }

    fn add_certificate(
        &self,
        actor: Actor,
        row: CertificateRow,
    ) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let added = self.inner().change(move |tx, _, sealer| {
                let at = row.issued;
                let deed = Deed { actor: &actor, at };
                trust::add(tx, sealer, deed, &row)
            });
            added.await
        })
    }

    fn revoke_certificate(
        &self,
        actor: Actor,
        at: Wall,
        serial: Serial,
    ) -> Answering<'_, Result<Option<CertificateRow>, AddError>> {
        Box::pin(async move {
            let revoked = self.inner().change(move |tx, _, sealer| {
                let deed = Deed { actor: &actor, at };
                trust::revoke(tx, sealer, deed, &serial)
            });
            revoked.await
        })
    }

    fn set_secret(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
        digest: Option<[u8; 32]>,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        Box::pin(async move {
            let set = self.inner().change(move |tx, _, sealer| {
                let deed = Deed { actor: &actor, at };
                trust::set_secret(tx, sealer, deed, path, digest)
            });
            set.await?
        })
    }

    fn set_disabled(
        &self,
        actor: Actor,
        at: Wall,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<Vec<PathBinding>, ChangeError>> {
        Box::pin(async move {
            let set = self.inner().change(move |tx, _, sealer| {
                let deed = Deed { actor: &actor, at };
                trust::set_disabled(tx, sealer, deed, panel, disabled)
            });
            set.await?
        })
    }

    fn ticket_keys(&self) -> Answering<'_, Result<Vec<TicketKey>, ReadError>> {
        let sealer = Arc::clone(&self.inner().shared.sealer);
        let keys = move |conn: &Lease<'_>| trust::ticket_keys(conn, &*sealer);
        Box::pin(self.inner().read_state(keys))
    }

    fn expiries_told(&self) -> Answering<'_, Result<Vec<ExpiryTold>, ReadError>> {
        Box::pin(self.inner().read_state(trust::expiries_told))
    }

    fn put_expiries_told(&self, told: Vec<ExpiryTold>) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let put = self
                .inner()
                .change(move |tx, _, _| trust::put_expiries_told(tx, &told));
            put.await
        })
    }

    fn put_ticket_keys(&self, keys: Vec<TicketKey>) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let put = self
                .inner()
                .change(move |tx, _, sealer| trust::put_ticket_keys(tx, sealer, &keys));
            put.await
        })
    }
}

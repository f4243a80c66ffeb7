//! The quarantine, on the state file.

use engine::ports::{
    AddError, AdoptionRow, Answering, EntryNumber, EntryPage, QuarantineError, ReadError,
    ShownEntry, Standing, StrayEntry, StrayUpdate, Strays,
};
use model::{Actor, PanelId, Wall};

use crate::files::Lease;
use crate::state::paths::Deed;
use crate::state::strays;
use crate::store::Store;

impl Strays for Store {
    fn keep(&self, batch: Vec<StrayUpdate>) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let kept = self
                .inner()
                .change(move |tx, _, _| strays::keep(tx, &batch));
            kept.await
        })
    }

    fn entries(
        &self,
        all: bool,
        cursor: Option<EntryNumber>,
        limit: usize,
    ) -> Answering<'_, Result<EntryPage, ReadError>> {
        let entries = move |conn: &Lease<'_>| strays::entries(conn, all, cursor, limit);
        Box::pin(self.inner().read_state(entries))
    }

    fn entry(&self, number: EntryNumber) -> Answering<'_, Result<Option<ShownEntry>, ReadError>> {
        let entry = move |conn: &Lease<'_>| strays::entry(conn, number);
        Box::pin(self.inner().read_state(entry))
    }

    fn adopted(
        &self,
        actor: Actor,
        at: Wall,
        number: EntryNumber,
        panel: PanelId,
    ) -> Answering<'_, Result<(), QuarantineError>> {
        Box::pin(async move {
            let adopted = self.inner().change(move |tx, _, _| {
                let deed = Deed { actor: &actor, at };
                strays::adopted(tx, deed, number, panel)
            });
            adopted.await?
        })
    }

    fn stand(
        &self,
        actor: Actor,
        at: Wall,
        number: EntryNumber,
        standing: Standing,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>> {
        Box::pin(async move {
            let stands = self.inner().change(move |tx, _, _| {
                let deed = Deed { actor: &actor, at };
                strays::stand(tx, deed, number, standing)
            });
            stands.await?
        })
    }

    fn forget(&self, since: Wall) -> Answering<'_, Result<usize, AddError>> {
        Box::pin(async move {
            let gone = self
                .inner()
                .change(move |tx, _, _| strays::forget(tx, since));
            gone.await
        })
    }

    fn adoptions(&self, panel: PanelId) -> Answering<'_, Result<Vec<AdoptionRow>, ReadError>> {
        let adoptions = move |conn: &Lease<'_>| strays::adoptions(conn, panel);
        Box::pin(self.inner().read_state(adoptions))
    }
}

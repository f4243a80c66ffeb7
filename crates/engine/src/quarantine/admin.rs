//! What people do with strangers: make panels of them, or mute them.

use model::{Actor, PanelId};

use super::Quarantine;
use crate::ports::{
    AddError, Adoption, Answering, EntryNumber, NewPanel, QuarantineAdmin, QuarantineError,
    Standing, StrayEntry,
};

impl Quarantine {
    async fn entry(&self, number: EntryNumber) -> Result<StrayEntry, QuarantineError> {
        let found = self.strays.entry(number).await?;
        let entry = found.ok_or(QuarantineError::Unknown { number })?.entry;
        match entry.standing {
            Standing::Adopted => Err(QuarantineError::Adopted { number }),
            Standing::Open | Standing::Rejected => Ok(entry),
        }
    }

    async fn make_panel(
        &self,
        actor: Actor,
        number: EntryNumber,
        adoption: Adoption,
    ) -> Result<PanelId, QuarantineError> {
        let entry = self.entry(number).await?;
        if entry.seen.path.is_some() {
            return Err(QuarantineError::Registered { number });
        }
        let identity = entry.identity;
        // What it showed it must go on showing, so that equal accounts stay apart (R30).
        let new = NewPanel {
            name: adoption.name,
            site: adoption.site,
            family: identity.family,
            account: identity.account,
            receiver: identity.receiver,
            line: identity.line,
            listener: adoption.listener,
            path_name: None,
            policy: adoption.policy,
            key: adoption.key,
            watch: None,
        };
        let added = self.panels.add_panels(actor.clone(), vec![new]).await;
        let panel = match added.into_iter().next() {
            Some(Ok(panel)) => panel.id,
            Some(Err(AddError::Exists { panel })) => panel,
            Some(Err(error)) => return Err(error.into()),
            None => return Err(no_answer().into()),
        };
        let at = self.clock.now().wall;
        self.strays.adopted(actor, at, number, panel).await?;
        self.gathered().remove(&identity);
        Ok(panel)
    }

    async fn stand(
        &self,
        actor: Actor,
        number: EntryNumber,
        standing: Standing,
    ) -> Result<StrayEntry, QuarantineError> {
        let at = self.clock.now().wall;
        let entry = self.strays.stand(actor, at, number, standing).await?;
        let muted = standing == Standing::Rejected;
        self.gathered().mute(&entry.identity, muted);
        Ok(entry)
    }
}

fn no_answer() -> AddError {
    AddError::Store {
        full: false,
        cause: "the registry gave no answer for a panel".to_owned(),
    }
}

impl QuarantineAdmin for Quarantine {
    fn adopt(
        &self,
        actor: Actor,
        number: EntryNumber,
        adoption: Adoption,
    ) -> Answering<'_, Result<PanelId, QuarantineError>> {
        Box::pin(self.make_panel(actor, number, adoption))
    }

    fn reject(
        &self,
        actor: Actor,
        number: EntryNumber,
        again: bool,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>> {
        let standing = if again {
            Standing::Open
        } else {
            Standing::Rejected
        };
        Box::pin(self.stand(actor, number, standing))
    }
}

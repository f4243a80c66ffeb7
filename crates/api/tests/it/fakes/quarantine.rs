//! A quarantine in memory: one stranger, number 7, and what is done to it.

use std::sync::Mutex;

use engine::ports::{
    AddError, Adoption, AdoptionRow, Answering, EntryNumber, EntryPage, KeptFrame, QuarantineAdmin,
    QuarantineError, ReadError, ShownEntry, Standing, StrayEntry, StrayIdentity, StraySeen,
    StrayUpdate, Strays,
};
use model::{Account, Actor, ListenerName, PanelId, Wall};

use super::NOW;
use super::samples::{family, panel_id};

/// The number of the one stranger.
const NUMBER: EntryNumber = EntryNumber(7);

#[derive(Default)]
pub(crate) struct Quarantine {
    /// What was done, in words.
    pub(crate) done: Mutex<Vec<String>>,
    /// Why nothing can be done.
    pub(crate) refuses: Mutex<Option<QuarantineError>>,
}

fn stranger() -> ShownEntry {
    let identity = StrayIdentity {
        family: family(),
        account: Account::parse(b"4711").unwrap(),
        receiver: Some(0x57_9B),
        line: None,
        reason: "unknown_account".parse().unwrap(),
    };
    let received = Wall(NOW.0 - 60_000_000);
    ShownEntry {
        entry: StrayEntry {
            number: NUMBER,
            identity,
            standing: Standing::Open,
            seen: StraySeen {
                listener: ListenerName::parse("dc09").unwrap(),
                path: None,
                opened_by: [192, 0, 2, 7].into(),
                sources: vec![[192, 0, 2, 8].into(), [192, 0, 2, 7].into()],
                first: Wall(NOW.0 - 3_600_000_000),
                last: received,
                count: 60,
                acknowledged: 0,
            },
        },
        frames: vec![KeptFrame {
            received,
            source: [192, 0, 2, 8].into(),
            format: "NULL".to_owned(),
            encrypted: false,
            acknowledged: false,
            raw: b"\n1EF20013\"NULL\"0000R579BL0#4711[]\r".to_vec(),
        }],
    }
}

impl Quarantine {
    fn known(&self, number: EntryNumber) -> Result<(), QuarantineError> {
        match self.refuses.lock().unwrap().clone() {
            Some(refusal) => Err(refusal),
            None if number == NUMBER => Ok(()),
            None => Err(QuarantineError::Unknown { number }),
        }
    }

    fn note(&self, actor: &Actor, what: &str) {
        let reason = actor.reason.as_deref().unwrap_or("no reason");
        let line = format!("{} {what}: {reason}", actor.who);
        self.done.lock().unwrap().push(line);
    }
}

impl Strays for Quarantine {
    fn keep(&self, _: Vec<StrayUpdate>) -> Answering<'_, Result<(), AddError>> {
        unreachable!("the API brings no strangers")
    }

    fn entries(
        &self,
        all: bool,
        cursor: Option<EntryNumber>,
        _: usize,
    ) -> Answering<'_, Result<EntryPage, ReadError>> {
        let mut entry = stranger().entry;
        if all {
            entry.standing = Standing::Rejected;
        }
        let page = EntryPage {
            next: cursor.is_none().then_some(NUMBER),
            entries: cursor.is_none().then_some(entry).into_iter().collect(),
        };
        Box::pin(async move { Ok(page) })
    }

    fn entry(&self, number: EntryNumber) -> Answering<'_, Result<Option<ShownEntry>, ReadError>> {
        let shown = (number == NUMBER).then(stranger);
        Box::pin(async move { Ok(shown) })
    }

    fn adopted(
        &self,
        _: Actor,
        _: Wall,
        _: EntryNumber,
        _: PanelId,
    ) -> Answering<'_, Result<(), QuarantineError>> {
        unreachable!("the API adopts by `QuarantineAdmin`")
    }

    fn stand(
        &self,
        _: Actor,
        _: Wall,
        _: EntryNumber,
        _: Standing,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>> {
        unreachable!("the API rejects by `QuarantineAdmin`")
    }

    fn forget(&self, _: Wall) -> Answering<'_, Result<usize, AddError>> {
        unreachable!("the API forgets nobody")
    }

    fn adoptions(&self, panel: PanelId) -> Answering<'_, Result<Vec<AdoptionRow>, ReadError>> {
        let row = AdoptionRow {
            number: NUMBER,
            at: NOW,
            who: "admin".to_owned(),
            first: Wall(NOW.0 - 3_600_000_000),
            last: NOW,
            count: 60,
        };
        let rows = (panel == panel_id(2)).then_some(row).into_iter().collect();
        Box::pin(async move { Ok(rows) })
    }
}

impl QuarantineAdmin for Quarantine {
    fn adopt(
        &self,
        actor: Actor,
        number: EntryNumber,
        adoption: Adoption,
    ) -> Answering<'_, Result<PanelId, QuarantineError>> {
        let answer = self.known(number).map(|()| panel_id(1));
        if answer.is_ok() {
            let key = adoption.key.map_or(0, |key| key.bits());
            let name = adoption.name.unwrap_or_default();
            let what = format!("adopts {number} as `{name}`, key {key} bits");
            self.note(&actor, &what);
        }
        Box::pin(async move { answer })
    }

    fn reject(
        &self,
        actor: Actor,
        number: EntryNumber,
        again: bool,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>> {
        let answer = self.known(number).map(|()| {
            self.note(&actor, &format!("rejects {number}, again {again}"));
            let standing = if again {
                Standing::Open
            } else {
                Standing::Rejected
            };
            StrayEntry {
                standing,
                ..stranger().entry
            }
        });
        Box::pin(async move { answer })
    }
}

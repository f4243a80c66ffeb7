//! Verdicts in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use engine::ports::{self, AddError, Answering, NewVerdict, ReadError, Verdict};
use model::EventSeq;

#[derive(Default)]
pub(super) struct Verdicts(Mutex<HashMap<EventSeq, Verdict>>);

impl ports::Verdicts for Verdicts {
    fn give(&self, new: NewVerdict) -> Answering<'_, Result<Verdict, AddError>> {
        let mut given = self.0.lock().unwrap();
        let stands = given.entry(new.event.seq).or_insert(Verdict {
            confirmed: new.confirmed,
            at: new.at,
            who: new.actor.who,
            reason: new.actor.reason,
        });
        let stands = stands.clone();
        Box::pin(async move { Ok(stands) })
    }

    fn verdicts(
        &self,
        seqs: Vec<EventSeq>,
    ) -> Answering<'_, Result<Vec<Option<Verdict>>, ReadError>> {
        let given = self.0.lock().unwrap();
        let found = seqs.iter().map(|seq| given.get(seq).cloned()).collect();
        Box::pin(async move { Ok(found) })
    }
}

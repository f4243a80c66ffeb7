//! What becomes of a doubtful event when a person has looked at it (R1).
//!
//! Invariant: only a doubtful event gets a verdict, and only one; a second that says otherwise is
//! an error that names the first.
//! Invariant: a confirmed calming event changes what it would have changed when it came, and
//! nothing that a later event said of the same partition since: the store compares numbers.
//! Invariant: a verdict is stored, with its audit row and what follows from it, before anybody is
//! told (I3).
//!
//! Failure: if the engine dies between the transaction and the telling, supervision is not told.
//! The same verdict may be given again, and then it is.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use model::{Actor, Clock, EventSeq};

use crate::ports::{
    Answering, Confirmations, EventLog, JudgesEvents, NewVerdict, Verdict, VerdictError, Verdicts,
};
use crate::states::moved_if_effective;

/// Takes verdicts. Clones are handles of the same.
#[derive(Clone)]
pub struct Judge {
    log: Arc<dyn EventLog>,
    verdicts: Arc<dyn Verdicts>,
    listeners: Arc<[Arc<dyn Confirmations>]>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge")
            .field("listeners", &self.listeners.len())
            .finish_non_exhaustive()
    }
}

impl Judge {
    /// Takes verdicts on the events of `log`, and tells `listeners` of what was confirmed.
    pub fn new(
        log: Arc<dyn EventLog>,
        verdicts: Arc<dyn Verdicts>,
        listeners: Vec<Arc<dyn Confirmations>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            log,
            verdicts,
            listeners: listeners.into(),
            clock,
        }
    }

    async fn give(
        &self,
        actor: Actor,
        seq: EventSeq,
        confirmed: bool,
    ) -> Result<Verdict, VerdictError> {
        let event = self.log.event(seq).await?;
        let event = event.ok_or(VerdictError::Unknown { seq })?;
        if !event.body.flags.is_doubtful() {
            return Err(VerdictError::NotDoubtful { seq });
        }
        // What is doubtful and does not calm took effect when it came.
        let takes_effect = confirmed && !event.is_effective();
        let observations = if takes_effect {
            moved_if_effective(&event)
        } else {
            Vec::new()
        };
        let new = NewVerdict {
            actor,
            at: self.clock.now().wall,
            event: event.clone(),
            confirmed,
            observations,
        };
        let stands = self.verdicts.give(new).await?;
        if stands.confirmed != confirmed {
            return Err(VerdictError::Given { seq, first: stands });
        }
        for listener in &*self.listeners {
            if takes_effect {
                listener.confirmed(&event);
            }
            listener.judged(&event);
        }
        Ok(stands)
    }
}

impl JudgesEvents for Judge {
    fn judge(
        &self,
        actor: Actor,
        seq: EventSeq,
        confirmed: bool,
    ) -> Answering<'_, Result<Verdict, VerdictError>> {
        Box::pin(self.give(actor, seq, confirmed))
    }
}

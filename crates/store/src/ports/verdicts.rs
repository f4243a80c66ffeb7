//! Verdicts, on the state file.

use engine::ports::{AddError, Answering, NewVerdict, ReadError, Verdict, Verdicts};
use model::EventSeq;

use crate::error::At;
use crate::files::Lease;
use crate::state::verdicts;
use crate::store::Store;

impl Verdicts for Store {
    fn give(&self, verdict: NewVerdict) -> Answering<'_, Result<Verdict, AddError>> {
        Box::pin(async move {
            let given = self
                .inner()
                .change(move |tx, _, _| verdicts::give(tx, &verdict));
            given.await
        })
    }

    fn verdicts(
        &self,
        seqs: Vec<EventSeq>,
    ) -> Answering<'_, Result<Vec<Option<Verdict>>, ReadError>> {
        let of = move |conn: &Lease<'_>| verdicts::of(conn, &seqs).at(conn.path());
        Box::pin(self.inner().read_state(of))
    }
}

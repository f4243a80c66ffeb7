//! How panels were, on the state file.

use engine::ports::{
    AddError, Answering, ConditionChange, ConditionStore, LastConnection, ReadError, Span, TrendRow,
};
use model::{PathIndex, Wall};

use crate::files::Lease;
use crate::state::condition;
use crate::store::Store;

impl ConditionStore for Store {
    fn keep_condition(&self, change: ConditionChange) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let kept = self
                .inner()
                .change(move |tx, _, _| condition::keep(tx, &change));
            kept.await
        })
    }

    fn connections(&self) -> Answering<'_, Result<Vec<LastConnection>, ReadError>> {
        Box::pin(self.inner().read_state(condition::connections))
    }

    fn trends(
        &self,
        paths: Vec<PathIndex>,
        span: Span,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>> {
        let trends = move |conn: &Lease<'_>| condition::trends(conn, &paths, span, from, until);
        Box::pin(self.inner().read_state(trends))
    }
}

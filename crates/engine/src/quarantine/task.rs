//! Writes down and tells what was gathered, once a second; lets go of the idle once an hour.
//!
//! Invariant: one transaction a second at most, whatever waits.

use std::time::Duration;

use model::limits;
use tokio::time::{Instant, timeout_at};

use super::Quarantine;

/// How often the idle are looked for.
const FORGET_PERIOD: Duration = Duration::from_hours(1);

/// How one write went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    Nothing,
    Something,
    Failed,
}

impl Quarantine {
    /// Writes and tells what comes until `stop`, and then writes once more.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut forget = Instant::now();
        let mut well = true;
        loop {
            let next = Instant::now() + limits::QUARANTINE_PERIOD;
            let stopped = timeout_at(next, &mut stop).await.is_ok();
            let wrote = self.write(well).await;
            well = wrote != Wrote::Failed;
            if stopped {
                return;
            }
            if wrote == Wrote::Nothing && Instant::now() >= forget && !self.forget_some().await {
                forget = Instant::now() + FORGET_PERIOD;
            }
            for event in self.take_events() {
                // `None`: the path is gone meanwhile, or the engine ends.
                self.reports.report(event).await;
            }
        }
    }

    fn take_events(&self) -> Vec<crate::ports::OwnEvent> {
        self.gathered().to_tell()
    }

    async fn write(&self, was_well: bool) -> Wrote {
        let batch = self.gathered().waiting();
        if batch.is_empty() {
            return Wrote::Nothing;
        }
        match self.strays.keep(batch.clone()).await {
            Ok(()) => Wrote::Something,
            Err(error) => {
                if was_well {
                    tracing::warn!(%error, "what came of strangers waits to be stored");
                }
                self.gathered().put_back(batch);
                Wrote::Failed
            }
        }
    }

    /// Forgets some of those who are idle; whether there may be more.
    async fn forget_some(&self) -> bool {
        let since = self.clock.now().wall.before(limits::QUARANTINE_IDLE);
        match self.strays.forget(since).await {
            Ok(gone) => {
                self.gathered().forget(since);
                gone >= limits::STATE_BATCH
            }
            Err(error) => {
                tracing::warn!(%error, "strangers who are idle could not be forgotten; tried again in an hour");
                false
            }
        }
    }
}

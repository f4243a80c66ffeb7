//! Writes down and tells what was gathered, once a second; lets go of the idle once an hour.
//!
//! Invariant: one transaction a second at most, whatever waits, until the end: then everything
//! that waits is written.

use std::time::Duration;

use model::limits;
use tokio::time::{Instant, timeout_at};

use super::Quarantine;
use crate::ports::OwnEvent;

/// How often the idle are looked for.
const FORGET_PERIOD: Duration = Duration::from_hours(1);

/// How a write went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    Nothing,
    Something,
    Failed,
}

impl Quarantine {
    /// Writes and tells what comes until `stop`, and then what is left.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut forget = Instant::now();
        let mut not_before = Instant::now();
        let mut last = Wrote::Nothing;
        loop {
            let stopped = tokio::select! {
                () = &mut stop => true,
                _ = timeout_at(forget, self.bell.notified()) => {
                    timeout_at(not_before, &mut stop).await.is_ok()
                }
            };
            not_before = Instant::now() + limits::QUARANTINE_PERIOD;
            last = self.write(last).await;
            if stopped {
                while last == Wrote::Something {
                    last = self.write(last).await;
                }
                return;
            }
            for event in self.take_events() {
                // `None`: the path is gone meanwhile, or the engine ends.
                self.reports.report(event).await;
            }
            if last != Wrote::Nothing {
                // There may be more, or a write to try again.
                self.bell.notify_one();
            } else if Instant::now() >= forget {
                let more = self.forget_some().await;
                let pause = if more {
                    limits::QUARANTINE_PERIOD
                } else {
                    FORGET_PERIOD
                };
                forget = Instant::now() + pause;
            }
        }
    }

    fn take_events(&self) -> Vec<OwnEvent> {
        self.gathered().take_events()
    }

    async fn write(&self, last: Wrote) -> Wrote {
        let batch = self.gathered().waiting();
        if batch.is_empty() {
            return Wrote::Nothing;
        }
        match self.strays.keep(batch.clone()).await {
            Ok(()) => Wrote::Something,
            Err(error) => {
                if last != Wrote::Failed {
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
                tracing::warn!(%error, "idle strangers could not be forgotten; tried again in an hour");
                false
            }
        }
    }
}

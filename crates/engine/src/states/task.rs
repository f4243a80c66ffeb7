//! Follows the journal behind its cursor and has the observations stored.
//!
//! Invariant: the cursor moves over every event, observed or not, and never back.

use std::sync::Arc;
use std::time::Duration;

use model::{EventSeq, limits};
use tokio::time::{Instant, timeout_at};

use super::machine::observe;
use crate::bell::Bell;
use crate::ports::{EventFilter, EventLog, Projection, ReadError, States};

/// The least time between two projections: states are for people, and one transaction for a
/// quarter of a second's events costs a fraction of one for each.
const GATHER: Duration = Duration::from_millis(250);

/// The projection at work. Ends when the bell does.
pub struct Task {
    log: Arc<dyn EventLog>,
    states: Arc<dyn States>,
    bell: Bell,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

impl Task {
    /// A projection of `log` into `states`, woken by `bell`.
    pub fn new(log: Arc<dyn EventLog>, states: Arc<dyn States>, bell: Bell) -> Self {
        Self { log, states, bell }
    }

    /// Runs until nobody rings the bell any more.
    pub async fn run(mut self) -> Result<(), ReadError> {
        let mut cursor = self.states.cursor().await?;
        loop {
            cursor = self.catch_up(cursor).await?;
            let next = Instant::now() + GATHER;
            if !self.bell.heard().await {
                self.catch_up(cursor).await?;
                return Ok(());
            }
            // Strokes within the gather are heard as one.
            while let Ok(true) = timeout_at(next, self.bell.heard()).await {}
        }
    }

    async fn catch_up(&self, mut cursor: EventSeq) -> Result<EventSeq, ReadError> {
        while cursor < self.log.head() {
            let page = self
                .log
                .events(EventFilter::default(), Some(cursor), false, limits::PAGE)
                .await?;
            let Some(last) = page.events.last().map(|event| event.seq) else {
                break;
            };
            let projection = Projection {
                observations: observe(&page.events),
                cursor: last,
            };
            if let Err(error) = self.states.project(projection).await {
                tracing::warn!(%error, "partition and zone states lag behind the journal");
                break;
            }
            cursor = last;
        }
        Ok(cursor)
    }
}

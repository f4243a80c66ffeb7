//! Writes down what panels said of who they are, and hours that are over.
//!
//! Invariant: at most one transaction a second, of at most [`CONDITION_BATCH`] rows; but for the end.

use model::limits::{CONDITION_BATCH, CONDITION_PERIOD, TREND_DAYS, TREND_HOURS};
use tokio::time::MissedTickBehavior;

use super::Shared;
use crate::ports::ConditionChange;

/// Runs for ever.
pub(super) async fn run(shared: &Shared) {
    let mut ticks = tokio::time::interval(CONDITION_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = shared.clock.now().wall;
        shared.machine().turn(now);
        // What cannot be written waits for the next turn.
        write(shared).await;
    }
}

/// A stop in order: what there is of the running hour is written, too.
pub(super) async fn end(shared: &Shared) {
    shared.machine().end();
    while shared.machine().waiting() > 0 {
        if !write(shared).await {
            return;
        }
    }
}

/// Whether it was written.
async fn write(shared: &Shared) -> bool {
    let (connections, hours) = shared.machine().next(CONDITION_BATCH);
    if connections.is_empty() && hours.is_empty() {
        return true;
    }
    let now = shared.clock.now().wall;
    let change = ConditionChange {
        hours: hours.clone(),
        connections: connections.clone(),
        forget_hours: now.before(TREND_HOURS),
        forget_days: now.before(TREND_DAYS),
    };
    match shared.store.keep_condition(change).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "how panels were could not be written down");
            shared.machine().again(&connections, &hours);
            false
        }
    }
}

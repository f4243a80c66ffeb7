//! Lets go of days that nobody need keep.

use std::sync::Arc;
use std::time::Duration;

use model::Clock;
use store::Store;

use super::setup::Retention;

/// How often it is looked whether a day may go.
const PERIOD: Duration = Duration::from_hours(1);

/// Lets go of days that nobody need keep, once an hour.
pub(super) async fn retention(
    store: Store,
    clock: Arc<dyn Clock>,
    periods: Retention,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    tokio::pin!(stop);
    let mut hours = tokio::time::interval(PERIOD);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = hours.tick() => {}
        }
        let kept = store::Retention {
            alarm: periods.alarm,
            operation: periods.operation,
            routine: periods.routine,
        };
        let done = store.retain(clock.now().wall, kept).await;
        if let Err(error) = done {
            tracing::warn!(%error, "retention could not do its work and tries again in an hour");
        }
    }
}

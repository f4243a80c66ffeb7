//! Waiting for a condition, never for a time in the hope of one.

use std::time::Duration;

use tokio::time::{Instant, interval, sleep_until, timeout};

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until `look` finds something, and panics if that takes longer than `limit`.
pub(crate) async fn find<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let mut ticks = interval(LOOK);
    let found = timeout(limit, async {
        loop {
            ticks.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
    });
    match found.await {
        Ok(found) => found,
        Err(late) => panic!("{what}: not within {limit:?} ({late})"),
    }
}

/// Waits until `look` is true, and panics if that takes longer than `limit`.
pub(crate) async fn until(what: &str, limit: Duration, mut look: impl FnMut() -> bool) {
    find(what, limit, || look().then_some(())).await;
}

/// Lets a scenario go on for a time.
pub(crate) async fn pass(duration: Duration) {
    sleep_until(Instant::now() + duration).await;
}

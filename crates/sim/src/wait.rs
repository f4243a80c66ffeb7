//! Waiting for a time of the injected clock within a runtime.

use std::future;
use std::time::Duration;

use model::{Clock, Mono};
use tokio::time::{Instant, sleep_until};

/// Completes when the clock says `at`; never, if that is `None`.
pub(crate) async fn until(clock: &dyn Clock, at: Option<Mono>) {
    match at {
        Some(at) => sleep_until(Instant::now() + at.since(clock.now().mono)).await,
        None => future::pending().await,
    }
}

/// Completes after `duration`.
pub(crate) async fn pass(duration: Duration) {
    sleep_until(Instant::now() + duration).await;
}

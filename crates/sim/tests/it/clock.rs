//! The runtime's clock as the clock that is given.

use std::sync::Arc;

use model::{Clock, Mono, Now, Wall};
use tokio::time::Instant;

struct RuntimeClock {
    began: Instant,
}

impl Clock for RuntimeClock {
    fn now(&self) -> Now {
        let elapsed = self.began.elapsed();
        Now {
            mono: Mono::default().after(elapsed),
            wall: Wall(1_750_000_000_000_000 + i64::try_from(elapsed.as_micros()).unwrap()),
            suspect: false,
        }
    }
}

/// A clock that goes with the runtime's.
pub(crate) fn clock() -> Arc<dyn Clock> {
    let began = Instant::now();
    Arc::new(RuntimeClock { began })
}

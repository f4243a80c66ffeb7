//! The machine's clocks, for the fleets.

use std::sync::Arc;

use model::{Clock, Mono, Now, Wall};
use rustix::time::{ClockId, Timespec, clock_gettime};

struct Machine;

impl Clock for Machine {
    fn now(&self) -> Now {
        let nanos = |time: Timespec| time.tv_sec * 1_000_000_000 + time.tv_nsec;
        Now {
            mono: Mono(nanos(clock_gettime(ClockId::Monotonic)).unsigned_abs()),
            wall: Wall(nanos(clock_gettime(ClockId::Realtime)) / 1_000),
            suspect: false,
        }
    }
}

/// The machine's clocks.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(Machine)
}

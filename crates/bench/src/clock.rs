//! The machine's clocks, for simulated panels.

use model::{Clock, Mono, Now, Wall};
use rustix::time::{ClockId, clock_gettime};

/// The machine's clocks.
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Now {
        let nanos = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec * 1_000_000_000 + time.tv_nsec
        };
        Now {
            mono: Mono(u64::try_from(nanos(ClockId::Monotonic)).unwrap_or(0)),
            wall: Wall(nanos(ClockId::Realtime) / 1_000),
            suspect: false,
        }
    }
}

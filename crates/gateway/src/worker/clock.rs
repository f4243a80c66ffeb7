//! The machine's clocks: the only place of this crate that reads them (I11).

use model::{Clock, Mono, Now, Wall};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// `CLOCK_MONOTONIC`, which all processes of one boot share, and `CLOCK_REALTIME`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Now {
        let mono = clock_gettime(ClockId::Monotonic);
        let wall = clock_gettime(ClockId::Realtime);
        let nanos = whole(mono, 1_000_000_000).saturating_add(mono.tv_nsec);
        let micros = whole(wall, 1_000_000).saturating_add(wall.tv_nsec / 1_000);
        Now {
            mono: Mono(u64::try_from(nanos).unwrap_or(0)),
            wall: Wall(micros),
            suspect: false,
        }
    }
}

fn whole(time: Timespec, parts: i64) -> i64 {
    time.tv_sec.saturating_mul(parts)
}

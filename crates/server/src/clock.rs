//! The machine's clocks and randomness: the only place outside the gateway's loop that reads them.

use model::{Clock, Entropy, Mono, Now, Wall};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The machine's clocks. The monotonic one is common to all processes of the machine, which the
/// link relies on (R4).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let mono = nanos(clock_gettime(ClockId::Monotonic));
        let wall = nanos(clock_gettime(ClockId::Realtime)) / 1_000;
        Now {
            mono: Mono(u64::try_from(mono).unwrap_or(0)),
            wall: Wall(wall),
        }
    }
}

fn nanos(time: Timespec) -> i64 {
    time.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(time.tv_nsec)
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, buffer: &mut [u8]) {
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = &mut buffer[filled..];
            match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
                Ok((got, _)) => filled += got.len(),
                Err(rustix::io::Errno::INTR) => {}
                // Without randomness there are no safe ids or tokens; Linux always has it once
                // it has booted.
                Err(error) => panic!("the operating system gives no randomness: {error}"),
            }
        }
    }
}

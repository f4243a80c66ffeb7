//! The machine's clocks and randomness, for the wiring.

use model::Entropy;

/// The machine's clocks; the same ones that a gateway's loop reads, which the link relies on (R4).
pub(crate) use gateway::worker::MachineClock as SystemClock;

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, buffer: &mut [u8]) {
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = &mut buffer[filled..];
            match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
                Ok(got) => filled += got,
                Err(rustix::io::Errno::INTR) => {}
                // Without randomness there are no safe ids or tokens; Linux always has it once
                // it has booted.
                Err(error) => panic!("the operating system gives no randomness: {error}"),
            }
        }
    }
}

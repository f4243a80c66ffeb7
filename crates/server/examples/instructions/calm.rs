//! A world without chance: time stands still, and what is drawn is the same in every run.

use std::sync::Arc;

use model::{Clock, Entropy, Mono, Now, Wall};

/// When everything happens: in November 2026, a day after the machine was started.
pub(crate) const NOW: Now = Now {
    mono: Mono(86_400_000_000_000),
    wall: Wall(1_795_000_000_000_000),
    suspect: false,
};

struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        NOW
    }
}

/// A clock that stands still.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(Still)
}

/// A well-mixed number, the same in every run.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Draws the same in every run.
#[derive(Debug, Default)]
pub(crate) struct Drawn(u64);

impl Entropy for Drawn {
    fn fill(&mut self, buffer: &mut [u8]) {
        for octet in buffer {
            self.0 += 1;
            *octet = mixed(self.0).to_be_bytes()[0];
        }
    }
}

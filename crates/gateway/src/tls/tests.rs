//! Certificates, tickets and records, without a socket.

mod certificates;
mod memory;
pub(crate) mod pki;
mod records;
mod tickets;

use std::sync::Arc;

use engine::ports::TlsMaterial;
use model::{Clock, Mono, Now, Wall};

use super::Configurations;

/// In 2026.
const NOW: Wall = Wall(1_795_000_000_000_000);

struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Now {
        Now {
            mono: Mono(1),
            wall: NOW,
            suspect: false,
        }
    }
}

fn configured(material: &TlsMaterial) -> Configurations {
    Configurations::new(material, Arc::new(StandingClock)).unwrap()
}

//! Supervision: signs of life, each of another path than the one before, and the ticks that go with them.

use std::time::Duration;

use anyhow::ensure;
use engine::ports::Sign;
use engine::supervision::{Group, Machine, Served, Times, Watched};
use model::{Epoch, OrganisationId, PanelIndex, PathIndex, SiteId, SupervisionClass, Wall, micros};

use crate::calm::NOW;
use crate::count::counted;

/// Paths of SP5.
const PATHS: u32 = 2_000;

/// How often supervision looks at its wheel.
const TICK: Duration = Duration::from_millis(100);

/// Ticks in which every path speaks once: a keep-alive of 40 s.
const TICKS: u32 = 400;

fn watched(path: u32) -> Watched {
    let time = SupervisionClass::Sp5.deadline();
    Watched {
        path: PathIndex(path),
        panel: PanelIndex(path),
        groups: [
            Group::All,
            Group::Organisation(OrganisationId::from_bytes([1; 16])),
            Group::Site(SiteId::from_bytes([1; 16])),
        ],
        times: Some(Times {
            working: time,
            failed: time,
        }),
        farewell: false,
        test: None,
        satisfies: None,
        commissioned: Wall(0),
    }
}

/// Signs of life of a fleet that speaks every 40 s.
pub(crate) fn signs(requests: u32) -> anyhow::Result<()> {
    let mut now = NOW;
    let mut machine = Machine::new(Served(1_000), now);
    for path in 1..=PATHS {
        machine.watch(&watched(path), now);
    }
    let mut live = |requests: u32| {
        let each = PATHS / TICKS;
        for turn in 0..requests / each {
            now.mono = now.mono.after(TICK);
            now.wall.0 += micros(TICK);
            for place in 0..each {
                machine.heard(&Sign {
                    path: PathIndex(1 + (turn * each + place) % PATHS),
                    epoch: Epoch(1),
                    at: now.mono,
                });
            }
            machine.tick(now, true);
        }
        machine.next_report().is_none()
    };
    live(PATHS);
    ensure!(counted(|| live(requests)), "supervision reported something");
    Ok(())
}

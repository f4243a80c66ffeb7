//! What supervision costs: nanoseconds for a sign of life, for a tick, for a loss, with 50,000
//! paths of SP5 that speak every 39 s. `cargo run --release -p engine --example supervision`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "an example that measures"
)]

use std::time::{Duration, Instant};

use engine::ports::Sign;
use engine::supervision::{Group, Machine, Served, Times, Watched};
use model::{
    Epoch, Mono, Now, OrganisationId, PanelIndex, PathIndex, SiteId, SupervisionClass, Wall,
};

const FLEET: u32 = 50_000;
const TICK: Duration = Duration::from_millis(100);
const PERIOD: Duration = Duration::from_secs(39);

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

fn passed(now: &mut Now, time: Duration) {
    now.mono = now.mono.after(time);
    now.wall = Wall(now.wall.0 + model::micros(time));
}

fn main() {
    let mut now = Now {
        mono: Mono(1_000_000_000_000),
        wall: Wall(1_795_000_000_000_000),
        suspect: false,
    };
    let mut machine = Machine::new(Served(1_000), now);
    for path in 1..=FLEET {
        machine.watch(&watched(path), now);
    }
    while machine.next_report().is_some() {}
    // The signs of a tick, spread over the period as a fleet's are.
    let ticks = u32::try_from(PERIOD.as_millis() / TICK.as_millis()).unwrap_or(1);
    let (mut heard, mut signs) = (Duration::ZERO, 0_u64);
    let (mut ticking, mut turns) = (Duration::ZERO, 0_u64);
    for turn in 0..3_000_u32 {
        passed(&mut now, TICK);
        let paths = (1 + turn % ticks..=FLEET).step_by(ticks as usize);
        let begun = Instant::now();
        for path in paths {
            machine.heard(&Sign {
                path: PathIndex(path),
                epoch: Epoch(1),
                at: now.mono,
            });
            signs += 1;
        }
        heard += begun.elapsed();
        let begun = Instant::now();
        machine.tick(now, true);
        let rows = machine.presence();
        ticking += begun.elapsed();
        drop(rows);
        turns += 1;
    }
    println!(
        "{FLEET} paths, {turns} ticks of {} ms, {signs} signs",
        TICK.as_millis()
    );
    println!(
        "a sign of life     {:>9.0} ns",
        heard.as_nanos() as f64 / signs as f64
    );
    println!(
        "a tick, rows and all {:>7.0} ns",
        ticking.as_nanos() as f64 / turns as f64
    );
    let second = 1e9 / TICK.as_nanos() as f64;
    let cpu = (heard + ticking).as_secs_f64() / f64::from(3_000_u32) * second;
    println!("of a core          {:>9.4} %", cpu * 100.0);

    let begun = Instant::now();
    let mut losses = 0_u64;
    for _ in 0..1_000 {
        passed(&mut now, TICK);
        machine.tick(now, true);
        while let Some((ticket, _)) = machine.next_report() {
            machine.settled(ticket, true, now.mono);
            losses += 1;
        }
    }
    let each = begun.elapsed().as_nanos() as f64 / losses.max(1) as f64;
    println!("a loss, all {losses} lost {each:>9.0} ns");
}

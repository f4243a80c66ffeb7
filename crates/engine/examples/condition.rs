//! What a report of a panel with 16 zones costs: time to take it in, and memory for each panel.
//!
//! `cargo run --profile ci -p engine --example condition`

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::condition::Condition;
use engine::ports::{
    AddError, Answering, ConditionChange, ConditionStore, LastConnection, ReadError, Span,
    TakesReports, TrendRow,
};
use engine::sessions::Places;
use model::{
    Clock, Mono, Now, PanelReport, PathIndex, ReportedPartition, StatusReport, Wall, ZoneState,
};

const PANELS: u32 = 50_000;
const ROUNDS: u32 = 20;

struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        Now {
            mono: Mono(1 << 40),
            wall: Wall(1_795_000_000_000_000),
            suspect: false,
        }
    }
}

/// Keeps nothing.
struct Nothing;

impl ConditionStore for Nothing {
    fn keep_condition(&self, _: ConditionChange) -> Answering<'_, Result<(), AddError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn connections(&self) -> Answering<'_, Result<Vec<LastConnection>, ReadError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn trends(
        &self,
        _: Vec<PathIndex>,
        _: Span,
        _: Wall,
        _: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

fn report() -> PanelReport {
    PanelReport::Status(StatusReport {
        rssi: Some(-71),
        battery: Some(96),
        millivolts: Some(13_600),
        round_trip: Some(84),
        retries: Some(0),
        partitions: vec![(1, ReportedPartition::ArmedAway)],
        zones: (1..=16).map(|zone| (zone, ZoneState::Closed)).collect(),
        outputs: vec![(1, false), (2, true)],
        ..StatusReport::default()
    })
}

/// Octets of this process that are in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_u64) * 4_096
}

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures, and says what it measured"
)]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ReadError> {
    let clock = Arc::new(Still);
    let places = Places::new(clock.clone());
    let condition = Condition::load(Arc::new(Nothing), places, clock).await?;
    let before = resident();
    for path in 0..PANELS {
        condition.told(PathIndex(path), report(), Mono(1 << 40));
    }
    let each = (resident() - before) / u64::from(PANELS);
    let (mut spent, mut made) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        // As the link decodes it, a moment before.
        let begun = Instant::now();
        for _ in 0..PANELS {
            drop(std::hint::black_box(report()));
        }
        made += begun.elapsed();
        let begun = Instant::now();
        for at in 0..PANELS {
            // A stride, so that no record is in the cache because its neighbour was told of.
            let path = at.wrapping_mul(7_919) % PANELS;
            condition.told(PathIndex(path), report(), Mono(1 << 40));
        }
        spent += begun.elapsed();
    }
    let nanos = spent.saturating_sub(made).as_nanos() / u128::from(PANELS * ROUNDS);
    println!("{PANELS} panels with 16 zones: {each} octets each, {nanos} ns a report");
    Ok(())
}

//! A crowd that connects and says nothing, or an octet a second, while panels report.

use std::time::Duration;

use sim::fleet::{Fleet, FleetPlan, Member, Pace, Sources};
use sim::flood::{Flood, FloodPlan};
use sim::report::Report;

use crate::support::clock::clock;
use crate::support::crowd::senders;
use crate::support::record::Verdict;
use crate::support::server::Server;
use crate::support::turn::turn;
use crate::support::wait;

/// Panels that report.
const PANELS: u32 = 200;

/// Connections that do not.
const CROWD: u32 = 15_000;

/// How often each panel reports: together 800 signals a second.
const PERIOD: Duration = Duration::from_millis(250);

/// Signals of each panel in each run: six seconds.
const SIGNALS: u64 = 24;

const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn panels_do_not_notice_15_000_connections_that_say_nothing() {
    let _turn = turn("15,000 connections say nothing, or an octet a second").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let all = Member::many(0x9000, 2 * PANELS);
    server.register(&all).await;
    let (before, during) = all.split_at(PANELS as usize);
    let plan = |members: &[Member]| FleetPlan {
        pace: Pace::Every(PERIOD),
        signals_per_panel: SIGNALS,
        ..FleetPlan::full_speed(server.panels(), members.to_vec())
    };
    let (calm, first) = run(plan(before)).await;

    let flood = Flood::start(FloodPlan {
        target: server.panels(),
        connections: CROWD,
        sources: Sources::Loopback(1 << 16),
        begin_per_second: 5_000,
        pause: Duration::from_secs(10),
    });
    let crowded = || flood.counters().made >= u64::from(CROWD);
    wait::until("the crowd is there", LIMIT, crowded).await;
    let (flooded, second) = run(plan(during)).await;
    println!("the crowd: {:?}", flood.counters());
    drop(flood);

    let [p99, p99_flooded] = [&calm, &flooded].map(|report| report.latency.p99_us);
    println!("99 % acknowledged within {p99} µs in calm, {p99_flooded} µs in the flood");
    println!(
        "ratio {:.2}",
        Duration::from_micros(p99_flooded).div_duration_f64(Duration::from_micros(p99.max(1)))
    );
    let stored = server.events().await;
    server.stop().await;
    let journal = [first, second].concat();
    Verdict::on(&senders(&all, &journal), &stored).must_be_clean();
    let counters = flooded.counters;
    assert_eq!(
        counters.acknowledged,
        u64::from(PANELS) * SIGNALS,
        "{counters:?}"
    );
    let noticed = (counters.dropped, counters.not_connected, counters.hung_up);
    assert_eq!(noticed, (0, 0, 0), "{counters:?}");
}

async fn run(plan: FleetPlan) -> (Report, Vec<sim::journal::PanelRecord>) {
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(LIMIT).await;
    let finished = fleet.finish(LIMIT).await.unwrap();
    (finished.report, finished.journal)
}

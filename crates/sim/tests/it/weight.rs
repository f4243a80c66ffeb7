//! What a panel at rest weighs, as the system counts it: all its process has, whoever keeps it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use sim::fleet::Sources;
use sim::mqtt::Timeline;
use sim::order::{Accounts, MqttTerms, Order, Part, Speaks, Version};
use sim::run::Run;
use sim::scenario::Scenario;
use sim::terms::Span;
use sim::tls::TrustTerms;
use tokio::time::timeout;

use crate::broker::{Broker, KIND};
use crate::clock::clock;

/// How the process that is weighed is told whom to call.
const TOLD: &str = "WATCHFIRE_WEIGH";

/// What that process runs.
const SELF: &str = "weight::a_panel_on_mutual_tls_keeps_little_at_rest";

/// The most that a panel may weigh without a ticket for its next connection, in octets: rustls'
/// own part is some four thousand.
const MOST: u64 = 5_888;

/// The most that a ticket may weigh. A server's that keeps no sessions has some six hundred more,
/// which are its own words.
const TICKET: u64 = 768;

/// The more of two fleets weighs as much more as the panels do that the other has not.
const FEW: u32 = 100;
const MANY: u32 = 900;

#[tokio::test]
async fn a_panel_on_mutual_tls_keeps_little_at_rest() {
    if let Ok(told) = std::env::var(TOLD) {
        println!("octets: {}", weigh(&told).await);
        return;
    }
    let broker = Broker::start(KIND).await;
    for (resumption, most) in [(false, MOST), (true, MOST + TICKET)] {
        let trust = TrustTerms {
            resumption,
            ..broker.trust()
        };
        let told = serde_json::to_string(&(broker.address, trust)).unwrap();
        // This process has the server's end of each connection as well.
        let weighed = tokio::task::spawn_blocking(move || {
            Command::new(std::env::current_exe().unwrap())
                .args([SELF, "--exact", "--nocapture"])
                .env(TOLD, told)
                .stderr(Stdio::inherit())
                .output()
                .unwrap()
        });
        let said = String::from_utf8(weighed.await.unwrap().stdout).unwrap();
        let octets = said.split("octets: ").nth(1);
        let octets: u64 = octets
            .and_then(|t| t.lines().next())
            .unwrap()
            .parse()
            .unwrap();
        println!("{octets} octets a panel, tickets: {resumption}");
        assert!((1_000..most).contains(&octets), "{octets} octets a panel");
    }
}

/// The other half of the test, in a process of its own.
async fn weigh(told: &str) -> u64 {
    let (target, trust): (SocketAddr, TrustTerms) = serde_json::from_str(told).unwrap();
    let first = |account, count| order(target, trust.clone(), account, count);
    let mut fleets = Vec::new();
    let mut weigh = async |account, panels| {
        let before = pss();
        fleets.push(connected(&first(account, panels), panels).await);
        pss() - before
    };
    // What is touched for the first time is nobody's.
    weigh("100000", FEW).await;
    let (few, many) = (weigh("200000", FEW).await, weigh("300000", MANY).await);
    (many - few) / u64::from(MANY - FEW)
}

/// A part of a fleet whose panels are all there, and silent.
async fn connected(order: &Order, panels: u32) -> Run {
    let clock = clock();
    let part = Part::all(panels, 1, panels, clock.now().mono)[0];
    let run = Run::start(order, &part, clock).unwrap();
    let a_moment =
        async || drop(timeout(Duration::from_millis(200), std::future::pending::<()>()).await);
    while run.progress().online < panels.into() {
        a_moment().await;
    }
    // For the answers to their first words; who still waits weighs more, not less.
    a_moment().await;
    run
}

fn order(target: SocketAddr, trust: TrustTerms, first: &str, panels: u32) -> Order {
    Order {
        target,
        accounts: Accounts::from_first(first, panels).unwrap(),
        speaks: Speaks::Mqtt(Box::new(MqttTerms {
            version: Version::V5,
            trust: Some(trust),
            secrets: BTreeMap::new(),
            cbor: false,
            time: Timeline::of(clock().now()),
        })),
        scenario: Scenario::built_in("quiet").unwrap(),
        duration: Span(Duration::from_mins(10)),
        grace: Span(Duration::from_secs(1)),
        begin_per_second: 1_000,
        sources: Sources::Loopback(100),
        seed: 1,
    }
}

/// The proportional share of memory of this process, in octets.
fn pss() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    kilobytes.unwrap().parse::<u64>().unwrap() * 1_024
}

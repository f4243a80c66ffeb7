use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::Mono;
use sim::fleet::{Dialling, Sources, Transport};
use sim::order::{Accounts, Dc09Terms, Keys, Order, Pads, PanelKey, Part, Speaks};
use sim::report::Report;
use sim::run::{Outcome, Run};
use sim::scenario::{Rate, Scenario};
use tokio::task::JoinSet;

use crate::clock::clock;
use crate::receiver::{Receiver, Treatment};

fn dc09() -> Dc09Terms {
    Dc09Terms {
        transport: Transport::Tcp,
        dialling: Dialling::Permanent,
        receiver: None,
        line: 0,
        keys: Keys::None,
        pads: Pads::Binary,
    }
}

fn order(target: SocketAddr, scenario: &str) -> Order {
    Order {
        target,
        speaks: Speaks::Dc09(dc09()),
        accounts: Accounts::from_first("1000", 40).unwrap(),
        scenario: Scenario {
            rate: Some(Rate::PerSecond(400.0)),
            ..Scenario::built_in(scenario).unwrap()
        },
        duration: "1s".parse().unwrap(),
        grace: "5s".parse().unwrap(),
        begin_per_second: 400,
        sources: Sources::Loopback(40),
        seed: 1,
    }
}

/// Carries out an order in so many parts, all in this process.
async fn carry_out(order: &Order, parts: u32) -> Report {
    let clock = clock();
    let parts = Part::all(40, parts, 100, clock.now().mono);
    let runs: Vec<_> = parts
        .iter()
        .map(|part| Run::start(order, part, Arc::clone(&clock)).unwrap())
        .collect();
    let mut working = JoinSet::new();
    for run in runs {
        working.spawn(async {
            let run = run;
            let silent = |_| {};
            run.work(Duration::from_millis(100), silent, pending())
                .await;
            run.finish().await.unwrap()
        });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = working.join_next().await {
        let json = serde_json::to_string(&outcome.unwrap()).unwrap();
        outcomes.push(serde_json::from_str::<Outcome>(&json).unwrap());
    }
    Outcome::report(&outcomes)
}

#[tokio::test]
async fn a_day_in_three_parts_keeps_the_rate_of_the_whole() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let report = carry_out(&order(receiver.address, "day"), 3).await;
    assert_eq!(report.panels, 40);
    // On a busy machine the end is told a little late.
    assert!((380..=440).contains(&report.counters.sent), "{report}");
    assert_eq!(report.counters.acknowledged, report.counters.sent);
    assert_eq!((report.unanswered, report.counters.not_sent), (0, 0));
    assert!(report.kinds["arming"].sent > report.kinds["alarm"].sent);
    assert!(
        report.kinds["poll"].acknowledged >= 40,
        "each says that it is there"
    );
}

#[tokio::test]
async fn everything_that_goes_wrong_over_an_encrypted_line_loses_nothing() {
    let key = PanelKey::from_hex(&"5A".repeat(32)).unwrap();
    let receiver = Receiver::with_key(|_| Treatment::CheckTime, Some(key.key.clone())).await;
    let mut order = order(receiver.address, "faults");
    order.speaks = Speaks::Dc09(Dc09Terms {
        keys: Keys::One(key),
        ..dc09()
    });
    order.duration = "2s".parse().unwrap();
    order.scenario.faults.silence = Some("20%:500ms:300ms".parse().unwrap());
    order.scenario.faults.lost_answers = "1%".parse().unwrap();
    order.grace = "20s".parse().unwrap();
    let report = carry_out(&order, 1).await;
    let counters = report.counters;
    assert_eq!((report.unanswered, counters.refused), (0, 0), "{report}");
    assert!(
        counters.set_back > 0 && counters.doubled > 0 && counters.silenced > 0,
        "{report}"
    );
    assert!(counters.reconnected >= counters.silenced);
}

#[tokio::test]
async fn what_nobody_answers_is_told_and_what_was_due_behind_it_too() {
    let receiver = Receiver::start(|_| Treatment::Lose).await;
    let mut order = order(receiver.address, "alarms");
    order.speaks = Speaks::Dc09(Dc09Terms {
        transport: Transport::Udp,
        ..dc09()
    });
    order.grace = "0s".parse().unwrap();
    let report = carry_out(&order, 1).await;
    // A panel that waits for its first answer sends nothing else: not even a poll.
    let sent = report.counters.sent + report.kinds["poll"].sent;
    assert_eq!(sent, 40, "{report}");
    assert!(
        (380..=402).contains(&(report.counters.not_sent + report.counters.sent)),
        "{report}"
    );
    assert!(!report.was_answered());
}

#[tokio::test]
async fn at_full_speed_nothing_is_owed() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let mut order = order(receiver.address, "alarms");
    order.scenario.rate = Some(Rate::Most);
    order.speaks = Speaks::Dc09(Dc09Terms {
        dialling: Dialling::PerMessage,
        ..dc09()
    });
    let report = carry_out(&order, 2).await;
    assert!(report.counters.acknowledged > 400, "{report}");
    assert_eq!((report.unanswered, report.counters.not_sent), (0, 0));
    assert_eq!(
        report.counters.reconnected, 0,
        "each connection was meant for one"
    );
    assert!(report.counters.connected >= report.counters.acknowledged);
}

#[tokio::test]
async fn a_run_that_is_stopped_ends_at_once_and_tells_what_it_has() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let mut order = order(receiver.address, "day");
    order.duration = "1h".parse().unwrap();
    let clock = clock();
    let [part] = Part::all(40, 1, 100, clock.now().mono)[..] else {
        panic!("one part");
    };
    let run = Run::start(&order, &part, Arc::clone(&clock)).unwrap();
    let seen = std::cell::Cell::new(0);
    let enough = async {
        while seen.get() < 20 {
            tokio::task::yield_now().await;
        }
    };
    let tell = |progress: sim::run::Progress| seen.set(progress.acknowledged);
    run.work(Duration::from_millis(10), tell, enough).await;
    let report = Outcome::report(&[run.finish().await.unwrap()]);
    assert!(
        report.counters.acknowledged >= 20 && report.unanswered == 0,
        "{report}"
    );
    assert!(clock.now().mono < Mono(60_000_000_000));
}

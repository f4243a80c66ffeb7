use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::time::Duration;

use sim::demo;
use sim::fleet::{Dialling, Finished, Fleet, FleetPlan, Member, Pace, Sources};
use sim::flood::{Flood, FloodPlan};
use sim::journal::{Journal, Outcome};
use sim::panel::Habit;

use crate::clock::clock;
use crate::receiver::{Received, Receiver, Treatment};

const LONG: Duration = Duration::from_secs(30);

fn impatient() -> Habit {
    Habit {
        patience: Duration::from_millis(100),
        ..Habit::plain()
    }
}

fn members(count: u32, change: impl Fn(&mut Member)) -> Vec<Member> {
    let mut members = Member::many(0x1000, count);
    members.iter_mut().for_each(change);
    members
}

async fn run(plan: FleetPlan) -> Finished {
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(LONG).await;
    fleet.finish(LONG).await.unwrap()
}

/// The frames of each account, each once, in the order of their first coming.
fn by_account(received: &[Received]) -> HashMap<&str, Vec<&[u8]>> {
    let mut accounts: HashMap<&str, Vec<&[u8]>> = HashMap::new();
    for frame in received {
        let frames = accounts.entry(&frame.account).or_default();
        if !frames.contains(&&frame.covered[..]) {
            frames.push(&frame.covered);
        }
    }
    accounts
}

fn number(covered: &[u8]) -> u64 {
    let text = String::from_utf8(covered.to_vec()).unwrap();
    let (_, rest) = text.split_once("[Isignal ").unwrap();
    rest.split_once(']').unwrap().0.parse().unwrap()
}

fn assert_every_panel_arrived_in_order(received: &[Received], panels: usize, signals: u64) {
    let accounts = by_account(received);
    assert_eq!(accounts.len(), panels);
    for (account, frames) in accounts {
        let numbers: Vec<_> = frames.into_iter().map(number).collect();
        let expected: Vec<_> = (1..=signals).collect();
        assert_eq!(numbers, expected, "{account}");
    }
}

#[tokio::test]
async fn all_signals_arrive_once_and_in_order_at_a_receiver_that_behaves() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let plan = FleetPlan {
        signals_per_panel: 50,
        ..FleetPlan::full_speed(receiver.address, members(20, |_| {}))
    };
    let finished = run(plan).await;
    let counters = finished.report.counters;
    assert_eq!((counters.sent, counters.acknowledged), (1_000, 1_000));
    assert_eq!(
        (counters.connected, counters.dropped, counters.stray),
        (20, 0, 0)
    );
    assert_eq!(finished.report.latency.count, 1_000);
    assert!(
        finished
            .journal
            .iter()
            .all(|panel| panel.count(Outcome::Acknowledged) == 50)
    );
    let frames = receiver.received();
    assert_eq!(frames.len(), 1_000);
    assert_every_panel_arrived_in_order(&frames, 20, 50);
    let sources: HashSet<_> = frames.iter().map(|frame| frame.from).collect();
    assert_eq!(sources.len(), 20, "an address for each panel");
}

#[tokio::test]
async fn nothing_is_lost_however_much_the_receiver_loses_repeats_and_hangs_up() {
    let receiver = Receiver::start(|nth| match nth % 11 {
        2 => Treatment::Lose,
        5 => Treatment::AcknowledgeTwice,
        8 => Treatment::HangUp,
        _ => Treatment::Acknowledge,
    })
    .await;
    let mut all = members(12, |member| member.habit = impatient());
    for (nth, member) in all.iter_mut().enumerate() {
        member.habit.window = 1 + nth % 3;
        if nth % 4 == 0 {
            member.dialling = Dialling::PerMessage;
            member.habit.window = 1;
        }
    }
    let plan = FleetPlan {
        signals_per_panel: 40,
        ..FleetPlan::full_speed(receiver.address, all)
    };
    let finished = run(plan).await;
    let counters = finished.report.counters;
    assert_eq!((counters.sent, counters.acknowledged), (480, 480));
    assert!(
        counters.stray > 0 && counters.repeated > 0 && counters.dropped > 0,
        "{counters:?}"
    );
    assert_every_panel_arrived_in_order(&receiver.received(), 12, 40);
}

#[tokio::test]
async fn what_is_never_answered_is_sent_and_not_acknowledged() {
    let receiver = Receiver::start(|_| Treatment::Lose).await;
    let plan = FleetPlan::full_speed(
        receiver.address,
        members(3, |member| member.habit = impatient()),
    );
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(Duration::from_millis(600)).await;
    let finished = fleet.finish(Duration::from_millis(50)).await.unwrap();
    let counters = finished.report.counters;
    assert_eq!((counters.sent, counters.acknowledged), (3, 0));
    assert!(
        counters.repeated >= 3 && counters.hung_up >= 3,
        "{counters:?}"
    );
    assert!(
        finished
            .journal
            .iter()
            .all(|panel| panel.outcomes == [Outcome::Sent])
    );
    let frames: HashSet<_> = receiver
        .received()
        .into_iter()
        .map(|frame| frame.covered)
        .collect();
    assert_eq!(frames.len(), 3, "a repeat is the same to the octet");
}

#[tokio::test]
async fn a_refused_signal_is_journalled_as_refused_and_the_next_one_goes() {
    let receiver = Receiver::start(|_| Treatment::Duh).await;
    let plan = FleetPlan {
        signals_per_panel: 5,
        ..FleetPlan::full_speed(receiver.address, members(1, |_| {}))
    };
    let finished = run(plan).await;
    assert_eq!(finished.journal[0].outcomes, [Outcome::Refused; 5]);
}

#[tokio::test]
async fn a_paced_fleet_keeps_its_rate_and_counts_from_the_intended_time() {
    let receiver = Receiver::start(|nth| match nth {
        0 => Treatment::Lose,
        _ => Treatment::Acknowledge,
    })
    .await;
    let plan = FleetPlan {
        pace: Pace::Every(Duration::from_millis(50)),
        signals_per_panel: 10,
        ..FleetPlan::full_speed(
            receiver.address,
            members(1, |member| {
                member.habit.patience = Duration::from_millis(300);
            }),
        )
    };
    let finished = run(plan).await;
    assert_eq!(finished.report.counters.acknowledged, 10);
    assert!(
        finished.report.seconds >= 0.45,
        "nine periods lie between ten signals"
    );
    // The first waits 300 ms for its repeat; the five that were due meanwhile wait with it.
    assert!(
        finished.report.latency.p50_us >= 50_000,
        "{:?}",
        finished.report.latency
    );
}

#[tokio::test]
async fn a_fleet_sends_no_more_than_its_journal_holds() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let plan = FleetPlan {
        journal_room: Some(25),
        ..FleetPlan::full_speed(receiver.address, members(4, |_| {}))
    };
    let finished = run(plan).await;
    assert_eq!(finished.report.counters.acknowledged, 25);
    assert_eq!(receiver.received().len(), 25);
}

#[tokio::test]
async fn the_journal_file_tells_the_same_as_the_fleet() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let plan = FleetPlan {
        signals_per_panel: 10,
        ..FleetPlan::full_speed(receiver.address, members(5, |_| {}))
    };
    let mut fleet = Fleet::start(plan, clock(), Some(File::create(&path).unwrap()));
    fleet.work(LONG).await;
    let mut kept = fleet.finish(LONG).await.unwrap().journal;
    let mut read = Journal::read(&path).unwrap();
    kept.sort_by_key(|panel| panel.account);
    read.sort_by_key(|panel| panel.account);
    assert_eq!(read, kept);
}

#[tokio::test]
async fn a_silent_panel_says_now_and_then_that_it_is_there() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let plan = FleetPlan {
        pace: Pace::Every(Duration::from_hours(1)),
        ..FleetPlan::full_speed(
            receiver.address,
            members(1, |member| {
                member.supervision = Some(Duration::from_millis(20));
            }),
        )
    };
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(Duration::from_millis(300)).await;
    let counters = fleet.finish(LONG).await.unwrap().report.counters;
    assert!(counters.supervised >= 5, "{counters:?}");
    let frames = receiver.received();
    let nulls: Vec<_> = frames
        .iter()
        .map(|frame| frame.covered.starts_with(b"\"NULL\"0000"))
        .collect();
    assert!(nulls[0], "a supervised panel introduces itself");
    let signals = nulls.iter().filter(|null| !**null).count();
    assert_eq!(signals, 1, "one signal in an hour");
}

#[tokio::test]
async fn a_flood_keeps_its_size_and_says_nothing_that_is_a_frame() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let flood = Flood::start(FloodPlan {
        target: receiver.address,
        connections: 20,
        sources: Sources::Loopback(4),
        begin_per_second: 1_000,
        pause: Duration::from_secs(1),
    });
    while flood.counters().made < 20 {
        tokio::task::yield_now().await;
    }
    let counters = flood.counters();
    assert_eq!(
        (counters.made, counters.not_made, counters.closed),
        (20, 0, 0)
    );
    assert_eq!(receiver.received(), []);
}

#[tokio::test]
async fn the_demonstration_plays_until_it_is_stopped() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let enough = async {
        while receiver.received().len() < 60 {
            tokio::task::yield_now().await;
        }
    };
    let report = demo::demo(receiver.address, 1_000, clock(), enough)
        .await
        .unwrap();
    assert!(report.counters.acknowledged >= 50, "{report}");
    let texts: Vec<_> = receiver
        .received()
        .into_iter()
        .map(|frame| String::from_utf8(frame.covered).unwrap())
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("BA002^Back door^")),
        "{texts:?}"
    );
}

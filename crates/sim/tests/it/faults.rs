use std::collections::HashSet;
use std::time::Duration;

use model::CipherKey;
use sim::fleet::{Absence, Finished, Fleet, FleetPlan, Member, Pace, Transport};
use sim::panel::Habit;
use sim::terms::Share;

use crate::clock::clock;
use crate::receiver::{Receiver, Treatment};

const LONG: Duration = Duration::from_secs(30);

fn members(count: u32, change: impl Fn(&mut Member)) -> Vec<Member> {
    let mut members = Member::many(0x2000, count);
    members.iter_mut().for_each(change);
    members
}

/// A plan of 20 signals from each of these.
fn plan(receiver: &Receiver, members: Vec<Member>) -> FleetPlan {
    FleetPlan {
        signals_per_panel: 20,
        ..FleetPlan::full_speed(receiver.address, members)
    }
}

async fn run(plan: FleetPlan) -> Finished {
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(LONG).await;
    fleet.finish(LONG).await.unwrap()
}

fn key() -> CipherKey {
    CipherKey::from_ascii("AAAAAAAAAAAAAAAAAAAAAAAA").unwrap()
}

#[tokio::test]
async fn an_encrypted_fleet_is_acknowledged_under_its_key() {
    let receiver = Receiver::with_key(|_| Treatment::Acknowledge, Some(key())).await;
    let encrypted = members(5, |member| member.key = Some(key()));
    let counters = run(plan(&receiver, encrypted)).await.report.counters;
    assert_eq!((counters.acknowledged, counters.not_authentic), (100, 0));
    let frames = receiver.received();
    assert!(frames.iter().all(|frame| frame.opened));
    let different: HashSet<_> = frames.iter().map(|frame| &frame.covered).collect();
    assert_eq!(different.len(), frames.len());
}

#[tokio::test]
async fn an_encrypted_fleet_believes_no_acknowledgement_in_clear() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let encrypted = members(2, |member| {
        member.key = Some(key());
        member.habit.patience = Duration::from_millis(50);
    });
    let mut fleet = Fleet::start(plan(&receiver, encrypted), clock(), None);
    fleet.work(Duration::from_millis(300)).await;
    let report = fleet.finish(Duration::ZERO).await.unwrap().report;
    assert_eq!((report.counters.acknowledged, report.unanswered), (0, 2));
    assert!(report.counters.not_authentic >= 2, "{report}");
}

#[tokio::test]
async fn a_fleet_over_udp_repeats_what_was_lost_and_loses_nothing() {
    let receiver = Receiver::start(|nth| match nth % 7 {
        3 => Treatment::Lose,
        _ => Treatment::Acknowledge,
    })
    .await;
    let panels = members(10, |member| {
        member.habit = Habit {
            patience: Duration::from_millis(100),
            ..Habit::over_udp()
        };
    });
    let finished = run(FleetPlan {
        transport: Transport::Udp,
        ..plan(&receiver, panels)
    })
    .await;
    let counters = finished.report.counters;
    assert_eq!((counters.sent, counters.acknowledged), (200, 200));
    assert!(counters.repeated > 0, "{counters:?}");
    assert_eq!(
        counters.connected, 10,
        "a port for each panel: {counters:?}"
    );
    let sources: HashSet<_> = receiver.received().iter().map(|frame| frame.from).collect();
    assert_eq!(sources.len(), 10);
}

#[tokio::test]
async fn wrong_clocks_are_set_by_nak_and_their_signals_get_through() {
    let receiver = Receiver::with_key(|_| Treatment::CheckTime, Some(key())).await;
    let skewed = members(4, |member| {
        member.key = Some(key());
        member.clock_error = -3_600_000_000;
    });
    let counters = run(plan(&receiver, skewed)).await.report.counters;
    assert_eq!((counters.acknowledged, counters.set_back), (80, 4));
}

#[tokio::test]
async fn lost_answers_and_repeats_are_sent_again_and_answered_once() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let odd = members(4, |member| {
        member.habit.patience = Duration::from_millis(30);
        member.habit.deaf = Share::percent(20);
        member.habit.doubles = Share::percent(20);
    });
    let counters = run(plan(&receiver, odd)).await.report.counters;
    assert_eq!((counters.sent, counters.acknowledged), (80, 80));
    assert!(counters.ignored > 0 && counters.doubled > 0 && counters.stray > 0);
    let frames = receiver.received();
    let different: HashSet<_> = frames.iter().map(|frame| &frame.covered).collect();
    assert!(different.len() == 80 && frames.len() > 80);
}

#[tokio::test]
async fn split_frames_arrive_in_pieces_and_joined_ones_together() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let split = members(2, |member| member.split = Share::percent(100));
    let finished = run(plan(&receiver, split)).await;
    assert_eq!(finished.report.counters.acknowledged, 40);
    // The CRC, the length and what they cover, LF and CR.
    let whole = |covered: &[u8]| covered.len() + 10;
    let frames = receiver.received();
    let in_pieces = frames.iter().filter(|f| f.read_with < whole(&f.covered));
    assert!(in_pieces.count() > 20);

    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let joined = members(2, |member| member.habit.window = 4);
    let finished = run(plan(&receiver, joined)).await;
    assert_eq!(finished.report.counters.acknowledged, 40);
    let frames = receiver.received();
    let together = frames.iter().filter(|f| f.read_with > whole(&f.covered));
    assert!(together.count() >= 8, "each panel begins with four at once");
}

#[tokio::test]
async fn a_silent_panel_says_nothing_for_its_time_and_comes_back_on_a_new_connection() {
    let receiver = Receiver::start(|_| Treatment::Acknowledge).await;
    let silent = members(3, |member| {
        member.supervision = Some(Duration::from_millis(20));
        let [after, lasts] = [200, 400].map(Duration::from_millis);
        member.absences = vec![Absence::silence(after, lasts)];
    });
    let mut fleet = Fleet::start(
        FleetPlan {
            pace: Pace::Every(Duration::from_hours(1)),
            ..plan(&receiver, silent)
        },
        clock(),
        None,
    );
    while fleet.counters().silenced < 3 {
        tokio::task::yield_now().await;
    }
    let before = receiver.received().len();
    let connected = fleet.counters().connected;
    while fleet.counters().reconnected == 0 {
        assert_eq!(receiver.received().len(), before, "silence");
        tokio::task::yield_now().await;
    }
    while fleet.counters().reconnected < 3 {
        tokio::task::yield_now().await;
    }
    fleet.work(Duration::from_millis(200)).await;
    let counters = fleet.finish(LONG).await.unwrap().report.counters;
    assert_eq!(
        (connected, counters.connected, counters.silenced),
        (3, 6, 3)
    );
    assert!(receiver.received().len() > before + 6, "they poll again");
}

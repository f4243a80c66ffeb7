//! More panels than one process may open files, and the engine killed under them.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Resource, Signal, getrlimit};
use sim::fleet::{Fleet, FleetPlan, Member, Pace};
use sim::journal::Outcome;

use crate::support::clock::clock;
use crate::support::crowd::senders;
use crate::support::other_half::{Counts, OtherHalf, counts_of};
use crate::support::processes::{is_alive, send};
use crate::support::record::Verdict;
use crate::support::server::{Server, verify};
use crate::support::turn::turn;
use crate::support::wait;

/// Panels of each half of the fleet. A half fits one process; both do not.
const HALF: u32 = 10_500;

const FIRST: u32 = 0x4000;

/// How often each panel reports.
const PERIOD: Duration = Duration::from_secs(15);

/// How long any step may take.
const LIMIT: Duration = Duration::from_mins(1);

/// The panels of a half keep their connection, say who they are, and have the patience to wait
/// for an engine that comes back.
pub(crate) fn half(target: SocketAddr, first: u32, count: u32) -> FleetPlan {
    let mut members = Member::many(first, count);
    for member in &mut members {
        member.supervision = Some(Duration::from_mins(1));
        member.habit.patience = Duration::from_secs(20);
    }
    FleetPlan {
        pace: Pace::Every(PERIOD),
        begin_per_second: 1_500,
        ..FleetPlan::full_speed(target, members)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_is_dropped_and_no_signal_lost_when_the_engine_is_killed_under_21_000_panels()
{
    let _turn = turn("the engine is killed under more panels than a process may open files").await;
    let limit = getrlimit(Resource::Nofile).current;
    println!(
        "a process may open {limit:?} files; {} panels connect",
        2 * HALF
    );
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[("WATCHFIRE__GATEWAY__COUNT", "3")]).await;
    let target = server.panels();
    let (ours, theirs) = (half(target, FIRST, HALF), half(target, FIRST + HALF, HALF));
    let members = [ours.members.clone(), theirs.members].concat();
    server.register(&members).await;

    let mut other = OtherHalf::start(target, FIRST + HALF, HALF, &folder.path().join("other"));
    let fleet = Fleet::start(ours, clock(), None);
    let everybody = || all(&fleet, &mut other).online == u64::from(2 * HALF);
    wait::until("everybody is connected", LIMIT, everybody).await;
    for kill in 1..=2 {
        until_served(&fleet, &mut other).await;
        let engine = server.engine().await;
        send(engine, Signal::KILL);
        wait::until("the engine dies", LIMIT, || !is_alive(engine)).await;
        println!("kill {kill}: engine, {:?}", all(&fleet, &mut other));
    }
    until_served(&fleet, &mut other).await;
    // As many signals as there are panels: each reports once in a period, on the old connection.
    let before = all(&fleet, &mut other).acknowledged;
    let round = || all(&fleet, &mut other).acknowledged >= before + u64::from(2 * HALF);
    wait::until("every panel reports over its old connection", LIMIT, round).await;
    let last = all(&fleet, &mut other);
    println!("before the end: {last:?}");
    assert_eq!(
        (last.online, last.dropped),
        (u64::from(2 * HALF), 0),
        "nobody was dropped"
    );

    let (_, theirs) = other.finish();
    let ours = fleet.finish(LIMIT).await.unwrap();
    print!("{}", ours.report);
    let stored = server.events().await;
    server.stop().await;
    let journal = [ours.journal, in_order(&members, theirs)].concat();
    Verdict::on(&senders(&members, &journal), &stored).must_be_clean();
    let waiting: usize = journal.iter().map(|panel| panel.count(Outcome::Sent)).sum();
    assert_eq!(waiting, 0, "everything is acknowledged in the end");
    println!("verify: {}", verify(&data).await.trim());
}

/// The other half's panels in the order of the plan, with an empty record where one sent nothing.
fn in_order(
    members: &[Member],
    mut records: Vec<sim::journal::PanelRecord>,
) -> Vec<sim::journal::PanelRecord> {
    let theirs = &members[HALF as usize..];
    for member in theirs {
        let account = member.identity.account;
        if !records.iter().any(|record| record.account == account) {
            records.push(sim::journal::PanelRecord {
                account,
                outcomes: Vec::new(),
            });
        }
    }
    records.sort_by_key(|record| record.account);
    records
}

/// Counts of both halves.
fn all(fleet: &Fleet, other: &mut OtherHalf) -> Counts {
    let (ours, theirs) = (counts_of(fleet), other.counts());
    Counts {
        online: ours.online + theirs.online,
        dropped: ours.dropped + theirs.dropped,
        acknowledged: ours.acknowledged + theirs.acknowledged,
    }
}

/// Waits until signals of both halves are acknowledged that were not before.
async fn until_served(fleet: &Fleet, other: &mut OtherHalf) {
    let before = (counts_of(fleet).acknowledged, other.counts().acknowledged);
    let served = || {
        let now = (counts_of(fleet).acknowledged, other.counts().acknowledged);
        now.0 > before.0 + 500 && now.1 > before.1 + 500
    };
    wait::until("signals are acknowledged", LIMIT, served).await;
}

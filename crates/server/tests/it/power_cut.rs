//! The power goes: every process stands still, and what is on the disk at that moment is all
//! that is left.
//!
//! SIGKILL leaves what the kernel has in memory; a power cut does not. The same check on a server
//! that does not wait for its disk must find losses, or it could not find any.

use std::time::Duration;

use sim::fleet::Fleet;

use crate::support::clock::clock;
use crate::support::crowd::{at_full_speed, crowd, senders};
use crate::support::disk::Disk;
use crate::support::record::Verdict;
use crate::support::server::{Server, verify};
use crate::support::turn::turn;
use crate::support::wait;

const PANELS: u32 = 200;

/// Signals that are acknowledged before the cut, at least.
const SIGNALS: u64 = 5_000;

/// How long that may take.
const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_power_cut_is_there_after_it() {
    let _turn = turn("the power is cut under a fleet at full speed").await;
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::make(folder.path());
    let server = Server::start(&disk.folder(), &[]).await;
    let members = crowd(0x3000, PANELS);
    server.register(&members).await;
    let fleet = Fleet::start(
        at_full_speed(server.panels(), members.clone()),
        clock(),
        None,
    );
    let enough = || fleet.counters().acknowledged >= SIGNALS;
    wait::until("signals are acknowledged", LIMIT, enough).await;
    server.freeze().await;
    let after = disk.as_after_a_power_cut(folder.path());
    drop(server);
    let finished = fleet.finish(Duration::from_millis(100)).await.unwrap();

    println!("verify before: {}", verify(&after.folder()).await.trim());
    let server = Server::start(&after.folder(), &[]).await;
    let stored = server.events().await;
    server.stop().await;
    Verdict::on(&senders(&members, &finished.journal), &stored).must_be_clean();
    println!("verify after: {}", verify(&after.folder()).await.trim());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_syncs_a_power_cut_is_seen_to_lose_what_was_acknowledged() {
    let _turn = turn("the power is cut under a server that does not wait for its disk").await;
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::make(folder.path());
    let off = [("WATCHFIRE__DATA__SYNCHRONOUS", "off")];
    let server = Server::start(&disk.folder(), &off).await;
    let members = crowd(0x3000, PANELS);
    server.register(&members).await;
    // Everything but the signals is put on the disk, so that nothing but them is at stake.
    let (first, others) = members.split_at(1);
    let mut plan = at_full_speed(server.panels(), first.to_vec());
    plan.signals_per_panel = 1;
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(LIMIT).await;
    let before = fleet.finish(LIMIT).await.unwrap();
    disk.sync();

    let fleet = Fleet::start(
        at_full_speed(server.panels(), others.to_vec()),
        clock(),
        None,
    );
    let enough = || fleet.counters().acknowledged >= SIGNALS;
    wait::until("signals are acknowledged", LIMIT, enough).await;
    server.freeze().await;
    let after = disk.as_after_a_power_cut(folder.path());
    drop(server);
    let finished = fleet.finish(Duration::from_millis(100)).await.unwrap();

    let server = Server::start(&after.folder(), &[]).await;
    let stored = server.events().await;
    server.stop().await;
    let journal = [before.journal, finished.journal].concat();
    let verdict = Verdict::on(&senders(&members, &journal), &stored);
    println!("{verdict}");
    assert!(
        verdict.lost > 0,
        "a harness that cannot turn red proves nothing: {verdict}"
    );
}

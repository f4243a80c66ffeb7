//! A disk without room: nothing is acknowledged, the engine stays, and goes on when room is back.
//!
//! The log is on the same disk, as it often is: that it cannot be written must stop nobody.

use std::time::Duration;

use sim::fleet::Fleet;

use crate::support::clock::clock;
use crate::support::crowd::{at_full_speed, crowd, senders};
use crate::support::disk::{Disk, Filler};
use crate::support::record::Verdict;
use crate::support::server::{Server, verify};
use crate::support::turn::turn;
use crate::support::wait;

const PANELS: u32 = 200;

/// How long a step may take. R4 gives a store that cannot commit ten seconds.
const LIMIT: Duration = Duration::from_secs(45);

/// When nothing was acknowledged for so long, nothing is acknowledged any more.
const STALL: Duration = Duration::from_secs(2);

/// Enough to have been refused, not enough for panels to hang up.
const SHORT_STALL: Duration = Duration::from_millis(200);

/// How often room comes and goes before that.
const GAPS: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_acknowledgements_and_room_brings_them_back_in_order() {
    let _turn = turn("the disk is full under a fleet at full speed, and has room again").await;
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::make(folder.path());
    let server = Server::start(&disk.folder(), &[]).await;
    let members = crowd(0xA000, PANELS);
    server.register(&members).await;
    let fleet = Fleet::start(
        at_full_speed(server.panels(), members.clone()),
        clock(),
        None,
    );
    let acknowledged = || fleet.counters().acknowledged;
    wait::until("signals are acknowledged", LIMIT, || {
        acknowledged() >= 2_000
    })
    .await;
    let engine = server.engine().await;

    // Room that comes and goes: whatever falls into the gaps must keep its panel's order (I5).
    for round in 1..=GAPS {
        let filler = fill(&disk, &fleet, SHORT_STALL).await;
        let last = acknowledged();
        println!("round {round}: the disk is full, {last} acknowledged");
        drop(filler);
        wait::until("room brings acknowledgements back", LIMIT, || {
            acknowledged() > last
        })
        .await;
    }

    let mut filler = fill(&disk, &fleet, STALL).await;
    let last = acknowledged();
    println!("the disk is full: {last} acknowledged");
    server.until_not_ready().await;
    filler.grow();
    assert_eq!(
        acknowledged(),
        last,
        "nothing is acknowledged without room (R4)"
    );
    assert_eq!(server.engine().await, engine, "the engine stays up");

    drop(filler);
    let goes_on = || acknowledged() >= last + 2_000;
    wait::until("room brings acknowledgements back", LIMIT, goes_on).await;
    server.until_ready().await;
    assert_eq!(
        server.engine().await,
        engine,
        "the engine needed no restart"
    );
    let finished = fleet.finish(LIMIT).await.unwrap();
    print!("{}", finished.report);
    let stored = server.events().await;
    server.stop().await;
    Verdict::on(&senders(&members, &finished.journal), &stored).must_be_clean();
    println!("verify: {}", verify(&disk.folder()).await.trim());
}

/// Takes all room until nothing was acknowledged for the time of a `stall`.
async fn fill(disk: &Disk, fleet: &Fleet, stall: Duration) -> Filler {
    let mut filler = disk.fill();
    let (mut last, mut since) = (fleet.counters().acknowledged, clock().now().mono);
    wait::until("a full disk stops acknowledgements", LIMIT, || {
        filler.grow();
        let (count, now) = (fleet.counters().acknowledged, clock().now().mono);
        if count > last {
            (last, since) = (count, now);
        }
        now.since(since) >= stall
    })
    .await;
    filler
}

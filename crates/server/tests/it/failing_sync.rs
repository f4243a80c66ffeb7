//! A disk that refuses to sync: strace makes `fsync` and `fdatasync` of the engine fail.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sim::fleet::Fleet;

use crate::support::clock::clock;
use crate::support::crowd::{at_full_speed, crowd, senders};
use crate::support::dice::Dice;
use crate::support::processes::is_alive;
use crate::support::record::Verdict;
use crate::support::server::{Server, verify};
use crate::support::tools::find;
use crate::support::turn::turn;
use crate::support::wait;

const PANELS: u32 = 200;

/// How often the disk fails under load.
const ROUNDS: u32 = 5;

/// How long an engine may live on after a failed sync, and how long its successor may take.
const LIMIT: Duration = Duration::from_secs(20);

/// strace, attached to an engine; every sync from the `nth` of each thread on fails with EIO.
struct FailingSyncs(Child);

impl FailingSyncs {
    async fn begin(engine: u32, nth: u64) -> Self {
        let mut strace = Command::new(find("strace", "WATCHFIRE_TOOL_STRACE"))
            .args(["-f", "-e", "trace=fsync,fdatasync", "-o", "/dev/null"])
            .args([
                "-e",
                &format!("inject=fsync,fdatasync:error=EIO:when={nth}+"),
            ])
            .args(["-p", &engine.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(strace.stderr.take().unwrap());
        let attached = tokio::task::spawn_blocking(move || {
            let mut lines = said.lines().map_while(Result::ok);
            let first = lines.next();
            // What follows is read and dropped, so that strace never waits for us.
            tokio::task::spawn_blocking(move || lines.for_each(drop));
            first
        });
        let attached = attached.await.unwrap().unwrap_or_default();
        assert!(attached.contains("attached"), "strace: {attached}");
        Self(strace)
    }
}

impl Drop for FailingSyncs {
    fn drop(&mut self) {
        // It ends with the engine; if the test fails before, it is let go of.
        drop(self.0.kill().and_then(|()| self.0.wait()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_whose_sync_fails_acknowledges_nothing_more_and_its_successor_goes_on() {
    let _turn = turn("syncs fail under a fleet at full speed, then under a quiet one").await;
    let mut dice = Dice::from_environment();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]).await;
    let all = crowd(0x2000, 2 * PANELS);
    server.register(&all).await;
    let (loud, quiet) = all.split_at(PANELS as usize);

    let fleet = Fleet::start(at_full_speed(server.panels(), loud.to_vec()), clock(), None);
    for round in 1..=ROUNDS {
        until_served(&fleet).await;
        let engine = server.engine().await;
        let nth = dice.of(1..60);
        let failing = FailingSyncs::begin(engine, nth).await;
        wait::until("the engine ends after a failed sync", LIMIT, || {
            !is_alive(engine)
        })
        .await;
        drop(failing);
        println!("round {round}: syncs failed from the {nth}th on, and the engine ended");
        until_served(&fleet).await;
    }
    let first = fleet.finish(LIMIT).await.unwrap();

    let engine = server.engine().await;
    let failing = FailingSyncs::begin(engine, 1).await;
    let fleet = Fleet::start(
        at_full_speed(server.panels(), quiet.to_vec()),
        clock(),
        None,
    );
    wait::until("the engine ends after its first failed sync", LIMIT, || {
        // Counted first: what is acknowledged while the engine lives is its own doing.
        let acknowledged = fleet.counters().acknowledged;
        let alive = is_alive(engine);
        assert!(
            !alive || acknowledged == 0,
            "{acknowledged} acknowledged and never synced (I1)"
        );
        !alive
    })
    .await;
    drop(failing);
    until_served(&fleet).await;
    let second = fleet.finish(LIMIT).await.unwrap();

    let stored = server.events().await;
    server.stop().await;
    let journal = [first.journal, second.journal].concat();
    Verdict::on(&senders(&all, &journal), &stored).must_be_clean();
    println!("verify: {}", verify(&data).await.trim());
}

/// Waits until signals are acknowledged that were not before.
async fn until_served(fleet: &Fleet) {
    let before = fleet.counters().acknowledged;
    let served = || fleet.counters().acknowledged >= before + u64::from(PANELS);
    wait::until("signals are acknowledged", LIMIT, served).await;
}

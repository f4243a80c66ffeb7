//! Processes killed at random under a fleet at full speed, by every way that panels come.
//!
//! What must hold is the same on all of them: what was acknowledged is stored, once, and in its
//! panel's order. Plain TCP has two minutes; on the others the same machinery is at work behind
//! another session, and each process dies once or twice.
//!
//! The long form: `cargo xtask crash`, on one way with `--over`.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use rustix::process::Signal;
use sim::fleet::{Finished, Fleet};

use crate::support::api::Stored;
use crate::support::clock::clock;
use crate::support::crowd::{Sender, at_full_speed, crowd, senders};
use crate::support::dice::Dice;
use crate::support::processes::{House, is_alive, send};
use crate::support::record::Verdict;
use crate::support::secure_crowd::{self, Operator, secure_crowd};
use crate::support::server::{Server, verify};
use crate::support::turn::turn;
use crate::support::wait;
use crate::support::way::Way;

/// Panels of the fleet. A panel may send 20 signals a second in the long run (R7); so many of
/// them may send more than the machine can store, and none is held back for long.
const PANELS: u32 = 400;

/// How long the last signals may wait for their acknowledgement.
const GRACE: Duration = Duration::from_mins(1);

fn from_environment<T: FromStr>(name: &str, otherwise: T) -> T {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// How long a fleet is at work, and how often something is killed meanwhile; unless the
/// environment says otherwise.
struct Siege {
    seconds: u64,
    kills: u32,
}

const LONG: Siege = Siege {
    seconds: 120,
    kills: 20,
};

/// Handshakes take their time, so it has more of it.
const SECURE: Siege = Siege {
    seconds: 20,
    kills: 6,
};

/// The fourth kill is the supervisor's.
const SHORT: Siege = Siege {
    seconds: 8,
    kills: 4,
};

#[tokio::test(flavor = "multi_thread")]
async fn over_plain_tcp_what_was_acknowledged_is_stored_once_and_in_order_whoever_is_killed() {
    over_dc09(Way::PLAIN_TCP, LONG).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_encrypted_tcp_what_was_acknowledged_is_stored_once_and_in_order_whoever_is_killed() {
    over_dc09(Way::ENCRYPTED_TCP, SHORT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_plain_udp_what_was_acknowledged_is_stored_once_and_in_order_whoever_is_killed() {
    over_dc09(Way::PLAIN_UDP, SHORT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_encrypted_udp_what_was_acknowledged_is_stored_once_and_in_order_whoever_is_killed() {
    over_dc09(Way::ENCRYPTED_UDP, SHORT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_mqtt_and_mutual_tls_what_was_acknowledged_is_stored_once_and_in_order_whoever_is_killed()
 {
    let _turn = turn("MQTT over mutual TLS: processes are killed at random under a fleet").await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let operator = Operator::new(folder.path());
    let roots = operator.setting();
    let server = Server::start(&data, &[("WATCHFIRE__TLS__CLIENT_CA", &roots)]).await;
    let members = secure_crowd(0x2000, PANELS, &operator.trust(&data));
    let accounts = secure_crowd::accounts(&members);
    server.api().register_secure(&accounts).await;
    let plan = secure_crowd::at_full_speed(server.listener("mqtt"), members);
    let fleet = Fleet::start(plan, clock(), None);
    let besieged = besiege(server, fleet, &SECURE).await;
    let senders = secure_crowd::senders(&accounts, &besieged.finished.journal);
    besieged.judge(&senders);
    tell(&data).await;
}

async fn over_dc09(way: Way, siege: Siege) {
    let _turn = turn(&format!(
        "{way}: processes are killed at random under a fleet at full speed"
    ))
    .await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]).await;
    let members = way.take(crowd(0x1000, PANELS));
    server.register(&members).await;
    let plan = way.plan(at_full_speed(server.panels(), members.clone()));
    let fleet = Fleet::start(plan, clock(), None);
    let besieged = besiege(server, fleet, &siege).await;
    besieged.judge(&senders(&members, &besieged.finished.journal));
    tell(&data).await;
}

/// What is left of a siege: what the fleet knows, and what is stored.
struct Besieged {
    finished: Finished,
    stored: Vec<Stored>,
}

impl Besieged {
    /// What was acknowledged is stored, once, in order; and everything was acknowledged.
    fn judge(&self, senders: &[Sender<'_>]) {
        Verdict::on(senders, &self.stored).must_be_clean();
        let counters = self.finished.report.counters;
        assert_eq!(
            counters.acknowledged, counters.sent,
            "everything is acknowledged in the end"
        );
        assert_eq!(
            (counters.refused, counters.out_of_order),
            (0, 0),
            "{counters:?}"
        );
        assert_eq!(
            (counters.unreadable, counters.not_authentic),
            (0, 0),
            "panels understand every answer"
        );
    }
}

/// Kills, and stops the server once everything is acknowledged.
async fn besiege(mut server: Server, fleet: Fleet, siege: &Siege) -> Besieged {
    let mut dice = Dice::from_environment();
    let kills: u32 = from_environment("WATCHFIRE_CRASH_KILLS", siege.kills);
    let seconds: u64 = from_environment("WATCHFIRE_CRASH_SECONDS", siege.seconds);
    let each = Duration::from_secs(seconds) / kills;
    for nth in 0..kills {
        wait::pass(each * u32::try_from(dice.of(30..171)).unwrap() / 100).await;
        let what = kill_one(&mut server, &mut dice, nth).await;
        println!(
            "kill {:>3}: {what:<10} {:>9} acknowledged",
            nth + 1,
            acknowledged(&fleet)
        );
    }
    let finished = fleet.finish(GRACE).await.unwrap();
    print!("{}", finished.report);
    let stored = server.events().await;
    server.stop().await;
    Besieged { finished, stored }
}

async fn tell(data: &Path) {
    println!("verify: {}", verify(data).await.trim());
}

fn acknowledged(fleet: &Fleet) -> u64 {
    fleet.counters().acknowledged
}

/// Every fifth time the supervisor, and with it everything, which is started again at once;
/// otherwise the engine or a gateway, which the supervisor replaces.
async fn kill_one(server: &mut Server, dice: &mut Dice, nth: u32) -> String {
    if nth % 5 == 3 {
        server.kill_supervisor().await;
        server.start_again().await;
        return "supervisor".to_owned();
    }
    let role = ["engine", "gateway"][usize::try_from(dice.of(0..2)).unwrap()];
    let found = wait::find(role, GRACE, || {
        let all = server.children().into_iter();
        let candidates: Vec<_> = all.filter(|child| child.role == role).collect();
        let nth = dice.of(0..candidates.len().max(1) as u64);
        candidates.into_iter().nth(usize::try_from(nth).unwrap())
    });
    let House { pid, role } = found.await;
    send(pid, Signal::KILL);
    wait::until("the killed dies", GRACE, || !is_alive(pid)).await;
    role
}

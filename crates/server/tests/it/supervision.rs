//! Panels fall silent, and so does the engine.

use std::time::Duration;

use rustix::process::Signal;
use sim::fleet::Member;

use crate::datagrams::Panel;
use crate::support::processes::send;
use crate::support::server::Server;
use crate::support::turn::turn;
use crate::support::wait::pass;

const SECOND: Duration = Duration::from_secs(1);

/// A watch of 10 s, a hold of 20 s, and a machine that has other things to do.
const PATIENCE: u16 = 90;

/// What was told of a panel, in its order.
async fn told(server: &Server, member: &Member) -> Vec<String> {
    let account = member.identity.account.to_string();
    let events = server.events().await;
    let own = events
        .into_iter()
        .filter(|event| event.is_own() && event.account == account);
    own.map(|event| event.code.code).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_panel_is_lost_once_whatever_happens_to_the_engine_and_nobody_else_is() {
    let _turn = turn("a panel falls silent, and the engine dies").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let members = Member::many(0xE000, 2);
    server.register(&members).await;
    server.command(&["panel", "supervise", "--all", "--every", "10s"]);
    let panels: Vec<Panel> = members
        .iter()
        .map(|member| Panel::new(member, server.panels()))
        .collect();
    let (silent, lively) = (&members[0], &members[1]);
    panels[0].report(1);
    let mut sequence = 0..PATIENCE;
    // The lively one speaks every second until the other has been told of.
    let mut lively_speaks = || {
        panels[1].report(sequence.next().expect("told in time"));
    };
    while told(&server, silent).await != ["path_lost"] {
        lively_speaks();
        pass(SECOND).await;
    }

    send(server.engine().await, Signal::KILL);
    // Longer than the hold: it ends, and nobody is told again.
    for _ in 0..25 {
        lively_speaks();
        pass(SECOND).await;
    }
    assert_eq!(told(&server, silent).await, ["path_lost"]);
    let events = server.events().await;
    let outages = events.iter().filter(|event| event.code.code == "outage");
    assert_eq!(outages.count(), 1, "the engine's own");

    panels[0].report(2);
    while told(&server, silent).await != ["path_lost", "path_back"] {
        lively_speaks();
        pass(SECOND).await;
    }
    assert_eq!(told(&server, lively).await, Vec::<String>::new());
    server.command(&["panel", "supervise", "--all", "--off"]);
    server.stop().await;
}

//! R4: an answer to supervision promises that an alarm would be stored.

use std::time::Duration;

use gateway::worker::GatewayLimits;

use crate::world::{World, eventually};

#[test]
fn a_lapsed_promise_closes_and_refuses_connections_until_something_is_committed_again() {
    let (world, engine) = World::with_engine(GatewayLimits::default());
    world.intake.commit_by_itself();
    let mut panel = world.panel();
    panel.send("1 0 null\n");
    assert_eq!(panel.line(), "alive");

    world.clock.advance(Duration::from_secs(11));
    assert!(panel.is_closed());
    assert!(world.panel().is_closed());
    eventually("both are counted", || engine.counted("no_promise") == 2);

    world.intake.promise();
    eventually("panels are let in again", || {
        let mut panel = world.panel();
        // The socket may be closed while it is written to.
        let sent = std::io::Write::write_all(panel.0.get_mut(), b"1 1 burglary\n");
        sent.is_ok() && panel.line() == "ok 1"
    });
}

#[test]
fn without_a_first_word_newcomers_wait_for_ten_seconds_and_are_then_refused() {
    let world = World::new(GatewayLimits::default());
    let mut panel = world.panel();
    assert!(panel.is_silent());
    world.clock.advance(Duration::from_secs(11));
    assert!(panel.is_closed());
}

#[test]
fn a_promise_that_is_kept_closes_nobody() {
    let (world, _engine) = World::with_engine(GatewayLimits::default());
    let mut panel = world.panel();
    for _ in 0..3 {
        panel.send("1 0 null\n");
        assert_eq!(panel.line(), "alive");
        world.clock.advance(Duration::from_secs(6));
        world.intake.promise();
        // The engine's word travels once in half a second.
        assert!(panel.is_silent_for(Duration::from_millis(700)));
    }
}

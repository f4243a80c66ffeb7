//! A gateway's own end.

use std::time::Duration;

use gateway::worker::{GatewayError, GatewayLimits};

use crate::world::{World, generous};

#[test]
fn draining_acknowledges_what_is_committed_and_says_goodbye() {
    let (mut world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    let mut idle = world.panel();
    idle.send("2 0 null\n");
    assert_eq!(idle.line(), "alive");
    panel.send("1 1 burglary\n");
    let submission = world.submission();
    world.drain();
    assert!(
        idle.is_silent(),
        "nobody is sent away while something is unanswered"
    );
    idle.send("2 2 burglary\n");
    assert!(
        world
            .submitted
            .recv_timeout(Duration::from_millis(100))
            .is_err(),
        "nobody is read"
    );
    world.intake.commit(&submission);
    assert_eq!(panel.line(), "ok 1");
    assert_eq!(panel.line(), "bye");
    assert!(panel.is_closed());
    assert_eq!(idle.line(), "bye");
    assert!(world.end().is_ok());
}

#[test]
fn draining_without_an_engine_ends_all_the_same() {
    let (mut world, engine) = World::with_engine(GatewayLimits {
        drain: Duration::from_millis(200),
        ..generous()
    });
    let mut panel = world.panel();
    panel.send("1 1 burglary\n");
    world.submission();
    drop(engine);
    world.drain();
    assert_eq!(
        panel.line(),
        "bye",
        "unacknowledged, so that the panel tries again"
    );
    assert!(panel.is_closed());
    assert!(world.end().is_ok());
}

#[test]
fn without_a_supervisor_a_gateway_ends_at_once() {
    let (mut world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send("1 1 burglary\n");
    world.submission();
    drop(world.control.take());
    assert!(matches!(world.end(), Err(GatewayError::SupervisorGone)));
    assert!(panel.is_closed());
}

//! The engine goes and comes back; strangers and madmen on the link.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use engine::ports::Health;

use crate::world::{BUILD, PATIENCE, Panel, World, eventually, generous};

#[test]
fn the_engine_is_gone_and_back_and_the_acknowledgement_follows_on_the_same_connection() {
    let (world, engine) = World::with_engine(generous());
    let mut asking = world.panel();
    let mut idle = world.panel();
    idle.send("1 0 null\n");
    assert_eq!(idle.line(), "alive");
    asking.send("2 5 burglary\n");
    let lost = world.submission();
    drop(engine);
    // What comes while there is no engine waits too, also of accounts that nobody remembers.
    idle.send("1 6 arm\n1 7 burglary\n");
    let mut newcomer = world.panel();
    newcomer.send("3 8 burglary\n");
    assert!(newcomer.is_silent());

    let _engine = world.engine(BUILD);
    let mut again: Vec<_> = (0..2).map(|_| world.submission()).collect();
    again.sort_by_key(|one| one.path);
    assert_eq!(again[1].key, lost.key, "the very same signal");
    for submission in &again {
        world.intake.commit(submission);
    }
    assert_eq!(asking.line(), "ok 5");
    let mut rest: Vec<_> = (0..2).map(|_| world.submission()).collect();
    rest.sort_by_key(|one| one.path);
    for submission in &rest {
        world.intake.commit(submission);
    }
    assert_eq!(newcomer.line(), "ok 8");
    assert_eq!(idle.line(), "ok 6");
    assert_eq!(idle.line(), "ok 7");
}

/// Sends 60 signals of mixed urgency, four at a time, and wants each acknowledged in its turn.
fn send_and_be_answered(mut panel: Panel, account: usize) {
    const CLASSES: [&str; 4] = ["arm", "burglary", "test", "power"];
    for burst in 0..15 {
        let first = burst * CLASSES.len() + 1;
        for (class, sequence) in CLASSES.iter().zip(first..) {
            panel.send(&format!("{account} {sequence} {class}\n"));
        }
        for sequence in (first..).take(CLASSES.len()) {
            assert_eq!(panel.line(), format!("ok {sequence}"));
        }
    }
}

#[test]
fn whenever_the_engine_dies_no_signal_is_lost_no_order_broken_and_no_connection_dropped() {
    let (world, engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    let panels: Vec<_> = (1..=30)
        .map(|account| {
            let panel = world.panel();
            std::thread::spawn(move || send_and_be_answered(panel, account))
        })
        .collect();
    let mut engine = Some(engine);
    let mut newest: HashMap<u64, u32> = HashMap::new();
    for death in 0..12 {
        for _ in 0..100 + 7 * death {
            let origin = world.submission().origin;
            let newest = newest.entry(origin.connection).or_default();
            // What an earlier engine had taken may come again; nothing is left out.
            assert!(
                origin.token.0 <= *newest + 1,
                "I5: {origin:?} after {newest}"
            );
            *newest = origin.token.0.max(*newest);
        }
        drop(engine.take());
        engine = Some(world.engine(BUILD));
    }
    for panel in panels {
        panel.join().unwrap();
    }
}

#[test]
fn tokens_go_on_over_a_new_link() {
    let (world, engine) = World::with_engine(generous());
    let mut panel = world.panel();
    for sequence in 1..=3 {
        panel.send(&format!("2 {sequence} arm\n"));
        world.intake.commit(&world.submission());
        assert_eq!(panel.line(), format!("ok {sequence}"));
    }
    drop(engine);
    let engine = world.engine(BUILD);
    eventually("linked again", || engine.figures.checks()[0].ok);
    panel.send("2 4 arm\n");
    let fourth = world.submission();
    assert_eq!(fourth.origin.token.0, 4);
    world.intake.commit(&fourth);
    assert_eq!(panel.line(), "ok 4");
}

#[test]
fn a_commit_of_the_old_engine_is_no_answer_by_the_new_one() {
    let (world, engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send("2 1 burglary\n");
    let old = world.submission();
    drop(engine);
    let _engine = world.engine(BUILD);
    let new = world.submission();
    world.intake.commit(&old);
    assert!(panel.is_silent());
    world.intake.commit(&new);
    assert_eq!(panel.line(), "ok 1");
    panel.send("2 2 burglary\n");
    world.intake.commit(&world.submission());
    assert_eq!(panel.line(), "ok 2");
}

#[test]
fn a_gateway_waits_for_its_first_engine_and_serves_who_came_meanwhile() {
    let world = World::new(generous());
    world.intake.commit_by_itself();
    let mut early = world.panel();
    early.send("2 1 burglary\n");
    assert!(early.is_silent());
    let _engine = world.engine(BUILD);
    assert_eq!(early.line(), "ok 1");
}

#[test]
fn a_gateway_of_another_build_drains_and_ends() {
    let mut world = World::new(generous());
    let _engine = world.engine("newer");
    assert!(world.end().is_ok());
}

#[test]
fn a_stream_that_says_nonsense_is_closed_and_disturbs_nobody() {
    let (world, engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    for nonsense in [
        &b"\xff\xff\xff\xff"[..],
        b"\0\0\0\0",
        b"\x01\0\0\0\x08",
        b"\x02\0\0\0\x01\x01",
    ] {
        let mut stream = UnixStream::connect(&world.link_path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(nonsense).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    }
    eventually("linked", || engine.figures.checks()[0].ok);
    let mut panel = world.panel();
    panel.send("2 1 burglary\n");
    assert_eq!(panel.line(), "ok 1");
}

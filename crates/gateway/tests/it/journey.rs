//! A signal's way, and that of its answer.

use std::net::Shutdown;

use model::{EventClass, PathIndex};

use crate::fakes::{Saw, refuse};
use crate::world::{World, eventually, generous};

#[test]
fn a_signal_is_acknowledged_only_after_its_commit() {
    let (world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send("1234 7 burglary\n");
    let submission = world.submission();
    assert_eq!(submission.path, PathIndex(1234));
    assert_eq!(submission.class, EventClass::Burglary);
    assert!(panel.is_silent(), "I1");
    world.intake.commit(&submission);
    assert_eq!(panel.line(), "ok 7");
}

#[test]
fn a_signal_that_was_refused_is_not_acknowledged() {
    let (world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send("1234 7 burglary\n");
    refuse(&world.submission());
    assert!(panel.is_silent());
    panel.send("1234 8 burglary\n");
    world.intake.commit(&world.submission());
    assert_eq!(panel.line(), "ok 8");
}

#[test]
fn signals_of_a_panel_reach_the_intake_in_their_order_though_streams_differ() {
    let (world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    let mut frames = String::new();
    let classes = [
        "arm", "burglary", "test", "test", "fire", "disarm", "power", "tamper",
    ];
    for (sequence, class) in (1..).zip(classes) {
        frames.push_str(["1", &sequence.to_string(), class, "\n"].join(" ").as_str());
    }
    panel.send(&frames);
    for sequence in 1..=8 {
        let submission = world.submission();
        assert_eq!(submission.signal.panel_sequence, Some(sequence), "I5");
        world.intake.commit(&submission);
    }
    for sequence in 1..=8 {
        assert_eq!(panel.line(), format!("ok {sequence}"));
    }
}

#[test]
fn a_panel_that_closes_its_direction_still_gets_its_answer() {
    let (world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send("1234 7 burglary\n");
    panel.0.get_ref().shutdown(Shutdown::Write).unwrap();
    let submission = world.submission();
    world.intake.commit(&submission);
    assert_eq!(panel.line(), "ok 7");
    assert!(panel.is_closed());
}

#[test]
fn a_signal_of_a_connection_that_is_gone_is_stored_and_answered_to_nobody() {
    let (world, engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send("1234 7 burglary\n1234 x\n");
    let submission = world.submission();
    // With octets of ours unread, the kernel says that the connection broke.
    let mut other = world.panel();
    drop(panel);
    world.intake.commit(&submission);
    eventually("the connection is closed", || {
        engine.counted("closed_by_peer") + engine.counted("broken") == 1
    });
    other.send("1234 8 burglary\n");
    world.intake.commit(&world.submission());
    assert_eq!(other.line(), "ok 8");
}

#[test]
fn frames_may_be_split_anywhere_and_come_together() {
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    let mut panel = world.panel();
    for piece in ["12", "34 1 te", "st\n1234 2 test\n1234 ", "3 test", "\n"] {
        panel.send(piece);
    }
    for sequence in 1..=3 {
        assert_eq!(panel.line(), format!("ok {sequence}"));
    }
}

#[test]
fn supervision_is_answered_at_once_and_remembered_by_path() {
    let (world, _engine) = World::with_engine(generous());
    let before = model::Clock::now(&*world.clock).mono;
    let mut panel = world.panel();
    panel.send("77 0 null\n");
    assert_eq!(panel.line(), "alive");
    eventually("the path is heard", || world.watch.is_heard(77));
    let saw = world.watch.all();
    assert!(saw.iter().any(|saw| matches!(
        saw,
        Saw::Heard(sign) if sign.path == PathIndex(77) && sign.at >= before
    )));
    assert!(!world.watch.is_heard(78));
}

#[test]
fn an_unknown_account_is_refused_and_let_in_once_it_is_registered() {
    let (world, engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    world.identities.hide("500");
    let mut panel = world.panel();
    panel.send("500 1 burglary\n500 2 burglary\n");
    assert_eq!(panel.line(), "duh");
    assert_eq!(panel.line(), "duh");
    assert_eq!(
        world.identities.asked(),
        1,
        "the second was answered from memory"
    );
    eventually("refusals are counted", || {
        engine.counted("unknown_account") == 2
    });
    world.identities.register("500");
    eventually("what was remembered is forgotten", || {
        panel.send("500 3 burglary\n");
        panel.line() == "ok 3"
    });
}

#[test]
fn a_known_account_is_asked_for_once() {
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    for sequence in 1..=5 {
        let mut panel = world.panel();
        panel.send(&format!("12 {sequence} test\n"));
        assert_eq!(panel.line(), format!("ok {sequence}"));
    }
    assert_eq!(world.identities.asked(), 1);
}

#[test]
fn what_changes_about_an_account_reaches_its_connections_without_a_new_one() {
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    let mut panel = world.panel();
    let mut other = world.panel();
    for (account, panel) in [("12", &mut panel), ("13", &mut other)] {
        panel.send(&format!("{account} 1 test\n"));
        assert_eq!(panel.line(), "ok 1");
    }
    world.identities.give_key("12", "sixteen letters!");
    eventually("a frame without the key is refused", || {
        panel.send("12 2 test\n");
        panel.line() == "duh"
    });
    // The key has no blank here, since words are parted by them.
    world.identities.give_key("12", "sixteen_letters!");
    eventually("a frame with the key is taken", || {
        panel.send("12 3 test sixteen_letters!\n");
        panel.line() == "ok 3"
    });
    other.send("13 2 test\n");
    assert_eq!(other.line(), "ok 2");
    assert_eq!(world.identities.asked_for("13"), 1, "nothing of it changed");
}

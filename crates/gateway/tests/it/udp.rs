//! Frames that come alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use gateway::worker::{GatewayLimits, Rate};
use model::PathIndex;

use crate::fakes::Saw;
use crate::world::{Sender, World, eventually, generous};

const KEY: &str = "0123456789ABCDEF";

#[test]
fn a_datagram_is_answered_when_its_signal_is_committed_and_leaves_nothing_behind() {
    let (world, engine) = World::with_engine(generous());
    let panel = world.sender();
    panel.send("1234 7 burglary\n");
    let submission = world.submission();
    assert_eq!(submission.path, PathIndex(1234));
    assert!(panel.is_silent(), "I1");
    world.intake.commit(&submission);
    assert_eq!(panel.answer(), "ok 7");
    eventually("its path is heard", || world.watch.is_heard(1234));
    panel.send("1234 0 null\n");
    assert_eq!(panel.answer(), "alive");
    eventually("both are counted", || engine.counted("datagram") == 2);
    eventually("its path is heard, each time anew", || {
        world.watch.epochs(1234).len() == 2
    });
    let left = |saw: &Saw| matches!(saw, Saw::Left(..));
    assert!(!world.watch.all().iter().any(left), "nobody was connected");
    assert_eq!(world.identities.asked(), 1);
}

#[test]
fn the_answer_comes_from_the_address_that_was_written_to() {
    for (gateway, panels) in [
        (
            IpAddr::from(Ipv4Addr::UNSPECIFIED),
            vec!["127.0.0.1", "127.0.0.2", "127.9.8.7"],
        ),
        (
            IpAddr::from(Ipv6Addr::UNSPECIFIED),
            vec!["::1", "127.0.0.3"],
        ),
    ] {
        let world = World::new_at(generous(), gateway);
        let _engine = world.engine(crate::world::BUILD);
        for address in panels {
            let address = SocketAddr::new(address.parse().unwrap(), world.address.port());
            // It is connected: an answer from elsewhere would not reach it.
            let panel = Sender::to(address);
            assert_eq!(panel.insist("12 0 null\n"), "alive", "{address}");
        }
    }
}

#[test]
fn each_listener_has_its_own_port_and_answers_by_it() {
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    for (sequence, address) in [(1, world.address), (2, world.second), (3, world.address)] {
        let panel = Sender::to(address);
        panel.send(&format!("12 {sequence} test\n"));
        assert_eq!(panel.answer(), format!("ok {sequence}"));
    }
    assert_eq!(
        world.identities.asked(),
        2,
        "a listener tells accounts apart"
    );
}

#[test]
fn many_panels_are_answered_each_by_itself() {
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    let panels: Vec<_> = (1..=200).map(|_| world.sender()).collect();
    for (account, panel) in (1..).zip(&panels) {
        panel.send(&format!("{account} {account} test\n"));
    }
    for (account, panel) in (1..).zip(&panels) {
        assert_eq!(panel.answer(), format!("ok {account}"));
    }
}

#[test]
fn a_datagram_without_answer_is_given_up_and_its_repeat_is_answered() {
    let (world, engine) = World::with_engine(generous());
    let panel = world.sender();
    panel.send("1234 7 burglary\n");
    let first = world.submission();
    world.clock.advance(Duration::from_secs(11));
    eventually("it is given up", || engine.counted("datagram_expired") == 1);
    world.intake.commit(&first);
    assert!(panel.is_silent(), "it was given up");
    panel.send("1234 7 burglary\n");
    let again = world.submission();
    assert_eq!(again.key, first.key, "ingest finds the repeat (R2)");
    world.intake.commit(&again);
    assert_eq!(panel.answer(), "ok 7");
}

#[test]
fn with_too_many_unanswered_the_socket_is_left_unread() {
    let (world, _engine) = World::with_engine(GatewayLimits {
        datagrams: 2,
        ..generous()
    });
    let panels: Vec<_> = (0..3).map(|_| world.sender()).collect();
    panels[0].send("1 1 burglary\n");
    let first = world.submission();
    panels[1].send("2 1 burglary\n");
    let second = world.submission();
    panels[2].send("3 1 burglary\n");
    let moment = Duration::from_millis(100);
    assert!(world.submitted.recv_timeout(moment).is_err(), "I7");
    world.intake.commit(&first);
    assert_eq!(panels[0].answer(), "ok 1");
    let third = world.submission();
    world.intake.commit(&second);
    world.intake.commit(&third);
    assert_eq!(panels[1].answer(), "ok 1");
    assert_eq!(panels[2].answer(), "ok 1");
}

#[test]
fn nothing_is_answered_while_nothing_can_be_stored() {
    let (world, engine) = World::with_engine(GatewayLimits::default());
    let panel = world.sender();
    panel.send("1 0 null\n");
    assert_eq!(panel.answer(), "alive");
    world.clock.advance(Duration::from_secs(11));
    panel.send("1 0 null\n");
    assert!(panel.is_silent(), "R4");
    eventually("it is counted", || engine.counted("no_promise") == 1);
    world.intake.promise();
    assert_eq!(panel.insist("1 0 null\n"), "alive");
}

#[test]
fn a_datagram_is_one_frame_and_what_is_none_is_left_unanswered() {
    let (world, engine) = World::with_engine(generous());
    let panel = world.sender();
    for nonsense in ["", "12 1 te", "?\n"] {
        panel.send(nonsense);
    }
    panel.send("st\n");
    assert!(panel.is_silent());
    eventually("all are counted", || engine.counted("datagram") == 4);
    panel.send("12 0 null\n");
    assert_eq!(panel.answer(), "alive");
}

#[test]
fn a_gateway_that_drains_answers_what_is_committed_and_reads_no_more() {
    let (mut world, _engine) = World::with_engine(generous());
    let panel = world.sender();
    panel.send("1 1 burglary\n");
    let submission = world.submission();
    world.drain();
    let late = world.sender();
    late.send("2 1 burglary\n");
    let moment = Duration::from_millis(100);
    assert!(world.submitted.recv_timeout(moment).is_err());
    world.intake.commit(&submission);
    assert_eq!(panel.answer(), "ok 1");
    assert!(world.end().is_ok());
    assert!(late.is_silent(), "it is left to whoever comes after");
}

/// Addresses soon spend their share, and get it back slowly.
fn strict() -> GatewayLimits {
    GatewayLimits {
        address: Rate {
            per_second: 1,
            burst: 50,
        },
        ..generous()
    }
}

const FLOODING: Ipv4Addr = Ipv4Addr::new(127, 0, 5, 5);

#[test]
fn of_a_flooding_address_strangers_are_left_unanswered_and_known_panels_are_served() {
    let (world, engine) = World::with_engine(strict());
    world.intake.commit_by_itself();
    let neighbour = Sender::from_to(FLOODING, world.address);
    neighbour.send("1 1 test\n");
    assert_eq!(neighbour.answer(), "ok 1", "it is remembered from here on");

    let flooding = Sender::from_to(FLOODING, world.address);
    for stranger in 0..2_000 {
        flooding.send(&format!("X{stranger} 1 burglary\n"));
    }
    eventually("it is limited", || engine.counted("address_limited") > 0);
    let asked = world.identities.asked();
    assert!(asked < 60, "{asked} questions for one address");
    for sequence in 2..=20 {
        let answer = neighbour.insist(&format!("1 {sequence} burglary\n"));
        assert_eq!(answer, format!("ok {sequence}"));
        let other = Sender::from_to(Ipv4Addr::new(127, 0, 6, 6), world.address);
        let answer = other.insist(&format!("{sequence} {sequence} burglary\n"));
        assert_eq!(answer, format!("ok {sequence}"));
    }
    world.identities.register("1");
    eventually("what was remembered is asked for again", || {
        world.identities.asked_for("1") == 2
    });
    assert_eq!(neighbour.insist("1 21 burglary\n"), "ok 21");
    let newcomer = Sender::from_to(FLOODING, world.address);
    newcomer.send("99 1 burglary\n");
    assert!(newcomer.is_silent(), "nobody is asked who it is");
    assert_eq!(world.watch.floods(), [(FLOODING.into(), None)]);
    assert!(
        world.watch.strays().len() < 60,
        "nor told of all that it sent"
    );
    world.clock.advance(Duration::from_mins(2));
    assert_eq!(newcomer.insist("99 1 burglary\n"), "ok 1");
}

#[test]
fn a_wrong_key_counts_to_the_address_and_the_right_one_does_not() {
    let (world, engine) = World::with_engine(strict());
    world.intake.commit_by_itself();
    world.identities.give_key("5", KEY);
    let panel = world.sender();
    for sequence in 1..=200 {
        panel.send(&format!("5 {sequence} test {KEY}\n"));
        assert_eq!(panel.answer(), format!("ok {sequence}"));
    }
    assert_eq!(engine.counted("address_limited"), 0);
    let guessing = Sender::from_to(FLOODING, world.address);
    for _ in 0..50 {
        guessing.send("5 1 test\n");
        assert_eq!(guessing.answer(), "duh");
    }
    guessing.send("5 1 test\n");
    assert!(guessing.is_silent());
    eventually("it is limited", || engine.counted("address_limited") == 1);
    assert_eq!(world.watch.floods(), [(FLOODING.into(), None)]);
    let strays = world.watch.strays();
    assert_eq!(strays.len(), 50);
    assert!(strays.iter().all(|stray| stray.path == Some(PathIndex(5))));
}

#[test]
fn a_flooding_panel_is_left_unanswered_beyond_its_share_and_told_of_once_a_minute() {
    let (world, engine) = World::with_engine(GatewayLimits {
        account: Rate {
            per_second: 1,
            burst: 10,
        },
        ..generous()
    });
    world.intake.commit_by_itself();
    let flooding = world.sender();
    for sequence in 1..=100 {
        flooding.send(&format!("1 {sequence} burglary\n"));
    }
    let calm = world.sender();
    calm.send("2 1 burglary\n");
    assert_eq!(calm.answer(), "ok 1");
    eventually("all were read", || {
        engine.counted("datagram") == 101 && engine.counted("account_limited") > 0
    });
    let told = [(Ipv4Addr::LOCALHOST.into(), Some(PathIndex(1)))];
    assert_eq!(world.watch.floods(), told);
    let submitted = 100 - engine.counted("account_limited");
    assert!((10..40).contains(&submitted), "{submitted} got through");
    assert_eq!(flooding.answer(), "ok 1");
    world.clock.advance(Duration::from_secs(61));
    for sequence in 101..=200 {
        flooding.send(&format!("1 {sequence} burglary\n"));
    }
    eventually("it is told of again", || world.watch.floods().len() == 2);
}

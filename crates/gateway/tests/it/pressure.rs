//! Who gets in when too many come at once (R11), and who pays (R7).

use std::net::TcpStream;
use std::time::Duration;

use gateway::worker::{GatewayLimits, Rate};

use crate::secure::{House, Secure, UNLIMITED, counts};
use crate::world::{World, eventually, generous};

fn strangers(world: &World, count: usize) -> Vec<TcpStream> {
    (0..count)
        .map(|_| TcpStream::connect(world.required).unwrap())
        .collect()
}

/// A panel that has shaken hands and not said who it is.
fn half_way(world: &World, house: &House, account: u32) -> Secure {
    let mut panel = Secure::to(world.required, &house.panel(&account.to_string()));
    panel.shake();
    panel
}

/// Places for twenty strangers; every handshake is as many as a turn can bear.
fn twenty_places() -> GatewayLimits {
    GatewayLimits {
        without_identity: 20,
        handshakes: 1,
        ..generous()
    }
}

#[test]
fn under_pressure_high_classes_are_let_in_and_the_others_told_when_to_come_back() {
    let house = House::new();
    let (world, engine) = house.world_with(twenty_places());
    let mut here = Secure::to(world.required, &house.panel("500"));
    assert_eq!(here.ask("500 1 test"), "ok 1");
    let crowd = strangers(&world, 15);
    counts(&engine, "accepted", 16);
    let mut low = Secure::to(world.required, &house.panel("501"));
    let answer = low.ask("501 1 burglary");
    let seconds: u64 = answer.strip_prefix("busy ").unwrap().parse().unwrap();
    assert!((5..=60).contains(&seconds), "{answer}");
    assert!(low.is_ended_in_order());
    let mut high = Secure::to(world.required, &house.panel("50"));
    assert_eq!(high.ask("50 1 burglary"), "ok 1");
    counts(&engine, "busy", 1);
    assert!(world.sessions.place(501).is_none(), "it has not arrived");

    world.identities.register("500");
    eventually("it is asked for again", || {
        world.identities.asked_for("500") == 2
    });
    assert_eq!(here.ask("500 2 test"), "ok 2", "who is here stays");

    drop((crowd, low));
    counts(&engine, "closed_by_peer", 15);
    let mut low = Secure::to(world.required, &house.panel("501"));
    assert_eq!(low.ask("501 1 burglary"), "ok 1");
}

#[test]
fn who_has_begun_keeps_its_place_while_more_come_than_there_are_places() {
    let house = House::new();
    let (world, engine) = house.world_with(twenty_places());
    let begun = |account| half_way(&world, &house, account);
    let mut panels: Vec<_> = (1..=20).map(begun).collect();
    let (required, config) = (world.required, house.panel("50"));
    let late = std::thread::spawn(move || Secure::to(required, &config).ask("50 1 burglary"));
    for (account, panel) in (1..).zip(&mut panels) {
        assert_eq!(panel.ask(&format!("{account} 1 test")), "ok 1");
    }
    assert_eq!(late.join().unwrap(), "ok 1");
    assert_eq!(engine.counted("evicted_without_identity"), 0);
}

#[test]
fn who_has_begun_and_goes_on_for_too_long_makes_room() {
    let house = House::new();
    let (world, engine) = house.world_with(twenty_places());
    let begun = |account| half_way(&world, &house, account);
    let first: Vec<_> = (1..=10).map(begun).collect();
    counts(&engine, "accepted", 10);
    world.clock.advance(Duration::from_secs(6));
    let second: Vec<_> = (11..=20).map(begun).collect();
    counts(&engine, "accepted", 20);
    world.clock.advance(Duration::from_secs(5));
    let mut late = Secure::to(world.required, &house.panel("50"));
    assert_eq!(late.ask("50 1 burglary"), "ok 1");
    counts(&engine, "evicted_without_identity", 1);
    drop((first, second));
}

#[test]
fn silent_strangers_keep_nobody_out() {
    let house = House::new();
    let limits = GatewayLimits {
        without_identity: 20,
        ..generous()
    };
    let (world, engine) = house.world_with(limits);
    let _crowd = strangers(&world, 18);
    counts(&engine, "accepted", 18);
    let mut low = Secure::to(world.required, &house.panel("501"));
    assert_eq!(low.ask("501 1 test"), "ok 1", "R7");
}

#[test]
fn a_question_with_a_certificate_is_not_charged_to_its_address() {
    let house = House::new();
    let limits = GatewayLimits {
        address: Rate {
            per_second: 1,
            burst: 3,
        },
        ..generous()
    };
    let (world, _engine) = house.world_with(limits);
    // Each pays for its connection; the third takes what is left.
    let mut panels: Vec<_> = (1..=3)
        .map(|account| {
            let account = account.to_string();
            let mut panel = Secure::to(world.required, &house.panel(&account));
            assert_eq!(panel.ask(&format!("{account} 1 test")), "ok 1");
            panel
        })
        .collect();
    for (account, panel) in (1..).zip(&mut panels) {
        assert_eq!(panel.ask(&format!("{account} 2 test")), "ok 2");
    }
}

#[test]
fn two_thousand_idle_panels_are_held_and_all_are_still_there() {
    let house = House::new();
    let limits = GatewayLimits {
        connections: 4_000,
        without_identity: 4_000,
        account: UNLIMITED,
        ..generous()
    };
    let (world, engine) = house.world_with(limits);
    let config = house.panel("7");
    let mut panels: Vec<_> = (0..2_000)
        .map(|_| {
            let mut panel = Secure::to(world.optional, &config);
            assert_eq!(panel.ask("7 0 null"), "alive");
            panel
        })
        .collect();
    counts(&engine, "handshake_full", 1);
    counts(&engine, "handshake_resumed", 1_999);
    for panel in &mut panels {
        assert_eq!(panel.ask("7 0 null"), "alive");
    }
}

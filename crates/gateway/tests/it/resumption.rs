//! Tickets: good at every gateway that has their key, and no way around the engine.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::HandshakeKind::{Full, Resumed};
use rustls::version::{TLS12, TLS13};

use crate::pki::client;
use crate::secure::{House, Secure, counts};
use crate::world::World;

/// Connects, is let in, and reads what is behind the first answer: the ticket.
fn visit(world: &World, config: &Arc<ClientConfig>) -> Option<rustls::HandshakeKind> {
    let mut panel = Secure::to(world.required, config);
    assert_eq!(panel.ask("7 1 test"), "ok 1");
    panel.kind()
}

#[test]
fn a_panel_resumes_at_another_gateway_and_its_certificate_is_told_there_too() {
    let house = House::new();
    let (first, _first_engine) = house.world();
    let (second, engine) = house.world();
    let holder = house.root.issue("7");
    for version in [&TLS13, &TLS12] {
        let config = client(&house.root, Some(&holder), &[version]);
        assert_eq!(visit(&first, &config), Some(Full));
        assert_eq!(visit(&second, &config), Some(Resumed), "{version:?}");
        let shown = (
            first.identities.last_shown(),
            second.identities.last_shown(),
        );
        assert!(shown.0.is_some());
        assert_eq!(shown.0, shown.1);
    }
    counts(&engine, "handshake_resumed", 2);
    assert_eq!(engine.counted("handshake_full"), 0);
}

#[test]
fn a_ticket_outlives_a_change_of_keys_once_and_no_more() {
    let house = House::new();
    let (world, engine) = house.world();
    let config = house.panel("7");
    assert_eq!(visit(&world, &config), Some(Full));
    for (version, keys, expected) in [(2, [2, 1], Resumed), (3, [4, 3], Full)] {
        house.open(&world, version, &keys);
        // Material is on its way; what follows on the same stream comes after it.
        world.identities.register("1000");
        let mut probe = world.panel();
        probe.send("1000 1 test\n");
        assert_eq!(probe.line(), "ok 1");
        assert_eq!(visit(&world, &config), Some(expected), "keys {keys:?}");
    }
    assert_eq!(engine.counted("tls_material_refused"), 0);
}

#[test]
fn a_revoked_panel_with_a_ticket_is_refused_and_its_live_session_ends() {
    let house = House::new();
    let (first, _first_engine) = house.world();
    let (second, _second_engine) = house.world();
    let config = house.panel("7");
    let mut live = Secure::to(first.required, &config);
    assert_eq!(live.ask("7 1 test"), "ok 1");
    for world in [&first, &second] {
        world.identities.revoke("7");
    }
    assert_eq!(live.line(), "refused unknown_account");
    assert!(live.is_ended_in_order());
    let mut again = Secure::to(second.required, &config);
    assert_eq!(again.ask("7 2 burglary"), "refused unknown_account");
    assert_eq!(again.kind(), Some(Resumed));
}

#[test]
fn a_ticket_from_where_no_certificate_is_asked_for_opens_no_other_listener() {
    let house = House::new();
    let (world, engine) = house.world();
    let config = house.nameless();
    let mut unasked = Secure::to(world.off, &config);
    assert_eq!(unasked.ask("7 1 test"), "ok 1");
    let mut again = Secure::to(world.off, &config);
    assert_eq!(again.ask("7 1 test"), "ok 1");
    assert_eq!(again.kind(), Some(Resumed), "there it is good");
    Secure::to(world.required, &config).trouble();
    counts(&engine, "tls_no_certificate", 1);
}

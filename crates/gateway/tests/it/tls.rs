//! Who gets in under TLS, and how those who do not are told.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use engine::ports::TlsMaterial;
use gateway::worker::GatewayLimits;
use model::{Clock, Wall};
use rcgen::date_time_ymd;
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, CertificateError, Error, HandshakeKind, ProtocolVersion};

use crate::pki::{Authority, client, material};
use crate::secure::{BOTH, House, Secure, UNLIMITED, counts};
use crate::world::{PATIENCE, World, eventually, generous};

#[test]
fn a_panel_with_a_certificate_speaks_under_both_versions() {
    let house = House::new();
    let (world, engine) = house.world();
    let holder = house.root.issue("7");
    for (version, name) in [
        (&TLS13, ProtocolVersion::TLSv1_3),
        (&TLS12, ProtocolVersion::TLSv1_2),
    ] {
        let config = client(&house.root, Some(&holder), &[version]);
        let mut panel = Secure::to(world.required, &config);
        assert_eq!(panel.ask("7 1 burglary"), "ok 1");
        let connection = &panel.0.get_ref().conn;
        assert_eq!(connection.protocol_version(), Some(name));
        assert_eq!(panel.kind(), Some(HandshakeKind::Full));
        let shown = world.identities.last_shown().unwrap();
        assert_eq!(
            shown.issuer,
            gateway::tls::issuer_of(&house.root.der()).unwrap()
        );
    }
    counts(&engine, "handshake_full", 2);
}

#[test]
fn whoever_must_show_a_certificate_and_does_not_gets_an_alert() {
    let house = House::new();
    let (world, engine) = house.world();
    for version in BOTH {
        let config = client(&house.root, None, &[version]);
        let trouble = Secure::to(world.required, &config).trouble();
        let expected = [
            AlertDescription::CertificateRequired,
            AlertDescription::HandshakeFailure,
            AlertDescription::AccessDenied,
        ];
        let Error::AlertReceived(alert) = trouble else {
            panic!("{trouble:?}");
        };
        assert!(expected.contains(&alert), "{alert:?}");
    }
    counts(&engine, "tls_no_certificate", 2);
    assert_eq!(world.identities.asked(), 0);
}

#[test]
fn a_certificate_of_somebody_elses_authority_gets_an_alert_everywhere_it_is_asked_for() {
    let house = House::new();
    let (world, engine) = house.world();
    let stranger = Authority::new("stranger").issue("7");
    for version in BOTH {
        let config = client(&house.root, Some(&stranger), &[version]);
        for address in [world.required, world.optional] {
            let trouble = Secure::to(address, &config).trouble();
            let unknown = Error::AlertReceived(AlertDescription::UnknownCA);
            assert_eq!(trouble, unknown);
        }
        let mut unasked = Secure::to(world.off, &config);
        assert_eq!(unasked.ask("7 1 test"), "ok 1");
    }
    counts(&engine, "tls_unknown_authority", 4);
}

#[test]
fn where_certificates_are_optional_each_is_told_and_none_is_no_obstacle() {
    let house = House::new();
    let (world, _engine) = house.world();
    let mut with = Secure::to(world.optional, &house.panel("7"));
    assert_eq!(with.ask("7 1 test"), "ok 1");
    assert!(world.identities.last_shown().is_some());
    assert_eq!(with.ask("8 1 test"), "duh", "it speaks for its own account");
    let mut without = Secure::to(world.optional, &house.nameless());
    assert_eq!(without.ask("9 1 test"), "ok 1");
    assert!(world.identities.last_shown().is_none());
}

#[test]
fn whoever_knows_no_version_of_ours_is_told_so() {
    let house = House::new();
    let (world, engine) = house.world();
    // Hellos of TLS 1.1 with two suites of its time, one with signature algorithms, which came later.
    let algorithms: &[u8] = &[0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
    for (extensions, alert) in [(&[][..], 40), (algorithms, 70)] {
        let length = 43 + u8::try_from(extensions.len()).unwrap();
        let mut hello = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length, 3, 2];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0x00, 0x2F, 0x00, 0x35, 1, 0]);
        hello.extend(extensions);
        let mut socket = TcpStream::connect(world.required).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(&hello).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        // A fatal alert: handshake_failure or protocol_version (RFC 8446 6).
        assert_eq!(answer.first(), Some(&21));
        assert_eq!(&answer[5..], [2, alert]);
    }
    counts(&engine, "tls_version", 2);
}

fn issued(house: &House, from: i32, until: i32) -> std::sync::Arc<rustls::ClientConfig> {
    let holder = house.root.issue_as("7", |params| {
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
    });
    client(&house.root, Some(&holder), &BOTH)
}

#[test]
fn an_expired_certificate_gets_in_and_the_engine_is_told_when_it_ended() {
    let house = House::new();
    let (world, engine) = house.world();
    let mut panel = Secure::to(world.required, &issued(&house, 2019, 2020));
    assert_eq!(panel.ask("7 1 burglary"), "ok 1", "R27");
    let shown = world.identities.last_shown().unwrap();
    assert_eq!(shown.not_after, Wall(1_577_836_800_000_000));
    assert!(shown.not_after < world.clock.now().wall);
    assert_eq!(engine.counted("tls_not_in_force"), 0);
}

#[test]
fn a_certificate_that_is_not_in_force_yet_gets_an_alert() {
    let house = House::new();
    let (world, engine) = house.world();
    let trouble = Secure::to(world.required, &issued(&house, 4_000, 4_001)).trouble();
    assert!(matches!(trouble, Error::AlertReceived(_)), "{trouble:?}");
    counts(&engine, "tls_not_in_force", 1);
}

#[test]
fn an_expired_certificate_of_somebody_elses_authority_is_refused_all_the_same() {
    let house = House::new();
    let (world, _engine) = house.world();
    let stranger = Authority::new("house").issue_as("7", |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let config = client(&house.root, Some(&stranger), &BOTH);
    let trouble = Secure::to(world.required, &config).trouble();
    assert!(matches!(trouble, Error::AlertReceived(_)), "{trouble:?}");
    assert_eq!(world.identities.asked(), 0);
}

#[test]
fn a_client_that_does_not_like_our_certificate_is_counted() {
    let house = House::new();
    let (world, engine) = house.world();
    let config = client(&Authority::new("others"), None, &BOTH);
    let trouble = Secure::to(world.off, &config).trouble();
    let ours = Error::InvalidCertificate(CertificateError::UnknownIssuer);
    assert_eq!(trouble, ours);
    counts(&engine, "tls_peer_refused", 1);
}

#[test]
fn what_is_no_tls_is_refused_and_counted() {
    let house = House::new();
    let (world, engine) = house.world();
    for garbage in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; 300],
        &[22, 3, 1, 0, 4, 9, 9, 9, 9],
    ] {
        let mut socket = TcpStream::connect(world.required).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(garbage).unwrap();
        let mut answer = Vec::new();
        let _ended = socket.read_to_end(&mut answer);
    }
    counts(&engine, "tls_refused", 3);
    let mut panel = Secure::to(world.required, &house.panel("7"));
    assert_eq!(panel.ask("7 1 test"), "ok 1");
}

fn half_a_hello(address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252]).unwrap();
    socket
}

#[test]
fn half_a_hello_for_ever_ends_with_the_time_for_the_first_frame() {
    let house = House::new();
    let (world, engine) = house.world();
    let mut known = Secure::to(world.required, &house.panel("7"));
    assert_eq!(known.ask("7 0 null"), "alive");
    let mut slow = half_a_hello(world.required);
    counts(&engine, "accepted", 2);
    world.clock.advance(Duration::from_secs(21));
    assert_eq!(slow.read(&mut [0; 9]).unwrap(), 0);
    counts(&engine, "no_identity_in_time", 1);
    assert_eq!(known.ask("7 0 null"), "alive");
}

#[test]
fn of_many_half_hellos_the_oldest_make_room() {
    let house = House::new();
    let limits = GatewayLimits {
        without_identity: 20,
        ..generous()
    };
    let (world, engine) = house.world_with(limits);
    let slow: Vec<_> = (0..100).map(|_| half_a_hello(world.required)).collect();
    counts(&engine, "evicted_without_identity", 80);
    let mut panel = Secure::to(world.required, &house.panel("7"));
    assert_eq!(panel.ask("7 1 burglary"), "ok 1");
    drop(slow);
}

#[test]
fn nobody_is_let_in_before_the_first_material_and_everybody_after_it() {
    let house = House::new();
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    let config = house.panel("7");
    let required = world.required;
    let early = std::thread::spawn(move || Secure::to(required, &config).ask("7 1 burglary"));
    let mut plain = world.panel();
    plain.send("1 1 test\n");
    assert_eq!(plain.line(), "ok 1", "others are not held up");
    assert_eq!(world.identities.asked_for("7"), 0);
    house.open(&world, 1, &[1]);
    assert_eq!(early.join().unwrap(), "ok 1");
}

#[test]
fn new_material_is_for_newcomers_and_material_of_no_use_changes_nothing() {
    let house = House::new();
    let (world, engine) = house.world();
    let old_config = house.panel("7");
    let mut old = Secure::to(world.required, &old_config);
    assert_eq!(old.ask("7 1 test"), "ok 1");

    world.tls.give(TlsMaterial {
        chain: Vec::new(),
        ..material(2, &house.server, &[&house.root], &[1])
    });
    counts(&engine, "tls_material_refused", 1);
    let mut same = Secure::to(world.required, &house.panel("8"));
    assert_eq!(same.ask("8 1 test"), "ok 1");

    let next = House::new();
    let server = next.root.issue("server");
    world.tls.give(material(3, &server, &[&next.root], &[2]));
    let config = next.panel("9");
    eventually("newcomers see the new certificate", || {
        let mut new = Secure::to(world.required, &config);
        new.send("9 1 test\n");
        new.read().is_ok_and(|line| line == "ok 1")
    });
    assert_eq!(old.ask("7 2 test"), "ok 2", "who is here stays");
}

#[test]
fn the_gateway_ends_a_connection_by_a_word_of_tls() {
    let house = House::new();
    let (mut world, _engine) = house.world();
    let mut panel = Secure::to(world.required, &house.panel("7"));
    assert_eq!(panel.ask("7 1 test"), "ok 1");
    let mut idle = Secure::to(world.required, &house.panel("8"));
    assert_eq!(idle.ask("8 1 test"), "ok 1");
    world.clock.advance(Duration::from_hours(23));
    assert_eq!(panel.ask("7 2 test"), "ok 2");
    world.clock.advance(Duration::from_hours(3));
    assert!(idle.is_ended_in_order());
    world.drain();
    assert_eq!(panel.line(), "bye");
    assert!(panel.is_ended_in_order());
    assert!(world.end().is_ok());
}

#[test]
fn what_a_panel_sent_before_its_end_is_answered() {
    let house = House::new();
    let (world, engine) = house.world();
    for says_so in [true, false] {
        let mut panel = Secure::to(world.required, &house.panel("7"));
        panel.send("7 1 burglary\n");
        let stream = panel.0.get_mut();
        if says_so {
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
        stream.sock.shutdown(Shutdown::Write).unwrap();
        assert_eq!(panel.line(), "ok 1");
        assert!(panel.is_ended_in_order());
    }
    counts(&engine, "closed_by_peer", 2);
}

#[test]
fn a_panel_that_sends_octet_by_octet_is_understood() {
    let house = House::new();
    let (world, _engine) = house.world();
    let mut panel = Secure::to(world.required, &house.panel("7"));
    let stream = panel.0.get_mut();
    while stream.conn.is_handshaking() {
        let mut said = Vec::new();
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut said).unwrap();
        }
        for octet in said {
            stream.sock.write_all(&[octet]).unwrap();
        }
        if stream.conn.is_handshaking() {
            stream.conn.read_tls(&mut stream.sock).unwrap();
            stream.conn.process_new_packets().unwrap();
        }
    }
    assert_eq!(panel.ask("7 1 test"), "ok 1");
}

#[test]
fn a_slow_reader_gets_every_octet_and_is_not_read_meanwhile() {
    let house = House::new();
    let limits = GatewayLimits {
        account: UNLIMITED,
        ..generous()
    };
    let (world, _engine) = house.world_with(limits);
    let mut slow = Secure::to(world.off, &house.nameless());
    assert_eq!(slow.ask("9 0 null"), "alive");
    let stream = slow.0.get_mut();
    let a_while = Some(Duration::from_millis(100));
    stream.sock.set_write_timeout(a_while).unwrap();
    stream.conn.set_buffer_limit(None);
    // Answers fill both buffers; then ours is not emptied any more.
    let burst = "9 0 null\n".repeat(1_000);
    let mut asked = 0;
    let mut is_taken = true;
    while is_taken {
        stream.conn.writer().write_all(burst.as_bytes()).unwrap();
        asked += 1_000;
        assert!(asked < 50_000_000, "it is read without bound");
        while is_taken && stream.conn.wants_write() {
            is_taken = stream.conn.write_tls(&mut stream.sock).is_ok();
        }
    }
    let mut calm = Secure::to(world.off, &house.nameless());
    assert_eq!(calm.ask("2 0 null"), "alive");
    let mut answers = Vec::new();
    while answers.len() < asked * "alive\n".len() {
        stream.conn.read_tls(&mut stream.sock).unwrap();
        let state = stream.conn.process_new_packets().unwrap();
        let start = answers.len();
        answers.resize(start + state.plaintext_bytes_to_read(), 0);
        stream
            .conn
            .reader()
            .read_exact(&mut answers[start..])
            .unwrap();
        if stream.conn.wants_write() {
            // Perhaps there is room again.
            let _written = stream.conn.write_tls(&mut stream.sock);
        }
    }
    assert_eq!(answers, "alive\n".repeat(asked).as_bytes());
}

#[test]
fn a_refused_panel_reads_why_although_it_goes_on_talking() {
    let house = House::new();
    let (world, _engine) = house.world();
    for _ in 0..20 {
        let mut panel = Secure::to(world.required, &house.panel("7"));
        let burst = "X 1 test\n".repeat(1_000);
        panel.send(&burst);
        panel.send(&burst);
        assert_eq!(panel.line(), "refused wrong_certificate");
        assert!(panel.is_ended_in_order());
    }
}

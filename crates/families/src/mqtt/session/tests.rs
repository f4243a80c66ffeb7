//! What a session costs at rest.

use std::sync::Arc;

use model::{Account, AckMode, EventSeq, IdentityRefusal};
use proto::{Admitted, SessionBounds, Strangers};
use wire::mqtt::{Connect, MessageProperties, Password, Publish, Qos};

use super::*;

fn session() -> MqttSession {
    MqttSession::new(&SessionSetting {
        listener: ListenerName::parse("mqtt").unwrap(),
        strangers: Strangers::Decline,
        seed: [0; 16],
        bounds: SessionBounds::default(),
    })
}

fn octets(packet: &Packet) -> Vec<u8> {
    let mut octets = Vec::new();
    encode(packet, Level::V5, &mut octets).unwrap();
    octets
}

/// Does what the session wants; answers the proof for the last signal.
fn poll(session: &mut MqttSession) -> Option<Committed> {
    let mut proof = None;
    let mut sent = Vec::new();
    while let Some(event) = session.poll_event() {
        match event {
            SessionEvent::Identify(_) => {
                let admitted = Admitted {
                    proven: Proven::ByCertificate,
                    ..Admitted::plain(PanelIndex(1), PathIndex(1))
                };
                let identity = Identity::Admitted(Arc::new(admitted));
                session.handle_identity(Now::default(), identity);
            }
            SessionEvent::Signal(signal) => {
                let (token, key) = (signal.token, signal.key);
                proof = Some(Committed::attest(token, key, EventSeq(1), AckMode::Stored));
            }
            _ => {}
        }
    }
    session.poll_transmit(&mut sent);
    proof
}

fn connect() -> Vec<u8> {
    octets(&Packet::Connect(Box::new(Connect {
        user_name: Some("1234".to_owned()),
        password: Some(Password::new(b"wfp_secret")),
        keep_alive: 60,
        ..Connect::new("1234/lan")
    })))
}

fn event() -> Vec<u8> {
    octets(&Packet::Publish(Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        topic: "ap/v1/1234/evt".to_owned(),
        packet_id: Some(std::num::NonZeroU16::MIN),
        properties: MessageProperties::default(),
        payload: br#"{"seq":1,"boot":1,"cid":"1130"}"#.to_vec().into(),
    }))
}

#[test]
fn a_session_at_rest_is_small_and_holds_no_memory_of_its_own() {
    let mut session = session();
    for piece in connect().chunks(7) {
        session.handle_bytes(Now::default(), piece);
    }
    assert!(poll(&mut session).is_none());
    for _ in 0..100 {
        for piece in event().chunks(5) {
            session.handle_bytes(Now::default(), piece);
        }
        let proof = poll(&mut session).unwrap();
        session.handle_committed(Now::default(), proof);
        session.handle_bytes(Now::default(), &octets(&Packet::PingReq));
        poll(&mut session);
    }
    assert!(session.work.is_none() && session.secret.is_none());
    assert_eq!(session.decoder.held(), 0);
    let size = size_of::<MqttSession>();
    println!("a session has {size} octets");
    assert!(size <= 240, "{size}"); // Times 50,000 panels: 12 MB.
}

#[test]
fn a_secret_is_gone_when_the_session_has_ended() {
    let mut session = session();
    session.handle_bytes(Now::default(), &connect());
    assert!(session.secret.is_some());
    let refusal = Identity::Refused {
        account: Account::parse(b"1234").unwrap(),
        reason: IdentityRefusal::WrongSecret,
    };
    session.handle_identity(Now::default(), refusal);
    assert!(session.secret.is_none());
}

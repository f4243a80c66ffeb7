//! An MQTT session under arbitrary inputs in arbitrary order.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use families::mqtt::Mqtt;
use model::{
    Account, AckMode, Committed, EventSeq, IdentityRefusal, ListenerName, Mono, Now, PanelIndex,
    PathIndex, Proven, Refusal, RepeatKey, SignalToken, Wall,
};
use proto::{
    Admitted, CloseReason, Counted, Family, Identity, Session, SessionBounds, SessionEvent,
    SessionSetting, Strangers,
};
use wire::mqtt::{
    Connect, Decoder, Disconnect, Level, MessageProperties, Packet, Publish, Qos, ReasonCode,
    Subscribe, Subscription, encode,
};

/// The data is a list of steps: an octet that says what to do, then what it needs.
///
/// - Nothing is stored, reported or called alive before the engine let the path in.
/// - PUBACKs are at most reports and proofs (I1).
/// - Signals without answer are bounded (I7), their tokens dense from 1.
/// - Everything transmitted is packets: CONNACK first and once, nothing behind DISCONNECT.
/// - The session closes at most once, and is silent to a peer that is gone.
///
/// # Panics
///
/// If one of these does not hold.
pub fn mqtt_session(data: &[u8]) {
    let mut steps = Steps(data);
    let choice = steps.octet();
    let pipeline = usize::from(choice >> 1 & 0b111);
    let session = Mqtt.open_stream(SessionSetting {
        listener: ListenerName::parse("mqtt").expect("letters and digits"),
        strangers: Strangers::Decline,
        seed: [choice; 16],
        bounds: SessionBounds {
            pipeline,
            ..SessionBounds::default()
        },
    });
    let mut driver = Driver {
        session,
        level: match choice & 1 {
            0 => Level::V311,
            _ => Level::V5,
        },
        now: Now {
            mono: Mono(1),
            wall: Wall(1_790_000_000_000_000),
            suspect: false,
        },
        most: 2 * pipeline.max(1) + 1,
        is_admitted: false,
        waiting: Vec::new(),
        last_token: 0,
        may_acknowledge: 0,
        transmitted: Vec::new(),
        closes: 0,
        is_gone: false,
    };
    while !steps.0.is_empty() {
        driver.step(&mut steps);
        driver.poll();
    }
    driver.check_transmitted();
}

/// What is left of the data.
struct Steps<'a>(&'a [u8]);

impl<'a> Steps<'a> {
    fn octet(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// As many octets as the next one says.
    fn run(&mut self) -> &'a [u8] {
        let length = usize::from(self.octet()).min(self.0.len());
        let (run, rest) = self.0.split_at(length);
        self.0 = rest;
        run
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.run()).into_owned()
    }
}

struct Driver {
    session: Box<dyn Session>,
    level: Level,
    now: Now,
    /// Signals that may be without answer.
    most: usize,
    is_admitted: bool,
    waiting: Vec<(SignalToken, RepeatKey)>,
    last_token: u32,
    may_acknowledge: usize,
    transmitted: Vec<u8>,
    closes: usize,
    is_gone: bool,
}

const TOPICS: [&str; 8] = [
    "evt", "status", "conn", "cmd", "cmd/res", "nowhere", "evt", "status",
];

impl Driver {
    fn step(&mut self, steps: &mut Steps<'_>) {
        let kind = steps.octet();
        match kind % 16 {
            0 => self.session.handle_bytes(self.now, steps.run()),
            1 => self.connect(kind, steps),
            2 | 3 => self.publish(kind, steps),
            4 => self.say(&Packet::PingReq, kind),
            5 => self.subscribe(kind, steps),
            6 => self.commit(steps.octet()),
            7 => self.refuse(steps.octet()),
            8 => self.lie(steps.octet()),
            9 => self.admit(steps.octet()),
            10 => self.pass(steps.octet()),
            11 => self.end(steps.octet()),
            12 => self.doubt(steps.octet()),
            13 => {
                let reason = ReasonCode::from_number(steps.octet());
                let reason = reason.unwrap_or(ReasonCode::Success);
                self.say(&Packet::Disconnect(Disconnect::because(reason)), kind);
            }
            _ => self.say(&event(steps.octet()), kind),
        }
    }

    fn connect(&mut self, kind: u8, steps: &mut Steps<'_>) {
        let mut connect = Connect::new("1234/lan");
        connect.keep_alive = u16::from(steps.octet());
        if kind & 0x10 != 0 {
            connect.client_id = steps.text();
        }
        if kind & 0x20 != 0 {
            connect.will = Some(wire::mqtt::Will {
                topic: "ap/v1/1234/conn".to_owned(),
                payload: steps.run().to_vec().into(),
                qos: Qos::AtLeastOnce,
                retain: false,
                delay: None,
                properties: MessageProperties::default(),
            });
        }
        self.say(&Packet::Connect(Box::new(connect)), kind);
    }

    fn publish(&mut self, kind: u8, steps: &mut Steps<'_>) {
        let choice = steps.octet();
        let id = NonZeroU16::new(u16::from(choice));
        let mut properties = MessageProperties::default();
        if kind & 0x40 != 0 {
            properties.content_type = Some("application/cbor".to_owned());
        }
        let publish = Publish {
            dup: false,
            qos: match id {
                Some(_) => Qos::AtLeastOnce,
                None => Qos::AtMostOnce,
            },
            retain: kind & 0x80 != 0,
            topic: format!("ap/v1/1234/{}", TOPICS[usize::from(kind >> 4 & 0b111)]),
            packet_id: id,
            properties,
            payload: steps.run().to_vec().into(),
        };
        self.say(&Packet::Publish(publish), kind);
    }

    fn subscribe(&mut self, kind: u8, steps: &mut Steps<'_>) {
        let one = Subscription {
            filter: format!("ap/v1/1234/{}", steps.text()),
            qos: Qos::AtLeastOnce,
            no_local: false,
        };
        let packet = Packet::Subscribe(Subscribe {
            packet_id: NonZeroU16::MIN,
            subscription_id: None,
            filters: vec![one],
        });
        self.say(&packet, kind);
    }

    /// Feeds a packet in one piece or in two.
    fn say(&mut self, packet: &Packet, kind: u8) {
        let mut octets = Vec::new();
        if encode(packet, self.level, &mut octets).is_ok() {
            let (head, tail) = octets.split_at(usize::from(kind) % octets.len());
            self.session.handle_bytes(self.now, head);
            self.poll();
            self.session.handle_bytes(self.now, tail);
        }
    }

    fn admit(&mut self, choice: u8) {
        let admitted = Admitted {
            proven: Proven::ALL[usize::from(choice) % Proven::ALL.len()],
            keep_alive: (choice & 4 != 0).then(|| Duration::from_secs(choice.into())),
            ..Admitted::plain(PanelIndex(1), PathIndex(1))
        };
        self.is_admitted = true;
        let identity = Identity::Admitted(Arc::new(admitted));
        self.session.handle_identity(self.now, identity);
    }

    /// Everything else that can be said of an identity.
    fn doubt(&mut self, choice: u8) {
        let account = Account::parse(b"1234").expect("digits");
        let identity = match choice % 3 {
            0 => Identity::Stale { account },
            1 => Identity::Busy {
                retry_after: Duration::from_secs(choice.into()),
            },
            _ => Identity::Refused {
                account,
                reason: IdentityRefusal::Disabled,
            },
        };
        self.session.handle_identity(self.now, identity);
    }

    fn commit(&mut self, place: u8) {
        if !self.waiting.is_empty() {
            let (token, key) = self.waiting.remove(usize::from(place) % self.waiting.len());
            self.may_acknowledge += 1;
            self.attest(token, key);
        }
    }

    fn refuse(&mut self, place: u8) {
        if !self.waiting.is_empty() {
            let (token, _) = self.waiting.remove(usize::from(place) % self.waiting.len());
            let reason = Refusal::ALL[usize::from(place) % Refusal::ALL.len()];
            self.session.handle_refused(self.now, token, reason);
        }
    }

    /// Proofs and refusals for signals that were not handed on, or not so.
    fn lie(&mut self, what: u8) {
        self.attest(SignalToken(u32::from(what)), RepeatKey([0xEE; 16]));
        let token = SignalToken(self.last_token.wrapping_add(1));
        let reason = Refusal::UnknownPath;
        self.session.handle_refused(self.now, token, reason);
    }

    fn attest(&mut self, token: SignalToken, key: RepeatKey) {
        let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
        self.session.handle_committed(self.now, proof);
    }

    fn pass(&mut self, seconds: u8) {
        self.now.mono.0 += u64::from(seconds) * 1_000_000_000;
        self.now.wall.0 += i64::from(seconds) * 1_000_000;
        let due = self.session.poll_timeout();
        if due.is_some_and(|due| due <= self.now.mono) || seconds.is_multiple_of(7) {
            self.session.handle_timeout(self.now);
        }
    }

    fn end(&mut self, what: u8) {
        let reason = match what {
            0 => CloseReason::Peer,
            1 => CloseReason::Draining,
            2 => CloseReason::TakenOver,
            3 => CloseReason::NotAdmitted,
            _ => return,
        };
        self.session.handle_close(self.now, reason);
        if reason == CloseReason::Peer && !self.is_gone {
            self.is_gone = true;
            let mut sent = Vec::new();
            assert!(!self.session.poll_transmit(&mut sent), "nobody is there");
        }
    }

    fn poll(&mut self) {
        loop {
            let sent = self.session.poll_transmit(&mut self.transmitted);
            assert!(!(sent && self.is_gone), "nobody is there");
            let Some(event) = self.session.poll_event() else {
                if sent {
                    continue;
                }
                break;
            };
            self.take(event);
        }
        assert!(self.waiting.len() <= self.most, "I7");
        assert!(self.closes <= 1, "closed twice");
    }

    fn take(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Signal(outgoing) => {
                assert!(self.is_admitted, "stored for a stranger");
                self.last_token += 1;
                assert!(outgoing.token == SignalToken(self.last_token));
                assert!(outgoing.signal.items.len() == 1);
                assert!(outgoing.class == outgoing.signal.class());
                self.waiting.push((outgoing.token, outgoing.key));
            }
            SessionEvent::Report { .. } | SessionEvent::Alive { .. } => {
                assert!(self.is_admitted, "alive without a name");
            }
            SessionEvent::Count(Counted::Report | Counted::BadReport) => self.may_acknowledge += 1,
            SessionEvent::Close(_) => self.closes += 1,
            SessionEvent::Identify(claim) => assert!(claim.must_prove),
            SessionEvent::Count(_) => {}
            SessionEvent::Learned { .. } | SessionEvent::Skewed { .. } | SessionEvent::Stray(_) => {
                panic!("of another family");
            }
        }
    }

    fn check_transmitted(&self) {
        let mut packets = Vec::new();
        // The level is what the panel said; what is refused before it says is answered in 3.1.1.
        for level in [self.level, Level::V5, Level::V311] {
            let mut decoder = Decoder::client(level, u32::MAX);
            let mut input = self.transmitted.as_slice();
            packets.clear();
            while let Ok(Some(packet)) = decoder.next(&mut input) {
                packets.push(packet);
            }
            let mut again = Vec::new();
            for packet in &packets {
                encode(packet, level, &mut again).expect("it was read");
            }
            if again == self.transmitted {
                return self.check_packets(&packets);
            }
        }
        panic!("no packets are transmitted: {:02x?}", self.transmitted);
    }

    fn check_packets(&self, packets: &[Packet]) {
        let mut acknowledged = 0;
        for (at, packet) in packets.iter().enumerate() {
            let is_last = at + 1 == packets.len();
            match packet {
                Packet::ConnAck(_) => assert!(at == 0, "CONNACK in between"),
                Packet::Disconnect(_) => assert!(at > 0 && is_last, "more behind DISCONNECT"),
                Packet::PubAck(ack) => {
                    let is_taken = matches!(
                        ack.reason,
                        ReasonCode::Success | ReasonCode::PayloadFormatInvalid
                    );
                    acknowledged += usize::from(is_taken);
                }
                Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => assert!(at > 0),
                other => panic!("a server does not send {other:?}"),
            }
        }
        assert!(
            acknowledged <= self.may_acknowledge,
            "I1: {acknowledged} acknowledgements, {} proofs and reports",
            self.may_acknowledge
        );
    }
}

/// An event with this number.
fn event(number: u8) -> Packet {
    let payload = format!(
        r#"{{"seq":{},"boot":1,"cid":"1130"}}"#,
        u16::from(number) + 1
    );
    Packet::Publish(Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        topic: "ap/v1/1234/evt".to_owned(),
        packet_id: NonZeroU16::new(u16::from(number) + 1),
        properties: MessageProperties::default(),
        payload: payload.into_bytes().into(),
    })
}

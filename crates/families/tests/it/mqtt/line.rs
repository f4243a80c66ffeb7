//! A panel's connection, with an engine behind it that does what a test says.

use std::sync::Arc;
use std::time::Duration;

use model::{
    AckMode, Committed, EventSeq, IdentityClaim, ListenerName, Mono, Now, PanelIndex, PanelReport,
    PathIndex,
};
use proto::conformance::BENCH_TIME;
use proto::{
    Admitted, CloseReason, Family, Identity, Outgoing, Session, SessionBounds, SessionEvent,
    SessionSetting, Strangers,
};
use wire::mqtt::{ConnAck, Connect, Level, Packet, ReasonCode};

use super::{octets, packets};

pub(super) const PANEL: PanelIndex = PanelIndex(3);
pub(super) const PATH: PathIndex = PathIndex(5);

pub(super) const LEVELS: [Level; 2] = [Level::V311, Level::V5];

/// A connection at one level, and all that came of it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) level: Level,
    pub(super) session: Box<dyn Session>,
    pub(super) now: Now,
    pub(super) claims: Vec<IdentityClaim>,
    pub(super) signals: Vec<Outgoing>,
    pub(super) reports: Vec<PanelReport>,
    pub(super) alive: usize,
    pub(super) counted: Vec<&'static str>,
    pub(super) closes: Vec<CloseReason>,
}

impl Line {
    /// A connection that was just accepted.
    pub(super) fn new(level: Level) -> Self {
        let setting = SessionSetting {
            listener: ListenerName::parse("mqtt").unwrap(),
            strangers: Strangers::Decline,
            seed: [0; 16],
            bounds: SessionBounds::default(),
        };
        Self {
            level,
            session: families::mqtt::Mqtt.open_stream(setting),
            now: Now {
                mono: Mono(1_000_000_000),
                wall: BENCH_TIME,
                suspect: false,
            },
            claims: Vec::new(),
            signals: Vec::new(),
            reports: Vec::new(),
            alive: 0,
            counted: Vec::new(),
            closes: Vec::new(),
        }
    }

    /// A connection of account 1234 that was let in; what was counted so far is forgotten.
    pub(super) fn live(level: Level) -> Self {
        Self::live_with(level, Connect::new("1234/lan"), admitted())
    }

    pub(super) fn live_with(level: Level, connect: Connect, admitted: Admitted) -> Self {
        let mut line = Self::new(level);
        line.connect(connect);
        let answer = line.identify(Identity::Admitted(Arc::new(admitted)));
        assert_eq!(conn_ack(&answer).reason, ReasonCode::Success);
        line.counted.clear();
        line.alive = 0;
        line
    }

    pub(super) fn connect(&mut self, connect: Connect) -> Vec<Packet> {
        self.say(&Packet::Connect(Box::new(connect)))
    }

    pub(super) fn say(&mut self, packet: &Packet) -> Vec<Packet> {
        let octets = octets(packet, self.level);
        self.feed(&octets)
    }

    pub(super) fn feed(&mut self, octets: &[u8]) -> Vec<Packet> {
        self.session.handle_bytes(self.now, octets);
        self.poll()
    }

    pub(super) fn identify(&mut self, identity: Identity) -> Vec<Packet> {
        self.session.handle_identity(self.now, identity);
        self.poll()
    }

    /// The signal at this place is stored.
    pub(super) fn commit(&mut self, place: usize) -> Vec<Packet> {
        let Outgoing { token, key, .. } = self.signals[place];
        let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
        self.session.handle_committed(self.now, proof);
        self.poll()
    }

    pub(super) fn close(&mut self, reason: CloseReason) -> Vec<Packet> {
        self.session.handle_close(self.now, reason);
        self.poll()
    }

    /// Moves both clocks, and tells the session where its deadline has passed.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Packet> {
        self.now.mono = self.now.mono.after(time);
        self.now.wall.0 += model::micros(time);
        let due = self.session.poll_timeout();
        if due.is_some_and(|due| due <= self.now.mono) {
            self.session.handle_timeout(self.now);
        }
        self.poll()
    }

    /// Does what the session wants, as a driver does; answers what it transmitted.
    pub(super) fn poll(&mut self) -> Vec<Packet> {
        packets(&self.poll_octets(), self.level)
    }

    pub(super) fn poll_octets(&mut self) -> Vec<u8> {
        let mut transmitted = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Identify(claim) => self.claims.push(*claim),
                SessionEvent::Signal(outgoing) => self.signals.push(*outgoing),
                SessionEvent::Alive { panel, path } => {
                    assert_eq!((panel, path), (PANEL, PATH));
                    self.alive += 1;
                }
                SessionEvent::Report { path, report } => {
                    assert_eq!(path, PATH);
                    self.reports.push(*report);
                }
                SessionEvent::Count(reason) => self.counted.push(reason.as_str()),
                SessionEvent::Close(reason) => self.closes.push(reason),
                SessionEvent::Skewed { .. }
                | SessionEvent::Learned { .. }
                | SessionEvent::Stray(_) => panic!("{event:?}"),
            }
        }
        self.session.poll_transmit(&mut transmitted);
        transmitted
    }
}

/// The path of account 1234, proven by a certificate.
pub(super) fn admitted() -> Admitted {
    Admitted {
        proven: model::Proven::ByCertificate,
        ..Admitted::plain(PANEL, PATH)
    }
}

/// The CONNACK that was all that was sent.
pub(super) fn conn_ack(answer: &[Packet]) -> ConnAck {
    match answer {
        [Packet::ConnAck(ack)] => (**ack).clone(),
        other => panic!("{other:?}"),
    }
}

/// The reason of the DISCONNECT that was all that was sent, and its user properties.
pub(super) fn goodbye(answer: &[Packet]) -> (ReasonCode, Vec<(String, String)>) {
    match answer {
        [Packet::Disconnect(last)] => (last.reason, last.user_properties.clone()),
        other => panic!("{other:?}"),
    }
}

/// The packet ids and reasons of the PUBACKs that were all that was sent.
pub(super) fn pub_acks(answer: &[Packet]) -> Vec<(u16, ReasonCode)> {
    let ack = |packet: &Packet| match packet {
        Packet::PubAck(ack) => (ack.packet_id.get(), ack.reason),
        other => panic!("{other:?}"),
    };
    answer.iter().map(ack).collect()
}

//! A DC-09 session under arbitrary inputs in arbitrary order.

use std::sync::Arc;

use families::dc09::Dc09;
use model::{
    AckMode, CipherKey, Committed, EventSeq, IdentityRefusal, ListenerName, Mono, Now, PanelIndex,
    PathIndex, Refusal, RepeatKey, SignalToken, Wall, limits,
};
use proto::{
    Admitted, CloseReason, Counted, Family, Identity, Session, SessionBounds, SessionEvent,
    SessionSetting, Strangers,
};
use wire::dc09::crypt::write_encrypted;
use wire::dc09::reply::{Reply, ReplyKind};
use wire::dc09::{CrcForm, Deframer, Found, Frame, decrypt, enclose, timestamp};

/// The data is a list of steps: an octet that says what to do, then what it needs.
///
/// - Acknowledgements are at most supervision messages and proofs (I1).
/// - Signals without answer are at most the pipeline (I7).
/// - Tokens are dense from 1, and every signal has an event.
/// - Everything transmitted is a reply, and an encrypted one can be opened.
/// - A session for a datagram closes.
///
/// # Panics
///
/// If one of these does not hold.
pub fn dc09_session(data: &[u8]) {
    let mut steps = Steps(data);
    let choice = steps.octet();
    let pipeline = usize::from(choice & 0x1F) % 6;
    let setting = SessionSetting {
        listener: ListenerName::parse("dc09").expect("letters and digits"),
        strangers: match choice >> 6 {
            0 | 1 => Strangers::Decline,
            2 => Strangers::Silence,
            _ => Strangers::Acknowledge,
        },
        seed: [choice; 16],
        bounds: SessionBounds {
            pipeline,
            ..SessionBounds::default()
        },
    };
    let is_datagram = choice & 0x20 != 0;
    let session = if is_datagram {
        Dc09.open_datagram(setting).expect("DC-09 knows datagrams")
    } else {
        Dc09.open_stream(setting)
    };
    let mut admitted = Admitted::plain(PanelIndex(1), PathIndex(1));
    admitted.keys.push(key());
    let mut driver = Driver {
        session,
        now: Now {
            mono: Mono(1),
            wall: Wall(1_569_420_730_000_000),
            suspect: false,
        },
        admitted,
        pipeline: pipeline.max(1),
        waiting: Vec::new(),
        last_token: 0,
        may_acknowledge: 0,
        transmitted: Vec::new(),
        closes: 0,
        is_gone: false,
        is_datagram,
    };
    let mut fed = false;
    while !steps.0.is_empty() {
        fed |= driver.step(&mut steps);
        driver.poll();
    }
    if is_datagram && fed {
        driver.answer_all();
        assert!(driver.closes > 0 || driver.is_gone, "a datagram stays open");
    }
    driver.check_transmitted();
}

fn key() -> CipherKey {
    CipherKey::from_ascii("sixteen letters.").expect("sixteen characters")
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
}

struct Driver {
    session: Box<dyn Session>,
    now: Now,
    /// Account 1234.
    admitted: Admitted,
    pipeline: usize,
    waiting: Vec<(SignalToken, RepeatKey)>,
    last_token: u32,
    may_acknowledge: usize,
    transmitted: Vec<u8>,
    closes: usize,
    is_gone: bool,
    is_datagram: bool,
}

impl Driver {
    /// Whether octets were fed.
    fn step(&mut self, steps: &mut Steps<'_>) -> bool {
        let kind = steps.octet();
        match kind % 16 {
            0 => self.session.handle_bytes(self.now, steps.run()),
            1 => self.feed_frame(steps.run(), kind),
            2 => {
                let body = steps.run();
                let covered = [b"\"SIA-DCS\"0001L0#1234[#1234|", body].concat();
                self.feed_frame(&covered, kind);
            }
            3 => {
                let body = steps.run();
                let covered = [b"\"ADM-CID\"0002L0#1234[#1234|", body].concat();
                self.feed_frame(&covered, kind);
            }
            4 => self.feed_frame(b"\"NULL\"0000L0#1234[]", kind),
            5 => self.feed_frame(b"\"SIA-DCS\"0003L0#5678[#5678|NFA1]", kind),
            12 => self.feed_encrypted(b"\"*SIA-DCS\"0001L0#1234[", steps, kind),
            13 => self.feed_encrypted(b"\"*NULL\"0000L0#1234[", steps, kind),
            14 => self.feed_encrypted(b"\"*ADM-CID\"0004L0#5678[", steps, kind),
            other => {
                self.tell(other, steps);
                return false;
            }
        }
        true
    }

    /// What comes from the engine, the clock and the driver.
    fn tell(&mut self, kind: u8, steps: &mut Steps<'_>) {
        match kind {
            6 => self.commit(steps.octet()),
            7 => self.refuse(steps.octet()),
            8 => self.lie(steps.octet()),
            9 => self.admit(),
            10 => self.pass(steps.octet()),
            11 => self.end(steps.octet()),
            _ => {
                let choice = steps.octet();
                self.now.suspect = choice & 1 != 0;
                self.admitted.policy.accept_skewed = choice & 2 != 0;
                self.admitted.policy.hub = choice & 4 != 0;
                self.admitted.keys.clear();
                self.admitted.keys.extend((choice & 8 == 0).then(key));
                self.admit();
            }
        }
    }

    fn admit(&mut self) {
        let identity = Identity::Admitted(Arc::new(self.admitted.clone()));
        self.session.handle_identity(self.now, identity);
    }

    /// Feeds a body behind this header: the octets of the data, a time, and a pad that fills the
    /// last block.
    fn feed_encrypted(&mut self, header: &[u8], steps: &mut Steps<'_>, kind: u8) {
        let mut plain = steps.run().to_vec();
        plain.extend_from_slice(b"]_");
        let mut sent = self.now.wall;
        sent.0 -= i64::from(kind & 0x30) * 1_000_000;
        timestamp::write(sent, &mut plain);
        let pad = vec![kind; plain.len().wrapping_neg() % 16];
        let mut plain = [pad, plain].concat();
        let mut covered = header.to_vec();
        write_encrypted(&key(), &mut plain, &mut covered).expect("whole blocks");
        self.feed_frame(&covered, kind);
    }

    /// Answers every question and proves every signal, as long as there are any.
    fn answer_all(&mut self) {
        for _ in 0..1_000 {
            self.admit();
            self.poll();
            if self.waiting.is_empty() && self.closes > 0 {
                break;
            }
            self.commit(0);
            self.poll();
        }
    }

    /// Feeds a frame with the right CRC, in both forms, in one piece or in two.
    fn feed_frame(&mut self, covered: &[u8], kind: u8) {
        let form = if kind & 0x10 == 0 {
            CrcForm::Text
        } else {
            CrcForm::Binary
        };
        let mut frame = Vec::new();
        if enclose(form, covered, &mut frame).is_ok() {
            if self.is_datagram {
                self.session.handle_bytes(self.now, &frame);
                return;
            }
            let cut = usize::from(kind) % frame.len();
            let (head, tail) = frame.split_at(cut);
            self.session.handle_bytes(self.now, head);
            self.poll();
            self.session.handle_bytes(self.now, tail);
        }
    }

    fn commit(&mut self, place: u8) {
        if self.waiting.is_empty() {
            return;
        }
        let (token, key) = self.waiting.remove(usize::from(place) % self.waiting.len());
        self.may_acknowledge += 1;
        self.attest(token, key);
    }

    fn refuse(&mut self, place: u8) {
        if self.waiting.is_empty() {
            return;
        }
        let (token, _) = self.waiting.remove(usize::from(place) % self.waiting.len());
        let reason = Refusal::ALL[usize::from(place) % Refusal::ALL.len()];
        self.session.handle_refused(self.now, token, reason);
    }

    /// Proofs and refusals for signals that were not handed on, or not so.
    fn lie(&mut self, what: u8) {
        self.attest(SignalToken(u32::from(what)), RepeatKey([0xEE; 16]));
        let token = SignalToken(self.last_token.wrapping_add(1));
        self.session
            .handle_refused(self.now, token, Refusal::UnknownPath);
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
            2 => CloseReason::Incomplete,
            _ => return,
        };
        self.is_gone |= reason == CloseReason::Peer;
        self.session.handle_close(self.now, reason);
    }

    fn poll(&mut self) {
        loop {
            let sent = self.session.poll_transmit(&mut self.transmitted);
            let Some(event) = self.session.poll_event() else {
                if sent {
                    continue;
                }
                break;
            };
            match event {
                SessionEvent::Identify(claim) if claim.key.account.as_str() == "5678" => {
                    let identity = Identity::Refused {
                        account: claim.key.account,
                        reason: IdentityRefusal::UnknownAccount,
                    };
                    self.session.handle_identity(self.now, identity);
                }
                SessionEvent::Signal(outgoing) => {
                    self.last_token += 1;
                    assert!(outgoing.token == SignalToken(self.last_token));
                    let count = outgoing.signal.items.len();
                    assert!((1..=limits::MESSAGE_EVENTS).contains(&count));
                    assert!(outgoing.class == outgoing.signal.class());
                    self.waiting.push((outgoing.token, outgoing.key));
                }
                SessionEvent::Count(Counted::Supervision) => self.may_acknowledge += 1,
                SessionEvent::Close(_) => self.closes += 1,
                SessionEvent::Learned { learned, .. } => self.admitted.learned = learned,
                SessionEvent::Stray(stray) => assert!(!stray.raw.is_empty()),
                SessionEvent::Report { .. } => panic!("DC-09 knows no reports"),
                SessionEvent::Identify(_)
                | SessionEvent::Alive { .. }
                | SessionEvent::Skewed { .. }
                | SessionEvent::Count(_) => {}
            }
        }
        assert!(self.waiting.len() <= self.pipeline, "I7");
        assert!(self.closes <= 1, "closed twice");
    }

    fn check_transmitted(&self) {
        let mut deframer = Deframer::new();
        let mut input = self.transmitted.as_slice();
        let mut acknowledged = 0;
        while let Some(found) = deframer.next(&mut input) {
            let Found::Frame(envelope) = found else {
                panic!("something is transmitted that is no frame");
            };
            let reply = Reply::parse(envelope.covered()).expect("a reply");
            acknowledged += usize::from(reply.kind == ReplyKind::Ack);
            if reply.encrypted {
                let frame = Frame::parse(envelope.covered()).expect("a reply is a frame");
                assert!(decrypt(&key(), &frame.body[1..]).is_ok());
            }
        }
        assert!(!deframer.is_begun());
        assert!(acknowledged <= self.may_acknowledge, "I1");
    }
}

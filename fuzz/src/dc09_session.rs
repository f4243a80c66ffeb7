//! A DC-09 session under arbitrary inputs in arbitrary order.

use families::dc09::Dc09;
use model::{
    AckMode, Committed, Epoch, EventSeq, Mono, Now, PanelIndex, PathIndex, Refusal, RepeatKey,
    SignalToken, Wall, limits,
};
use proto::{
    Admitted, CloseReason, Counted, Family, Identity, Session, SessionEvent, SessionSetting,
};
use wire::dc09::reply::{Reply, ReplyKind};
use wire::dc09::{CrcForm, Deframer, Found, enclose};

/// The data is a list of steps: an octet that says what to do, then what it needs.
///
/// - Acknowledgements are at most supervision messages and proofs (I1).
/// - Signals without answer are at most the pipeline (I7).
/// - Tokens are dense from 1, and every signal has an event.
/// - Everything transmitted is a reply.
///
/// # Panics
///
/// If one of these does not hold.
pub fn dc09_session(data: &[u8]) {
    let mut steps = Steps(data);
    let pipeline = usize::from(steps.octet()) % 6;
    let setting = SessionSetting {
        pipeline,
        ..SessionSetting::default()
    };
    let mut driver = Driver {
        session: Dc09.open_stream(setting),
        now: Now {
            mono: Mono(1),
            wall: Wall(1_569_420_730_000_000),
        },
        pipeline: pipeline.max(1),
        waiting: Vec::new(),
        last_token: 0,
        may_acknowledge: 0,
        transmitted: Vec::new(),
        closes: 0,
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
}

struct Driver {
    session: Box<dyn Session>,
    now: Now,
    pipeline: usize,
    waiting: Vec<(SignalToken, RepeatKey)>,
    last_token: u32,
    may_acknowledge: usize,
    transmitted: Vec<u8>,
    closes: usize,
}

const ADMITTED: Admitted = Admitted {
    panel: PanelIndex(1),
    path: PathIndex(1),
    epoch: Epoch(1),
    hub: false,
};

impl Driver {
    fn step(&mut self, steps: &mut Steps<'_>) {
        let kind = steps.octet();
        match kind % 12 {
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
            6 => self.commit(steps.octet()),
            7 => self.refuse(steps.octet()),
            8 => self.lie(steps.octet()),
            9 => {
                let identity = Identity::Admitted(ADMITTED);
                self.session.handle_identity(self.now, identity);
            }
            10 => self.pass(steps.octet()),
            _ => self.end(steps.octet()),
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
                SessionEvent::Identify(key) if key.account.as_str() == "5678" => {
                    let account = key.account;
                    let identity = Identity::Refused { account };
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
                SessionEvent::Identify(_) | SessionEvent::Alive { .. } | SessionEvent::Count(_) => {
                }
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
        }
        assert!(!deframer.is_begun());
        assert!(acknowledged <= self.may_acknowledge, "I1");
    }
}

//! A panel protocol for tests: a line a frame.
//!
//! `ACCOUNT SEQUENCE CLASS` is a signal, answered `ok SEQUENCE` when it is committed. Class `null`
//! is supervision, answered `alive` at once. An unknown account is answered `duh`. What is no
//! frame is counted. When the gateway drains, the session says `bye`.

use std::collections::VecDeque;
use std::str::FromStr;

use model::{
    Account, AccountKey, Committed, EventClass, EventFlags, FamilyName, Mono, Now, PathIndex,
    Refusal, RepeatKey, Signal, SignalToken,
};
use proto::{
    Admitted, CloseReason, Counted, Family, Identity, Outgoing, Session, SessionEvent,
    SessionSetting,
};

#[derive(Debug)]
pub(crate) struct LineFamily;

impl Family for LineFamily {
    fn name(&self) -> FamilyName {
        FamilyName::parse("line").unwrap()
    }

    fn title(&self) -> &'static str {
        "Lines"
    }

    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session> {
        Box::new(LineSession {
            setting,
            input: Vec::new(),
            asked: None,
            waiting: VecDeque::new(),
            next_token: 1,
            events: VecDeque::new(),
            out: Vec::new(),
        })
    }
}

#[derive(Debug, Clone)]
struct Frame {
    account: Account,
    sequence: u16,
    class: String,
}

#[derive(Debug)]
struct LineSession {
    setting: SessionSetting,
    input: Vec<u8>,
    asked: Option<Frame>,
    waiting: VecDeque<(SignalToken, u16)>,
    next_token: u32,
    events: VecDeque<SessionEvent>,
    out: Vec<u8>,
}

impl LineSession {
    fn advance(&mut self) {
        while self.wants_read() {
            let Some(end) = self.input.iter().position(|b| *b == b'\n') else {
                return;
            };
            let line: Vec<u8> = self.input.drain(..=end).collect();
            match parse(&line) {
                Some(frame) => {
                    self.events.push_back(SessionEvent::Identify(AccountKey {
                        family: LineFamily.name(),
                        account: frame.account,
                        receiver: None,
                        line: None,
                    }));
                    self.asked = Some(frame);
                }
                None => self
                    .events
                    .push_back(SessionEvent::Count(Counted::NotAFrame)),
            }
        }
    }

    fn accept(&mut self, now: Now, frame: &Frame, admitted: Admitted) {
        if frame.class == "null" {
            self.events.push_back(SessionEvent::Alive {
                panel: admitted.panel,
                path: admitted.path,
            });
            self.out.extend_from_slice(b"alive\n");
            return;
        }
        let token = SignalToken(self.next_token);
        self.next_token += 1;
        self.waiting.push_back((token, frame.sequence));
        let outgoing = outgoing(now, token, frame, admitted.path);
        self.events
            .push_back(SessionEvent::Signal(Box::new(outgoing)));
    }
}

fn parse(line: &[u8]) -> Option<Frame> {
    let mut words = str::from_utf8(line).ok()?.split_whitespace();
    let frame = Frame {
        account: Account::parse(words.next()?.as_bytes()).ok()?,
        sequence: words.next()?.parse().ok()?,
        class: words.next()?.to_owned(),
    };
    (frame.class == "null" || EventClass::from_str(&frame.class).is_ok()).then_some(frame)
}

fn outgoing(now: Now, token: SignalToken, frame: &Frame, path: PathIndex) -> Outgoing {
    let mut key = [0; 16];
    key[..2].copy_from_slice(&frame.sequence.to_be_bytes());
    Outgoing {
        token,
        path,
        class: frame.class.parse().unwrap(),
        key: RepeatKey(key),
        received: now.wall,
        signal: Signal {
            account: frame.account,
            format: "LINE".parse().unwrap(),
            panel_sequence: Some(frame.sequence),
            panel_time: None,
            occurred: None,
            flags: EventFlags::empty(),
            items: Vec::new(),
            extended: Vec::new(),
            raw: Vec::new(),
        },
    }
}

impl Session for LineSession {
    fn handle_bytes(&mut self, _: Now, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        self.advance();
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        let frame = self.asked.take().expect("an answer follows a question");
        match identity {
            Identity::Admitted(admitted) => self.accept(now, &frame, admitted),
            Identity::Refused { account } => {
                assert_eq!(account, frame.account);
                self.events
                    .push_back(SessionEvent::Count(Counted::UnknownAccount));
                self.out.extend_from_slice(b"duh\n");
            }
        }
        self.advance();
    }

    fn handle_committed(&mut self, _: Now, proof: Committed) {
        let (token, sequence) = self.waiting.pop_front().expect("something waits");
        assert_eq!(token, proof.token(), "answers come in order (I5)");
        self.out
            .extend_from_slice(format!("ok {sequence}\n").as_bytes());
        self.advance();
    }

    fn handle_refused(&mut self, _: Now, token: SignalToken, _: Refusal) {
        let (first, _) = self.waiting.pop_front().expect("something waits");
        assert_eq!(first, token, "answers come in order (I5)");
        self.advance();
    }

    fn handle_close(&mut self, _: Now, reason: CloseReason) {
        if reason == CloseReason::Draining {
            self.out.extend_from_slice(b"bye\n");
        }
    }

    fn handle_timeout(&mut self, _: Now) {}

    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.out.is_empty();
        out.append(&mut self.out);
        any
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Mono> {
        None
    }

    fn wants_read(&self) -> bool {
        self.asked.is_none() && self.waiting.len() < self.setting.pipeline
    }
}

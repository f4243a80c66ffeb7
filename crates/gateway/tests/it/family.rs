//! A panel protocol for tests: a line a frame, over a stream or alone.
//!
//! `ACCOUNT SEQUENCE CLASS [KEY]` is a signal, answered `ok SEQUENCE` when it is committed; with `?`
//! behind its class it is doubtful. Class `null` is supervision, answered `alive` at once; `skew` has
//! a clock that is wrong, answered `nak`; `learn` shows a habit and `report` the signal's strength, both
//! answered `alive`. An unknown account
//! and a wrong key are answered `duh`. What is no frame is counted. When the gateway drains, the
//! session says `bye`.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::Arc;

use model::{
    Account, AccountKey, CipherKey, Committed, EventClass, EventFlags, FamilyName, IdentityClaim,
    Learned, Mono, Now, PanelReport, PathIndex, Refusal, RepeatKey, Signal, SignalToken,
    StatusReport,
};
use proto::{
    Admitted, CloseReason, Counted, Family, Identity, Outgoing, Session, SessionEvent,
    SessionSetting, Stray, StrayReason,
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
            speaker: Speaker::Unknown,
            waiting: VecDeque::new(),
            gone: false,
            next_token: 1,
            events: VecDeque::new(),
            out: Vec::new(),
        })
    }

    fn open_datagram(&self, setting: SessionSetting) -> Option<Box<dyn Session>> {
        Some(self.open_stream(setting))
    }
}

#[derive(Debug, Clone)]
struct Frame {
    account: Account,
    sequence: u16,
    class: String,
    doubtful: bool,
    key: Option<String>,
}

#[derive(Debug)]
enum Speaker {
    Unknown,
    Asked(Frame),
    Known(Account, Arc<Admitted>),
}

#[derive(Debug)]
struct LineSession {
    setting: SessionSetting,
    input: Vec<u8>,
    speaker: Speaker,
    waiting: VecDeque<(SignalToken, u16)>,
    gone: bool,
    next_token: u32,
    events: VecDeque<SessionEvent>,
    out: Vec<u8>,
}

impl LineSession {
    fn advance(&mut self, now: Now) {
        while self.wants_read() {
            let Some(end) = self.input.iter().position(|b| *b == b'\n') else {
                return;
            };
            let line: Vec<u8> = self.input.drain(..=end).collect();
            match (parse(&line), &self.speaker) {
                (Some(frame), Speaker::Known(account, admitted)) if *account == frame.account => {
                    let admitted = Arc::clone(admitted);
                    self.accept(now, &frame, &admitted);
                }
                (Some(frame), _) => {
                    let key = self.key(frame.account);
                    let claim = Box::new(IdentityClaim::of_account(key));
                    self.events.push_back(SessionEvent::Identify(claim));
                    self.speaker = Speaker::Asked(frame);
                }
                (None, _) => self.count(Counted::NotAFrame),
            }
        }
    }

    fn key(&self, account: Account) -> AccountKey {
        AccountKey {
            family: LineFamily.name(),
            account,
            listener: self.setting.listener,
            receiver: None,
            line: None,
            path_name: None,
        }
    }

    fn count(&mut self, reason: Counted) {
        self.events.push_back(SessionEvent::Count(reason));
    }

    fn accept(&mut self, now: Now, frame: &Frame, admitted: &Admitted) {
        let (panel, path) = (admitted.panel, admitted.path);
        let given = frame.key.as_deref().map(str::as_bytes);
        if given != admitted.keys.first().map(CipherKey::octets) {
            return self.refuse(now, frame, StrayReason::WrongKey);
        }
        match frame.class.as_str() {
            "null" => {
                self.events.push_back(SessionEvent::Alive { panel, path });
                self.out.extend_from_slice(b"alive\n");
            }
            "skew" => {
                self.events.push_back(SessionEvent::Skewed { path });
                self.out.extend_from_slice(b"nak\n");
            }
            "learn" => {
                let learned = Learned {
                    once_encrypted: true,
                    ..Learned::default()
                };
                self.events
                    .push_back(SessionEvent::Learned { path, learned });
                self.out.extend_from_slice(b"alive\n");
            }
            "report" => {
                let status = StatusReport {
                    rssi: Some(-71),
                    ..StatusReport::default()
                };
                let report = Box::new(PanelReport::Status(status));
                self.events.push_back(SessionEvent::Report { path, report });
                self.out.extend_from_slice(b"alive\n");
            }
            _ => {
                let token = SignalToken(self.next_token);
                self.next_token += 1;
                self.waiting.push_back((token, frame.sequence));
                let outgoing = Box::new(outgoing(now, token, frame, path));
                self.events.push_back(SessionEvent::Signal(outgoing));
            }
        }
    }

    fn refuse(&mut self, now: Now, frame: &Frame, reason: StrayReason) {
        if reason == StrayReason::UnknownAccount {
            self.count(Counted::UnknownAccount);
        }
        self.events.push_back(SessionEvent::Stray(Box::new(Stray {
            key: self.key(frame.account),
            reason,
            format: "LINE".parse().unwrap(),
            encrypted: frame.key.is_some(),
            acknowledged: false,
            received: now.wall,
            raw: frame.class.as_bytes().to_vec(),
        })));
        self.out.extend_from_slice(b"duh\n");
    }
}

fn parse(line: &[u8]) -> Option<Frame> {
    let mut words = str::from_utf8(line).ok()?.split_whitespace();
    let account = Account::parse(words.next()?.as_bytes()).ok()?;
    let sequence = words.next()?.parse().ok()?;
    let class = words.next()?;
    let frame = Frame {
        account,
        sequence,
        class: class.trim_end_matches('?').to_owned(),
        doubtful: class.ends_with('?'),
        key: words.next().map(str::to_owned),
    };
    let of_its_own = ["null", "skew", "learn", "report"].contains(&frame.class.as_str());
    (of_its_own || EventClass::from_str(&frame.class).is_ok()).then_some(frame)
}

fn outgoing(now: Now, token: SignalToken, frame: &Frame, path: PathIndex) -> Outgoing {
    let mut key = [0; 16];
    key[..2].copy_from_slice(&frame.sequence.to_be_bytes());
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::ODD_PADDING, frame.doubtful);
    Outgoing {
        token,
        path,
        class: frame.class.parse().unwrap(),
        key: RepeatKey(key),
        received: now.wall,
        skewed: false,
        numbered: false,
        signal: Signal {
            account: frame.account,
            format: "LINE".parse().unwrap(),
            panel_sequence: Some(frame.sequence.into()),
            panel_time: None,
            occurred: None,
            flags,
            items: Vec::new(),
            extended: Vec::new(),
            raw: Vec::new(),
        },
    }
}

impl Session for LineSession {
    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        self.advance(now);
    }

    fn handle_identity(&mut self, now: Now, identity: Identity) {
        match (
            std::mem::replace(&mut self.speaker, Speaker::Unknown),
            identity,
        ) {
            (Speaker::Asked(frame), Identity::Admitted(admitted)) => {
                self.speaker = Speaker::Known(frame.account, Arc::clone(&admitted));
                self.accept(now, &frame, &admitted);
            }
            (Speaker::Asked(frame), Identity::Refused { account, .. }) => {
                assert_eq!(account, frame.account);
                self.refuse(now, &frame, StrayReason::UnknownAccount);
            }
            (Speaker::Known(known, _), Identity::Stale { account }) => {
                assert_eq!(account, known, "only who speaks for it is asked anew");
            }
            (speaker, identity) => panic!("{identity:?} follows no question: {speaker:?}"),
        }
        self.advance(now);
    }

    fn handle_committed(&mut self, now: Now, proof: Committed) {
        let (token, sequence) = self.waiting.pop_front().expect("something waits");
        assert_eq!(token, proof.token(), "answers come in order (I5)");
        self.out
            .extend_from_slice(format!("ok {sequence}\n").as_bytes());
        self.advance(now);
    }

    fn handle_refused(&mut self, now: Now, token: SignalToken, _: Refusal) {
        let (first, _) = self.waiting.pop_front().expect("something waits");
        assert_eq!(first, token, "answers come in order (I5)");
        self.advance(now);
    }

    fn handle_close(&mut self, _: Now, reason: CloseReason) {
        match reason {
            CloseReason::Draining => self.out.extend_from_slice(b"bye\n"),
            _ => self.gone = true,
        }
    }

    fn handle_timeout(&mut self, _: Now) {}

    fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.out.is_empty() && !self.gone;
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
        !matches!(self.speaker, Speaker::Asked(_))
            && self.waiting.len() < self.setting.bounds.pipeline
    }
}

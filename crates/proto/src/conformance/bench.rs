//! A session under test, with what it asked for and what it said.
//!
//! Invariant: after every input the session is polled until nothing is left, as a driver does.

use std::sync::Arc;

use model::{
    AccountKey, AckMode, Committed, EventSeq, IdentityRefusal, Learned, ListenerName, Mono, Now,
    PanelIndex, PanelReport, PathIndex, PathPolicy, Refusal, RepeatKey, SignalToken,
};

use super::{BENCH_TIME, Subject};
use crate::{
    Admitted, CloseReason, Counted, Identity, Outgoing, Session, SessionBounds, SessionEvent,
    SessionSetting, Strangers, Stray,
};

/// How the bench answers questions for an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Admit,
    Refuse,
    Leave,
}

/// A path that the bench lets speak.
pub(super) const PANEL: PanelIndex = PanelIndex(7);
pub(super) const PATH: PathIndex = PathIndex(9);

/// A session, driven as a gateway drives it.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) session: Box<dyn Session>,
    admitted: Admitted,
    pub(super) now: Now,
    pub(super) asking: Asking,
    pub(super) questions: Vec<AccountKey>,
    pub(super) signals: Vec<Outgoing>,
    pub(super) alive: usize,
    pub(super) skewed: usize,
    pub(super) learned: Vec<Learned>,
    pub(super) reports: Vec<PanelReport>,
    pub(super) strays: Vec<Stray>,
    pub(super) counted: Vec<Counted>,
    pub(super) closes: Vec<CloseReason>,
    pub(super) transmitted: Vec<u8>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(subject: &Subject<'a>) -> Self {
        Self::with_bounds(subject, SessionBounds::default())
    }

    /// A connection behind its greeting, if its family has one.
    pub(super) fn with_bounds(subject: &Subject<'a>, bounds: SessionBounds) -> Self {
        let session = subject.family.open_stream(setting(bounds));
        let mut bench = Self::with_session(subject, session);
        if let Some(greeting) = subject.fixture.greeting() {
            bench.feed(&greeting);
            assert_eq!(bench.questions.len(), 1, "the greeting says who speaks");
            assert!(bench.closes.is_empty() && bench.session.wants_read());
            bench.transmitted.clear();
            bench.counted.clear();
            bench.alive = 0;
        }
        bench
    }

    /// A connection that was just accepted, on which `asking` is how questions are answered, behind the
    /// octets of its greeting, if its family has one.
    pub(super) fn greeting(subject: &Subject<'a>, asking: Asking) -> Self {
        let session = subject
            .family
            .open_stream(setting(SessionBounds::default()));
        let mut bench = Self::with_session(subject, session);
        bench.asking = asking;
        bench.feed(&subject.fixture.greeting().unwrap_or_default());
        bench
    }

    /// A session for one datagram, if the family knows such.
    pub(super) fn datagram(subject: &Subject<'a>) -> Option<Self> {
        let setting = setting(SessionBounds::default());
        let session = subject.family.open_datagram(setting)?;
        Some(Self::with_session(subject, session))
    }

    fn with_session(subject: &Subject<'a>, session: Box<dyn Session>) -> Self {
        let mut admitted = Admitted::plain(PANEL, PATH);
        if let Some(encrypts) = subject.fixture.encrypts() {
            admitted.keys = encrypts.keys();
        }
        Self {
            subject: *subject,
            session,
            admitted,
            now: Now {
                mono: Mono(1_000_000_000),
                wall: BENCH_TIME,
                suspect: false,
            },
            asking: Asking::Admit,
            questions: Vec::new(),
            signals: Vec::new(),
            alive: 0,
            skewed: 0,
            learned: Vec::new(),
            reports: Vec::new(),
            strays: Vec::new(),
            counted: Vec::new(),
            closes: Vec::new(),
            transmitted: Vec::new(),
        }
    }

    pub(super) fn feed(&mut self, octets: &[u8]) {
        self.session.handle_bytes(self.now, octets);
        self.poll();
    }

    pub(super) fn feed_signals(&mut self, numbers: impl IntoIterator<Item = u16>) {
        for number in numbers {
            self.feed(&self.subject.fixture.signal(number));
        }
    }

    /// Polls until nothing is left, as a driver does after any input.
    pub(super) fn poll(&mut self) {
        loop {
            let sent = self.session.poll_transmit(&mut self.transmitted);
            let Some(event) = self.session.poll_event() else {
                if sent {
                    continue;
                }
                return;
            };
            match event {
                SessionEvent::Identify(claim) => self.asked(claim.key),
                SessionEvent::Signal(outgoing) => self.signals.push(*outgoing),
                SessionEvent::Alive { panel, path } => {
                    assert_eq!((panel, path), (PANEL, PATH));
                    self.alive += 1;
                }
                SessionEvent::Skewed { path } => {
                    assert_eq!(path, PATH);
                    self.skewed += 1;
                }
                SessionEvent::Learned { path, learned } => {
                    assert_eq!(path, PATH);
                    self.learned.push(learned);
                }
                SessionEvent::Report { path, report } => {
                    assert_eq!(path, PATH);
                    self.reports.push(*report);
                }
                SessionEvent::Stray(stray) => self.strays.push(*stray),
                SessionEvent::Count(reason) => self.counted.push(reason),
                SessionEvent::Close(reason) => self.closes.push(reason),
            }
        }
    }

    fn asked(&mut self, key: AccountKey) {
        self.questions.push(key);
        match self.asking {
            Asking::Admit => self.identify_admitted(),
            Asking::Refuse => self.identify(Identity::Refused {
                account: key.account,
                reason: IdentityRefusal::UnknownAccount,
            }),
            Asking::Leave => {}
        }
    }

    fn identify(&mut self, identity: Identity) {
        self.session.handle_identity(self.now, identity);
    }

    fn identify_admitted(&mut self) {
        self.identify(Identity::Admitted(Arc::new(self.admitted.clone())));
    }

    /// Changes what the path may do, from the next question on.
    pub(super) fn set_policy(&mut self, change: impl FnOnce(&mut PathPolicy)) {
        change(&mut self.admitted.policy);
    }

    pub(super) fn admit(&mut self) {
        self.identify_admitted();
        self.poll();
    }

    /// What was transmitted, reply by reply.
    pub(super) fn answers(&self) -> Vec<Vec<u8>> {
        self.subject.fixture.replies(&self.transmitted)
    }

    /// Proves the signal at this place of `signals`.
    pub(super) fn commit(&mut self, place: usize) {
        let Outgoing { token, key, .. } = self.signals[place];
        self.attest(token, key);
    }

    pub(super) fn commit_all(&mut self) {
        let mut next = 0;
        while next < self.signals.len() {
            self.commit(next);
            next += 1;
        }
    }

    pub(super) fn attest(&mut self, token: SignalToken, key: RepeatKey) {
        let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
        self.session.handle_committed(self.now, proof);
        self.poll();
    }

    pub(super) fn refuse(&mut self, place: usize) {
        self.refuse_for(place, Refusal::UnknownPath);
    }

    pub(super) fn refuse_for(&mut self, place: usize, reason: Refusal) {
        let token = self.signals[place].token;
        self.session.handle_refused(self.now, token, reason);
        self.poll();
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        self.session.handle_close(self.now, reason);
        self.poll();
    }

    /// Moves both clocks, and tells the session if its deadline has passed.
    pub(super) fn pass(&mut self, nanos: u64) {
        self.now.mono.0 += nanos;
        self.now.wall.0 += i64::try_from(nanos / 1_000).unwrap_or(i64::MAX);
        if self
            .session
            .poll_timeout()
            .is_some_and(|due| due <= self.now.mono)
        {
            self.session.handle_timeout(self.now);
            self.poll();
        }
    }

    /// The numbers of the signals that were acknowledged, in the order of their replies, of those
    /// from 1 to 99.
    pub(super) fn acknowledged(&self) -> Vec<u16> {
        let fixture = self.subject.fixture;
        let replies = fixture.replies(&self.transmitted);
        let number = |reply: &Vec<u8>| {
            (1..100).find(|number| fixture.acknowledges(reply, &fixture.signal(*number)))
        };
        replies.iter().filter_map(number).collect()
    }

    /// What is the same however the input was split.
    pub(super) fn outcome(&self) -> (Vec<Outgoing>, Vec<u8>, usize) {
        (
            self.signals.clone(),
            self.transmitted.clone(),
            self.questions.len(),
        )
    }
}

fn setting(bounds: SessionBounds) -> SessionSetting {
    SessionSetting {
        listener: ListenerName::parse("bench").expect("lower-case letters"),
        strangers: Strangers::Decline,
        seed: [0x5E; 16],
        bounds,
    }
}

/// Repeatable chance: xorshift, with a fixed seed for each behaviour.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.0 % bound).unwrap_or(0)
    }
}

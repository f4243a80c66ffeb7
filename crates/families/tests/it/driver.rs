//! A connection with an engine behind it that registers, stores and remembers as it is told.

use std::sync::Arc;

use model::{
    AckMode, CipherKey, Committed, EventSeq, IdentityRefusal, Learned, ListenerName, Mono, Now,
    PanelIndex, PathIndex, Refusal, Wall,
};
use proto::conformance::BENCH_TIME;
use proto::{
    Admitted, CloseReason, Family, Identity, Outgoing, Session, SessionBounds, SessionEvent,
    SessionSetting, Strangers, Stray,
};
use wire::dc09::{CrcForm, Deframer, Found, Frame, Message, PadKind, decrypt};

pub(crate) const PATH: PathIndex = PathIndex(1);

pub(crate) fn setting() -> SessionSetting {
    SessionSetting {
        listener: ListenerName::parse("dc09").unwrap(),
        strangers: Strangers::Decline,
        seed: [7; 16],
        bounds: SessionBounds::default(),
    }
}

pub(crate) fn key() -> CipherKey {
    CipherKey::from_ascii("sixteen letters.").unwrap()
}

pub(crate) fn other_key() -> CipherKey {
    CipherKey::from_ascii("another thirty-two letters' key.").unwrap()
}

/// The path of account 1234 with these keys.
pub(crate) fn with_keys(keys: impl IntoIterator<Item = CipherKey>) -> Admitted {
    let mut admitted = Admitted::plain(PanelIndex(1), PATH);
    admitted.keys.extend(keys);
    admitted
}

/// What becomes of a signal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Stored,
    Refused(Refusal),
}

/// A connection, and what is registered for account 1234.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) session: Box<dyn Session>,
    pub(crate) now: Now,
    pub(crate) registered: Option<Admitted>,
    pub(crate) fate: Fate,
}

/// What one read brought.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) replies: Vec<u8>,
    pub(crate) signals: Vec<Outgoing>,
    pub(crate) strays: Vec<Stray>,
    pub(crate) learned: Vec<Learned>,
    pub(crate) counted: Vec<&'static str>,
    pub(crate) closes: Vec<CloseReason>,
    pub(crate) alive: usize,
    pub(crate) skewed: usize,
}

impl Line {
    pub(crate) fn new(registered: Option<Admitted>) -> Self {
        Self::with_setting(registered, setting())
    }

    pub(crate) fn with_setting(registered: Option<Admitted>, setting: SessionSetting) -> Self {
        let session = families::dc09::Dc09.open_stream(setting);
        Self::of(session, registered)
    }

    pub(crate) fn of(session: Box<dyn Session>, registered: Option<Admitted>) -> Self {
        Self {
            session,
            now: Now {
                mono: Mono(1),
                wall: BENCH_TIME,
                suspect: false,
            },
            registered,
            fate: Fate::Stored,
        }
    }

    pub(crate) fn say(&mut self, octets: &[u8]) -> Heard {
        self.session.handle_bytes(self.now, octets);
        let mut heard = Heard::default();
        while let Some(event) = self.session.poll_event() {
            self.answer(event, &mut heard);
        }
        self.session.poll_transmit(&mut heard.replies);
        heard
    }

    fn answer(&mut self, event: SessionEvent, heard: &mut Heard) {
        match event {
            SessionEvent::Identify(claim) => {
                let identity = match self.registered.clone() {
                    Some(admitted) => Identity::Admitted(Arc::new(admitted)),
                    None => Identity::Refused {
                        account: claim.key.account,
                        reason: IdentityRefusal::UnknownAccount,
                    },
                };
                self.session.handle_identity(self.now, identity);
            }
            SessionEvent::Signal(outgoing) => {
                let (token, key) = (outgoing.token, outgoing.key);
                match self.fate {
                    Fate::Stored => {
                        let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
                        self.session.handle_committed(self.now, proof);
                    }
                    Fate::Refused(reason) => {
                        self.session.handle_refused(self.now, token, reason);
                    }
                }
                heard.signals.push(*outgoing);
            }
            SessionEvent::Learned { path, learned } => {
                assert_eq!(path, PATH);
                if let Some(registered) = &mut self.registered {
                    registered.learned = learned.clone();
                }
                heard.learned.push(learned);
            }
            SessionEvent::Alive { .. } => heard.alive += 1,
            SessionEvent::Skewed { .. } => heard.skewed += 1,
            SessionEvent::Report { .. } => panic!("DC-09 knows no reports"),
            SessionEvent::Stray(stray) => heard.strays.push(*stray),
            SessionEvent::Count(reason) => heard.counted.push(reason.as_str()),
            SessionEvent::Close(reason) => heard.closes.push(reason),
        }
    }
}

/// The frames that octets are.
pub(crate) fn frames(mut octets: &[u8]) -> Vec<Vec<u8>> {
    let mut deframer = Deframer::new();
    let mut frames = Vec::new();
    while let Some(found) = deframer.next(&mut octets) {
        match found {
            Found::Frame(envelope) => frames.push(envelope.covered().to_vec()),
            Found::Refused(reason) => panic!("no frame: {reason:?}"),
        }
    }
    frames
}

impl Heard {
    /// The replies: their tokens with the asterisk, and the header; of an encrypted one also that
    /// `key` opens it.
    pub(crate) fn words(&self, key: &CipherKey) -> Vec<String> {
        let frames = frames(&self.replies);
        let words = frames.iter().map(|covered| {
            let frame = Frame::parse(covered).unwrap();
            if frame.encrypted {
                decrypt(key, &frame.body[1..]).unwrap();
            }
            let end = covered.iter().position(|octet| *octet == b'[').unwrap();
            String::from_utf8(covered[..end].to_vec()).unwrap()
        });
        words.collect()
    }
}

/// A message that is sent at `sent`.
pub(crate) fn at(message: Message<'_>, sent: Wall) -> Message<'_> {
    Message {
        sent: Some(sent),
        ..message
    }
}

/// Encrypts, with a pad of 16 to 31 octets of this kind made of `random`.
pub(crate) fn encrypt(
    message: &Message<'_>,
    key: &CipherKey,
    kind: PadKind,
    random: &mut dyn FnMut() -> u8,
) -> Vec<u8> {
    let length = message.pad_length(true);
    let mut pad: Vec<u8> = (0..length).map(|_| random()).collect();
    kind.shape(&mut pad);
    let mut out = Vec::new();
    message
        .encode_encrypted(key, &pad, true, CrcForm::Text, &mut out)
        .unwrap();
    out
}

/// Encrypts with a pad of `p`.
pub(crate) fn sealed(message: &Message<'_>, key: &CipherKey) -> Vec<u8> {
    encrypt(message, key, PadKind::Constant(b'p'), &mut || 0)
}

/// Repeatable chance.
pub(crate) fn dice(seed: u64) -> impl FnMut() -> u8 {
    let mut state = seed;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u8::try_from(state >> 56).unwrap()
    }
}

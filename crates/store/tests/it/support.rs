//! A clock set by hand, seeded entropy, folders that go away, and events to store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arrayvec::ArrayString;
use engine::ports::{NewMessage, Sealer};
use model::{
    Account, Clock, Code, Entropy, EventFlags, Extended, FamilyName, IdSource, Message, Mono,
    NewEvent, Now, OrganisationId, PanelId, PathId, PathIndex, Point, PointNumber, RepeatKey,
    SiteId, Wall,
};
use store::{Settings, Store};
use zeroize::Zeroizing;

/// 2026-03-10T12:00:00Z, a day without peculiarities.
pub(crate) const NOON: Wall = Wall(1_773_144_000_000_000);
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// A clock that moves when it is told to.
#[derive(Debug)]
pub(crate) struct TestClock {
    wall: AtomicI64,
    mono: AtomicU64,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            wall: AtomicI64::new(NOON.0),
            mono: AtomicU64::new(1),
        })
    }

    pub(crate) fn wall(&self) -> Wall {
        Wall(self.wall.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, micros: i64) {
        self.wall.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        Now {
            mono: Mono(self.mono.fetch_add(1_000, Ordering::SeqCst)),
            wall: self.wall(),
            suspect: false,
        }
    }
}

/// Octets that look random and are the same in every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Entropy for Seeded {
    fn fill(&mut self, buffer: &mut [u8]) {
        for octet in buffer {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *octet = self.0.to_be_bytes()[0];
        }
    }
}

/// Seals by a mask that anybody could see through; what it keeps is the sealer's contract.
struct Mask(u8);

impl Sealer for Mask {
    fn seal(&self, context: &[u8], secret: &[u8]) -> Vec<u8> {
        let masked = secret.iter().map(|octet| octet ^ self.0);
        let head = [self.0].into_iter().chain(context.iter().copied());
        head.chain(masked).collect()
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let masked = sealed.strip_prefix(&[self.0])?.strip_prefix(context)?;
        let secret = masked.iter().map(|octet| octet ^ self.0).collect();
        Some(Zeroizing::new(secret))
    }
}

/// A data folder for one test.
pub(crate) struct Folder {
    _temporary: Option<tempfile::TempDir>,
    pub(crate) path: PathBuf,
    pub(crate) clock: Arc<TestClock>,
    /// Stands for the key file.
    pub(crate) seal: u8,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        Self {
            path: temporary.path().to_owned(),
            _temporary: Some(temporary),
            clock: TestClock::new(),
            seal: 0xA5,
        }
    }

    /// A folder that somebody else made and removes.
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            _temporary: None,
            clock: TestClock::new(),
            seal: 0xA5,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let ids = IdSource::new(Arc::clone(&clock), Box::new(Seeded(clock.now().mono.0)));
        let sealer = Arc::new(Mask(self.seal));
        let mut settings = Settings::new(self.path.clone(), clock, ids, sealer);
        settings.ballast_bytes = 64 << 10;
        settings
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(self.settings()).unwrap()
    }

    /// The folder as a process that dies now leaves it, as far as other processes can tell.
    pub(crate) fn as_if_killed(&self) -> Self {
        let copy = Self::new();
        copy.clock.advance(self.clock.wall() - copy.clock.wall());
        copy_all(&self.path, &copy.path);
        copy
    }

    pub(crate) fn day_file(&self, day: &str) -> PathBuf {
        self.path.join("journal").join(format!("{day}.db"))
    }
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub(crate) fn panel(number: u32) -> PanelId {
    PanelId::from_bytes(u128::from(number).to_be_bytes())
}

pub(crate) fn key(number: u32) -> RepeatKey {
    // Spread over both halves, so that half a key is not enough to tell two apart.
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
    octets[12..].copy_from_slice(&number.to_be_bytes());
    RepeatKey(octets)
}

/// A burglary alarm without personal data, by path `path` of the panel of the same number.
pub(crate) fn event(path: u32, received: Wall) -> NewEvent {
    let code = Code::contact_id(b"1130").unwrap();
    NewEvent {
        path: PathIndex(path),
        path_id: PathId::from_bytes(u128::from(path).to_le_bytes()),
        panel: panel(path),
        site: SiteId::from_bytes([1; 16]),
        organisation: OrganisationId::from_bytes([2; 16]),
        family: FamilyName::parse("dc09").unwrap(),
        format: ArrayString::from("ADM-CID").unwrap(),
        account: account(path),
        code,
        class: code.meaning().class,
        partition: PointNumber::parse(b"1"),
        point: PointNumber::parse(b"7").map(Point::Zone),
        panel_sequence: Some(1),
        panel_time: None,
        occurred: None,
        received,
        flags: EventFlags::empty(),
        text: None,
        message: None,
    }
}

pub(crate) fn account(number: u32) -> Account {
    Account::parse(format!("A{number}").as_bytes()).unwrap()
}

/// A message of one event.
pub(crate) fn message(path: u32, key_number: u32, received: Wall) -> NewMessage {
    let mut event = event(path, received);
    event.text = Some(format!("Zone {key_number}, Küche"));
    event.message = Some(Message {
        key: key(key_number),
        extended: vec![Extended {
            letter: b'X',
            content: b"013E45.0".to_vec(),
        }],
        raw: format!("\n0000001A\"ADM-CID\"{key_number}\r").into_bytes(),
    });
    NewMessage {
        events: vec![event],
    }
}

/// The same with another code.
pub(crate) fn coded(mut message: NewMessage, code: &str) -> NewMessage {
    for event in &mut message.events {
        event.code = Code::contact_id(code.as_bytes()).unwrap();
        event.class = event.code.meaning().class;
    }
    message
}

/// The same with a frame timestamp.
pub(crate) fn timed(mut message: NewMessage, time: Wall) -> NewMessage {
    for event in &mut message.events {
        event.panel_time = Some(time);
    }
    message
}

//! The engine's ports in the test's hand.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::ports::{
    Admission, Answer, Answering, Arrival, Changed, GatewayLoad, Identities, Intake, Learns,
    PathBinding, ProvidesTls, Quarantines, SessionPlace, Sessions, Sign, StrayFrame, Submission,
    Supervises, TakesReports, TlsMaterial, WatchesClocks, WatchesHealth, WatchesLoad,
};
use model::{
    Account, AckMode, CipherKey, Clock, Committed, Epoch, EventSeq, IdentityClaim, IdentityRefusal,
    IntakeState, Learned, Mono, OrganisationId, PanelId, PanelIndex, PanelReport, Path, PathId,
    PathIndex, PathPolicy, PeerCertificate, Proven, Refusal, SiteId, Wall,
};
use tokio::sync::{broadcast, watch};

use crate::family::LineFamily;
use crate::world::HandClock;

/// An intake that hands every submission to the test, or commits it by itself.
pub(crate) struct FakeIntake {
    clock: Arc<HandClock>,
    commits_itself: AtomicBool,
    last: AtomicU64,
    submitted: SyncSender<Submission>,
    state: watch::Sender<IntakeState>,
}

impl FakeIntake {
    pub(crate) fn new(clock: Arc<HandClock>, submitted: SyncSender<Submission>) -> Self {
        let intake = Self {
            clock,
            commits_itself: AtomicBool::new(false),
            last: AtomicU64::new(0),
            submitted,
            state: watch::Sender::default(),
        };
        intake.promise();
        intake
    }

    /// The last commit was just now.
    pub(crate) fn promise(&self) {
        self.state.send_replace(IntakeState {
            last_commit: Some(self.clock.now().mono),
            clock_suspect: false,
        });
    }

    pub(crate) fn commit(&self, submission: &Submission) {
        let seq = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        let proof = Committed::attest(
            submission.origin.token,
            submission.key,
            EventSeq(seq),
            AckMode::Stored,
        );
        let connection = submission.origin.connection;
        // The gateway's link may be gone.
        let _sent = submission
            .answers
            .try_send(Answer::Committed { connection, proof });
    }

    pub(crate) fn commit_by_itself(&self) {
        self.commits_itself.store(true, Ordering::SeqCst);
    }
}

impl Intake for FakeIntake {
    fn submit(&self, submission: Submission) -> Answering<'_, ()> {
        if self.commits_itself.load(Ordering::SeqCst) {
            self.commit(&submission);
        }
        self.submitted.try_send(submission).unwrap();
        Box::pin(std::future::ready(()))
    }

    fn state(&self) -> watch::Receiver<IntakeState> {
        self.state.subscribe()
    }
}

pub(crate) fn refuse(submission: &Submission) {
    let answer = Answer::Refused {
        connection: submission.origin.connection,
        token: submission.origin.token,
        reason: Refusal::UnknownPath,
    };
    submission.answers.try_send(answer).unwrap();
}

/// Everybody is known whose account is a number, until a test says otherwise.
pub(crate) struct FakeIdentities {
    unknown: Mutex<HashSet<Account>>,
    keys: Mutex<HashMap<Account, CipherKey>>,
    asked: Mutex<Vec<Account>>,
    shown: Mutex<Vec<Option<PeerCertificate>>>,
    changes: broadcast::Sender<Changed>,
}

impl Default for FakeIdentities {
    fn default() -> Self {
        Self {
            unknown: Mutex::default(),
            keys: Mutex::default(),
            asked: Mutex::default(),
            shown: Mutex::default(),
            changes: broadcast::Sender::new(16),
        }
    }
}

fn account(text: &str) -> Account {
    Account::parse(text.as_bytes()).unwrap()
}

impl FakeIdentities {
    pub(crate) fn hide(&self, text: &str) {
        self.unknown.lock().unwrap().insert(account(text));
    }

    pub(crate) fn register(&self, text: &str) {
        self.unknown.lock().unwrap().remove(&account(text));
        self.change(text);
    }

    /// From now on the account's frames must show this key.
    pub(crate) fn give_key(&self, text: &str, key: &str) {
        let key = CipherKey::from_ascii(key).unwrap();
        self.keys.lock().unwrap().insert(account(text), key);
        self.change(text);
    }

    fn change(&self, text: &str) {
        let one = (proto::Family::name(&LineFamily), account(text));
        // Nobody may be listening yet.
        let _told = self.changes.send(Changed::Accounts(Arc::new(vec![one])));
    }

    /// How many questions came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What was shown with the latest question.
    pub(crate) fn last_shown(&self) -> Option<PeerCertificate> {
        self.shown.lock().unwrap().last().cloned().flatten()
    }

    /// From now on the account is not let in, nor is whoever is there as it.
    pub(crate) fn revoke(&self, text: &str) {
        self.hide(text);
        self.change(text);
    }

    /// How many questions came about this account.
    pub(crate) fn asked_for(&self, text: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| **one == account(text)).count()
    }
}

impl Identities for FakeIdentities {
    fn identify(
        &self,
        claim: &IdentityClaim,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Admission, IdentityRefusal> {
        let key = claim.key;
        self.asked.lock().unwrap().push(key.account);
        self.shown.lock().unwrap().push(certificate.cloned());
        let named =
            |one: &PeerCertificate| one.names.iter().any(|name| **name == *key.account.as_str());
        match certificate {
            None if claim.must_prove => return Err(IdentityRefusal::NoProof),
            Some(one) if !named(one) => return Err(IdentityRefusal::WrongCertificate),
            _ => {}
        }
        let number = key.account.as_str().parse();
        let number: u32 = number.map_err(|_| IdentityRefusal::UnknownAccount)?;
        if self.unknown.lock().unwrap().contains(&key.account) {
            return Err(IdentityRefusal::UnknownAccount);
        }
        let keys = self.keys.lock().unwrap().get(&key.account).cloned();
        let binding = Arc::new(PathBinding {
            path: Path {
                id: PathId::from_bytes([0; 16]),
                index: PathIndex(number),
                family: key.family,
                account: key.account,
                receiver: None,
                line: None,
                listener: None,
                policy: PathPolicy::default(),
                cipher: None,
                path_name: None,
            },
            panel: PanelId::from_bytes([0; 16]),
            panel_index: PanelIndex(number),
            site: SiteId::from_bytes([0; 16]),
            organisation: OrganisationId::from_bytes([0; 16]),
            learned: Learned {
                once_encrypted: keys.is_some(),
                ..Learned::default()
            },
            keys: keys.into_iter().collect(),
            secret: None,
            disabled: false,
        });
        Ok(Admission {
            binding,
            proven: match certificate {
                Some(_) => Proven::ByCertificate,
                None => Proven::ByFrames,
            },
        })
    }

    fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }
}

/// Everything that gateways saw beside signals, in its order.
#[derive(Debug, Default)]
pub(crate) struct FakeWatch(Mutex<Vec<Saw>>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Saw {
    Heard(Sign),
    Left(PathIndex, Epoch),
    Gateway(bool),
    Skewed(PathIndex),
    Agreed(PathIndex),
    Learned(PathIndex, Learned),
    Stray(StrayFrame),
    Flood(IpAddr, Option<PathIndex>),
    Told(PathIndex, PanelReport),
}

impl FakeWatch {
    pub(crate) fn all(&self) -> Vec<Saw> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn has(&self, saw: &Saw) -> bool {
        self.all().contains(saw)
    }

    /// The epochs under which the path was heard, each once, in their order.
    pub(crate) fn epochs(&self, path: u32) -> Vec<Epoch> {
        let mut epochs: Vec<_> = self
            .all()
            .into_iter()
            .filter_map(|saw| match saw {
                Saw::Heard(sign) if sign.path == PathIndex(path) => Some(sign.epoch),
                _ => None,
            })
            .collect();
        epochs.dedup();
        epochs
    }

    pub(crate) fn is_heard(&self, path: u32) -> bool {
        !self.epochs(path).is_empty()
    }

    pub(crate) fn floods(&self) -> Vec<(IpAddr, Option<PathIndex>)> {
        let floods = self.all().into_iter().filter_map(|saw| match saw {
            Saw::Flood(source, path) => Some((source, path)),
            _ => None,
        });
        floods.collect()
    }

    pub(crate) fn strays(&self) -> Vec<StrayFrame> {
        let strays = self.all().into_iter().filter_map(|saw| match saw {
            Saw::Stray(stray) => Some(stray),
            _ => None,
        });
        strays.collect()
    }

    fn saw(&self, saw: Saw) {
        self.0.lock().unwrap().push(saw);
    }
}

impl Supervises for FakeWatch {
    fn heard(&self, signs: &[Sign]) {
        for sign in signs {
            self.saw(Saw::Heard(*sign));
        }
    }

    fn left(&self, path: PathIndex, epoch: Epoch, _: Mono) {
        self.saw(Saw::Left(path, epoch));
    }

    /// Paths below 100 are of a high class.
    fn keep_alive(&self, path: PathIndex) -> Option<Duration> {
        (path.0 < 100).then_some(Duration::from_secs(39))
    }

    fn gateway(&self, here: bool, _: Mono) {
        self.saw(Saw::Gateway(here));
    }
}

impl WatchesHealth for FakeWatch {
    fn counted(&self, _: u16, _: &[(&'static str, u64)], _: Duration) {}
}

impl WatchesLoad for FakeWatch {
    fn loaded(&self, _: u16, _: GatewayLoad) {}

    fn unlinked(&self, _: u16) {}
}

impl WatchesClocks for FakeWatch {
    fn skewed(&self, path: PathIndex, _: Mono) {
        self.saw(Saw::Skewed(path));
    }

    fn agreed(&self, path: PathIndex, _: Mono) {
        self.saw(Saw::Agreed(path));
    }
}

impl Learns for FakeWatch {
    fn learned(&self, path: PathIndex, learned: Learned) {
        self.saw(Saw::Learned(path, learned));
    }
}

impl Quarantines for FakeWatch {
    fn stray(&self, stray: StrayFrame) {
        self.saw(Saw::Stray(stray));
    }

    fn flood(&self, source: IpAddr, path: Option<PathIndex>, _: Wall) {
        self.saw(Saw::Flood(source, path));
    }
}

impl TakesReports for FakeWatch {
    fn told(&self, path: PathIndex, report: PanelReport, _: Mono) {
        self.saw(Saw::Told(path, report));
    }
}

/// Material in the test's hand.
pub(crate) struct FakeTls(watch::Sender<Option<Arc<TlsMaterial>>>);

impl Default for FakeTls {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl FakeTls {
    pub(crate) fn give(&self, material: TlsMaterial) {
        self.0.send_replace(Some(Arc::new(material)));
    }
}

impl ProvidesTls for FakeTls {
    fn material(&self) -> watch::Receiver<Option<Arc<TlsMaterial>>> {
        self.0.subscribe()
    }
}

/// Where paths are: the latest arrival counts.
#[derive(Default)]
pub(crate) struct FakeSessions {
    places: Mutex<HashMap<PathIndex, SessionPlace>>,
    arrivals: AtomicU64,
    spoke: Mutex<HashSet<PathIndex>>,
}

impl FakeSessions {
    pub(crate) fn place(&self, path: u32) -> Option<SessionPlace> {
        self.places.lock().unwrap().get(&PathIndex(path)).copied()
    }

    pub(crate) fn arrivals(&self) -> u64 {
        self.arrivals.load(Ordering::SeqCst)
    }

    pub(crate) fn has_spoken(&self, path: u32) -> bool {
        self.spoke.lock().unwrap().contains(&PathIndex(path))
    }
}

impl Sessions for FakeSessions {
    fn arrived(&self, arrival: Arrival) -> Option<SessionPlace> {
        self.arrivals.fetch_add(1, Ordering::SeqCst);
        let mut places = self.places.lock().unwrap();
        places.insert(arrival.path, arrival.place)
    }

    fn spoke(&self, path: PathIndex, _: Epoch, _: Mono) {
        self.spoke.lock().unwrap().insert(path);
    }

    fn gateway_gone(&self, gateway: u16) {
        let mut places = self.places.lock().unwrap();
        places.retain(|_, place| place.gateway != gateway);
    }

    fn gone(&self, path: PathIndex, place: SessionPlace, _: Mono) {
        let mut places = self.places.lock().unwrap();
        if places.get(&path) == Some(&place) {
            places.remove(&path);
        }
    }
}

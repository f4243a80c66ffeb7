//! What trust works with, in the test's hand.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{
    Actor, Clock, Entropy, EventSeq, FamilyName, Issuer, Now, PanelId, PanelIndex, PanelSecret,
    PathId, PathIndex, PathName, Serial, Wall, micros,
};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::super::{Parts, Task, Trust, start};
use crate::ports::{
    AddError, Answering, Authority, AuthorityError, CertificateOrder, CertificateRow, ChangeError,
    Credentials, ExpiryTold, Loaded, OwnEvent, PathBinding, ProvidesTls, ReadError, Reports,
    TicketKey, TlsMaterial, TrustStore, TrustedRoot,
};
use crate::registry::Registry;
use crate::registry::tests::binding;
use crate::registry::tests::shelf::Shelf;

pub(super) const NOON: Wall = Wall(1_795_378_500_000_000);
pub(super) const OURS: Issuer = Issuer([1; 32]);
pub(super) const THEIRS: Issuer = Issuer([2; 32]);

pub(super) fn hours(hours: i64) -> Wall {
    Wall(NOON.0 + hours * micros(Duration::from_hours(1)))
}

pub(super) fn days(days: i64) -> Wall {
    hours(24 * days)
}

#[derive(Debug)]
pub(super) struct HandClock(AtomicI64);

impl HandClock {
    pub(super) fn set(&self, at: Wall) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Now {
        Now {
            wall: Wall(self.0.load(Ordering::SeqCst)),
            ..Now::default()
        }
    }
}

/// Counts up, so that nothing is drawn twice.
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        buffer.fill(self.0);
    }
}

pub(super) fn root(issuer: Issuer, subject: &str, ours: bool) -> TrustedRoot {
    TrustedRoot {
        der: issuer.0.to_vec(),
        issuer,
        subject: subject.to_owned(),
        not_after: days(3_650),
        ours,
    }
}

pub(super) fn loaded(fingerprint: u8) -> Loaded {
    Loaded {
        chain: vec![vec![fingerprint]],
        key: Zeroizing::new(vec![9]),
        not_after: days(365),
        roots: vec![
            root(OURS, "CN=ours", true),
            root(THEIRS, "CN=theirs", false),
        ],
        revoked: HashSet::new(),
        fingerprint: [fingerprint; 32],
    }
}

/// Files, and what was made by them.
pub(super) struct Files {
    pub(super) state: Mutex<Result<Loaded, AuthorityError>>,
    pub(super) made: Mutex<Vec<CertificateOrder>>,
}

pub(super) fn unreadable(what: &str) -> AuthorityError {
    AuthorityError {
        what: what.to_owned(),
    }
}

impl Authority for Files {
    fn load(&self) -> Result<Loaded, AuthorityError> {
        self.state.lock().unwrap().clone()
    }

    fn issue(&self, order: &CertificateOrder) -> Result<Credentials, AuthorityError> {
        self.state.lock().unwrap().as_ref().map_err(Clone::clone)?;
        self.made.lock().unwrap().push(order.clone());
        Ok(Credentials {
            certificate: format!("certificate of {}", order.account),
            key: Zeroizing::new("key".to_owned()),
            server_authority: "authority".to_owned(),
        })
    }

    fn digest(&self, secret: &PanelSecret) -> [u8; 32] {
        let mut digest = [0x55_u8; 32];
        for (place, octet) in secret.octets().iter().enumerate() {
            digest[place % 32] = digest[place % 32].wrapping_mul(31) ^ octet;
        }
        digest
    }
}

/// What the store keeps of trust.
#[derive(Default)]
pub(super) struct Vault {
    shelf: Arc<Shelf>,
    pub(super) rows: Mutex<Vec<CertificateRow>>,
    pub(super) keys: Mutex<Vec<TicketKey>>,
    pub(super) told: Mutex<Vec<ExpiryTold>>,
    pub(super) broken: Mutex<bool>,
}

impl Vault {
    fn broken(&self) -> Result<(), AddError> {
        if *self.broken.lock().unwrap() {
            return Err(AddError::Store {
                full: true,
                cause: "no room".to_owned(),
            });
        }
        Ok(())
    }
}

fn answer<'a, T: Send + 'a>(answer: T) -> Answering<'a, T> {
    Box::pin(async move { answer })
}

impl TrustStore for Vault {
    fn certificates(&self) -> Answering<'_, Result<Vec<CertificateRow>, ReadError>> {
        answer(Ok(self.rows.lock().unwrap().clone()))
    }

    fn certificates_of(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Option<Vec<CertificateRow>>, ReadError>> {
        let bindings = self.shelf.bindings.lock().unwrap();
        let own = bindings.iter().filter(|one| one.panel == panel);
        let own: Vec<PathIndex> = own.map(|one| one.path.index).collect();
        let rows = self.rows.lock().unwrap();
        let of_panel = rows.iter().rev().filter(|row| own.contains(&row.path));
        answer(Ok((!own.is_empty()).then(|| of_panel.cloned().collect())))
    }

    fn add_certificate(
        &self,
        _: Actor,
        row: CertificateRow,
    ) -> Answering<'_, Result<(), AddError>> {
        let added = self.broken().map(|()| self.rows.lock().unwrap().push(row));
        answer(added)
    }

    fn revoke_certificate(
        &self,
        _: Actor,
        at: Wall,
        serial: Serial,
    ) -> Answering<'_, Result<Option<CertificateRow>, AddError>> {
        let mut rows = self.rows.lock().unwrap();
        let mut all = rows.iter_mut();
        let found = all.find(|row| row.serial == serial && row.revoked.is_none());
        let revoked = found.map(|row| {
            row.revoked = Some(at);
            row.clone()
        });
        answer(self.broken().map(|()| revoked))
    }

    fn set_secret(
        &self,
        _: Actor,
        _: Wall,
        path: PathId,
        digest: Option<[u8; 32]>,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        answer(self.shelf.change(path, |binding| binding.secret = digest))
    }

    fn set_disabled(
        &self,
        _: Actor,
        _: Wall,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<Vec<PathBinding>, ChangeError>> {
        let mut bindings = self.shelf.bindings.lock().unwrap();
        let own = bindings.iter_mut().filter(|one| one.panel == panel);
        let changed: Vec<_> = own
            .map(|one| {
                one.disabled = disabled;
                one.clone()
            })
            .collect();
        answer(if changed.is_empty() {
            Err(ChangeError::UnknownPanel { panel })
        } else {
            Ok(changed)
        })
    }

    fn ticket_keys(&self) -> Answering<'_, Result<Vec<TicketKey>, ReadError>> {
        answer(Ok(self.keys.lock().unwrap().clone()))
    }

    fn expiries_told(&self) -> Answering<'_, Result<Vec<ExpiryTold>, ReadError>> {
        answer(Ok(self.told.lock().unwrap().clone()))
    }

    fn put_expiries_told(&self, told: Vec<ExpiryTold>) -> Answering<'_, Result<(), AddError>> {
        let mut kept = self.told.lock().unwrap();
        kept.retain(|before| told.iter().all(|one| one.subject != before.subject));
        kept.extend(told);
        answer(Ok(()))
    }

    fn put_ticket_keys(&self, keys: Vec<TicketKey>) -> Answering<'_, Result<(), AddError>> {
        answer(self.broken().map(|()| *self.keys.lock().unwrap() = keys))
    }
}

/// Takes events, or none at all as long as it is shut.
pub(super) struct Journal {
    pub(super) open: watch::Sender<bool>,
    stored: Mutex<Vec<OwnEvent>>,
}

impl Reports for Journal {
    fn report(&self, event: OwnEvent) -> Answering<'_, Option<EventSeq>> {
        Box::pin(async move {
            let mut open = self.open.subscribe();
            open.wait_for(|open| *open).await.ok()?;
            let mut stored = self.stored.lock().unwrap();
            stored.push(event);
            Some(EventSeq(stored.len() as u64))
        })
    }
}

/// Everything beside trust itself, which may begin and end over it several times.
pub(super) struct World {
    pub(super) files: Arc<Files>,
    pub(super) vault: Arc<Vault>,
    pub(super) journal: Arc<Journal>,
    pub(super) clock: Arc<HandClock>,
}

/// Trust at work.
pub(super) struct Life {
    pub(super) trust: Trust,
    pub(super) registry: Registry,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(super) fn family() -> FamilyName {
    FamilyName::parse("mqtt").unwrap()
}

impl World {
    /// Panel 1 has the paths `lan` (1) and `cell` (2) of account `1234`; panel 3 has path 3 of
    /// account `1235`; panel 4 has path 4 of account `99`, of a family without secrets.
    pub(super) fn new() -> Self {
        let vault = Vault::default();
        let path = |index: u32, panel: u32, account, name: Option<&str>| {
            let mut binding = binding(index, account, None, None);
            binding.path.family = family();
            binding.path.path_name = name.and_then(PathName::parse);
            binding.panel_index = PanelIndex(panel);
            binding.panel = PanelId::from_bytes([panel as u8; 16]);
            binding
        };
        let mut other = path(4, 4, "99", None);
        other.path.family = FamilyName::parse("dc09").unwrap();
        *vault.shelf.bindings.lock().unwrap() = vec![
            path(1, 1, "1234", Some("lan")),
            path(2, 1, "1234", Some("cell")),
            path(3, 3, "1235", None),
            other,
        ];
        Self {
            files: Arc::new(Files {
                state: Mutex::new(Ok(loaded(1))),
                made: Mutex::default(),
            }),
            vault: Arc::new(vault),
            journal: Arc::new(Journal {
                open: watch::Sender::new(true),
                stored: Mutex::default(),
            }),
            clock: Arc::new(HandClock(AtomicI64::new(NOON.0))),
        }
    }

    async fn start(&self) -> (Trust, Task, Registry) {
        let registry = Registry::load(self.vault.shelf.clone(), self.clock.clone());
        let registry = registry.await.unwrap();
        let started = start(Parts {
            store: self.vault.clone(),
            authority: self.files.clone(),
            registry: registry.clone(),
            reports: self.journal.clone(),
            clock: self.clock.clone(),
            entropy: Box::new(Counting(self.vault.keys.lock().unwrap().len() as u8 * 100)),
            secret_families: vec![family()],
        });
        let (trust, task) = started.await.unwrap();
        (trust, task, registry)
    }

    pub(super) async fn begin(&self) -> Life {
        let (trust, task, registry) = self.start().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(task.run(async {
            stopped.await.ok();
        }));
        settle().await;
        Life {
            trust,
            registry,
            stop,
            task,
        }
    }

    /// What is written in the files from now on.
    pub(super) fn write(&self, state: Result<Loaded, AuthorityError>) {
        *self.files.state.lock().unwrap() = state;
    }

    /// Moves the clock, and lets trust look again.
    pub(super) async fn look_at(&self, at: Wall) {
        self.clock.set(at);
        look().await;
    }

    /// What the journal was told, by path and code, since it was asked last.
    pub(super) fn told(&self) -> Vec<(PathIndex, &'static str, String)> {
        let stored = std::mem::take(&mut *self.journal.stored.lock().unwrap());
        let told = stored
            .into_iter()
            .map(|event| (event.path, event.code.as_str(), event.text.unwrap()));
        told.collect()
    }
}

/// Long enough for a look, and for what follows from it.
pub(super) async fn look() {
    tokio::time::advance(Duration::from_mins(1)).await;
    settle().await;
}

/// Time stands still while something is read; when it moves, everything has been done.
pub(super) async fn settle() {
    let moment = tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>());
    assert!(moment.await.is_err());
}

impl Life {
    pub(super) fn material(&self) -> Option<Arc<TlsMaterial>> {
        self.trust.material().borrow().clone()
    }

    pub(super) async fn end(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

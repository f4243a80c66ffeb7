//! The quarantine over a store of strangers in memory, under virtual time.

#![expect(
    clippy::cast_possible_truncation,
    reason = "small numbers, chosen here"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use model::{
    Account, AccountKey, Actor, EventSeq, FamilyName, IdentityRefusal, ListenerName, Mono, Now,
    OwnCode, Panel, PanelId, PanelIndex, Path, PathId, PathPolicy, PeerCertificate, Proven, SiteId,
};
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::ports::{
    AddError, Admission, Adoption, AdoptionRow, Answering, Changed, EntryNumber, EntryPage,
    KeptFrame, NewPanel, OwnEvent, PathBinding, QuarantineAdmin, QuarantineError, ShownEntry,
    Standing, StrayEntry, StrayUpdate,
};

/// Strangers in memory; `full` refuses to write.
#[derive(Default)]
struct FakeStrays {
    state: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: BTreeMap<u64, StrayEntry>,
    frames: BTreeMap<u64, Vec<KeptFrame>>,
    adopted: Vec<(u64, PanelId)>,
    writes: usize,
    full: bool,
}

impl FakeStrays {
    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap()
    }
}

fn full() -> AddError {
    AddError::Store {
        full: true,
        cause: "full".to_owned(),
    }
}

impl Strays for FakeStrays {
    fn keep(&self, batch: Vec<StrayUpdate>) -> Answering<'_, Result<(), AddError>> {
        let mut kept = self.state();
        if kept.full {
            return Box::pin(async { Err(full()) });
        }
        kept.writes += 1;
        for update in batch {
            let same = |entry: &&mut StrayEntry| {
                entry.identity == update.identity && entry.standing != Standing::Adopted
            };
            let number = if let Some(entry) = kept.entries.values_mut().find(same) {
                entry.seen.count += update.seen.count;
                entry.seen.last = update.seen.last;
                entry.seen.sources = update.seen.sources;
                entry.number.0
            } else {
                let number = kept.entries.len() as u64 + 1;
                let entry = StrayEntry {
                    number: EntryNumber(number),
                    identity: update.identity,
                    standing: Standing::Open,
                    seen: update.seen,
                };
                kept.entries.insert(number, entry);
                number
            };
            kept.frames.entry(number).or_default().extend(update.frames);
        }
        Box::pin(async { Ok(()) })
    }

    fn entries(
        &self,
        all: bool,
        _: Option<EntryNumber>,
        _: usize,
    ) -> Answering<'_, Result<EntryPage, ReadError>> {
        assert!(all, "only the start reads lists");
        let entries = self.state().entries.values().rev().cloned().collect();
        Box::pin(async {
            Ok(EntryPage {
                entries,
                next: None,
            })
        })
    }

    fn entry(&self, number: EntryNumber) -> Answering<'_, Result<Option<ShownEntry>, ReadError>> {
        let kept = self.state();
        let entry = kept.entries.get(&number.0).cloned();
        let found = entry.map(|entry| ShownEntry {
            entry,
            frames: kept.frames[&number.0].clone(),
        });
        Box::pin(async move { Ok(found) })
    }

    fn adopted(
        &self,
        _: Actor,
        _: Wall,
        number: EntryNumber,
        panel: PanelId,
    ) -> Answering<'_, Result<(), QuarantineError>> {
        let mut kept = self.state();
        if kept.full {
            return Box::pin(async { Err(full().into()) });
        }
        kept.adopted.push((number.0, panel));
        kept.entries.get_mut(&number.0).unwrap().standing = Standing::Adopted;
        Box::pin(async { Ok(()) })
    }

    fn stand(
        &self,
        _: Actor,
        _: Wall,
        number: EntryNumber,
        standing: Standing,
    ) -> Answering<'_, Result<StrayEntry, QuarantineError>> {
        let mut kept = self.state();
        let entry = kept.entries.get_mut(&number.0).map(|entry| {
            entry.standing = standing;
            entry.clone()
        });
        Box::pin(async move { entry.ok_or(QuarantineError::Unknown { number }) })
    }

    fn forget(&self, since: Wall) -> Answering<'_, Result<usize, AddError>> {
        let mut kept = self.state();
        let before = kept.entries.len();
        kept.entries.retain(|_, entry| entry.seen.last >= since);
        let gone = before - kept.entries.len();
        Box::pin(async move { Ok(gone) })
    }

    fn adoptions(&self, _: PanelId) -> Answering<'_, Result<Vec<AdoptionRow>, ReadError>> {
        unreachable!("the API reads adoptions")
    }
}

/// Registers panels, and knows who is registered.
#[derive(Default)]
struct FakePanels(Mutex<Vec<NewPanel>>);

const PANEL: PanelId = PanelId::from_bytes([3; 16]);

impl Identities for FakePanels {
    fn identify(
        &self,
        claim: &IdentityClaim,
        _: Option<&PeerCertificate>,
    ) -> Result<Admission, IdentityRefusal> {
        let panels = self.0.lock().unwrap();
        let account = claim.key.account;
        let new = panels.iter().find(|new| new.account == account);
        let new = new.ok_or(IdentityRefusal::UnknownAccount)?;
        let binding = Arc::new(PathBinding {
            path: path(new),
            panel: PANEL,
            panel_index: PanelIndex(1),
            site: SiteId::from_bytes([4; 16]),
            organisation: model::OrganisationId::from_bytes([5; 16]),
            keys: vec![],
            learned: model::Learned::default(),
            secret: None,
            disabled: false,
        });
        Ok(Admission {
            binding,
            proven: Proven::ByFrames,
        })
    }

    fn changes(&self) -> broadcast::Receiver<Changed> {
        unreachable!("the quarantine remembers no answers")
    }
}

fn path(new: &NewPanel) -> Path {
    Path {
        id: PathId::from_bytes([1; 16]),
        index: PathIndex(7),
        family: new.family,
        account: new.account,
        receiver: new.receiver,
        line: new.line,
        listener: None,
        policy: PathPolicy::default(),
        cipher: None,
        path_name: None,
    }
}

impl PanelAdmin for FakePanels {
    fn add_panels(
        &self,
        _: Actor,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        let mut known = self.0.lock().unwrap();
        let answers = panels.into_iter().map(|new| {
            if known.iter().any(|other| other.account == new.account) {
                return Err(AddError::Exists { panel: PANEL });
            }
            let panel = Panel {
                id: PANEL,
                index: PanelIndex(1),
                organisation: model::OrganisationId::from_bytes([5; 16]),
                site: SiteId::from_bytes([4; 16]),
                name: new.name.clone().unwrap_or_default(),
                created: Wall(0),
                paths: vec![path(&new)],
            };
            known.push(new);
            Ok(panel)
        });
        let answers = answers.collect();
        Box::pin(async move { answers })
    }

    fn add_path(
        &self,
        _: Actor,
        _: PanelId,
        _: crate::ports::NewPath,
    ) -> Answering<'_, Result<Path, crate::ports::ChangeError>> {
        unreachable!("an adoption adds a panel")
    }

    fn change_path(
        &self,
        _: Actor,
        _: PathId,
        _: crate::ports::PathChange,
    ) -> Answering<'_, Result<Path, crate::ports::ChangeError>> {
        unreachable!("an adoption adds a panel")
    }

    fn remove_path(
        &self,
        _: Actor,
        _: PathId,
    ) -> Answering<'_, Result<(), crate::ports::ChangeError>> {
        unreachable!("an adoption adds a panel")
    }

    fn relearn(
        &self,
        _: Actor,
        _: PathId,
    ) -> Answering<'_, Result<Path, crate::ports::ChangeError>> {
        unreachable!("an adoption adds a panel")
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<OwnEvent>>);

impl Reports for Told {
    fn report(&self, event: OwnEvent) -> Answering<'_, Option<EventSeq>> {
        self.0.lock().unwrap().push(event);
        Box::pin(async { Some(EventSeq(1)) })
    }
}

struct PausedClock(tokio::time::Instant);

impl Clock for PausedClock {
    fn now(&self) -> Now {
        let passed = self.0.elapsed();
        Now {
            mono: Mono::default().after(passed),
            wall: Wall(START + model::micros(passed)),
            suspect: false,
        }
    }
}

const START: i64 = 1_700_000_000_000_000;

struct Bench {
    quarantine: Quarantine,
    strays: Arc<FakeStrays>,
    panels: Arc<FakePanels>,
    told: Arc<Told>,
    clock: Arc<PausedClock>,
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Bench {
    async fn new() -> Self {
        Self::over(Arc::default(), Arc::default()).await
    }

    async fn over(strays: Arc<FakeStrays>, panels: Arc<FakePanels>) -> Self {
        let told = Arc::new(Told::default());
        let clock = Arc::new(PausedClock(tokio::time::Instant::now()));
        let quarantine = Quarantine::over(
            strays.clone(),
            panels.clone(),
            panels.clone(),
            told.clone(),
            clock.clone(),
        )
        .await
        .unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = quarantine.clone().run(async {
            stopped.await.ok();
        });
        Self {
            quarantine,
            strays,
            panels,
            told,
            clock,
            task: tokio::spawn(task),
            stop,
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    fn frame(&self, account: u32, source: u32) -> StrayFrame {
        StrayFrame {
            key: AccountKey {
                family: FamilyName::parse("test").unwrap(),
                account: Account::parse(format!("{account}").as_bytes()).unwrap(),
                listener: ListenerName::parse("dc09").unwrap(),
                receiver: None,
                line: None,
                path_name: None,
            },
            reason: "unknown_account",
            path: None,
            source: address(source),
            format: "NULL".to_owned(),
            encrypted: false,
            acknowledged: false,
            received: self.clock.now().wall,
            raw: vec![b'x'; 2 * limits::QUARANTINE_FRAME],
        }
    }

    fn stray(&self, account: u32, source: u32) {
        self.quarantine.stray(self.frame(account, source));
    }

    fn wrong_key(&self, path: u32, source: u32) {
        self.quarantine.stray(StrayFrame {
            reason: "wrong_key",
            path: Some(PathIndex(path)),
            ..self.frame(path, source)
        });
    }

    fn entries(&self) -> Vec<StrayEntry> {
        self.strays.state().entries.values().cloned().collect()
    }

    fn told(&self) -> Vec<(PathIndex, OwnCode, String)> {
        let told = self.told.0.lock().unwrap();
        let told = told.iter();
        told.map(|event| (event.path, event.code, event.text.clone().unwrap()))
            .collect()
    }

    fn figure(&self, name: &str) -> usize {
        let mut figures = Vec::new();
        self.quarantine.measure(&mut figures);
        let found = figures.iter().find(|figure| figure.name == name).unwrap();
        match &found.reading {
            crate::ports::Reading::Counter(count) => *count as usize,
            // A count of entries is written without a fraction.
            crate::ports::Reading::Gauge(value) => format!("{value}").parse().unwrap(),
            other => panic!("no count: {other:?}"),
        }
    }
}

fn address(number: u32) -> IpAddr {
    IpAddr::from((0x0a00_0000 + number).to_be_bytes())
}

/// Lets so much time pass, and the task do its work meanwhile.
async fn pass(time: Duration) {
    let end = tokio::time::Instant::now() + time;
    tokio::time::timeout_at(end, std::future::pending::<()>())
        .await
        .unwrap_err();
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_flood_of_strays_is_written_once_a_second_and_its_last_frames_are_kept() {
    let bench = Bench::new().await;
    for number in 0..50_000 {
        bench.stray(1, number % 9);
    }
    pass(2 * SECOND).await;
    let kept = bench.strays.state();
    assert_eq!(kept.writes, 1);
    let entry = &kept.entries[&1];
    assert_eq!(entry.seen.count, 50_000);
    assert_eq!(entry.seen.sources.len(), limits::QUARANTINE_SOURCES);
    assert_eq!(entry.seen.sources[0], address(49_999 % 9));
    assert_eq!(kept.frames[&1].len(), limits::QUARANTINE_FRAMES);
    let octets = kept.frames[&1].iter().map(|frame| frame.raw.len()).max();
    assert_eq!(octets, Some(limits::QUARANTINE_FRAME));
}

#[tokio::test(start_paused = true)]
async fn one_address_fills_its_own_quota_and_leaves_room_to_the_others() {
    let bench = Bench::new().await;
    let quota = limits::QUARANTINE_PER_ADDRESS as u32;
    for account in 0..quota + 50 {
        bench.stray(account, 1);
    }
    assert_eq!(bench.figure("watchfire_strays_over_quota"), 50);
    bench.stray(99_999, 2);
    bench.stray(5, 1);
    assert_eq!(bench.figure("watchfire_strays_over_quota"), 50);
    assert_eq!(
        bench.figure("watchfire_quarantine_entries"),
        quota as usize + 1
    );
}

#[tokio::test(start_paused = true)]
async fn beyond_the_quota_in_all_strangers_are_only_counted() {
    let bench = Bench::new().await;
    let quota = limits::QUARANTINE_ENTRIES as u32;
    for account in 0..quota + 7 {
        bench.stray(account, account / 100);
    }
    assert_eq!(bench.figure("watchfire_strays_over_quota"), 7);
    let most = quota as usize / limits::STATE_BATCH + 2;
    pass(SECOND * most as u32).await;
    assert_eq!(bench.entries().len(), limits::QUARANTINE_ENTRIES);
    assert!(bench.strays.state().writes <= most);
}

#[tokio::test(start_paused = true)]
async fn quotas_hold_over_a_restart() {
    let bench = Bench::new().await;
    for account in 0..limits::QUARANTINE_PER_ADDRESS as u32 {
        bench.stray(account, 1);
    }
    let (strays, panels) = (bench.strays.clone(), bench.panels.clone());
    bench.stop().await;
    let bench = Bench::over(strays, panels).await;
    let known = bench.figure("watchfire_quarantine_entries");
    assert_eq!(known, limits::QUARANTINE_PER_ADDRESS);
    for account in 0..3 {
        bench.stray(50_000 + account, 1);
    }
    assert_eq!(bench.figure("watchfire_strays_over_quota"), 3);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_waits_with_what_comes_meanwhile() {
    let bench = Bench::new().await;
    bench.strays.state().full = true;
    for _ in 0..5 {
        bench.stray(1, 1);
        pass(2 * SECOND).await;
    }
    assert!(bench.entries().is_empty());
    bench.strays.state().full = false;
    pass(2 * SECOND).await;
    assert_eq!(bench.entries()[0].seen.count, 5);
    assert_eq!(bench.entries()[0].seen.first, Wall(START));
    assert_eq!(bench.strays.state().frames[&1].len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_told_once_an_hour_for_each_path() {
    let bench = Bench::new().await;
    for _ in 0..30 {
        bench.wrong_key(7, 1);
        bench.wrong_key(8, 2);
        pass(60 * SECOND).await;
    }
    let told = |path: u32| {
        let text = format!("from {}", address(path - 6));
        (PathIndex(path), OwnCode::WrongKey, text)
    };
    assert_eq!(bench.told(), [told(7), told(8)]);
    pass(31 * 60 * SECOND).await;
    bench.wrong_key(7, 1);
    pass(2 * SECOND).await;
    assert_eq!(bench.told().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_told_once_in_ten_minutes_however_many_gateways_tell_of_it() {
    let bench = Bench::new().await;
    for _ in 0..9 {
        for _gateway in 0..4 {
            bench.quarantine.flood(address(1), None, Wall(0));
            bench
                .quarantine
                .flood(address(2), Some(PathIndex(7)), Wall(0));
            bench
                .quarantine
                .flood(address(3), Some(PathIndex(7)), Wall(0));
        }
        pass(60 * SECOND).await;
    }
    let told = [
        (PathIndex::HOUSE, OwnCode::Flood, "from 10.0.0.1".to_owned()),
        (PathIndex(7), OwnCode::Flood, "from 10.0.0.2".to_owned()),
    ];
    assert_eq!(bench.told(), told);
    pass(60 * SECOND).await;
    bench.quarantine.flood(address(1), None, Wall(0));
    pass(2 * SECOND).await;
    assert_eq!(bench.told().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_adopted_with_the_identity_that_it_showed() {
    let bench = Bench::new().await;
    let mut frame = bench.frame(1234, 1);
    (frame.key.receiver, frame.key.line) = (Some(0x579), Some(2));
    bench.quarantine.stray(frame.clone());
    pass(2 * SECOND).await;
    let adoption = Adoption {
        name: Some("Bakery".to_owned()),
        ..Adoption::default()
    };
    let actor = Actor::system();
    let number = EntryNumber(1);
    let adopted = bench.quarantine.adopt(actor.clone(), number, adoption);
    assert_eq!(adopted.await, Ok(PANEL));
    let new = bench.panels.0.lock().unwrap()[0].clone();
    assert_eq!((new.receiver, new.line), (Some(0x579), Some(2)));
    assert_eq!(new.name.as_deref(), Some("Bakery"));
    assert_eq!(bench.strays.state().adopted, [(1, PANEL)]);
    let again = bench.quarantine.adopt(actor, number, Adoption::default());
    assert_eq!(again.await, Err(QuarantineError::Adopted { number }));
    // What was on its way when the panel was registered opens no entry.
    bench.quarantine.stray(frame);
    pass(2 * SECOND).await;
    assert_eq!(bench.entries().len(), 1);
    assert_eq!(bench.figure("watchfire_strays_known"), 1);
    assert_eq!(bench.told(), [], "history raises nothing");
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_was_cut_short_is_taken_up_again() {
    let bench = Bench::new().await;
    bench.stray(1234, 1);
    pass(2 * SECOND).await;
    bench.strays.state().full = true;
    let number = EntryNumber(1);
    let adopt = || {
        let adoption = Adoption::default();
        bench.quarantine.adopt(Actor::system(), number, adoption)
    };
    assert_eq!(adopt().await, Err(full().into()));
    assert_eq!(bench.panels.0.lock().unwrap().len(), 1);
    bench.strays.state().full = false;
    assert_eq!(adopt().await, Ok(PANEL));
    assert_eq!(bench.panels.0.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_registered_is_not_adopted_for_its_wrong_key() {
    let bench = Bench::new().await;
    bench.wrong_key(7, 1);
    pass(2 * SECOND).await;
    let number = EntryNumber(1);
    let adopted = bench
        .quarantine
        .adopt(Actor::system(), number, Adoption::default());
    assert_eq!(adopted.await, Err(QuarantineError::Registered { number }));
    let number = EntryNumber(9);
    let adopted = bench
        .quarantine
        .adopt(Actor::system(), number, Adoption::default());
    assert_eq!(adopted.await, Err(QuarantineError::Unknown { number }));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_entry_is_counted_and_raises_nothing_until_it_is_opened_again() {
    let bench = Bench::new().await;
    bench.wrong_key(7, 1);
    pass(2 * SECOND).await;
    let number = EntryNumber(1);
    let reject = |again| bench.quarantine.reject(Actor::system(), number, again);
    assert_eq!(reject(false).await.unwrap().standing, Standing::Rejected);
    pass(3_600 * SECOND).await;
    bench.wrong_key(7, 5);
    pass(2 * SECOND).await;
    assert_eq!(bench.told().len(), 1);
    assert_eq!(bench.figure("watchfire_strays_muted"), 1);
    let entry = &bench.entries()[0];
    assert_eq!(
        (entry.seen.count, &*entry.seen.sources),
        (2, &[address(1)][..])
    );
    assert_eq!(bench.strays.state().frames[&1].len(), 1);
    assert_eq!(reject(true).await.unwrap().standing, Standing::Open);
    bench.wrong_key(7, 5);
    pass(2 * SECOND).await;
    assert_eq!(bench.told().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_idle_are_forgotten_and_make_room() {
    let bench = Bench::new().await;
    for account in 0..limits::QUARANTINE_PER_ADDRESS as u32 {
        bench.stray(account, 1);
    }
    pass(20 * SECOND).await;
    pass(limits::QUARANTINE_IDLE / 2).await;
    bench.stray(3, 1);
    pass(limits::QUARANTINE_IDLE / 2 + 2 * Duration::from_hours(1)).await;
    assert_eq!(bench.entries().len(), 1);
    assert_eq!(bench.figure("watchfire_quarantine_entries"), 1);
    bench.stray(4, 1);
    assert_eq!(bench.figure("watchfire_strays_over_quota"), 0);
}

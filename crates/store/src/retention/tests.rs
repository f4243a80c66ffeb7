//! Killed between any two steps.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use engine::ports::{EventFilter, EventLog, NewMessage, Sealer};
use model::{
    Account, Clock, Code, Entropy, EventFlags, FamilyName, IdSource, NewEvent, Now, OrganisationId,
    PanelId, PathId, PathIndex, SiteId,
};

use super::*;
use crate::{Settings, Store, verify};

const DAY: i64 = 86_400_000_000;

/// Days since 1970, moved by hand.
struct Days(AtomicI64);

impl Clock for Days {
    fn now(&self) -> Now {
        Now {
            wall: Wall(self.0.load(Ordering::SeqCst) * DAY),
            ..Now::default()
        }
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

/// Events have no secrets.
struct NothingToSeal;

impl Sealer for NothingToSeal {
    fn seal(&self, _: &[u8], _: &[u8]) -> Vec<u8> {
        unreachable!("no panel is registered")
    }

    fn open(&self, _: &[u8], _: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        None
    }
}

fn settings(folder: &Path, clock: &Arc<Days>) -> Settings {
    let clock: Arc<dyn Clock> = clock.clone();
    let ids = IdSource::new(Arc::clone(&clock), Box::new(Zeros));
    let mut settings = Settings::new(folder.to_owned(), clock, ids, Arc::new(NothingToSeal));
    settings.ballast_bytes = 4_096;
    settings
}

fn event(code: &[u8], received: Wall) -> NewMessage {
    let code = Code::contact_id(code).unwrap();
    let event = NewEvent {
        path: PathIndex(1),
        path_id: PathId::from_bytes([1; 16]),
        panel: PanelId::from_bytes([2; 16]),
        site: SiteId::from_bytes([3; 16]),
        organisation: OrganisationId::from_bytes([4; 16]),
        family: FamilyName::parse("dc09").unwrap(),
        format: "ADM-CID".parse().unwrap(),
        account: Account::parse(b"1234").unwrap(),
        class: code.meaning().class,
        code,
        partition: None,
        point: None,
        panel_sequence: None,
        panel_time: None,
        occurred: None,
        received,
        flags: EventFlags::empty(),
        text: Some("personal".to_owned()),
        message: None,
    };
    NewMessage {
        events: vec![event],
    }
}

fn periods(alarm: u64, operation: u64, routine: u64) -> Retention {
    let days = |days| Duration::from_hours(24 * days);
    Retention {
        alarm: days(alarm),
        operation: days(operation),
        routine: days(routine),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn kept(store: &Store) -> Vec<u64> {
    let page = store.events(EventFilter::default(), None, false, 1_000);
    let page = page.await.unwrap();
    page.events.iter().map(|event| event.seq.0).collect()
}

/// Five days of six events each, and of the archive a part that is over.
async fn begun(folder: &Path, clock: &Arc<Days>) {
    let store = Store::open(settings(folder, clock)).unwrap();
    for _ in 0..5 {
        for code in [b"1130", b"3401", b"1602"].repeat(2) {
            store
                .append(vec![event(code, clock.now().wall)])
                .await
                .unwrap();
        }
        clock.0.fetch_add(1, Ordering::SeqCst);
    }
    store.probe().await.unwrap();
    let first_two = store
        .retain(clock.now().wall, periods(9, 9, 3))
        .await
        .unwrap();
    assert_eq!(first_two.days, 2);
}

/// Runs retention on a folder, and copies the folder after every step.
fn run(folder: &Path, clock: &Arc<Days>, copies: &Path) -> Vec<(Step, PathBuf)> {
    let opened = crate::open::open(settings(folder, clock)).unwrap();
    let mut keeper = Keeper::new(Arc::clone(&opened.shared));
    let mut steps = Vec::new();
    let done = keeper.watched(clock.now().wall, periods(4, 3, 1), &mut |step| {
        let target = copies.join(steps.len().to_string());
        copy(folder, &target);
        steps.push((step, target));
    });
    assert_eq!(done.unwrap(), Retained { days: 3, rows: 8 });
    steps
}

#[tokio::test]
async fn killed_between_any_two_steps_nothing_is_lost_or_doubled() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("data");
    fs::create_dir(&folder).unwrap();
    let clock = Arc::new(Days(AtomicI64::new(20_000)));
    begun(&folder, &clock).await;
    clock.0.fetch_add(1, Ordering::SeqCst);

    let steps = run(&folder, &clock, place.path());
    let kinds: Vec<_> = steps.iter().map(|(step, _)| *step).collect();
    let day = |number| Day::from_number(number).unwrap();
    for expected in [
        Step::Trimmed(RetentionClass::Operation),
        Step::Copied(day(20_002)),
        Step::Closed(day(20_002)),
        Step::Unlinked(day(20_004)),
        Step::Removed(day(20_004)),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} of {kinds:?}");
    }
    let store = Store::open(settings(&folder, &clock)).unwrap();
    let expected = kept(&store).await;
    assert_eq!(store.head().0, 30);
    drop(store);

    for (step, copy) in steps {
        let report = verify(&copy, &mut |_| {}).unwrap();
        assert_eq!(report.findings, [], "as it was left after {step:?}");
        let store = Store::open(settings(&copy, &clock)).unwrap();
        let before = kept(&store).await;
        let lost = expected.iter().filter(|seq| !before.contains(seq)).count();
        assert_eq!(lost, 0, "after {step:?}");
        assert!(
            before.is_sorted_by(|a, b| a < b),
            "doubles after {step:?}: {before:?}"
        );
        store
            .retain(clock.now().wall, periods(4, 3, 1))
            .await
            .unwrap();
        assert_eq!(kept(&store).await, expected, "ended after {step:?}");
        drop(store);
        let files = fs::read_dir(copy.join("journal")).unwrap();
        assert_eq!(
            files.count(),
            2,
            "day files and nothing else after {step:?}"
        );
        let report = verify(&copy, &mut |_| {}).unwrap();
        assert_eq!(report.findings, [], "ended after {step:?}");
    }
}

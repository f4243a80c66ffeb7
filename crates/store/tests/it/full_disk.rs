//! A disk that is full, on a small file system of its own. Needs the right to mount.

use std::ffi::CString;
use std::fs;
use std::path::PathBuf;

use engine::ports::{
    AddError, AppendError, EventFilter, EventLog, Health, Measured, NewPanel, Projection, Reading,
    Registry, States,
};
use model::{Account, Actor, EventSeq, FamilyName, PathPolicy, limits};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use store::{Retention, Store, verify};

use crate::support::{DAY, Folder, NOON, coded, message};

const BALLAST: u64 = 2 << 20;

/// A file system in memory of a given size, gone with the value.
struct Disk {
    path: PathBuf,
    _place: tempfile::TempDir,
}

impl Disk {
    fn new(mebibytes: u32) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("disk");
        fs::create_dir(&path).unwrap();
        let size = CString::new(format!("size={mebibytes}m")).unwrap();
        let mounted = mount(
            "tmpfs",
            &path,
            "tmpfs",
            MountFlags::empty(),
            size.as_c_str(),
        );
        assert!(
            mounted.is_ok(),
            "this test mounts a small file system, for which it must run as root: {mounted:?}"
        );
        Self {
            path,
            _place: place,
        }
    }

    fn folder(&self) -> Folder {
        let path = self.path.join("data");
        fs::create_dir(&path).unwrap();
        Folder::at(&path)
    }

    /// Takes up room beside the data folder, until `left` octets are free.
    fn fill(&self, left: u64) {
        let figures = rustix::fs::statvfs(&self.path).unwrap();
        let free = figures.f_bavail * figures.f_frsize;
        let filler = vec![0; usize::try_from(free.saturating_sub(left)).unwrap()];
        fs::write(self.path.join("filler"), filler).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.path.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = unmount(&self.path, UnmountFlags::DETACH);
        assert!(unmounted.is_ok(), "{unmounted:?}");
    }
}

fn open(folder: &Folder) -> Store {
    let mut settings = folder.settings();
    settings.ballast_bytes = BALLAST;
    Store::open(settings).unwrap()
}

/// Appends until the disk is full; the number of the last event acknowledged.
async fn append_until_full(store: &Store) -> EventSeq {
    for n in 0..100_000 {
        let batch = (0..20).map(|m| message(m, n * 20 + m, NOON));
        match store.append(batch.collect()).await {
            Ok(appended) => assert_eq!(appended.head, store.head()),
            Err(AppendError::Full { .. }) => return store.head(),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the disk never filled");
}

async fn numbers(store: &Store) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut cursor = None;
    loop {
        let page = store
            .events(EventFilter::default(), cursor, false, limits::PAGE)
            .await
            .unwrap();
        numbers.extend(page.events.iter().map(|event| event.seq.0));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return numbers,
        }
    }
}

fn gauge(store: &Store, name: &str) -> f64 {
    let mut figures = Vec::new();
    store.measure(&mut figures);
    let figure = figures.iter().find(|figure| figure.name == name).unwrap();
    match figure.reading {
        Reading::Gauge(value) => value,
        _ => panic!("{name} is a gauge"),
    }
}

fn is_one(value: f64) -> bool {
    (value - 1.0).abs() < f64::EPSILON
}

#[tokio::test]
async fn a_full_disk_stops_intake_and_nothing_else_and_space_starts_it_again() {
    let disk = Disk::new(24);
    let folder = disk.folder();
    let ballast = folder.path.join("ballast");
    let store = open(&folder);
    assert_eq!(fs::metadata(&ballast).unwrap().len(), BALLAST);
    disk.fill(4 << 20);

    let head = append_until_full(&store).await;
    assert!(head > EventSeq(0));
    assert!(!ballast.exists(), "the ballast was freed");
    for n in 0..50 {
        let refused = store.append(vec![message(1, n, NOON)]).await;
        assert!(
            matches!(refused, Err(AppendError::Full { .. })),
            "{refused:?}"
        );
        assert!(matches!(store.probe().await, Err(AppendError::Full { .. })));
    }
    assert_eq!(store.head(), head, "numbers are not used up");
    let check = store.checks().remove(0);
    assert!(!check.ok && check.detail.contains("is full"), "{check:?}");
    assert!(is_one(gauge(&store, "watchfire_store_full")));

    // What is acknowledged can be read, and the state file can be changed.
    assert_eq!(numbers(&store).await, (1..=head.0).collect::<Vec<_>>());
    let projection = Projection {
        observations: Vec::new(),
        cursor: head,
    };
    store.project(projection).await.unwrap();

    disk.free();
    store.probe().await.unwrap();
    assert_eq!(fs::metadata(&ballast).unwrap().len(), BALLAST, "made again");
    assert!(store.checks()[0].ok);
    assert!(!is_one(gauge(&store, "watchfire_store_full")));
    let appended = store.append(vec![message(1, 1, NOON)]).await.unwrap();
    assert_eq!(appended.head, head.next());
    drop(store);
    let store = open(&folder);
    assert_eq!(numbers(&store).await, (1..=head.0 + 1).collect::<Vec<_>>());
    drop(store);
    assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
}

#[tokio::test]
async fn a_little_space_is_not_enough_to_take_signals_in_again() {
    let disk = Disk::new(24);
    let folder = disk.folder();
    let store = open(&folder);
    disk.fill(4 << 20);
    append_until_full(&store).await;
    // The ballast's room is free now, and a bit more: that is for recovery, not for signals.
    assert!(matches!(store.probe().await, Err(AppendError::Full { .. })));
    disk.free();
    disk.fill(BALLAST + BALLAST / 4 - (256 << 10));
    assert!(matches!(store.probe().await, Err(AppendError::Full { .. })));
    disk.free();
    disk.fill(BALLAST + BALLAST / 4 + (256 << 10));
    store.probe().await.unwrap();
}

#[tokio::test]
async fn a_store_starts_on_a_full_disk_reads_and_waits_for_space() {
    let disk = Disk::new(24);
    let folder = disk.folder();
    let store = open(&folder);
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    drop(store);
    disk.fill(0);
    let store = open(&folder);
    assert!(!store.checks()[0].ok);
    assert_eq!(numbers(&store).await, [1]);
    let refused = store.append(vec![message(1, 2, NOON)]).await;
    assert!(
        matches!(refused, Err(AppendError::Full { .. })),
        "{refused:?}"
    );
    disk.free();
    store.append(vec![message(1, 2, NOON)]).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 2]);
}

#[tokio::test]
async fn a_new_day_on_a_full_disk_waits_for_space() {
    let disk = Disk::new(24);
    let folder = disk.folder();
    let store = open(&folder);
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    disk.fill(16 << 10);
    folder.clock.advance(DAY);
    assert!(matches!(store.probe().await, Err(AppendError::Full { .. })));
    disk.free();
    let appended = store
        .append(vec![message(1, 2, folder.clock.wall())])
        .await
        .unwrap();
    assert_eq!(appended.head, EventSeq(2));
    assert_eq!(numbers(&store).await, [1, 2]);
    drop(store);
    assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
}

#[tokio::test]
async fn an_import_goes_on_with_the_ballast_and_stops_when_that_is_used_up() {
    let disk = Disk::new(24);
    let folder = disk.folder();
    let store = open(&folder);
    disk.fill(512 << 10);
    let panel = |n: u32| NewPanel {
        name: Some("x".repeat(200)),
        site: None,
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(format!("{n}").as_bytes()).unwrap(),
        receiver: None,
        line: None,
        listener: None,
        policy: PathPolicy::default(),
        key: None,
        path_name: None,
        watch: None,
    };
    let added = store
        .add_panels(Actor::system(), NOON, (0..20_000).map(panel).collect())
        .await;
    let done = added.iter().take_while(|added| added.is_ok()).count();
    assert!(done > 250, "more than the first transaction: {done}");
    let refused =
        |added: &Result<_, AddError>| matches!(added, Err(AddError::Store { full: true, .. }));
    assert!(done < added.len() && added[done..].iter().all(refused));
    assert_eq!(store.bindings().await.unwrap().len(), done);
    assert!(!store.checks()[0].ok);
    disk.free();
    store.probe().await.unwrap();
}

#[tokio::test]
async fn retention_makes_room_on_a_full_disk() {
    let disk = Disk::new(24);
    let folder = disk.folder();
    let store = open(&folder);
    for n in 0..200 {
        let batch = (0..20).map(|m| coded(message(m, n, NOON), "1602"));
        store.append(batch.collect()).await.unwrap();
    }
    let alarm = store.append(vec![message(1, 1, NOON)]).await.unwrap().head;
    folder.clock.advance(DAY);
    store.probe().await.unwrap();
    disk.fill(1 << 20);
    append_until_full(&store).await;
    folder.clock.advance(DAY);
    let day = std::time::Duration::from_hours(24);
    let retention = Retention {
        alarm: 9 * day,
        operation: 9 * day,
        routine: day / 4,
    };
    let retained = store.retain(folder.clock.wall(), retention).await.unwrap();
    assert_eq!(retained.days, 1);
    assert!(store.event(alarm).await.unwrap().is_some());
    assert_eq!(store.event(EventSeq(1)).await.unwrap(), None);
    store.probe().await.unwrap();
    assert!(store.checks()[0].ok, "{:?}", store.checks());
}

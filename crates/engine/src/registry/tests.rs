//! The look-up by account, receiver, line and listener; changes; what is learned.

#![expect(
    clippy::cast_possible_truncation,
    reason = "small numbers, chosen here"
)]

mod admission;
pub(crate) mod shelf;

use std::sync::Arc;

use model::{
    Account, AccountKey, Actor, CipherKey, Clock, FamilyName, Forgery, IdentityClaim, Learned,
    ListenerName, Now, OrganisationId, PanelId, PanelIndex, Path, PathId, PathIndex, PathPolicy,
    SiteId, limits,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Registry;
use super::habits::Habits;
use super::table::Table;
use crate::ports::{
    Changed, Identities, KeyChange, Learns, NewPanel, NewPath, PanelAdmin, PathBinding, PathChange,
};
use shelf::Shelf;

pub(crate) fn binding(
    index: u32,
    account: &str,
    receiver: Option<u32>,
    line: Option<u32>,
) -> PathBinding {
    PathBinding {
        path: Path {
            id: PathId::from_bytes([index as u8; 16]),
            index: PathIndex(index),
            family: FamilyName::parse("dc09").unwrap(),
            account: Account::parse(account.as_bytes()).unwrap(),
            receiver,
            line,
            listener: None,
            policy: PathPolicy::default(),
            cipher: None,
            path_name: None,
        },
        panel: PanelId::from_bytes([index as u8; 16]),
        panel_index: PanelIndex(index),
        site: SiteId::from_bytes([0; 16]),
        organisation: OrganisationId::from_bytes([0; 16]),
        keys: Vec::new(),
        learned: Learned::default(),
        secret: None,
        disabled: false,
    }
}

pub(crate) fn key(account: &str, receiver: Option<u32>, line: Option<u32>) -> AccountKey {
    AccountKey {
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        listener: ListenerName::parse("dc09").unwrap(),
        receiver,
        line,
        path_name: None,
    }
}

fn table(bindings: Vec<PathBinding>) -> Table {
    let mut table = Table::default();
    for binding in bindings {
        table.insert(binding);
    }
    table
}

#[test]
fn a_path_without_receiver_and_line_is_found_under_any() {
    let table = table(vec![binding(1, "1234", None, None)]);
    for shown in [
        key("1234", None, None),
        key("1234", Some(0x579), Some(0x10)),
    ] {
        assert_eq!(table.find(&shown).unwrap().path.index, PathIndex(1));
    }
    assert!(table.find(&key("1235", None, None)).is_none());
}

#[test]
fn equal_accounts_are_told_apart_by_receiver_and_line() {
    let table = table(vec![
        binding(1, "1234", Some(1), None),
        binding(2, "1234", Some(2), Some(1)),
        binding(3, "1234", Some(2), Some(2)),
    ]);
    let found = |receiver, line| {
        table
            .find(&key("1234", receiver, line))
            .map(|binding| binding.path.index.0)
    };
    assert_eq!(found(Some(1), Some(9)), Some(1));
    assert_eq!(found(Some(2), Some(1)), Some(2));
    assert_eq!(found(Some(2), Some(2)), Some(3));
    assert_eq!(
        found(Some(2), None),
        None,
        "a path that must show a line is not found without"
    );
    assert_eq!(found(None, None), None);
}

#[test]
fn equal_accounts_are_told_apart_by_listener() {
    let by = |index, name| {
        let mut binding = binding(index, "1234", None, None);
        binding.path.listener = ListenerName::parse(name);
        binding
    };
    let table = table(vec![by(1, "lan"), by(2, "mobile")]);
    let found = |name| {
        let listener = ListenerName::parse(name).unwrap();
        let shown = AccountKey {
            listener,
            ..key("1234", Some(1), None)
        };
        table.find(&shown).map(|binding| binding.path.index.0)
    };
    assert_eq!(found("lan"), Some(1));
    assert_eq!(found("mobile"), Some(2));
    assert_eq!(found("dc09"), None);
}

#[test]
fn siblings_are_the_paths_of_the_same_panel_with_the_same_account() {
    let of = |panel, index, account, receiver| {
        let mut binding = binding(index, account, Some(receiver), None);
        binding.panel_index = PanelIndex(panel);
        binding
    };
    let mut table = table(vec![
        of(1, 1, "1234", 1),
        of(1, 2, "1234", 2),
        of(1, 3, "1235", 1),
        of(2, 4, "1234", 4),
    ]);
    let siblings = |table: &Table, index| {
        let binding = table.by_index(PathIndex(index)).unwrap();
        let found = table.siblings(&binding);
        found.iter().map(|path| path.0).collect::<Vec<_>>()
    };
    assert_eq!(siblings(&table, 1), [1, 2]);
    assert_eq!(siblings(&table, 3), [3]);
    assert_eq!(siblings(&table, 4), [4]);
    let removed = table.remove(PathIndex(2)).unwrap();
    assert_eq!(siblings(&table, 1), [1]);
    let left: Vec<_> = table.siblings(&removed).iter().map(|path| path.0).collect();
    assert_eq!(left, [1, 2], "it may have more under way");
    assert!(table.find(&key("1234", Some(2), None)).is_none());
    assert!(table.remove(PathIndex(2)).is_none());
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Now {
        Now::default()
    }
}

/// A registry over a shelf, with its keeper of habits at work.
struct Bench {
    shelf: Arc<Shelf>,
    registry: Registry,
    stop: oneshot::Sender<()>,
    keeper: JoinHandle<()>,
}

impl Bench {
    async fn new() -> Self {
        let shelf = Arc::new(Shelf::default());
        let registry = Registry::load(shelf.clone(), Arc::new(Stopped));
        let registry = registry.await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let keeper = registry.clone().keep_habits(async {
            stopped.await.ok();
        });
        Self {
            shelf,
            registry,
            stop,
            keeper: tokio::spawn(keeper),
        }
    }

    async fn add(&self, account: &str) -> Path {
        let NewPath {
            family, account, ..
        } = path(account, 1);
        let panel = NewPanel {
            name: None,
            site: None,
            family,
            account,
            receiver: Some(1),
            line: None,
            listener: None,
            policy: PathPolicy::default(),
            key: Some(cipher(1)),
            path_name: None,
            watch: None,
        };
        let added = self.registry.add_panels(Actor::system(), vec![panel]);
        added.await.remove(0).unwrap().paths.remove(0)
    }

    fn identify(&self, account: &str, receiver: u32) -> Option<Arc<PathBinding>> {
        let claim = IdentityClaim::of_account(key(account, Some(receiver), None));
        let admission = self.registry.identify(&claim, None);
        admission.ok().map(|admission| admission.binding)
    }

    /// Waits until the next habits are in memory, by what gateways are told.
    async fn told(&self, changes: &mut Changes) -> Vec<String> {
        let Changed::Accounts(accounts) = changes.recv().await.unwrap() else {
            panic!("accounts are told of")
        };
        accounts
            .iter()
            .map(|(_, account)| account.to_string())
            .collect()
    }

    async fn end(self) -> Vec<Vec<(PathIndex, Learned)>> {
        self.stop.send(()).unwrap();
        self.keeper.await.unwrap();
        std::mem::take(&mut self.shelf.learned.lock().unwrap())
    }
}

type Changes = tokio::sync::broadcast::Receiver<Changed>;

fn path(account: &str, receiver: u32) -> NewPath {
    NewPath {
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        receiver: Some(receiver),
        line: None,
        listener: None,
        policy: PathPolicy::default(),
        key: None,
        path_name: None,
    }
}

fn cipher(octet: u8) -> CipherKey {
    CipherKey::from_octets(&[octet; 16]).unwrap()
}

fn habit(memo: &[u8]) -> Learned {
    Learned {
        once_encrypted: true,
        forgery: Forgery::Visible,
        memo: memo.try_into().unwrap(),
    }
}

#[tokio::test]
async fn a_panel_that_was_added_is_identified_with_its_key_and_gateways_are_told() {
    let bench = Bench::new().await;
    let mut changes = bench.registry.changes();
    let path = bench.add("1234").await;
    let found = bench.identify("1234", 1).unwrap();
    assert_eq!((&found.path, &found.keys[..]), (&path, &[cipher(1)][..]));
    assert_eq!(bench.told(&mut changes).await, ["1234"]);
}

#[tokio::test]
async fn a_path_is_added_changed_and_removed_in_memory_too() {
    let bench = Bench::new().await;
    let first = bench.add("1234").await;
    let mut changes = bench.registry.changes();
    let panel = bench.identify("1234", 1).unwrap().panel;
    let added = bench
        .registry
        .add_path(Actor::system(), panel, path("1234", 2));
    let added = added.await.unwrap();
    let second = bench.identify("1234", 2).unwrap();
    assert_eq!((&second.path, second.panel), (&added, panel));
    let siblings = bench.registry.siblings(&second);
    assert_eq!(siblings, [first.index, added.index]);
    let change = PathChange {
        hub: Some(true),
        key: KeyChange::Set(cipher(2)),
        ..PathChange::default()
    };
    let answer = bench
        .registry
        .change_path(Actor::system(), added.id, change);
    assert!(answer.await.unwrap().policy.hub);
    let second = bench.identify("1234", 2).unwrap();
    assert_eq!(
        (second.path.policy.hub, &second.keys[..]),
        (true, &[cipher(2)][..])
    );
    assert_eq!(bench.registry.removals(), 0, "adding and changing is none");
    let removed = bench.registry.remove_path(Actor::system(), first.id);
    removed.await.unwrap();
    assert_eq!(bench.registry.removals(), 1);
    assert!(bench.identify("1234", 1).is_none());
    assert!(bench.registry.binding(first.index).is_none());
    for _ in 0..3 {
        assert_eq!(bench.told(&mut changes).await, ["1234"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_learned_is_stored_at_once_for_many_and_told_the_newest_of_each() {
    let bench = Bench::new().await;
    let (one, two) = (bench.add("1234").await, bench.add("1235").await);
    let mut changes = bench.registry.changes();
    bench.registry.learned(one.index, habit(b"a"));
    bench.registry.learned(two.index, habit(b"b"));
    bench.registry.learned(one.index, habit(b"c"));
    assert_eq!(bench.told(&mut changes).await, ["1234", "1235"]);
    assert_eq!(bench.identify("1234", 1).unwrap().learned, habit(b"c"));
    // What is known already is not stored again.
    bench.registry.learned(one.index, habit(b"c"));
    let batch = vec![(one.index, habit(b"c")), (two.index, habit(b"b"))];
    assert_eq!(bench.end().await, [batch]);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_does_not_know_it_yet_cannot_take_back_that_a_path_encrypts() {
    let bench = Bench::new().await;
    let one = bench.add("1234").await;
    let mut changes = bench.registry.changes();
    let plain = |memo: &[u8]| Learned {
        once_encrypted: false,
        ..habit(memo)
    };
    // While it waits to be stored, and afterwards.
    bench.registry.learned(one.index, habit(b"a"));
    bench.registry.learned(one.index, plain(b"b"));
    bench.told(&mut changes).await;
    assert_eq!(bench.identify("1234", 1).unwrap().learned, habit(b"b"));
    bench.registry.learned(one.index, plain(b"c"));
    bench.told(&mut changes).await;
    assert_eq!(bench.identify("1234", 1).unwrap().learned, habit(b"c"));
}

#[tokio::test(start_paused = true)]
async fn while_the_store_cannot_write_habits_wait() {
    let bench = Bench::new().await;
    let one = bench.add("1234").await;
    let mut changes = bench.registry.changes();
    *bench.shelf.broken.lock().unwrap() = true;
    bench.registry.learned(one.index, habit(b"a"));
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    tokio::task::yield_now().await;
    let known = bench.identify("1234", 1).unwrap();
    assert_eq!(known.learned, Learned::default(), "in the store first");
    bench.registry.learned(one.index, habit(b"b"));
    *bench.shelf.broken.lock().unwrap() = false;
    bench.told(&mut changes).await;
    assert_eq!(bench.identify("1234", 1).unwrap().learned, habit(b"b"));
    assert_eq!(bench.end().await, [vec![(one.index, habit(b"b"))]]);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_forgets_is_not_stored_afterwards() {
    let bench = Bench::new().await;
    let (one, two) = (bench.add("1234").await, bench.add("1235").await);
    bench.registry.learned(one.index, habit(b"a"));
    let forgotten = bench.registry.relearn(Actor::system(), one.id);
    forgotten.await.unwrap();
    bench.registry.learned(two.index, habit(b"b"));
    let change = PathChange {
        key: KeyChange::Remove,
        ..PathChange::default()
    };
    let answer = bench.registry.change_path(Actor::system(), two.id, change);
    answer.await.unwrap();
    assert_eq!(
        bench.identify("1235", 1).unwrap().learned,
        Learned::default()
    );
    assert!(bench.end().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_stores_what_waits() {
    let bench = Bench::new().await;
    let one = bench.add("1234").await;
    bench.registry.learned(one.index, habit(b"a"));
    bench.registry.learned(PathIndex(99), habit(b"of nobody"));
    assert_eq!(bench.end().await, [vec![(one.index, habit(b"a"))]]);
}

#[test]
fn habits_beyond_the_bound_are_counted_and_those_that_wait_are_renewed() {
    let habits = Habits::default();
    let of = |index: usize| binding(index as u32, "1234", None, None);
    for index in 0..=limits::LEARNED {
        habits.note(&of(index), habit(b"a"));
    }
    assert_eq!(habits.lost(), 1);
    habits.note(&of(0), habit(b"b"));
    assert_eq!(habits.lost(), 1);
    assert_eq!(habits.take()[0], (PathIndex(0), habit(b"b")));
}

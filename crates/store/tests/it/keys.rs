//! Keys at rest, and what the audit tells of paths.

use engine::ports::{KeyChange, NewPanel, PathBinding, PathChange, Registry};
use model::{CipherKey, Panel};
use rusqlite::Connection;

use crate::conformance::registry::{actor, new};
use crate::support::{Folder, NOON};

const KEY: &str = "850cba22f7dd4f03";
const NEXT: &str = "sixteen letters.";

fn key(text: &str) -> CipherKey {
    CipherKey::from_ascii(text).unwrap()
}

fn state(folder: &Folder) -> Connection {
    Connection::open(folder.path.join("state.db")).unwrap()
}

/// Two panels with the same key, one of which is then given another, by a store that is closed.
async fn two_panels(folder: &Folder) -> Vec<Panel> {
    let store = folder.open();
    let panels = ["1234", "1235"].map(|account| NewPanel {
        key: Some(key(KEY)),
        ..new(account)
    });
    let added = store.add_panels(actor(), NOON, panels.into()).await;
    let added: Vec<Panel> = added.into_iter().map(Result::unwrap).collect();
    let change = PathChange {
        key: KeyChange::Set(key(NEXT)),
        ..PathChange::default()
    };
    let changed = store.change_path(actor(), NOON, added[1].paths[0].id, change);
    changed.await.unwrap();
    added
}

#[tokio::test]
async fn no_file_holds_a_key_or_a_spelling_of_it() {
    let folder = Folder::new();
    two_panels(&folder).await;
    let mut looked_at = 0;
    for entry in std::fs::read_dir(&folder.path).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_type().unwrap().is_file() {
            continue;
        }
        let octets = std::fs::read(entry.path()).unwrap();
        looked_at += octets.len();
        for key in [KEY, NEXT] {
            let octet = |octet: u8| [octet >> 4, octet & 0xF];
            let digit = |digit: u8| char::from_digit(digit.into(), 16).unwrap();
            let hex: String = key.bytes().flat_map(octet).map(digit).collect();
            for spelling in [key, &hex, &hex.to_uppercase()] {
                let found = octets
                    .windows(spelling.len())
                    .any(|part| part == spelling.as_bytes());
                assert!(!found, "{:?}", entry.path());
            }
        }
    }
    assert!(looked_at > 10_000, "{looked_at}");
}

#[tokio::test]
async fn the_audit_tells_that_a_key_was_set_and_how_long_it_is() {
    let folder = Folder::new();
    let panels = two_panels(&folder).await;
    let store = folder.open();
    let path = panels[0].paths[0].id;
    let removed = PathChange {
        key: KeyChange::Remove,
        hub: Some(true),
        ..PathChange::default()
    };
    store
        .change_path(actor(), NOON, path, removed)
        .await
        .unwrap();
    store.relearn(actor(), NOON, path).await.unwrap();
    drop(store);
    let state = state(&folder);
    let mut select = state
        .prepare("SELECT action, subject, detail FROM audit WHERE who = 'tester' ORDER BY idx")
        .unwrap();
    let rows = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let rows: Vec<(String, String, String)> = rows.map(Result::unwrap).collect();
    let details: Vec<_> = rows
        .iter()
        .map(|(action, _, detail)| (&**action, &**detail))
        .collect();
    let added = |account| {
        format!(
            r#"{{"name":"{account}","family":"dc09","account":"{account}","encrypted":"aes128"}}"#
        )
    };
    let (one, two) = (added("1234"), added("1235"));
    let expected = [
        ("panel.add", &*one),
        ("panel.add", &*two),
        ("path.set", r#"{"encrypted":"aes128"}"#),
        ("path.set", r#"{"hub":"on","encrypted":"none"}"#),
        ("path.relearn", r#"{"forgery":"unknown"}"#),
    ];
    assert_eq!(details, expected);
    assert_eq!(rows[3].1, path.to_string());
}

#[tokio::test]
async fn sealed_keys_that_changed_places_open_nothing() {
    let folder = Folder::new();
    two_panels(&folder).await;
    let swap = "UPDATE path_key SET sealed = other.sealed \
        FROM (SELECT path, sealed FROM path_key) AS other WHERE other.path = 3 - path_key.path";
    assert_eq!(state(&folder).execute(swap, []).unwrap(), 2);
    let bindings = folder.open().bindings().await.unwrap();
    assert!(bindings.iter().all(PathBinding::key_is_lost));
}

#[tokio::test]
async fn another_seal_key_loses_the_keys_and_nothing_else_until_they_are_set_again() {
    let mut folder = Folder::new();
    let panels = two_panels(&folder).await;
    folder.seal = 0x5A;
    let store = folder.open();
    let bindings = store.bindings().await.unwrap();
    assert_eq!(bindings.len(), 2);
    assert!(bindings.iter().all(PathBinding::key_is_lost));
    let detail = store.panel(panels[0].id).await.unwrap().unwrap();
    assert!(detail.standings[0].key_is_lost);
    assert_eq!(detail.panel.paths, panels[0].paths);
    let change = PathChange {
        key: KeyChange::Set(key(NEXT)),
        ..PathChange::default()
    };
    let again = store.change_path(actor(), NOON, panels[0].paths[0].id, change);
    assert_eq!(again.await.unwrap().keys, [key(NEXT)]);
    let lost: Vec<bool> = store
        .bindings()
        .await
        .unwrap()
        .iter()
        .map(PathBinding::key_is_lost)
        .collect();
    assert_eq!(lost, [false, true]);
}

/// As the issue before this one wrote it.
#[tokio::test]
async fn panels_of_the_first_format_are_paths_without_key_and_policy() {
    let folder = Folder::new();
    let first = include_str!("../../migrations/state/0001_state.sql");
    let old = state(&folder);
    old.execute_batch(first).unwrap();
    let row =
        "INSERT INTO organisation (id, name) VALUES (x'01010101010101010101010101010101', 'o');
        INSERT INTO site (id, organisation, name, time_zone) VALUES
            (x'02020202020202020202020202020202', x'01010101010101010101010101010101', 's', 'UTC');
        INSERT INTO panel (id, organisation, site, name, folded, created) VALUES
            (x'03030303030303030303030303030303', x'01010101010101010101010101010101',
             x'02020202020202020202020202020202', 'p', 'p', 1);
        INSERT INTO path (id, panel, organisation, site, family, account, receiver) VALUES
            (x'04040404040404040404040404040404', 1, x'01010101010101010101010101010101',
             x'02020202020202020202020202020202', 'dc09', '1234', 5);";
    old.execute_batch(row).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let bindings = folder.open().bindings().await.unwrap();
    let [binding] = &bindings[..] else {
        panic!("one path: {bindings:?}")
    };
    assert_eq!(
        (binding.path.receiver, binding.path.listener),
        (Some(5), None)
    );
    assert_eq!(binding.path.policy, model::PathPolicy::default());
    assert_eq!((binding.path.cipher, binding.keys.len()), (None, 0));
    assert_eq!(binding.learned, model::Learned::default());
}

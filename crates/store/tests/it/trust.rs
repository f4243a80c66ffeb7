//! Keys of tickets at rest, and what the audit tells of trust.

use engine::ports::{CertificateRow, Registry, TicketKey, TrustStore};
use model::{Panel, Wall};
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::conformance::registry::{actor, new};
use crate::support::{DAY, Folder, NOON};

fn state(folder: &Folder) -> Connection {
    Connection::open(folder.path.join("state.db")).unwrap()
}

fn key(octet: u8) -> TicketKey {
    let mut key = [octet; 32];
    key[..4].copy_from_slice(b"leak");
    TicketKey {
        name: [octet; 16],
        key: Zeroizing::new(key),
        made: Wall(NOON.0 + i64::from(octet)),
    }
}

#[tokio::test]
async fn no_file_holds_a_key_of_tickets_and_one_that_changed_places_opens_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    store.put_ticket_keys(vec![key(1), key(2)]).await.unwrap();
    drop(store);
    let octets = std::fs::read(folder.path.join("state.db")).unwrap();
    assert!(!octets.windows(4).any(|part| part == b"leak"));
    let swap = "UPDATE ticket_key SET sealed = other.sealed \
        FROM (SELECT name, sealed FROM ticket_key) AS other WHERE other.name <> ticket_key.name";
    assert_eq!(state(&folder).execute(swap, []).unwrap(), 2);
    assert_eq!(folder.open().ticket_keys().await.unwrap(), []);
}

#[tokio::test]
async fn another_seal_key_loses_keys_of_tickets_and_nothing_else() {
    let mut folder = Folder::new();
    let store = folder.open();
    store.put_ticket_keys(vec![key(1)]).await.unwrap();
    let panel = one_panel(&store).await;
    let path = panel.paths[0].id;
    let set = store.set_secret(actor(), NOON, path, Some([7; 32])).await;
    drop((set.unwrap(), store));
    folder.seal = 0x5A;
    let store = folder.open();
    assert_eq!(store.ticket_keys().await.unwrap(), []);
    // A digest needs no sealing.
    let bindings = store.bindings().await.unwrap();
    assert_eq!(bindings[0].secret, Some([7; 32]));
    store.put_ticket_keys(vec![key(2)]).await.unwrap();
    assert_eq!(store.ticket_keys().await.unwrap(), [key(2)]);
}

async fn one_panel(store: &store::Store) -> Panel {
    let added = store.add_panels(actor(), NOON, vec![new("1234")]).await;
    added.into_iter().next().unwrap().unwrap()
}

#[tokio::test]
async fn the_audit_tells_who_was_given_what_and_whom_it_was_taken_from() {
    let folder = Folder::new();
    let store = folder.open();
    let panel = one_panel(&store).await;
    let path = &panel.paths[0];
    let row = CertificateRow {
        serial: [0x4A; 16].into_iter().collect(),
        path: path.index,
        path_id: path.id,
        issued: NOON,
        not_after: Wall(NOON.0 + 730 * DAY),
        revoked: None,
    };
    let serial = row.serial.clone();
    store.add_certificate(actor(), row).await.unwrap();
    let revoked = store
        .revoke_certificate(actor(), NOON, serial.clone())
        .await;
    assert!(revoked.unwrap().is_some());
    // What changed nothing is no deed.
    let again = store.revoke_certificate(actor(), NOON, serial).await;
    assert!(again.unwrap().is_none());
    for digest in [Some([7; 32]), None] {
        let set = store.set_secret(actor(), NOON, path.id, digest).await;
        set.unwrap();
    }
    for disabled in [true, false] {
        let set = store.set_disabled(actor(), NOON, panel.id, disabled).await;
        set.unwrap();
    }
    drop(store);
    let state = state(&folder);
    let mut select = state
        .prepare("SELECT action, subject, detail FROM audit WHERE who = 'tester' ORDER BY idx")
        .unwrap();
    let rows = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let rows: Vec<(String, String, String)> = rows.skip(1).map(Result::unwrap).collect();
    let (path, panel) = (path.id.to_string(), panel.id.to_string());
    let number = "4a".repeat(16);
    let issued = format!(r#"{{"serial":"{number}","valid_days":"730"}}"#);
    let revoked = format!(r#"{{"serial":"{number}"}}"#);
    let expected = [
        ("certificate.issue", &*path, &*issued),
        ("certificate.revoke", &*path, &*revoked),
        ("path.secret", &*path, r#"{"secret":"set"}"#),
        ("path.secret", &*path, r#"{"secret":"none"}"#),
        ("panel.disable", &*panel, "{}"),
        ("panel.enable", &*panel, "{}"),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(action, subject, detail)| (&**action, &**subject, &**detail))
        .collect();
    assert_eq!(rows, expected);
}

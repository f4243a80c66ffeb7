//! Many panels at once.

use std::time::Duration;

use engine::ports::{EventLog, NewPanel, Registry};
use model::{Account, Actor, FamilyName, PathPolicy};
use rusqlite::Connection;

use crate::support::{Folder, NOON, message};

fn panels(count: u32) -> Vec<NewPanel> {
    let panel = |n: u32| NewPanel {
        name: Some(format!("Panel {n}")),
        site: None,
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(format!("{n:06}").as_bytes()).unwrap(),
        receiver: None,
        line: None,
        listener: None,
        policy: PathPolicy::default(),
        key: None,
        path_name: None,
        watch: None,
    };
    (0..count).map(panel).collect()
}

/// The budget is seconds; this is a build without optimisation on a busy machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_thousand_panels_go_in_within_a_minute_and_signals_go_on_meanwhile() {
    const COUNT: u32 = 50_000;
    let folder = Folder::new();
    let store = folder.open();
    let importing = {
        let store = store.clone();
        tokio::spawn(async move { store.add_panels(Actor::system(), NOON, panels(COUNT)).await })
    };
    let mut signals = 0;
    let deadline = Duration::from_mins(1);
    let added = tokio::time::timeout(deadline, async {
        while !importing.is_finished() {
            store.append(vec![message(1, signals, NOON)]).await.unwrap();
            signals += 1;
        }
        importing.await.unwrap()
    });
    let added = added.await.expect("an import within a minute");
    assert!(added.iter().all(Result::is_ok));
    assert!(signals > 10, "signals were stored meanwhile: {signals}");
    assert_eq!(store.bindings().await.unwrap().len(), COUNT as usize);

    let again = store.add_panels(Actor::system(), NOON, panels(300)).await;
    assert!(again.iter().all(Result::is_err), "a re-run adds nothing");
    drop(store);
    let state = Connection::open(folder.path.join("state.db")).unwrap();
    let audited: u32 = state
        .query_row(
            "SELECT count(*) FROM audit WHERE action = 'panel.add'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(audited, COUNT, "each panel has its audit row");
}

//! Processes that die, and files as they leave them.

use engine::ports::{EventFilter, EventLog, NewPanel, PanelFilter, Registry, RepeatQuery};
use model::{Account, Actor, EventSeq, FamilyName, PathIndex, PathPolicy};
use store::verify;

use crate::support::{DAY, Folder, NOON, event, key, message};

async fn kept(log: &dyn EventLog) -> Vec<u64> {
    let page = log
        .events(EventFilter::default(), None, false, 1_000)
        .await
        .unwrap();
    page.events.iter().map(|event| event.seq.0).collect()
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_death_at_any_moment() {
    let folder = Folder::new();
    let store = folder.open();
    for n in 1..=8_u32 {
        let mut two = message(1, n, folder.clock.wall());
        two.events.push(event(1, folder.clock.wall()));
        let head = store.append(vec![two]).await.unwrap().head;
        if n == 4 {
            folder.clock.advance(DAY);
        }
        let dead = folder.as_if_killed();
        let revived = dead.open();
        assert_eq!(revived.head(), head);
        assert_eq!(kept(&revived).await, (1..=head.0).collect::<Vec<_>>());
        let query = RepeatQuery {
            path: PathIndex(1),
            key: key(n),
            panel_time: None,
            numbered: false,
        };
        let found = revived.find_repeats(vec![query]).await.unwrap()[0].unwrap();
        assert_eq!(found.seq, EventSeq(head.0 - 1));
        let next = revived.append(vec![message(1, 99, NOON)]).await.unwrap();
        assert_eq!(next.first_seqs, [EventSeq(head.0 + 1)]);
        drop(revived);
        assert_eq!(verify(&dead.path, &mut |_| {}).unwrap().findings, []);
    }
}

#[tokio::test]
async fn the_log_of_an_earlier_life_is_in_the_file_before_anything_is_answered() {
    let folder = Folder::new();
    let store = folder.open();
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    let dead = folder.as_if_killed();
    let wal = |folder: &Folder| {
        let name = folder.day_file("2026-03-10").with_extension("db-wal");
        std::fs::metadata(name).map_or(0, |about| about.len())
    };
    assert!(wal(&dead) > 0, "there is something to carry over");
    // Only the file itself counts: a copy without its log has the event.
    let revived = dead.open();
    let without_log = Folder::new();
    std::fs::create_dir(without_log.path.join("journal")).unwrap();
    std::fs::copy(
        dead.day_file("2026-03-10"),
        without_log.day_file("2026-03-10"),
    )
    .unwrap();
    assert_eq!(kept(&without_log.open()).await, [1]);
    drop(revived);
}

#[tokio::test]
async fn a_half_written_log_loses_only_what_was_never_acknowledged() {
    let folder = Folder::new();
    let store = folder.open();
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    let name = |folder: &Folder| folder.day_file("2026-03-10").with_extension("db-wal");
    let acknowledged = std::fs::metadata(name(&folder)).unwrap().len();
    store.append(vec![message(1, 2, NOON)]).await.unwrap();
    let whole = std::fs::metadata(name(&folder)).unwrap().len();
    for length in (acknowledged..whole).step_by(1_999) {
        let dead = folder.as_if_killed();
        let log = std::fs::File::options()
            .write(true)
            .open(name(&dead))
            .unwrap();
        log.set_len(length).unwrap();
        let revived = dead.open();
        assert_eq!(kept(&revived).await, [1], "cut at {length}");
        assert_eq!(
            revived
                .append(vec![message(1, 2, NOON)])
                .await
                .unwrap()
                .head,
            EventSeq(2)
        );
    }
}

#[tokio::test]
async fn dropping_or_closing_leaves_files_without_logs() {
    for close in [false, true] {
        let folder = Folder::new();
        let store = folder.open();
        store.append(vec![message(1, 1, NOON)]).await.unwrap();
        kept(&store).await;
        let clone = store.clone();
        if close {
            store.close();
            store.close();
            assert!(clone.append(vec![message(1, 2, NOON)]).await.is_err());
            assert!(clone.event(EventSeq(1)).await.is_err());
        }
        drop((store, clone));
        let journal = std::fs::read_dir(folder.path.join("journal")).unwrap();
        let names = journal.map(|entry| entry.unwrap().file_name());
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["2026-03-10.db"],
            "close: {close}"
        );
        assert_eq!(kept(&folder.open()).await, [1]);
    }
}

#[tokio::test]
async fn a_day_that_was_begun_and_not_finished_is_begun_again() {
    let folder = Folder::new();
    let store = folder.open();
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    drop(store);
    // A file that was just made, and one whose tables were made and nothing more.
    std::fs::write(folder.day_file("2026-03-11"), []).unwrap();
    std::fs::copy(folder.day_file("2026-03-10"), folder.day_file("2026-03-12")).unwrap();
    let conn = rusqlite::Connection::open(folder.day_file("2026-03-12")).unwrap();
    conn.execute_batch(
        "DELETE FROM events; DELETE FROM personal; DELETE FROM chains; DELETE FROM meta",
    )
    .unwrap();
    drop(conn);
    folder.clock.advance(2 * DAY);
    let store = folder.open();
    assert_eq!(
        store.append(vec![message(1, 2, NOON)]).await.unwrap().head,
        EventSeq(2)
    );
    assert_eq!(kept(&store).await, [1, 2]);
    drop(store);
    assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
}

#[tokio::test]
async fn numbers_of_panels_are_not_given_again_after_a_restart() {
    let folder = Folder::new();
    let new = |account: &str| NewPanel {
        name: None,
        site: None,
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        receiver: None,
        line: None,
        listener: None,
        policy: PathPolicy::default(),
        key: None,
        path_name: None,
        watch: None,
    };
    for n in 1..=3 {
        let dead = folder.as_if_killed();
        for folder in [&folder, &dead] {
            let store = folder.open();
            let added = store
                .add_panels(Actor::system(), NOON, vec![new(&format!("{n}"))])
                .await;
            assert_eq!(added[0].as_ref().unwrap().index.0, n);
            let page = store
                .panels(PanelFilter::default(), None, 10)
                .await
                .unwrap();
            assert_eq!(page.panels.len(), n as usize);
        }
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    for file in ["state.db", "archive.db", "journal/2026-03-10.db"] {
        let folder = Folder::new();
        drop(folder.open());
        let path = folder.path.join(file);
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", 9).unwrap();
        drop(conn);
        let before = std::fs::read(&path).unwrap();
        let refused = store::Store::open(folder.settings()).unwrap_err();
        let expected = format!(
            "{} has format 9, but this Watchfire knows formats up to ",
            path.display()
        );
        let told = refused.to_string();
        assert!(told.starts_with(&expected), "{told}");
        assert_eq!(refused.code(), model::ErrorCode::StoreTooNew);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

//! Verification: what is sound is said to be, and what was tampered with is named.

use engine::ports::{EventLog, Projection, States};
use model::{EventSeq, RetentionClass};
use rusqlite::Connection;
use store::{Finding, Retention, VerifyReport, verify};

use crate::support::{DAY, Folder, NOON, coded, event, message};

const DAYS: [&str; 3] = ["2026-03-10", "2026-03-11", "2026-03-12"];

/// Three days with ten events each, alarms and tests by turns, the last three without a test.
/// Events 1, 3, 5, … are alarms.
async fn three_days() -> Folder {
    let folder = Folder::new();
    let store = folder.open();
    for day in 0..3 {
        for n in 0..5 {
            let mut message = message(1, n, folder.clock.wall());
            message.events.push(event(1, folder.clock.wall()));
            let mut test = coded(message.clone(), "1602");
            message.events[1] = test.events.remove(1);
            store.append(vec![message]).await.unwrap();
        }
        if day < 2 {
            folder.clock.advance(DAY);
        }
    }
    assert_eq!(store.head(), EventSeq(30));
    drop(store);
    folder
}

/// The same, with a state file that has seen all of it.
async fn three_days_projected() -> Folder {
    let folder = three_days().await;
    let projection = Projection {
        observations: Vec::new(),
        cursor: EventSeq(30),
    };
    folder.open().project(projection).await.unwrap();
    folder
}

fn tamper(folder: &Folder, day: &str, sql: &str) {
    let conn = Connection::open(folder.day_file(day)).unwrap();
    conn.execute_batch(sql).unwrap();
}

fn look(folder: &Folder) -> VerifyReport {
    verify(&folder.path, &mut |_| {}).unwrap()
}

/// What was found, in words, without the folder.
fn findings(folder: &Folder) -> Vec<String> {
    let texts = look(folder).findings;
    let texts = texts.iter().map(ToString::to_string);
    let place = format!("{}/", folder.path.display());
    texts.map(|text| text.replace(&place, "")).collect()
}

#[tokio::test]
async fn a_journal_as_it_was_written_is_sound() {
    let folder = three_days_projected().await;
    let mut progress = Vec::new();
    let report = verify(&folder.path, &mut |step| progress.push(step.clone())).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.events, report.last), (30, EventSeq(30)));
    assert_eq!(report.files, 5, "three days, the archive, the state file");
    let lengths: Vec<_> = report
        .chains
        .iter()
        .map(|chain| (chain.class, chain.events))
        .collect();
    let expected = [
        (RetentionClass::Alarm, 15),
        (RetentionClass::Operation, 0),
        (RetentionClass::Routine, 15),
    ];
    assert_eq!(lengths, expected);
    assert!(
        progress
            .iter()
            .all(|step| step.events <= step.of && step.of == 30)
    );
    assert_eq!(progress.last().unwrap().events, 30);
}

#[tokio::test]
async fn a_running_store_can_be_verified() {
    let folder = Folder::new();
    let store = folder.open();
    for n in 0..50 {
        store.append(vec![message(1, n, NOON)]).await.unwrap();
        if n % 10 == 0 {
            assert_eq!(look(&folder).findings, [], "after event {n}");
        }
    }
}

#[tokio::test]
async fn a_folder_without_a_journal_is_an_error() {
    let folder = Folder::new();
    assert!(verify(&folder.path, &mut |_| {}).is_err());
}

#[tokio::test]
async fn a_changed_event_is_named_whichever_column_was_changed() {
    for change in [
        "UPDATE events SET account = 'B2' WHERE seq = 13",
        "UPDATE events SET received = received + 1 WHERE seq = 13",
        "UPDATE events SET code = '1131' WHERE seq = 13",
        "UPDATE events SET flags = 1 WHERE seq = 13",
        "UPDATE events SET partition = NULL WHERE seq = 13",
        "UPDATE events SET message_seq = 1 WHERE seq = 13",
        "UPDATE events SET repeat_lo = repeat_lo + 1 WHERE seq = 13",
        "UPDATE events SET site = randomblob(16) WHERE seq = 13",
        "UPDATE events SET class = 'nonsense' WHERE seq = 13",
        "UPDATE personal SET text = CAST('Zone 2, Diele' AS BLOB) WHERE seq = 13",
        "UPDATE personal SET raw = NULL WHERE seq = 13",
        "DELETE FROM personal WHERE seq = 13",
    ] {
        let folder = three_days_projected().await;
        tamper(&folder, DAYS[1], change);
        let found = findings(&folder);
        assert_eq!(found.len(), 1, "{change}: {found:?}");
        let expected = "event 13 in journal/2026-03-11.db was changed";
        assert!(found[0].starts_with(expected), "{change}: {found:?}");
    }
}

#[tokio::test]
async fn personal_data_slipped_under_an_event_shows() {
    let folder = three_days().await;
    tamper(
        &folder,
        DAYS[0],
        "INSERT INTO personal (seq, text) VALUES (2, x'41')",
    );
    let expected = "event 2 in journal/2026-03-10.db was changed";
    assert!(findings(&folder)[0].starts_with(expected));
}

#[tokio::test]
async fn a_changed_chain_value_names_the_event_and_the_next_of_its_class() {
    let folder = three_days().await;
    tamper(
        &folder,
        DAYS[1],
        "UPDATE events SET chain = randomblob(32) WHERE seq = 13",
    );
    let expected = [
        "event 13 in journal/2026-03-11.db was changed: it does not match its chain value, or \
         that of event 11 before it was changed",
        "event 15 in journal/2026-03-11.db was changed: it does not match its chain value, or \
         that of event 13 before it was changed",
    ];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn missing_events_are_named_by_number() {
    let folder = three_days_projected().await;
    tamper(
        &folder,
        DAYS[1],
        "DELETE FROM events WHERE seq IN (13, 16, 17)",
    );
    let expected = [
        "event 13 is missing, as journal/2026-03-11.db shows",
        "events 16 to 17 are missing, as journal/2026-03-11.db shows",
    ];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn the_cut_tail_of_an_old_day_is_named() {
    let folder = three_days().await;
    tamper(&folder, DAYS[1], "DELETE FROM events WHERE seq >= 19");
    let expected = ["events 19 to 20 are missing, as journal/2026-03-11.db shows"];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn a_missing_day_is_named_by_its_numbers() {
    let folder = three_days().await;
    std::fs::remove_file(folder.day_file(DAYS[1])).unwrap();
    let expected = ["events 11 to 20 are missing, as journal/2026-03-12.db shows"];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn a_tail_that_the_state_file_has_seen_is_missed() {
    let folder = three_days_projected().await;
    // Somebody who knows the files: the rows, and the record of where the chains stand.
    tamper(
        &folder,
        DAYS[2],
        "DELETE FROM personal WHERE seq > 26; DELETE FROM events WHERE seq > 26; \
         UPDATE chains SET head_no = head_no - 2, \
         head_seq = (SELECT max(seq) FROM events WHERE retention = chains.class), \
         head = (SELECT chain FROM events WHERE retention = chains.class ORDER BY seq DESC LIMIT 1) \
         WHERE class IN (0, 2)",
    );
    let expected = [
        "the last 2 of class alarm, up to event 29, are missing: they were there when states \
         were last projected",
        "the last 2 of class routine, up to event 30, are missing: they were there when states \
         were last projected",
    ];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn the_newest_day_removed_is_missed_and_its_numbers_are_not_given_again() {
    let folder = three_days_projected().await;
    std::fs::remove_file(folder.day_file(DAYS[2])).unwrap();
    assert!(matches!(
        look(&folder).findings[..],
        [Finding::TailCut { .. }, Finding::TailCut { .. }]
    ));
    let store = folder.open();
    let appended = store.append(vec![message(1, 99, NOON)]).await.unwrap();
    assert_eq!(appended.head, EventSeq(31));
    drop(store);
    let expected = ["events 21 to 30 are missing, as journal/2026-03-12.db shows"];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn an_event_that_was_never_appended_shows() {
    let folder = three_days().await;
    let row = "INSERT INTO events SELECT 31, 31, path, path_id, panel, site, organisation, family, \
         format, account, code_set, code, class, retention, partition, point_kind, point, \
         panel_sequence, panel_time, occurred, received, flags, NULL, NULL, chain_no + 1, \
         randomblob(32) FROM events WHERE seq = 29";
    tamper(&folder, DAYS[2], row);
    let expected = ["event 31 and what follows in journal/2026-03-12.db were never appended"];
    assert_eq!(findings(&folder), expected);
}

#[tokio::test]
async fn a_damaged_file_is_a_finding_and_the_rest_is_looked_at() {
    use std::os::unix::fs::FileExt;
    let folder = three_days().await;
    let file = std::fs::File::options()
        .write(true)
        .open(folder.day_file(DAYS[0]))
        .unwrap();
    let pages = file.metadata().unwrap().len() / 4_096;
    for page in 1..pages {
        file.write_all_at(&[0xA5; 4_096], page * 4_096).unwrap();
    }
    let report = look(&folder);
    let first = folder.day_file(DAYS[0]);
    let of_first = |finding: &Finding| match finding {
        Finding::Damaged { file, .. } | Finding::Unreadable { file, .. } => *file == first,
        _ => false,
    };
    assert!(
        report.findings.iter().any(of_first),
        "{:?}",
        report.findings
    );
    assert_eq!(report.events, 20, "the other days");
}

#[tokio::test]
async fn a_file_of_another_kind_is_a_finding() {
    let folder = three_days().await;
    std::fs::write(
        folder.day_file(DAYS[0]),
        b"no database at all, but long enough",
    )
    .unwrap();
    let found = findings(&folder);
    assert!(
        found[0].starts_with("journal/2026-03-10.db could not be read"),
        "{found:?}"
    );
}

#[tokio::test]
async fn what_was_let_go_of_in_order_is_not_missed_but_what_is_missing_in_the_archive_is() {
    let folder = three_days_projected().await;
    let store = folder.open();
    let days = |days: u64| std::time::Duration::from_hours(24 * days);
    let retention = Retention {
        alarm: days(100),
        operation: days(1),
        routine: days(1),
    };
    folder.clock.advance(DAY);
    store.probe().await.unwrap();
    let retained = store.retain(folder.clock.wall(), retention).await.unwrap();
    assert_eq!(retained.days, 2);
    drop(store);
    let report = look(&folder);
    assert_eq!(report.findings, []);
    assert_eq!(
        report.events, 20,
        "ten alarms in the archive, and the third day"
    );
    assert_eq!((report.chains[2].events, report.chains[2].let_go), (15, 10));

    let archive = Connection::open(folder.path.join("archive.db")).unwrap();
    archive
        .execute_batch("DELETE FROM events WHERE seq IN (5, 7, 19)")
        .unwrap();
    drop(archive);
    let expected = [
        "2 of class alarm between the events 3 and 9 missing, as archive.db shows",
        "1 of class alarm between the events 17 and 20 missing, as journal/2026-03-12.db shows",
    ];
    assert_eq!(findings(&folder), expected);
}

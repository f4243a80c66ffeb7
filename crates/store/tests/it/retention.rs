//! Retention: what goes when, and that nothing else does.

use std::time::Duration;

use engine::ports::{EventFilter, EventLog, RepeatQuery};
use model::{EventSeq, PathIndex, Wall};
use store::{Retained, Retention, Store, verify};

use crate::support::{DAY, Folder, coded, key, message};

fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

const fn retention(alarm: Duration, operation: Duration, routine: Duration) -> Retention {
    Retention {
        alarm,
        operation,
        routine,
    }
}

/// An alarm, an arming and a test each day.
async fn a_day(folder: &Folder, store: &Store) {
    let at = folder.clock.wall();
    let batch = vec![
        message(1, 1, at),
        coded(message(2, 2, at), "3401"),
        coded(message(3, 3, at), "1602"),
    ];
    store.append(batch).await.unwrap();
    folder.clock.advance(DAY);
}

async fn kept(store: &Store) -> Vec<u64> {
    let page = store
        .events(EventFilter::default(), None, false, 1_000)
        .await
        .unwrap();
    assert_eq!(page.next, None);
    page.events.iter().map(|event| event.seq.0).collect()
}

#[tokio::test]
async fn each_class_goes_after_its_own_period_and_alarms_last() {
    let folder = Folder::new();
    let store = folder.open();
    for _ in 0..6 {
        a_day(&folder, &store).await;
    }
    // It is noon of the seventh day; the first three days ended three days ago or earlier.
    let periods = retention(days(5), days(4), days(3));
    let now = folder.clock.wall();
    let retained = store.retain(now, periods).await.unwrap();
    assert_eq!(retained, Retained { days: 3, rows: 0 });
    let expected = [4, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    assert_eq!(kept(&store).await, expected);
    assert!(!folder.day_file("2026-03-12").exists());
    assert!(folder.day_file("2026-03-13").exists());
    assert_eq!(
        store.retain(now, periods).await.unwrap(),
        Retained::default(),
        "again"
    );

    folder.clock.advance(DAY);
    let retained = store.retain(folder.clock.wall(), periods).await.unwrap();
    assert_eq!(
        retained,
        Retained { days: 1, rows: 2 },
        "alarm 4 and arming 8"
    );
    assert_eq!(kept(&store).await, [7, 10, 11, 13, 14, 15, 16, 17, 18]);
    drop(store);
    assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
}

#[tokio::test]
async fn the_newest_day_is_never_touched() {
    let folder = Folder::new();
    let store = folder.open();
    a_day(&folder, &store).await;
    folder.clock.advance(100 * DAY);
    let nothing = retention(days(0), days(0), days(0));
    let retained = store.retain(folder.clock.wall(), nothing).await.unwrap();
    assert_eq!(retained, Retained::default());
    assert_eq!(kept(&store).await, [1, 2, 3]);
}

#[tokio::test]
async fn everything_can_go_and_numbers_go_on() {
    let folder = Folder::new();
    let store = folder.open();
    for _ in 0..3 {
        a_day(&folder, &store).await;
    }
    folder.clock.advance(DAY);
    store.probe().await.unwrap();
    let nothing = retention(days(1), days(1), days(1));
    let retained = store.retain(folder.clock.wall(), nothing).await.unwrap();
    assert_eq!(retained.days, 3);
    assert!(kept(&store).await.is_empty());
    // The days of which nothing is kept are forgotten by the next run.
    store.retain(folder.clock.wall(), nothing).await.unwrap();
    drop(store);
    assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
    let store = folder.open();
    assert_eq!(store.head(), EventSeq(9));
    a_day(&folder, &store).await;
    assert_eq!(kept(&store).await, [10, 11, 12]);
    drop(store);
    assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
}

#[tokio::test]
async fn archived_events_are_found_by_every_filter() {
    let folder = Folder::new();
    let store = folder.open();
    for _ in 0..4 {
        a_day(&folder, &store).await;
    }
    let periods = retention(days(100), days(100), days(1));
    store.retain(folder.clock.wall(), periods).await.unwrap();
    let body = store.event(EventSeq(4)).await.unwrap().unwrap().body;
    assert_eq!(body, message(1, 1, body.received).events[0]);
    assert_eq!(store.event(EventSeq(3)).await.unwrap(), None);
    let numbers = async |filter: EventFilter| {
        let page = store.events(filter, None, true, 10).await.unwrap();
        page.events
            .iter()
            .map(|event| event.seq.0)
            .collect::<Vec<_>>()
    };
    let filter = EventFilter::default;
    let by_panel = EventFilter {
        panel: Some(body.panel),
        ..filter()
    };
    assert_eq!(numbers(by_panel).await, [10, 7, 4, 1]);
    let by_account = EventFilter {
        account: Some(body.account),
        ..filter()
    };
    assert_eq!(numbers(by_account).await, [10, 7, 4, 1]);
    let by_class = EventFilter {
        classes: vec![body.class],
        ..filter()
    };
    assert_eq!(numbers(by_class).await, [10, 7, 4, 1]);
    let until = Some(Wall(body.received.0 + 1));
    assert_eq!(
        numbers(EventFilter { until, ..filter() }).await,
        [5, 4, 2, 1]
    );
    let from = Some(body.received);
    let two = EventFilter {
        from,
        until,
        ..filter()
    };
    assert_eq!(numbers(two).await, [5, 4]);
}

#[tokio::test]
async fn repeats_are_not_looked_for_in_the_archive() {
    let folder = Folder::new();
    let store = folder.open();
    a_day(&folder, &store).await;
    store.probe().await.unwrap();
    let query = RepeatQuery {
        path: PathIndex(1),
        key: key(1),
        panel_time: None,
        numbered: false,
    };
    assert!(store.find_repeats(vec![query]).await.unwrap()[0].is_some());
    let periods = retention(days(9), days(9), days(0));
    assert_eq!(
        store
            .retain(folder.clock.wall(), periods)
            .await
            .unwrap()
            .days,
        1
    );
    assert_eq!(store.find_repeats(vec![query]).await.unwrap(), [None]);
}

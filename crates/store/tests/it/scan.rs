//! Queries that look at much and find little.

use engine::ports::{EventFilter, EventLog};
use model::{EventClass, EventSeq, limits};
use store::Store;

use crate::support::{DAY, Folder, NOON, account, message, panel};

#[tokio::test]
async fn a_page_that_finds_nothing_says_where_to_go_on() {
    let folder = Folder::new();
    let store = folder.open();
    let rows = u32::try_from(limits::READER_ROWS).unwrap() + 3_000;
    // A hub: one path, many accounts; the wanted one first and last.
    for start in (0..rows).step_by(1_000) {
        let batch = (start..start + 1_000).map(|n| {
            let mut message = message(1, n, NOON);
            let wanted = n == 0 || n == rows - 1;
            message.events[0].account = account(if wanted { 7 } else { 8 });
            message
        });
        store.append(batch.collect()).await.unwrap();
    }
    let filter = EventFilter {
        account: Some(account(7)),
        ..EventFilter::default()
    };
    let first = store.events(filter.clone(), None, false, 10).await.unwrap();
    assert_eq!(first.events.len(), 1);
    let next = first.next.expect("more rows than a query may look at");
    assert_eq!(next.0, limits::READER_ROWS as u64, "the last row looked at");
    let second = store
        .events(filter.clone(), Some(next), false, 10)
        .await
        .unwrap();
    assert_eq!(second.events[0].seq.0, u64::from(rows));
    assert_eq!(second.next, None);
    let back = store.events(filter, None, true, 10).await.unwrap();
    assert_eq!(back.events[0].seq.0, u64::from(rows));
    assert_eq!(
        back.next.unwrap().0,
        u64::from(rows) + 1 - limits::READER_ROWS as u64
    );
}

#[tokio::test]
async fn queries_go_on_while_days_begin_and_go() {
    let folder = Folder::new();
    let store = folder.open();
    let reader = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut pages = 0;
            while store.head().0 < 60 {
                let page = store
                    .events(EventFilter::default(), None, false, 1_000)
                    .await
                    .unwrap();
                let seqs: Vec<_> = page.events.iter().map(|event| event.seq.0).collect();
                assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
                let head = seqs.last().copied().unwrap_or(0);
                let alarms = seqs.iter().filter(|seq| *seq % 2 == 1).count() as u64;
                assert_eq!(alarms, head.div_ceil(2), "every alarm is kept: {seqs:?}");
                pages += 1;
            }
            pages
        })
    };
    let retention = store::Retention {
        alarm: std::time::Duration::from_hours(24 * 365),
        operation: std::time::Duration::from_hours(24),
        routine: std::time::Duration::from_hours(24),
    };
    for day in 0..30 {
        let test = crate::support::coded(message(2, day, NOON), "1602");
        store
            .append(vec![message(1, day, NOON), test])
            .await
            .unwrap();
        folder.clock.advance(DAY);
        store.probe().await.unwrap();
        store.retain(folder.clock.wall(), retention).await.unwrap();
    }
    assert!(reader.await.unwrap() > 0);
}

/// Who follows the journal is shown the newest events from memory; a store that was just opened reads them.
#[tokio::test]
async fn what_is_shown_from_memory_is_what_the_file_says() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 0..200_u32 {
        let mut batch = vec![message(number % 7, number, NOON)];
        if number % 3 == 0 {
            batch.push(crate::support::coded(
                message(3, 1_000 + number, NOON),
                "1602",
            ));
        }
        store.append(batch).await.unwrap();
    }
    let one = |change: &dyn Fn(&mut EventFilter)| {
        let mut filter = EventFilter::default();
        change(&mut filter);
        filter
    };
    let filters = [
        one(&|_| {}),
        one(&|filter| filter.classes = vec![EventClass::Test]),
        one(&|filter| filter.panel = Some(panel(3))),
        one(&|filter| filter.account = Some(account(5))),
        one(&|filter| filter.doubtful = true),
        one(&|filter| filter.until = Some(NOON)),
        one(&|filter| filter.from = Some(NOON)),
    ];
    let ask = async |store: &Store| {
        let mut pages = Vec::new();
        for filter in &filters {
            for cursor in [0, 1, 130, 264, 266, 267, 300] {
                for limit in [1, 50, 1_000] {
                    let page = store.events(filter.clone(), Some(EventSeq(cursor)), false, limit);
                    pages.push(page.await.unwrap());
                }
            }
        }
        pages
    };
    assert_eq!(store.head(), EventSeq(267));
    let from_memory = ask(&store).await;
    store.close();
    let again = folder.open();
    for (memory, file) in from_memory.iter().zip(ask(&again).await) {
        assert_eq!(*memory, file);
    }
    assert!(from_memory.iter().any(|page| page.next.is_some()));
}

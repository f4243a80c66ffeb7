//! What every journal must do.

use engine::ports::{AppendError, EventFilter, EventLog, NewMessage, RepeatQuery};
use model::{
    Account, Code, EventClass, EventFlags, EventSeq, Extended, Message, OwnCode, PanelId, PathId,
    PathIndex, Point, PointNumber, RepeatKey, Wall,
};

use crate::support::{
    DAY, NOON, SECOND, TestClock, account, coded, event, key, message, panel, timed,
};

async fn append(log: &dyn EventLog, batch: Vec<NewMessage>) -> Vec<u64> {
    let appended = log.append(batch).await.unwrap();
    assert_eq!(appended.head, log.head());
    appended.first_seqs.iter().map(|seq| seq.0).collect()
}

async fn numbers(log: &dyn EventLog, filter: EventFilter, newest_first: bool) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut cursor = None;
    loop {
        let page = log
            .events(filter.clone(), cursor, newest_first, 3)
            .await
            .unwrap();
        numbers.extend(page.events.iter().map(|event| event.seq.0));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return numbers,
        }
    }
}

fn query(path: u32, key_number: u32, panel_time: Option<Wall>) -> RepeatQuery {
    RepeatQuery {
        path: PathIndex(path),
        key: key(key_number),
        panel_time,
        numbered: false,
    }
}

async fn repeats(log: &dyn EventLog, queries: Vec<RepeatQuery>) -> Vec<Option<u64>> {
    let found = log.find_repeats(queries).await.unwrap();
    found
        .iter()
        .map(|found| found.map(|found| found.seq.0))
        .collect()
}

pub(crate) async fn a_batch_is_numbered_densely_in_its_order(log: &dyn EventLog, _: &TestClock) {
    assert_eq!(log.head(), EventSeq(0));
    let mut three = message(1, 1, NOON);
    three.events.push(event(1, NOON));
    three.events.push(event(1, NOON));
    let batch = vec![three, message(2, 2, NOON)];
    assert_eq!(append(log, batch).await, [1, 4]);
    assert_eq!(append(log, vec![message(3, 3, NOON)]).await, [5]);
    let stored = log
        .events(EventFilter::default(), None, false, 10)
        .await
        .unwrap();
    let messages: Vec<_> = stored
        .events
        .iter()
        .map(|event| event.message_seq.0)
        .collect();
    assert_eq!(messages, [1, 1, 1, 4, 5]);
    assert_eq!(log.head(), EventSeq(5));
}

pub(crate) async fn everything_of_an_event_comes_back(log: &dyn EventLog, _: &TestClock) {
    let mut full = event(7, Wall(NOON.0 - 3));
    full.format.clear();
    full.format.push_str("SIA-DCS");
    full.account = Account::parse(b"0123456789ABCDEF").unwrap();
    full.code = Code::parse("SIA", "OP").unwrap();
    full.class = full.code.meaning().class;
    full.partition = PointNumber::parse(b"0");
    full.point = PointNumber::parse(b"A12").map(Point::User);
    full.panel_sequence = Some(u64::MAX);
    full.panel_time = Some(Wall(-1));
    full.occurred = Some(Wall(0));
    full.flags = EventFlags::all();
    full.text = Some(String::from("Ümläute, \0 and 'quotes'"));
    full.message = Some(Message {
        key: RepeatKey([0xFF; 16]),
        extended: vec![
            Extended {
                letter: b'I',
                content: Vec::new(),
            },
            Extended {
                letter: b'X',
                content: vec![0, 1, 255],
            },
        ],
        raw: (0..=255).collect(),
    });
    let mut bare = event(8, Wall(i64::MAX));
    bare.code = Code::undecoded("ACR-SF").unwrap();
    bare.class = bare.code.meaning().class;
    (bare.partition, bare.point, bare.panel_sequence) = (None, None, None);
    let mut hollow = event(9, Wall(i64::MIN));
    hollow.text = Some(String::new());
    hollow.point = PointNumber::parse(b"2").map(Point::Output);
    hollow.message = Some(Message {
        key: RepeatKey([0; 16]),
        extended: Vec::new(),
        raw: Vec::new(),
    });
    let events = [full, bare, hollow];
    let batch = events.iter().map(|event| NewMessage {
        events: vec![event.clone()],
    });
    append(log, batch.collect()).await;
    for (event, seq) in events.iter().zip(1..) {
        let stored = log.event(EventSeq(seq)).await.unwrap().unwrap();
        assert_eq!(
            (stored.seq, stored.message_seq),
            (EventSeq(seq), EventSeq(seq))
        );
        assert_eq!(&stored.body, event);
    }
}

pub(crate) async fn an_event_of_our_own_is_kept_with_its_text_and_is_no_message(
    log: &dyn EventLog,
    _: &TestClock,
) {
    append(log, vec![message(1, 1, NOON)]).await;
    let mut own = event(1, Wall(NOON.0 + SECOND));
    own.code = Code::Own(OwnCode::PathLost);
    own.class = OwnCode::PathLost.class();
    own.text = Some("silent for 90 s".to_owned());
    let mut house = own.clone();
    (house.path, house.path_id) = (PathIndex::HOUSE, PathId::HOUSE);
    house.panel = PanelId::HOUSE;
    let batch = [&own, &house].map(|event| NewMessage {
        events: vec![event.clone()],
    });
    assert_eq!(append(log, batch.to_vec()).await, [2, 3]);
    assert_eq!(log.event(EventSeq(2)).await.unwrap().unwrap().body, own);
    assert_eq!(log.event(EventSeq(3)).await.unwrap().unwrap().body, house);
    let of_house = EventFilter {
        panel: Some(PanelId::HOUSE),
        ..EventFilter::default()
    };
    assert_eq!(numbers(log, of_house, false).await, [3]);
    let latest = log.latest_by_path(Wall(0)).await.unwrap();
    let latest: Vec<_> = latest.iter().map(|message| message.seq.0).collect();
    assert_eq!(latest, [1], "R2: only messages of panels are repeated");
}

pub(crate) async fn an_empty_batch_stores_nothing(log: &dyn EventLog, _: &TestClock) {
    assert_eq!(append(log, vec![message(1, 1, NOON)]).await, [1]);
    assert!(append(log, Vec::new()).await.is_empty());
    assert_eq!(log.head(), EventSeq(1));
}

pub(crate) async fn a_message_without_events_is_refused_and_uses_no_number(
    log: &dyn EventLog,
    _: &TestClock,
) {
    let hollow = NewMessage { events: Vec::new() };
    let refused = log.append(vec![message(1, 1, NOON), hollow]).await;
    assert!(
        matches!(refused, Err(AppendError::Failed { .. })),
        "{refused:?}"
    );
    assert_eq!(log.head(), EventSeq(0));
    assert_eq!(append(log, vec![message(1, 2, NOON)]).await, [1]);
}

pub(crate) async fn pages_go_forward_and_back_without_gap_or_double(
    log: &dyn EventLog,
    _: &TestClock,
) {
    append(log, (1..=10).map(|n| message(n % 3, n, NOON)).collect()).await;
    let all: Vec<_> = (1..=10).collect();
    assert_eq!(numbers(log, EventFilter::default(), false).await, all);
    let back: Vec<_> = all.iter().rev().copied().collect();
    assert_eq!(numbers(log, EventFilter::default(), true).await, back);
    let page = log
        .events(EventFilter::default(), Some(EventSeq(4)), true, 2)
        .await
        .unwrap();
    let page: Vec<_> = page.events.iter().map(|event| event.seq.0).collect();
    assert_eq!(page, [3, 2]);
    for (cursor, newest_first) in [
        (EventSeq(10), false),
        (EventSeq(1), true),
        (EventSeq(0), true),
    ] {
        let page = log
            .events(EventFilter::default(), Some(cursor), newest_first, 5)
            .await
            .unwrap();
        assert!(page.events.is_empty(), "beyond {cursor}");
        assert_eq!(page.next, None);
    }
    let far = log
        .events(EventFilter::default(), Some(EventSeq(u64::MAX)), true, 1)
        .await
        .unwrap();
    assert_eq!(far.events[0].seq, EventSeq(10));
}

pub(crate) async fn a_page_may_end_exactly_at_the_end(log: &dyn EventLog, _: &TestClock) {
    append(log, (1..=3).map(|n| message(1, n, NOON)).collect()).await;
    let page = log
        .events(EventFilter::default(), None, false, 3)
        .await
        .unwrap();
    assert_eq!(page.events.len(), 3);
    let rest = log
        .events(EventFilter::default(), page.next, false, 3)
        .await
        .unwrap();
    assert!(page.next.is_none() || (rest.events.is_empty() && rest.next.is_none()));
}

pub(crate) async fn filters_leave_only_what_was_asked_for(log: &dyn EventLog, _: &TestClock) {
    let at = |seconds: i64| Wall(NOON.0 + seconds * SECOND);
    let mut hub = message(1, 5, at(5));
    hub.events[0].account = account(2);
    let batch = vec![
        message(1, 1, at(1)),
        coded(message(2, 2, at(2)), "1110"),
        coded(message(1, 3, at(3)), "1602"),
        coded(message(3, 4, at(4)), "1602"),
        hub,
    ];
    append(log, batch).await;
    let filter = |change: fn(&mut EventFilter)| {
        let mut filter = EventFilter::default();
        change(&mut filter);
        filter
    };
    let cases: [(EventFilter, &[u64]); 8] = [
        (filter(|f| f.panel = Some(panel(1))), &[1, 3, 5]),
        (filter(|f| f.panel = Some(panel(9))), &[]),
        (filter(|f| f.account = Some(account(2))), &[2, 5]),
        (
            filter(|f| (f.panel, f.account) = (Some(panel(1)), Some(account(2)))),
            &[5],
        ),
        (filter(|f| f.classes = vec![EventClass::Test]), &[3, 4]),
        (
            filter(|f| f.classes = vec![EventClass::Fire, EventClass::Burglary]),
            &[1, 2, 5],
        ),
        (
            EventFilter {
                from: Some(at(2)),
                until: Some(at(4)),
                ..EventFilter::default()
            },
            &[2, 3],
        ),
        (
            filter(|f| (f.panel, f.from) = (Some(panel(1)), Some(Wall(NOON.0 + 2_000_000)))),
            &[3, 5],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(
            numbers(log, filter.clone(), false).await,
            expected,
            "{filter:?}"
        );
        let back: Vec<_> = expected.iter().rev().copied().collect();
        assert_eq!(numbers(log, filter.clone(), true).await, back, "{filter:?}");
    }
}

pub(crate) async fn filters_find_rare_events_among_many(log: &dyn EventLog, _: &TestClock) {
    // More than fit in a few blocks, so that some can be passed over.
    let late = Wall(NOON.0 + 3_600 * SECOND);
    for thousand in 0..13 {
        let batch = (0..1_000).map(|n| match (thousand, n) {
            (0, 17) | (9, 998) => coded(message(2, n, NOON), "1110"),
            (12, 1) => message(3, n, late),
            _ => coded(message(1, n, NOON), "1602"),
        });
        append(log, batch.collect()).await;
    }
    let fires = EventFilter {
        classes: vec![EventClass::Fire],
        ..EventFilter::default()
    };
    assert_eq!(numbers(log, fires.clone(), false).await, [18, 9_999]);
    assert_eq!(numbers(log, fires, true).await, [9_999, 18]);
    let since = EventFilter {
        from: Some(late),
        ..EventFilter::default()
    };
    assert_eq!(numbers(log, since.clone(), false).await, [12_002]);
    assert_eq!(numbers(log, since, true).await, [12_002]);
}

pub(crate) async fn doubtful_events_are_found_among_many(log: &dyn EventLog, _: &TestClock) {
    for batch in 0..10_u32 {
        let messages = (0..1_000).map(|number| {
            let mut message = message(batch + 1, number, NOON);
            if number == 500 && batch % 4 == 3 {
                message.events[0].flags = EventFlags::ODD_PADDING | EventFlags::NON_STANDARD;
            } else if number == 501 {
                message.events[0].flags = EventFlags::NON_STANDARD;
            }
            message
        });
        append(log, messages.collect()).await;
    }
    let doubtful = EventFilter {
        doubtful: true,
        ..EventFilter::default()
    };
    assert_eq!(numbers(log, doubtful.clone(), false).await, [3_501, 7_501]);
    assert_eq!(numbers(log, doubtful.clone(), true).await, [7_501, 3_501]);
    let of_panel = EventFilter {
        panel: Some(panel(8)),
        ..doubtful
    };
    assert_eq!(numbers(log, of_panel, false).await, [7_501]);
}

pub(crate) async fn events_of_several_days_are_one_sequence(log: &dyn EventLog, clock: &TestClock) {
    for day in 0..4_u32 {
        let batch = (0..3).map(|n| message(n, day * 3 + n, clock.wall()));
        append(log, batch.collect()).await;
        clock.advance(DAY);
    }
    let all: Vec<_> = (1..=12).collect();
    assert_eq!(numbers(log, EventFilter::default(), false).await, all);
    let back: Vec<_> = all.iter().rev().copied().collect();
    assert_eq!(numbers(log, EventFilter::default(), true).await, back);
    let second_day = EventFilter {
        from: Some(Wall(NOON.0 + DAY)),
        until: Some(Wall(NOON.0 + 2 * DAY)),
        ..EventFilter::default()
    };
    assert_eq!(numbers(log, second_day, false).await, [4, 5, 6]);
    let one_panel = EventFilter {
        panel: Some(panel(1)),
        ..EventFilter::default()
    };
    assert_eq!(numbers(log, one_panel, true).await, [11, 8, 5, 2]);
}

pub(crate) async fn a_clock_set_back_keeps_the_order(log: &dyn EventLog, clock: &TestClock) {
    append(log, vec![message(1, 1, clock.wall())]).await;
    clock.advance(-3 * DAY);
    append(log, vec![message(1, 2, clock.wall())]).await;
    clock.advance(4 * DAY);
    append(log, vec![message(1, 3, clock.wall())]).await;
    assert_eq!(numbers(log, EventFilter::default(), false).await, [1, 2, 3]);
    assert_eq!(repeats(log, vec![query(1, 2, None)]).await, [Some(2)]);
}

pub(crate) async fn a_number_that_was_never_given_is_no_event(log: &dyn EventLog, _: &TestClock) {
    append(log, vec![message(1, 1, NOON)]).await;
    assert_eq!(log.event(EventSeq(0)).await.unwrap(), None);
    assert_eq!(log.event(EventSeq(2)).await.unwrap(), None);
    assert_eq!(log.event(EventSeq(u64::MAX)).await.unwrap(), None);
}

pub(crate) async fn a_repeat_is_found_by_path_and_whole_key(log: &dyn EventLog, _: &TestClock) {
    let received = Wall(NOON.0 - 5);
    append(log, vec![message(1, 1, received), message(2, 2, received)]).await;
    let mut half = query(1, 1, None);
    half.key.0[15] ^= 1;
    let queries = vec![
        query(1, 1, None),
        query(1, 2, None),
        query(2, 2, None),
        half,
    ];
    assert_eq!(repeats(log, queries).await, [Some(1), None, Some(2), None]);
    let found = log.find_repeats(vec![query(1, 1, None)]).await.unwrap()[0].unwrap();
    assert_eq!((found.path, found.key), (PathIndex(1), key(1)));
    assert_eq!((found.panel_time, found.received), (None, received));
    assert!(log.find_repeats(Vec::new()).await.unwrap().is_empty());
}

pub(crate) async fn a_repeat_with_the_same_time_is_preferred(
    log: &dyn EventLog,
    clock: &TestClock,
) {
    let (early, late) = (Wall(NOON.0 - 9 * SECOND), Wall(NOON.0 - SECOND));
    append(log, vec![timed(message(1, 1, NOON), early)]).await;
    clock.advance(DAY);
    append(
        log,
        vec![timed(message(1, 1, NOON), late), message(1, 1, NOON)],
    )
    .await;
    let ask = |time| vec![query(1, 1, time)];
    assert_eq!(
        repeats(log, ask(Some(early))).await,
        [Some(1)],
        "yesterday's"
    );
    assert_eq!(repeats(log, ask(Some(late))).await, [Some(2)]);
    assert_eq!(repeats(log, ask(None)).await, [Some(3)]);
    assert_eq!(
        repeats(log, ask(Some(NOON))).await,
        [Some(3)],
        "else the newest"
    );
}

pub(crate) async fn the_newest_is_found_among_many_with_the_same_key(
    log: &dyn EventLog,
    _: &TestClock,
) {
    // A panel whose every message is the same but for its time, which runs backwards.
    let backwards = |n: i64| timed(message(1, 1, NOON), Wall(NOON.0 - n * SECOND));
    append(log, (0..200).map(backwards).collect()).await;
    append(log, vec![message(1, 2, NOON)]).await;
    let unknown = Some(Wall(NOON.0 + 1));
    assert_eq!(repeats(log, vec![query(1, 1, unknown)]).await, [Some(200)]);
    let known = Some(Wall(NOON.0 - 17 * SECOND));
    assert_eq!(repeats(log, vec![query(1, 1, known)]).await, [Some(18)]);
}

pub(crate) async fn repeats_are_looked_for_today_and_yesterday(
    log: &dyn EventLog,
    clock: &TestClock,
) {
    append(log, vec![message(1, 1, clock.wall())]).await;
    clock.advance(DAY);
    append(log, vec![message(1, 2, clock.wall())]).await;
    let both = || vec![query(1, 1, None), query(1, 2, None)];
    assert_eq!(repeats(log, both()).await, [Some(1), Some(2)]);
    clock.advance(DAY);
    append(log, vec![message(1, 3, clock.wall())]).await;
    assert_eq!(repeats(log, both()).await, [None, Some(2)]);
    clock.advance(2 * DAY);
    append(log, vec![message(1, 4, clock.wall())]).await;
    assert_eq!(repeats(log, both()).await, [None, None]);
}

pub(crate) async fn a_message_with_a_number_is_found_by_its_key_then_by_its_number(
    log: &dyn EventLog,
    clock: &TestClock,
) {
    let numbered = |number: u8, content: u8| RepeatKey::numbered([number; 8], [content; 8]);
    let with = |key: RepeatKey, at: Wall| {
        let mut message = message(1, 1, at);
        message.events[0].message.as_mut().unwrap().key = key;
        message
    };
    let ask = |path: u32, number: u8, content: u8| RepeatQuery {
        key: numbered(number, content),
        numbered: true,
        ..query(path, 1, Some(NOON))
    };
    append(log, vec![with(numbered(1, 1), clock.wall())]).await;
    append(log, vec![with(numbered(1, 2), clock.wall())]).await;
    append(log, vec![with(numbered(2, 1), clock.wall())]).await;
    let queries = vec![
        ask(1, 1, 1),
        ask(1, 1, 2),
        ask(1, 1, 9),
        ask(1, 9, 1),
        ask(2, 1, 1),
    ];
    let found = log.find_repeats(queries).await.unwrap();
    let told = found
        .iter()
        .map(|found| found.map(|one| (one.seq.0, one.key)));
    let expected = [
        Some((1, numbered(1, 1))),
        Some((2, numbered(1, 2))),
        Some((2, numbered(1, 2))),
        None,
        None,
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    // The very message is found in yesterday's file, behind a newer one of the same number.
    clock.advance(DAY);
    append(log, vec![with(numbered(1, 3), clock.wall())]).await;
    assert_eq!(
        repeats(log, vec![ask(1, 1, 1), ask(1, 1, 9)]).await,
        [Some(1), Some(4)]
    );
}

pub(crate) async fn the_newest_message_of_each_path_is_found(
    log: &dyn EventLog,
    clock: &TestClock,
) {
    append(
        log,
        vec![message(1, 1, clock.wall()), message(2, 2, clock.wall())],
    )
    .await;
    clock.advance(DAY);
    let mut two = message(1, 3, clock.wall());
    two.events.push(event(1, clock.wall()));
    append(
        log,
        vec![
            message(1, 4, clock.wall()),
            two,
            message(3, 5, clock.wall()),
        ],
    )
    .await;
    let latest = |since| async move {
        let latest = log.latest_by_path(since).await.unwrap();
        latest
            .iter()
            .map(|m| (m.path.0, m.seq.0, m.key))
            .collect::<Vec<_>>()
    };
    let all = [(2, 2, key(2)), (1, 4, key(3)), (3, 6, key(5))];
    assert_eq!(latest(NOON).await, all);
    assert_eq!(latest(Wall(NOON.0 + 1)).await, all[1..]);
    assert_eq!(latest(Wall(NOON.0 + 2 * DAY)).await, []);
}

pub(crate) async fn a_probe_changes_nothing_that_can_be_seen(log: &dyn EventLog, _: &TestClock) {
    log.probe().await.unwrap();
    assert_eq!(log.head(), EventSeq(0));
    assert_eq!(append(log, vec![message(1, 1, NOON)]).await, [1]);
    log.probe().await.unwrap();
    assert_eq!(numbers(log, EventFilter::default(), false).await, [1]);
}

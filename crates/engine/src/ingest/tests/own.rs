//! Events of our own go the way of signals.

use model::{OwnCode, PanelId};

use super::*;
use crate::ports::Sessions;

fn own(path: PathIndex, code: OwnCode) -> OwnEvent {
    OwnEvent {
        path,
        code,
        occurred: None,
        text: Some("192.0.2.1".to_owned()),
        flags: EventFlags::empty(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_our_own_is_told_its_number_only_after_the_append() {
    let gate = Some(Semaphore::new(0));
    let bench = Bench::new(FakeLog {
        gate,
        ..FakeLog::default()
    })
    .await;
    let mut told = bench.ingest.report(own(PATH, OwnCode::PathLost));
    let early = tokio::time::timeout(Duration::from_secs(5), &mut told).await;
    assert!(early.is_err(), "I1: {early:?}");
    bench.log.gate.as_ref().unwrap().add_permits(1);
    assert_eq!(told.await, Some(EventSeq(1)));
}

#[tokio::test(start_paused = true)]
async fn an_event_of_our_own_bears_the_place_of_its_path_and_its_codes_class() {
    let bench = Bench::new(FakeLog::default()).await;
    let occurred = Some(Wall(START.0 - 7));
    let event = OwnEvent {
        occurred,
        ..own(PATH, OwnCode::PathLost)
    };
    bench.ingest.report(event).await.unwrap();
    let row = bench.log.rows().remove(0);
    let binding = binding();
    assert_eq!(
        (row.path_id, row.panel, row.site, row.organisation),
        (
            binding.path.id,
            binding.panel,
            binding.site,
            binding.organisation
        )
    );
    assert_eq!(row.code, Code::Own(OwnCode::PathLost));
    assert_eq!(
        (row.class, row.format.as_str()),
        (OwnCode::PathLost.class(), "OWN")
    );
    assert_eq!((row.received, row.occurred), (bench.wall(), occurred));
    assert_eq!(
        (row.text.as_deref(), row.message),
        (Some("192.0.2.1"), None)
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_about_no_panel_is_the_houses_at_the_default_site() {
    let bench = Bench::new(FakeLog::default()).await;
    let flood = own(PathIndex::HOUSE, OwnCode::Flood);
    assert_eq!(bench.ingest.report(flood).await, Some(EventSeq(1)));
    let row = bench.log.rows().remove(0);
    assert_eq!(
        (row.panel, row.path_id, row.site),
        (PanelId::HOUSE, PathId::HOUSE, SiteId::from_bytes([4; 16]))
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_event_of_our_own_is_stored_each_time() {
    let bench = Bench::new(FakeLog::default()).await;
    for seq in 1..=3 {
        let lost = own(PATH, OwnCode::PathLost);
        assert_eq!(bench.ingest.report(lost).await, Some(EventSeq(seq)));
    }
    let flagged = |row: &model::NewEvent| row.flags.contains(EventFlags::POSSIBLE_REPEAT);
    assert!(!bench.log.rows().iter().any(flagged));
}

#[tokio::test(start_paused = true)]
async fn an_event_of_our_own_between_leaves_a_panels_repeat_a_repeat() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.stored(1, None).await;
    bench.ingest.report(own(PATH, OwnCode::PathLost)).await;
    assert_eq!(bench.stored(1, None).await, first, "R2");
}

#[tokio::test(start_paused = true)]
async fn signals_beside_events_of_our_own_get_their_own_numbers() {
    let gate = Some(Semaphore::new(0));
    let mut bench = Bench::new(FakeLog {
        gate,
        ..FakeLog::default()
    })
    .await;
    let ingest = bench.ingest.clone();
    let lost = tokio::spawn(async move { ingest.report(own(PATH, OwnCode::PathLost)).await });
    tokio::task::yield_now().await;
    let token = bench.submit(1, None).await;
    bench.submit(1, None).await;
    bench.log.gate.as_ref().unwrap().add_permits(9);
    assert_eq!(lost.await.unwrap(), Some(EventSeq(1)), "I5");
    let Some(Answer::Committed { proof, .. }) = bench.answers.recv().await else {
        panic!()
    };
    assert_eq!((proof.token(), proof.seq()), (token, EventSeq(2)));
    let Some(Answer::Committed { proof, .. }) = bench.answers.recv().await else {
        panic!()
    };
    assert_eq!(proof.seq(), EventSeq(2), "I2");
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_path_that_is_not_registered_is_not_stored() {
    let bench = Bench::new(FakeLog::default()).await;
    let lost = own(PathIndex(99), OwnCode::PathLost);
    assert_eq!(bench.ingest.report(lost).await, None);
    assert!(bench.log.rows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_event_of_our_own_is_not_told_when_the_engine_stops_before_the_commit() {
    let bench = Bench::new(FakeLog::default()).await;
    bench.log.break_with(Some(AppendError::Failed {
        path: "db".into(),
        cause: "EIO".into(),
    }));
    let lost = own(PATH, OwnCode::PathLost);
    assert_eq!(bench.ingest.report(lost).await, None);
}

/// Stores a signal that bears `flags`, and everything that follows from it.
async fn flagged(bench: &mut Bench, content: u8, flags: EventFlags) {
    let mut submission = bench.submission(PATH, content, None);
    submission.signal.flags = flags;
    bench.ingest.submit(submission).await;
    bench.answers.recv().await.unwrap();
    // Whatever was raised is stored before this.
    let after = own(PathIndex::HOUSE, OwnCode::Outage);
    bench.ingest.report(after).await.unwrap();
}

fn raised(bench: &Bench) -> Vec<(OwnCode, Option<String>)> {
    let rows = bench.log.rows();
    let own = rows.iter().filter_map(|row| match row.code {
        Code::Own(code) if row.path == PATH => Some((code, row.text.clone())),
        _ => None,
    });
    own.collect()
}

#[tokio::test(start_paused = true)]
async fn odd_padding_raises_one_security_event_an_hour_that_names_the_signal() {
    let mut bench = Bench::new(FakeLog::default()).await;
    for content in 1..4 {
        flagged(&mut bench, content, EventFlags::ODD_PADDING).await;
    }
    let first = (OwnCode::OddPadding, Some("event 1".to_owned()));
    assert_eq!(raised(&bench), std::slice::from_ref(&first));
    pass(3_600).await;
    flagged(&mut bench, 4, EventFlags::ODD_PADDING).await;
    assert_eq!(raised(&bench).len(), 2);
    assert_eq!(raised(&bench)[0], first);
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_doubt_raises_its_own_event_and_a_repeat_raises_none() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let plain = EventFlags::PLAIN_AFTER_ENCRYPTED;
    flagged(&mut bench, 1, EventFlags::CLOCK_OUTSIDE_WINDOW).await;
    flagged(&mut bench, 1, plain).await;
    assert_eq!(raised(&bench), [], "R2");
    flagged(&mut bench, 2, plain).await;
    flagged(&mut bench, 3, plain | EventFlags::ODD_PADDING).await;
    let codes: Vec<_> = raised(&bench).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [OwnCode::PlainAfterEncrypted, OwnCode::OddPadding]);
}

#[tokio::test(start_paused = true)]
async fn signals_of_a_path_on_which_two_may_live_bear_the_doubt() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    let now = bench.clock.now().mono;
    for turn in 0..4 {
        let at = now.after(Duration::from_secs(turn * 10));
        let source = if turn % 2 == 0 {
            "192.0.2.1"
        } else {
            "192.0.2.2"
        };
        bench.places.arrived(ports::Arrival {
            path: PATH,
            place: ports::SessionPlace {
                gateway: 1,
                connection: turn,
            },
            source: source.parse().unwrap(),
            at,
        });
        let later = at.after(Duration::from_secs(1));
        bench.places.spoke(PATH, model::Epoch(at.0), later);
    }
    bench.stored(2, None).await;
    bench.ingest.report(own(PATH, OwnCode::PathLost)).await;
    let doubted = |row: &model::NewEvent| row.flags.contains(EventFlags::POSSIBLE_CLONE);
    let rows: Vec<bool> = bench.log.rows().iter().map(doubted).collect();
    assert_eq!(rows, [false, true, false], "R1: not what we say ourselves");
}

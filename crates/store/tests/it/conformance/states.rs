//! What every keeper of states must do.

use engine::ports::{KnownPartitions, NewPanel, Observation, Projection, Registry, Since, States};
use model::{
    Account, Actor, ArmMode, EventClass, EventSeq, FamilyName, PanelId, PartitionState, PathPolicy,
    PointNumber, Wall, ZoneState,
};

use crate::support::{NOON, TestClock, panel};

const AWAY: PartitionState = PartitionState::Armed(ArmMode::Away);
const DISARMED: PartitionState = PartitionState::Disarmed;

/// A keeper of states that also registers panels.
pub(crate) trait Store: Registry + States {}
impl<S: Registry + States> Store for S {}

fn number(text: &str) -> PointNumber {
    PointNumber::parse(text.as_bytes()).unwrap()
}

fn when(seq: u64) -> Wall {
    Wall(NOON.0 + seq.cast_signed())
}

fn partition(panel: PanelId, of: &str, moved: Option<PartitionState>, seq: u64) -> Observation {
    Observation::Partition {
        panel,
        number: number(of),
        moved,
        seq: EventSeq(seq),
        at: when(seq),
    }
}

fn zone(
    panel: PanelId,
    partition: Option<&str>,
    of: &str,
    class: EventClass,
    seq: u64,
) -> Observation {
    Observation::Zone {
        panel,
        partition: partition.map(number),
        number: number(of),
        class,
        moved: None,
        seq: EventSeq(seq),
        at: when(seq),
    }
}

fn opens(panel: PanelId, of: &str, state: ZoneState, seq: u64) -> Observation {
    let Observation::Zone {
        number, class, at, ..
    } = zone(panel, None, of, EventClass::Status, seq)
    else {
        unreachable!("it is a zone")
    };
    Observation::Zone {
        panel,
        partition: None,
        number,
        class,
        moved: Some(state),
        seq: EventSeq(seq),
        at,
    }
}

fn switch(panel: PanelId, of: &str, on: bool, seq: u64) -> Observation {
    Observation::Output {
        panel,
        number: number(of),
        on,
        seq: EventSeq(seq),
        at: when(seq),
    }
}

pub(super) async fn registered(store: &dyn Registry, account: &str) -> PanelId {
    let new = NewPanel {
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
    let added = store.add_panels(Actor::system(), NOON, vec![new]).await;
    added[0].as_ref().unwrap().id
}

async fn project(store: &dyn Store, observations: Vec<Observation>, cursor: u64) {
    let cursor = EventSeq(cursor);
    let projection = Projection {
        observations,
        cursor,
    };
    store.project(projection).await.unwrap();
    assert!(store.cursor().await.unwrap() >= cursor);
}

async fn partitions(
    store: &dyn Store,
    panel: PanelId,
) -> Vec<(String, Option<PartitionState>, Option<u64>)> {
    let detail = store.panel(panel).await.unwrap().unwrap();
    for row in &detail.partitions {
        assert_eq!(row.since, row.since_seq.map(|seq| when(seq.0)));
        assert!(!row.registered);
    }
    let rows = detail.partitions.iter();
    rows.map(|row| {
        (
            row.number.to_string(),
            row.state,
            row.since_seq.map(|seq| seq.0),
        )
    })
    .collect()
}

pub(crate) async fn a_new_store_has_projected_nothing(store: &dyn Store, _: &TestClock) {
    assert_eq!(store.cursor().await.unwrap(), EventSeq(0));
    project(store, Vec::new(), 7).await;
    assert_eq!(store.cursor().await.unwrap(), EventSeq(7));
    project(store, Vec::new(), 5).await;
    assert_eq!(store.cursor().await.unwrap(), EventSeq(7), "never back");
}

pub(crate) async fn partitions_and_zones_appear_as_observed(store: &dyn Store, _: &TestClock) {
    let one = registered(store, "1").await;
    let two = registered(store, "2").await;
    let observations = vec![
        partition(one, "10", None, 1),
        partition(one, "2", Some(AWAY), 2),
        zone(one, Some("2"), "12", EventClass::Burglary, 2),
        zone(one, None, "12", EventClass::Fire, 3),
        zone(one, None, "3", EventClass::Tamper, 3),
        partition(two, "1", Some(DISARMED), 4),
    ];
    project(store, observations, 4).await;
    let expected = [
        ("2".to_owned(), Some(AWAY), Some(2)),
        ("10".to_owned(), None, None),
    ];
    assert_eq!(partitions(store, one).await, expected);
    let zones = store.panel(one).await.unwrap().unwrap().zones;
    let shown: Vec<_> = zones
        .iter()
        .map(|zone| {
            (
                zone.number.to_string(),
                zone.partition,
                zone.last_class,
                zone.last_seq.0,
            )
        })
        .collect();
    let kept = Some(number("2"));
    let expected = [
        ("3".to_owned(), None, EventClass::Tamper, 3),
        ("12".to_owned(), kept, EventClass::Fire, 3),
    ];
    assert_eq!(shown, expected);
    assert_eq!(zones[0].last, when(3));
    assert_eq!(partitions(store, two).await.len(), 1);
}

pub(crate) async fn the_whole_panel_moves_all_its_partitions(store: &dyn Store, _: &TestClock) {
    let one = registered(store, "1").await;
    let two = registered(store, "2").await;
    let observations = vec![
        partition(one, "1", Some(DISARMED), 1),
        partition(one, "2", None, 2),
        partition(two, "1", Some(DISARMED), 3),
        partition(one, "0", Some(AWAY), 4),
    ];
    project(store, observations, 4).await;
    let all = ["0", "1", "2"].map(|number| (number.to_owned(), Some(AWAY), Some(4)));
    assert_eq!(partitions(store, one).await, all);
    let other = [("1".to_owned(), Some(DISARMED), Some(3))];
    assert_eq!(partitions(store, two).await, other);
}

pub(crate) async fn an_older_event_never_overwrites_a_newer_one(store: &dyn Store, _: &TestClock) {
    let one = registered(store, "1").await;
    project(
        store,
        vec![
            partition(one, "1", Some(AWAY), 10),
            partition(one, "2", Some(AWAY), 5),
            zone(one, Some("1"), "1", EventClass::Fire, 10),
        ],
        10,
    )
    .await;
    project(
        store,
        vec![
            partition(one, "1", Some(DISARMED), 9),
            partition(one, "0", Some(DISARMED), 7),
            zone(one, Some("2"), "1", EventClass::Test, 9),
        ],
        10,
    )
    .await;
    let expected = [
        ("0".to_owned(), Some(DISARMED), Some(7)),
        ("1".to_owned(), Some(AWAY), Some(10)),
        ("2".to_owned(), Some(DISARMED), Some(7)),
    ];
    assert_eq!(partitions(store, one).await, expected);
    let zones = store.panel(one).await.unwrap().unwrap().zones;
    assert_eq!(
        (zones[0].last_class, zones[0].partition),
        (EventClass::Fire, Some(number("1")))
    );
}

pub(crate) async fn an_event_of_an_unknown_panel_moves_only_the_cursor(
    store: &dyn Store,
    _: &TestClock,
) {
    let nobody = panel(99);
    let observations = vec![
        partition(nobody, "1", Some(AWAY), 1),
        zone(nobody, None, "1", EventClass::Fire, 2),
    ];
    project(store, observations, 2).await;
    assert_eq!(store.cursor().await.unwrap(), EventSeq(2));
    assert_eq!(store.panel(nobody).await.unwrap(), None);
}

pub(crate) async fn zones_and_outputs_keep_what_the_newest_event_said(
    store: &dyn Store,
    _: &TestClock,
) {
    let one = registered(store, "1").await;
    let observations = vec![
        opens(one, "3", ZoneState::Open, 1),
        opens(one, "3", ZoneState::Closed, 4),
        // An alarm says nothing of whether it is open.
        zone(one, None, "3", EventClass::Burglary, 6),
        zone(one, None, "4", EventClass::Burglary, 6),
        // Confirmed late: the event is older than what is known.
        opens(one, "3", ZoneState::Open, 2),
        opens(one, "4", ZoneState::Open, 5),
        switch(one, "10", true, 3),
        switch(one, "10", false, 7),
        switch(one, "10", true, 5),
        switch(one, "2", true, 8),
        switch(panel(99), "1", true, 9),
    ];
    project(store, observations, 9).await;
    let detail = store.panel(one).await.unwrap().unwrap();
    let zones: Vec<_> = detail
        .zones
        .iter()
        .map(|zone| (zone.last_seq.0, zone.state))
        .collect();
    let since = |state, seq| Since {
        state,
        seq: EventSeq(seq),
        at: when(seq),
    };
    assert_eq!(
        zones,
        [
            (6, Some(since(ZoneState::Closed, 4))),
            (6, Some(since(ZoneState::Open, 5)))
        ]
    );
    let outputs: Vec<_> = detail
        .outputs
        .iter()
        .map(|row| (row.number.to_string(), row.on.state, row.on.seq.0))
        .collect();
    assert_eq!(
        outputs,
        [("2".to_owned(), true, 8), ("10".to_owned(), false, 7)]
    );
    assert_eq!(detail.outputs[1].on.at, when(7));
}

pub(crate) async fn what_is_known_of_partitions_is_told_for_many_panels_at_once(
    store: &dyn Store,
    _: &TestClock,
) {
    let one = registered(store, "1").await;
    let two = registered(store, "2").await;
    let observations = vec![
        partition(one, "1", Some(AWAY), 1),
        partition(one, "2", None, 2),
        partition(one, "3", Some(DISARMED), 3),
    ];
    project(store, observations, 3).await;
    let known = store.partitions(vec![two, panel(99), one]).await.unwrap();
    assert_eq!(
        known[..2],
        [KnownPartitions::default(), KnownPartitions::default()]
    );
    assert_eq!(known[2].0, [(number("1"), AWAY), (number("3"), DISARMED)]);
    assert!(known[2].any_armed());
}

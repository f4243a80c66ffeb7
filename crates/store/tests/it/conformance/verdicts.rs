//! What every keeper of verdicts must do.

use engine::ports::{NewVerdict, Observation, Projection, Registry, States, Verdict, Verdicts};
use model::{
    Actor, ArmMode, Event, EventFlags, EventSeq, PanelId, PartitionState, PointNumber, Wall,
};

use super::states::registered;
use crate::support::{NOON, TestClock, event};

const AWAY: PartitionState = PartitionState::Armed(ArmMode::Away);
const DISARMED: PartitionState = PartitionState::Disarmed;

/// A keeper of verdicts that also registers panels and keeps their states.
pub(crate) trait Store: Registry + States + Verdicts {}
impl<S: Registry + States + Verdicts> Store for S {}

fn moved(panel: PanelId, to: PartitionState, seq: u64) -> Observation {
    Observation::Partition {
        panel,
        number: PointNumber::parse(b"1").unwrap(),
        moved: Some(to),
        seq: EventSeq(seq),
        at: NOON,
    }
}

fn verdict(who: &str, seq: u64, confirmed: bool, observations: Vec<Observation>) -> NewVerdict {
    let mut body = event(1, NOON);
    body.flags = EventFlags::ODD_PADDING;
    NewVerdict {
        actor: Actor {
            who: who.to_owned(),
            reason: Some("called back".to_owned()),
            ..Actor::system()
        },
        at: Wall(NOON.0 + 5),
        event: Event {
            seq: EventSeq(seq),
            message_seq: EventSeq(seq),
            body,
        },
        confirmed,
        observations,
    }
}

async fn state(store: &dyn Store, panel: PanelId) -> Option<(PartitionState, u64)> {
    let detail = store.panel(panel).await.unwrap().unwrap();
    let row = detail.partitions.first()?;
    Some((row.state?, row.since_seq?.0))
}

async fn project(store: &dyn Store, observation: Observation, cursor: u64) {
    let projection = Projection {
        observations: vec![observation],
        cursor: EventSeq(cursor),
    };
    store.project(projection).await.unwrap();
}

pub(crate) async fn a_verdict_is_kept_and_found_by_its_event(store: &dyn Store, _: &TestClock) {
    let given = store.give(verdict("ann", 7, true, vec![])).await.unwrap();
    let expected = Verdict {
        confirmed: true,
        at: Wall(NOON.0 + 5),
        who: "ann".to_owned(),
        reason: Some("called back".to_owned()),
    };
    assert_eq!(given, expected);
    let rejected = store.give(verdict("ann", 9, false, vec![])).await.unwrap();
    let asked = [9, 8, 7].map(EventSeq).to_vec();
    let found = store.verdicts(asked).await.unwrap();
    assert_eq!(found, [Some(rejected), None, Some(given)]);
}

pub(crate) async fn the_first_verdict_stands(store: &dyn Store, _: &TestClock) {
    let panel = registered(store, "1").await;
    let disarm = || vec![moved(panel, DISARMED, 7)];
    let first = store.give(verdict("ann", 7, false, vec![])).await.unwrap();
    let second = store.give(verdict("bob", 7, true, disarm())).await.unwrap();
    assert_eq!(second, first);
    assert_eq!(state(store, panel).await, None, "nothing follows from it");
}

pub(crate) async fn a_confirmed_event_moves_what_no_later_one_moved(
    store: &dyn Store,
    _: &TestClock,
) {
    let panel = registered(store, "1").await;
    project(store, moved(panel, AWAY, 3), 8).await;
    let disarm = vec![moved(panel, DISARMED, 7)];
    store.give(verdict("ann", 7, true, disarm)).await.unwrap();
    assert_eq!(state(store, panel).await, Some((DISARMED, 7)));
    project(store, moved(panel, AWAY, 9), 9).await;
    let earlier = vec![moved(panel, DISARMED, 8)];
    store.give(verdict("ann", 8, true, earlier)).await.unwrap();
    assert_eq!(state(store, panel).await, Some((AWAY, 9)));
}

pub(crate) async fn a_verdict_before_the_projection_comes_to_the_same(
    store: &dyn Store,
    _: &TestClock,
) {
    let panel = registered(store, "1").await;
    let disarm = vec![moved(panel, DISARMED, 7)];
    store.give(verdict("ann", 7, true, disarm)).await.unwrap();
    project(store, moved(panel, AWAY, 3), 8).await;
    assert_eq!(state(store, panel).await, Some((DISARMED, 7)));
}

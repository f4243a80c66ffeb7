//! Verdicts over a journal and a store of verdicts in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use model::{Event, EventFlags, PartitionState, Wall};

use super::*;
use crate::ports::{AddError, Observation, ReadError};
use crate::states::tests::event;

/// Holds one event.
struct OneEvent(Event);

impl EventLog for OneEvent {
    fn append(
        &self,
        _: Vec<crate::ports::NewMessage>,
    ) -> Answering<'_, Result<crate::ports::Appended, crate::ports::AppendError>> {
        unreachable!("verdicts store no events")
    }

    fn probe(&self) -> Answering<'_, Result<(), crate::ports::AppendError>> {
        unreachable!("verdicts do not probe")
    }

    fn find_repeats(
        &self,
        _: Vec<crate::ports::RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<crate::ports::StoredMessage>>, ReadError>> {
        unreachable!("verdicts look for no repeats")
    }

    fn latest_by_path(
        &self,
        _: Wall,
    ) -> Answering<'_, Result<Vec<crate::ports::StoredMessage>, ReadError>> {
        unreachable!("verdicts look for no repeats")
    }

    fn events(
        &self,
        _: crate::ports::EventFilter,
        _: Option<EventSeq>,
        _: bool,
        _: usize,
    ) -> Answering<'_, Result<crate::ports::EventPage, ReadError>> {
        unreachable!("verdicts read no pages")
    }

    fn event(&self, seq: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>> {
        let found = (self.0.seq == seq).then(|| self.0.clone());
        Box::pin(async move { Ok(found) })
    }

    fn head(&self) -> EventSeq {
        self.0.seq
    }
}

/// Verdicts and what followed from them, in memory.
#[derive(Default)]
struct Kept {
    verdicts: Mutex<HashMap<EventSeq, Verdict>>,
    applied: Mutex<Vec<Observation>>,
}

impl Verdicts for Kept {
    fn give(&self, new: NewVerdict) -> Answering<'_, Result<Verdict, AddError>> {
        let mut verdicts = self.verdicts.lock().unwrap();
        let stands = verdicts.entry(new.event.seq).or_insert_with(|| {
            self.applied.lock().unwrap().extend(new.observations);
            Verdict {
                confirmed: new.confirmed,
                at: new.at,
                who: new.actor.who,
                reason: new.actor.reason,
            }
        });
        let stands = stands.clone();
        Box::pin(async move { Ok(stands) })
    }

    fn verdicts(&self, _: Vec<EventSeq>) -> Answering<'_, Result<Vec<Option<Verdict>>, ReadError>> {
        unreachable!("lists are the API's")
    }
}

#[derive(Default)]
struct Listener(Mutex<Vec<EventSeq>>);

impl Confirmations for Listener {
    fn confirmed(&self, event: &Event) {
        self.0.lock().unwrap().push(event.seq);
    }
}

struct At(Wall);

impl Clock for At {
    fn now(&self) -> model::Now {
        model::Now {
            wall: self.0,
            ..model::Now::default()
        }
    }
}

struct Bench {
    judge: Judge,
    kept: Arc<Kept>,
    listener: Arc<Listener>,
    seq: EventSeq,
}

/// A bench for a Contact ID event of partition 1 that bears `flags`.
fn bench(code: &str, flags: EventFlags) -> Bench {
    let event = event(code, Some("1"), None, flags);
    let (kept, listener) = (Arc::new(Kept::default()), Arc::new(Listener::default()));
    let seq = event.seq;
    let judge = Judge::new(
        Arc::new(OneEvent(event)),
        kept.clone(),
        vec![listener.clone()],
        Arc::new(At(Wall(77))),
    );
    Bench {
        judge,
        kept,
        listener,
        seq,
    }
}

impl Bench {
    async fn says(&self, who: &str, confirmed: bool) -> Result<Verdict, VerdictError> {
        let actor = Actor {
            who: who.to_owned(),
            reason: Some("called back".to_owned()),
            ..Actor::system()
        };
        self.judge.judge(actor, self.seq, confirmed).await
    }

    fn moves(&self) -> Vec<Option<PartitionState>> {
        let applied = self.kept.applied.lock().unwrap();
        let moves = applied.iter().map(|observation| match observation {
            Observation::Partition { moved, .. } => *moved,
            Observation::Zone { .. } | Observation::Output { .. } => None,
        });
        moves.collect()
    }

    fn told(&self) -> Vec<EventSeq> {
        self.listener.0.lock().unwrap().clone()
    }
}

const DOUBT: EventFlags = EventFlags::ODD_PADDING;

#[tokio::test]
async fn a_confirmed_disarm_moves_its_partition_and_is_told() {
    let bench = bench("1401", DOUBT);
    let verdict = bench.says("ann", true).await.unwrap();
    let expected = Verdict {
        confirmed: true,
        at: Wall(77),
        who: "ann".to_owned(),
        reason: Some("called back".to_owned()),
    };
    assert_eq!(verdict, expected);
    assert_eq!(bench.moves(), [Some(PartitionState::Disarmed)]);
    assert_eq!(bench.told(), [bench.seq]);
}

#[tokio::test]
async fn a_confirmed_test_signal_is_told_though_it_moves_nothing() {
    let bench = bench("1602", DOUBT);
    bench.says("ann", true).await.unwrap();
    assert_eq!(bench.moves(), []);
    assert_eq!(bench.told(), [bench.seq]);
}

#[tokio::test]
async fn a_rejected_disarm_moves_nothing_and_is_told_to_nobody() {
    let bench = bench("1401", DOUBT);
    assert!(!bench.says("ann", false).await.unwrap().confirmed);
    assert_eq!((bench.moves(), bench.told()), (vec![], vec![]));
}

#[tokio::test]
async fn an_alarm_that_is_doubted_took_effect_when_it_came() {
    let bench = bench("1130", DOUBT);
    bench.says("ann", true).await.unwrap();
    assert_eq!((bench.moves(), bench.told()), (vec![], vec![]));
}

#[tokio::test]
async fn what_nobody_doubts_gets_no_verdict() {
    let bench = bench("1401", EventFlags::NON_STANDARD);
    let seq = bench.seq;
    assert_eq!(
        bench.says("ann", true).await,
        Err(VerdictError::NotDoubtful { seq })
    );
    assert!(bench.kept.verdicts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_second_verdict_that_says_otherwise_is_refused_with_the_first() {
    let bench = bench("1401", DOUBT);
    let first = bench.says("ann", false).await.unwrap();
    let seq = bench.seq;
    assert_eq!(bench.says("ann", false).await, Ok(first.clone()));
    let refused = bench.says("bob", true).await;
    assert_eq!(refused, Err(VerdictError::Given { seq, first }));
    let text = refused.unwrap_err().to_string();
    assert_eq!(text, "event 9 was rejected by ann before");
    assert_eq!((bench.moves(), bench.told()), (vec![], vec![]));
}

#[tokio::test]
async fn an_event_that_is_not_there_gets_no_verdict() {
    let bench = Bench {
        seq: EventSeq(404),
        ..bench("1401", DOUBT)
    };
    let seq = bench.seq;
    assert_eq!(
        bench.says("ann", true).await,
        Err(VerdictError::Unknown { seq })
    );
}

//! Roaming, clones, late ends; under given time.

use std::collections::BTreeMap;

use model::Now;
use proptest::prelude::*;

use super::*;
use crate::telling::tests::Journal;

const PATH: PathIndex = PathIndex(7);
const HOME: &str = "192.0.2.1";
const AWAY: &str = "198.51.100.7";

/// By turns one and the other.
fn side(turn: u64) -> &'static str {
    if turn.is_multiple_of(2) { HOME } else { AWAY }
}

fn at(seconds: u64) -> Mono {
    Mono::default().after(Duration::from_secs(1_000 + seconds))
}

/// A clock that a test sets.
struct Hand(Mutex<Mono>);

impl Hand {
    fn set(&self, now: Mono) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for Hand {
    fn now(&self) -> Now {
        let mono = *self.0.lock().unwrap();
        Now {
            mono,
            wall: model::Wall(1_795_000_000_000_000 + i64::try_from(mono.0 / 1_000).unwrap()),
            suspect: false,
        }
    }
}

struct Bench {
    places: Places,
    clock: Arc<Hand>,
    next: u64,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(Hand(Mutex::new(at(0))));
        Self {
            places: Places::new(clock.clone()),
            clock,
            next: 0,
        }
    }

    fn arrives(&mut self, source: &str, seconds: u64) -> (SessionPlace, Option<SessionPlace>) {
        self.next += 1;
        let place = SessionPlace {
            gateway: 1,
            connection: self.next,
        };
        self.clock.set(at(seconds));
        let before = self.places.arrived(Arrival {
            path: PATH,
            place,
            source: source.parse().unwrap(),
            at: at(seconds),
        });
        (place, before)
    }

    /// It is let in at one moment, and speaks a second later.
    fn lives(&mut self, source: &str, seconds: u64) -> SessionPlace {
        let (place, _) = self.arrives(source, seconds);
        let epoch = Epoch(at(seconds).0);
        self.places.spoke(PATH, epoch, at(seconds + 1));
        place
    }

    fn is_doubted(&self, seconds: u64) -> bool {
        !self.places.flags(PATH, at(seconds)).is_empty()
    }

    fn told(&self) -> Vec<String> {
        let events = self.places.0.outbox.take();
        assert!(
            events
                .iter()
                .all(|event| event.code == OwnCode::CloneSuspected)
        );
        events.into_iter().filter_map(|event| event.text).collect()
    }
}

#[test]
fn a_later_connection_takes_over_and_the_end_of_the_first_changes_nothing() {
    let mut bench = Bench::new();
    let (first, before) = bench.arrives(HOME, 0);
    assert_eq!(before, None);
    let (second, before) = bench.arrives(AWAY, 10);
    assert_eq!(before, Some(first), "it is to be closed");
    bench.places.gone(PATH, first, at(11));
    assert_eq!(
        bench.places.session(PATH).map(|session| session.place),
        Some(second),
        "I6"
    );
    bench.places.gone(PATH, second, at(12));
    assert_eq!(bench.places.session(PATH), None);
    assert_eq!(bench.arrives(HOME, 20).1, None);
}

#[test]
fn the_same_connection_that_asks_again_takes_over_from_nobody() {
    let mut bench = Bench::new();
    let (place, _) = bench.arrives(HOME, 0);
    let again = bench.places.arrived(Arrival {
        path: PATH,
        place,
        source: HOME.parse().unwrap(),
        at: at(5),
    });
    assert_eq!(again, None);
    assert!(bench.places.session(PATH).is_some());
}

#[test]
fn connections_of_a_gateway_that_died_are_not_to_be_closed() {
    let mut bench = Bench::new();
    bench.arrives(HOME, 0);
    bench.places.gateway_gone(2);
    assert!(bench.places.session(PATH).is_some());
    bench.places.gateway_gone(1);
    assert_eq!(bench.arrives(HOME, 1).1, None);
}

#[test]
fn three_takeovers_to_and_fro_between_lives_are_a_clone_told_once_an_hour() {
    let mut bench = Bench::new();
    for turn in 0..3 {
        bench.lives(side(turn), turn * 60);
    }
    assert!(!bench.is_doubted(130), "two takeovers");
    bench.lives(AWAY, 180);
    assert!(bench.is_doubted(180));
    assert_eq!(
        bench.told(),
        [format!("taken over to and fro between {HOME} and {AWAY}")]
    );
    bench.lives(HOME, 240);
    assert_eq!(bench.told(), [""; 0], "once an hour");
    bench.lives(AWAY, 3_700);
    bench.lives(HOME, 3_800);
    bench.lives(AWAY, 3_900);
    bench.lives(HOME, 4_000);
    assert_eq!(bench.told().len(), 1);
}

#[test]
fn a_doubt_ends_a_day_after_the_last_suspicion_or_with_a_verdict() {
    let mut bench = Bench::new();
    let day = 86_400;
    for turn in 0..4 {
        bench.lives(side(turn), turn * 60);
    }
    assert!(bench.is_doubted(180 + day - 1));
    assert!(!bench.is_doubted(180 + day));
    assert!(bench.is_doubted(500));
    let suspicion = event(OwnCode::CloneSuspected);
    bench.places.judged(&event(OwnCode::SequenceRegressed));
    assert!(bench.is_doubted(500), "a verdict on something else");
    bench.places.judged(&suspicion);
    assert!(!bench.is_doubted(500));
    bench.lives(HOME, 510);
    assert!(
        !bench.is_doubted(511),
        "what was seen before counts no more"
    );
}

fn event(code: OwnCode) -> Event {
    let mut event = crate::states::tests::event("1130", None, None, EventFlags::POSSIBLE_CLONE);
    event.body.code = Code::Own(code);
    event.body.path = PATH;
    event
}

#[test]
fn a_panel_that_roams_is_no_clone() {
    let mut bench = Bench::new();
    for turn in 0..20 {
        bench.lives(&format!("203.0.113.{turn}"), turn * 30);
    }
    assert!(!bench.is_doubted(600), "ever new addresses");
    let mut bench = Bench::new();
    for turn in 0..20 {
        bench.lives(HOME, turn * 30);
    }
    assert!(!bench.is_doubted(600), "one address");
    let mut bench = Bench::new();
    for turn in 0..20 {
        bench.arrives(side(turn), turn * 30);
    }
    assert!(
        !bench.is_doubted(600),
        "it never spoke by one of them: a line that does not work"
    );
    let mut bench = Bench::new();
    for turn in 0..20 {
        bench.lives(side(turn), turn * 301);
    }
    assert!(!bench.is_doubted(6_100), "slower than three in ten minutes");
}

#[test]
fn a_boot_counter_that_goes_back_while_two_places_alternate_is_a_clone_at_once() {
    let mut bench = Bench::new();
    bench.lives(HOME, 0);
    bench.lives(HOME, 60);
    assert!(
        !bench.places.forked(PATH, Fork::Boot, at(61)),
        "no way back yet"
    );
    bench.lives(HOME, 120);
    assert!(bench.places.forked(PATH, Fork::Boot, at(121)));
    assert!(bench.is_doubted(121));
    assert_eq!(
        bench.told(),
        [format!("the boot counter went back between {HOME}")]
    );
    assert!(!bench.places.forked(PathIndex(8), Fork::Sequence, at(121)));
}

#[test]
fn what_the_taken_over_connection_still_says_is_not_the_new_ones_life() {
    let mut bench = Bench::new();
    let mut older = None;
    for turn in 0..6_u64 {
        bench.arrives(side(turn), turn * 30);
        if let Some(older) = older {
            bench.places.spoke(PATH, older, at(turn * 30 + 5));
        }
        older = Some(Epoch(at(turn * 30).0));
    }
    assert!(!bench.is_doubted(200));
}

#[test]
fn what_lets_it_in_is_no_life_yet() {
    let mut bench = Bench::new();
    for turn in 0..6 {
        bench.arrives(side(turn), turn * 30);
        let epoch = Epoch(at(turn * 30).0 + 5);
        bench.places.spoke(PATH, epoch, at(turn * 30));
    }
    assert!(!bench.is_doubted(200));
}

#[tokio::test(start_paused = true)]
async fn a_suspicion_is_stored_with_the_flag_by_which_a_person_can_judge_it() {
    let mut bench = Bench::new();
    for turn in 0..4 {
        bench.lives(side(turn), turn * 60);
    }
    let journal = Journal::open();
    let run = bench
        .places
        .clone()
        .run(journal.clone(), std::future::ready(()));
    run.await;
    let stored = journal.stored.lock().unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(
        (stored[0].path, stored[0].flags),
        (PATH, EventFlags::POSSIBLE_CLONE)
    );
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Arrive(u8),
    Speak(u8),
    Leave(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..4).prop_map(Step::Arrive),
        (0_u8..4).prop_map(Step::Speak),
        (0_u8..4).prop_map(Step::Leave),
    ]
}

proptest! {
    /// Whatever comes late: the connection that counts is the last that came and has not ended itself.
    #[test]
    fn the_last_that_came_counts_until_it_ends_itself(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut bench = Bench::new();
        let mut current: Option<SessionPlace> = None;
        let mut places: BTreeMap<u8, (SessionPlace, Epoch)> = BTreeMap::new();
        for (second, step) in (0_u64..).zip(steps) {
            match step {
                Step::Arrive(one) => {
                    let (place, before) = bench.arrives(&format!("203.0.113.{one}"), second);
                    prop_assert_eq!(before, current);
                    current = Some(place);
                    places.insert(one, (place, Epoch(at(second).0)));
                }
                Step::Speak(one) => if let Some((_, epoch)) = places.get(&one) {
                    bench.places.spoke(PATH, *epoch, at(second));
                },
                Step::Leave(one) => if let Some((place, _)) = places.remove(&one) {
                    bench.places.gone(PATH, place, at(second));
                    current = current.filter(|current| *current != place);
                },
            }
            prop_assert_eq!(bench.places.session(PATH).map(|session| session.place), current);
        }
    }
}

mod recalled {
    use super::*;
    use crate::fakes::{Ledger, Paused, own_event};
    use crate::ports::{AddError, Answering, NewVerdict, Verdict};

    /// Verdicts on these events.
    struct Given(Vec<u64>);

    impl Verdicts for Given {
        fn give(&self, _: NewVerdict) -> Answering<'_, Result<Verdict, AddError>> {
            unreachable!("nobody judges here")
        }

        fn verdicts(
            &self,
            seqs: Vec<model::EventSeq>,
        ) -> Answering<'_, Result<Vec<Option<Verdict>>, ReadError>> {
            let verdict = |seq: &model::EventSeq| {
                self.0.contains(&seq.0).then(|| Verdict {
                    confirmed: false,
                    at: model::Wall(0),
                    who: "somebody".to_owned(),
                    reason: None,
                })
            };
            let given = seqs.iter().map(verdict).collect();
            Box::pin(std::future::ready(Ok(given)))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubt_survives_a_restart_for_what_is_left_of_its_day_unless_it_was_judged() {
        let clock = Paused::new();
        let ledger = Ledger::new(clock.clone());
        let hours = |hours| {
            let until = tokio::time::Instant::now() + Duration::from_hours(hours);
            tokio::time::sleep_until(until)
        };
        ledger.commit(own_event(PathIndex(1), OwnCode::CloneSuspected));
        hours(20).await;
        ledger.commit(own_event(PathIndex(2), OwnCode::CloneSuspected));
        ledger.commit(own_event(PathIndex(3), OwnCode::CloneSuspected));
        ledger.commit(own_event(PathIndex(4), OwnCode::OddPadding));
        hours(5).await;
        let places = Places::new(clock.clone());
        places.recall(&*ledger, &Given(vec![3])).await.unwrap();
        let doubted = |path| !places.flags(PathIndex(path), clock.now().mono).is_empty();
        assert_eq!([1, 2, 3, 4].map(doubted), [false, true, false, false]);
        hours(19).await;
        assert_eq!([1, 2, 3, 4].map(doubted), [false; 4]);
    }
}

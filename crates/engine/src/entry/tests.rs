//! Crash and smash under virtual time: a journal that commits, partitions that are what a test says, a link
//! that is cut.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{
    Code, Event, EventFlags, EventSeq, Extended, Message, Mono, OwnCode, PanelCode, PanelId,
    PartitionState, PathIndex, PointNumber, RepeatKey,
};
use proptest::prelude::*;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::*;
use crate::fakes::{Ledger, Paused, own_event};
use crate::ports::{
    AddError, Answering, KnownPartitions, Link, Links, Projection, ReadError, States,
};
use crate::states::tests::event;

const PATH: PathIndex = PathIndex(1);
const AWAY: PartitionState = PartitionState::Armed(model::ArmMode::Away);

/// What the surroundings say.
#[derive(Default)]
struct Around {
    known: Mutex<KnownPartitions>,
    link: Mutex<Link>,
    holding: Mutex<bool>,
}

impl States for Around {
    fn cursor(&self) -> Answering<'_, Result<EventSeq, ReadError>> {
        Box::pin(std::future::ready(Ok(EventSeq(u64::MAX))))
    }

    fn partitions(
        &self,
        panels: Vec<PanelId>,
    ) -> Answering<'_, Result<Vec<KnownPartitions>, ReadError>> {
        let known = self.known.lock().unwrap().clone();
        Box::pin(std::future::ready(Ok(vec![known; panels.len()])))
    }

    fn project(&self, _: Projection) -> Answering<'_, Result<(), AddError>> {
        unreachable!("this one only reads")
    }
}

impl Links for Around {
    fn link(&self, _: PathIndex) -> Link {
        *self.link.lock().unwrap()
    }

    fn is_holding(&self) -> bool {
        *self.holding.lock().unwrap()
    }
}

struct World {
    around: Arc<Around>,
    ledger: Arc<Ledger>,
    clock: Arc<Paused>,
    task: JoinHandle<Result<(), ReadError>>,
}

fn number(digits: &str) -> PointNumber {
    PointNumber::parse(digits.as_bytes()).unwrap()
}

fn armed(partitions: &[(&str, PartitionState)]) -> KnownPartitions {
    let known = partitions
        .iter()
        .map(|(digits, state)| (number(digits), *state));
    KnownPartitions(known.collect())
}

/// Somebody enters, and has so many seconds.
fn entry(partition: Option<&str>, delay: Option<u16>) -> Event {
    let mut entry = event("1130", partition, None, EventFlags::empty());
    entry.body.code = Code::Panel(PanelCode::EntryDelay);
    entry.body.class = PanelCode::EntryDelay.class();
    entry.body.message = Some(Message {
        key: RepeatKey([0; 16]),
        extended: delay.map(Extended::entry_delay).into_iter().collect(),
        raw: Vec::new(),
    });
    entry
}

impl World {
    async fn new() -> Self {
        let clock = Paused::new();
        let around = Arc::new(Around::default());
        *around.known.lock().unwrap() = armed(&[("1", AWAY), ("2", AWAY)]);
        around.link.lock().unwrap().watched = 1;
        let ledger = Ledger::new(clock.clone());
        let task = Self::spawn(&around, &ledger, &clock).await;
        Self {
            around,
            ledger,
            clock,
            task,
        }
    }

    async fn spawn(
        around: &Arc<Around>,
        ledger: &Arc<Ledger>,
        clock: &Arc<Paused>,
    ) -> JoinHandle<Result<(), ReadError>> {
        let task = Task::begin(Parts {
            log: ledger.clone(),
            states: around.clone(),
            links: around.clone(),
            reports: ledger.clone(),
            bell: ledger.bell.clone(),
            clock: clock.clone(),
        });
        tokio::spawn(task.await.unwrap().run(std::future::pending()))
    }

    /// The engine dies, and comes again after so many seconds.
    async fn crash(&mut self, away: u64) {
        self.task.abort();
        pass(away).await;
        self.task = Self::spawn(&self.around, &self.ledger, &self.clock).await;
        pass(0).await;
    }

    fn now(&self) -> Mono {
        model::Clock::now(&*self.clock).mono
    }

    fn is_heard(&self, keep_alive: u64) {
        let mut link = self.around.link.lock().unwrap();
        link.heard = Some(self.now());
        let silence = Duration::from_millis(keep_alive * 1_500);
        link.expected = Some(self.now().after(silence));
    }

    fn suspected(&self) -> usize {
        let own = self.ledger.own();
        own.iter()
            .filter(|(_, code)| *code == OwnCode::BurglarySuspected)
            .count()
    }

    fn lost_armed(&self) -> usize {
        let own = self.ledger.own();
        own.iter()
            .filter(|(_, code)| *code == OwnCode::LostWhileArmed)
            .count()
    }
}

/// Until the journal is read again.
async fn read() {
    sleep_until(Instant::now() + task::GATHER + Duration::from_millis(1)).await;
}

async fn pass(seconds: u64) {
    let until = Instant::now() + Duration::from_millis(seconds * 1_000 + 1);
    sleep_until(until).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_after_an_entry_is_a_suspected_burglary_ten_seconds_after_the_reported_delay() {
    let world = World::new().await;
    world.ledger.commit(entry(Some("1"), Some(30)));
    pass(40).await;
    assert_eq!(world.suspected(), 0);
    pass(1).await;
    assert_eq!(world.suspected(), 1);
    pass(600).await;
    assert_eq!(world.suspected(), 1, "told once");
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_reports_no_delay_has_the_usual_one() {
    let world = World::new().await;
    world.ledger.commit(entry(Some("1"), None));
    pass(55).await;
    assert_eq!(world.suspected(), 0);
    pass(1).await;
    assert_eq!(world.suspected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_disarm_or_an_alarm_of_the_partition_ends_it_and_nothing_else_does() {
    let none = EventFlags::empty();
    let doubt = EventFlags::POSSIBLE_CLONE;
    let ends = [
        event("1401", Some("1"), Some("4"), none),
        event("1401", None, None, none),
        event("1130", Some("1"), Some("3"), none),
        event("1130", Some("1"), Some("3"), doubt),
        event("1120", None, None, none),
    ];
    for ending in ends {
        let world = World::new().await;
        world.ledger.commit(entry(Some("1"), Some(30)));
        pass(20).await;
        let code = ending.body.code;
        world.ledger.commit(ending);
        pass(60).await;
        assert_eq!(world.suspected(), 0, "{code}");
    }
    let leaves = [
        ("a disarm in doubt", event("1401", Some("1"), None, doubt)),
        ("another partition's", event("1401", Some("2"), None, none)),
        (
            "another partition's alarm",
            event("1130", Some("2"), None, none),
        ),
        ("a restore", event("3130", Some("1"), None, none)),
        ("a cancel", event("1406", Some("1"), None, none)),
        ("a test", event("1602", None, None, none)),
        ("what persists", event("6130", Some("1"), None, none)),
        (
            "a tamper before the silence",
            event("1137", Some("1"), None, none),
        ),
    ];
    for (what, signal) in leaves {
        let world = World::new().await;
        world.ledger.commit(entry(Some("1"), Some(30)));
        pass(20).await;
        world.ledger.commit(signal);
        pass(21).await;
        assert_eq!(world.suspected(), 1, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_into_a_partition_that_is_known_to_be_disarmed_is_none() {
    for (known, suspected) in [
        (armed(&[("1", PartitionState::Disarmed)]), 0),
        (armed(&[("1", AWAY)]), 1),
        (armed(&[("0", AWAY)]), 1),
        (armed(&[("0", PartitionState::Disarmed)]), 0),
        (armed(&[]), 1),
    ] {
        let world = World::new().await;
        let said = format!("{known:?}");
        *world.around.known.lock().unwrap() = known;
        world.ledger.commit(entry(Some("1"), Some(30)));
        pass(60).await;
        assert_eq!(world.suspected(), suspected, "R1: {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_is_heard_after_the_delay_has_a_link() {
    let world = World::new().await;
    world.ledger.commit(entry(Some("1"), Some(30)));
    pass(33).await;
    world.is_heard(1);
    pass(600).await;
    assert_eq!(world.suspected(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panel_heard_before_the_end_is_waited_for_as_long_as_its_silence_means_nothing() {
    let world = World::new().await;
    world.ledger.commit(entry(Some("1"), Some(30)));
    pass(20).await;
    // Heard every 39 s: silent until 58.5 s later.
    world.is_heard(39);
    pass(55).await;
    assert_eq!(world.suspected(), 0);
    pass(5).await;
    assert_eq!(world.suspected(), 1);

    let world = World::new().await;
    world.ledger.commit(entry(Some("1"), Some(30)));
    pass(20).await;
    world.is_heard(600);
    pass(21).await;
    assert_eq!(
        world.suspected(),
        1,
        "nobody waits for a panel that is heard every ten minutes"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_judged_while_silence_may_be_our_own() {
    let world = World::new().await;
    *world.around.holding.lock().unwrap() = true;
    world.ledger.commit(entry(Some("1"), Some(30)));
    pass(300).await;
    assert_eq!(world.suspected(), 0, "R11");
    *world.around.holding.lock().unwrap() = false;
    pass(1).await;
    assert_eq!(world.suspected(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_entry_survives_a_restart_and_is_told_once() {
    for away in [5, 100] {
        let mut world = World::new().await;
        world.ledger.commit(entry(Some("1"), Some(30)));
        pass(10).await;
        world.crash(away).await;
        pass(31).await;
        assert_eq!(world.suspected(), 1, "away for {away} s");
        world.crash(5).await;
        pass(300).await;
        assert_eq!(world.suspected(), 1, "told before");
    }
    let mut world = World::new().await;
    world.ledger.commit(entry(Some("1"), Some(30)));
    world
        .ledger
        .commit(event("1401", Some("1"), None, EventFlags::empty()));
    world.crash(100).await;
    pass(100).await;
    assert_eq!(world.suspected(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panel_lost_while_armed_is_told_at_once() {
    let mut world = World::new().await;
    world.ledger.commit(own_event(PATH, OwnCode::PathLost));
    read().await;
    assert_eq!(world.lost_armed(), 1);
    world.crash(1).await;
    assert_eq!(world.lost_armed(), 1, "told before");
    world.ledger.commit(own_event(PATH, OwnCode::PathRestored));
    world.ledger.commit(own_event(PATH, OwnCode::PathLost));
    read().await;
    assert_eq!(world.lost_armed(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_loss_that_was_stored_in_the_last_moment_of_a_life_is_told_by_the_next() {
    let mut world = World::new().await;
    world.task.abort();
    world.ledger.commit(own_event(PATH, OwnCode::PathLost));
    world.crash(86_400).await;
    assert_eq!(world.lost_armed(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_several_paths_the_last_lost_says_that_the_panel_is() {
    let world = World::new().await;
    world.around.link.lock().unwrap().watched = 2;
    world.ledger.commit(own_event(PATH, OwnCode::PathLost));
    read().await;
    assert_eq!(world.lost_armed(), 0, "R9");
    world
        .ledger
        .commit(own_event(PathIndex(2), OwnCode::PanelLost));
    read().await;
    assert_eq!(
        world.ledger.own().last(),
        Some(&(PathIndex(2), OwnCode::LostWhileArmed))
    );
}

#[tokio::test(start_paused = true)]
async fn a_panel_lost_while_disarmed_or_that_was_never_armed_is_only_lost() {
    for known in [armed(&[]), armed(&[("1", PartitionState::Disarmed)])] {
        let world = World::new().await;
        *world.around.known.lock().unwrap() = known;
        world.ledger.commit(own_event(PATH, OwnCode::PathLost));
        pass(1).await;
        assert_eq!(world.lost_armed(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_armed_panels_lost_at_once_are_told_one_by_one() {
    let world = World::new().await;
    for panel in 0..10_000_u32 {
        let mut lost = own_event(PathIndex(panel), OwnCode::PathLost);
        let mut id = [0; 16];
        id[..4].copy_from_slice(&panel.to_be_bytes());
        lost.body.panel = PanelId::from_bytes(id);
        world.ledger.commit(lost);
    }
    pass(1).await;
    let told: HashMap<PathIndex, OwnCode> = world.ledger.own().into_iter().collect();
    assert_eq!(world.lost_armed(), 10_000);
    assert_eq!(told.len(), 10_000, "each its own");
}

fn anything() -> impl Strategy<Value = (u64, Event)> {
    let calming = prop_oneof![
        Just("3130"),
        Just("1406"),
        Just("1602"),
        Just("3570"),
        Just("3401"),
        Just("6130"),
        Just("1137"),
    ];
    let effective = (0..20_u64, calming)
        .prop_map(|(wait, code)| (wait, event(code, Some("1"), None, EventFlags::empty())));
    let doubt = prop_oneof![
        Just(EventFlags::POSSIBLE_CLONE),
        Just(EventFlags::EXPIRED_CERTIFICATE),
        Just(EventFlags::SEQUENCE_REGRESSED),
        Just(EventFlags::CLOCK_OUTSIDE_WINDOW),
    ];
    let disarm =
        (0..20_u64, doubt).prop_map(|(wait, flags)| (wait, event("1401", Some("1"), None, flags)));
    prop_oneof![effective, disarm]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// R12: an effective disarm, an alarm or a link end an entry; no other signal hides the burglary.
    #[test]
    fn no_calming_or_doubtful_signal_hides_a_suspected_burglary(
        signals in proptest::collection::vec(anything(), 0..8), crash in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            world.ledger.commit(entry(Some("1"), Some(30)));
            for (wait, signal) in signals {
                pass(wait).await;
                world.ledger.commit(signal);
            }
            if crash {
                world.crash(20).await;
            }
            pass(41).await;
            assert_eq!(world.suspected(), 1);
        });
    }
}

//! What panels say of our clock, and what follows, second by second.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{Clock, EventSeq, IntakeState, Mono, Now, OwnCode, PanelIndex, PathIndex, Wall};
use proptest::prelude::*;
use tokio::sync::watch;

use super::machine::{Finding, Machine, Word};
use crate::ingest::ClockDoubt;
use crate::ports::{Answering, OwnEvent, Reports};
use crate::registry::Registry;

/// A fleet, and a wall clock that can be set.
struct Bench {
    machine: Machine,
    mono: Mono,
    wall: Wall,
    found: Vec<Finding>,
}

impl Bench {
    fn new() -> Self {
        let (mono, wall) = (
            Mono::default().after(Duration::from_hours(9)),
            Wall(1 << 50),
        );
        Self {
            machine: Machine::new(now(mono, wall)),
            mono,
            wall,
            found: Vec::new(),
        }
    }

    /// Lets seconds pass, comparing the clocks at each.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.mono = self.mono.after(Duration::from_secs(1));
            self.wall.0 += 1_000_000;
            self.look();
        }
    }

    fn look(&mut self) {
        self.found
            .extend(self.machine.tick(now(self.mono, self.wall)));
        self.found.extend(self.machine.judge(self.mono));
    }

    fn set_clock(&mut self, seconds: i64) {
        self.wall.0 += seconds * 1_000_000;
    }

    fn hear(&mut self, panels: std::ops::Range<u32>, word: Word) {
        for panel in panels {
            self.machine.hear(PanelIndex(panel), word, self.mono);
        }
        self.found.extend(self.machine.judge(self.mono));
    }

    fn found(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.found)
    }
}

fn now(mono: Mono, wall: Wall) -> Now {
    Now {
        mono,
        wall,
        suspect: false,
    }
}

#[test]
fn twenty_panels_that_leave_the_window_within_a_minute_make_our_clock_suspect() {
    let mut bench = Bench::new();
    bench.hear(0..100, Word::Inside);
    bench.pass(10);
    bench.hear(0..19, Word::Outside);
    assert_eq!(bench.found(), []);
    bench.hear(19..20, Word::Outside);
    let suspect = Finding::Suspect {
        left: 20,
        heard: 100,
    };
    assert_eq!(bench.found(), [suspect]);
}

#[test]
fn one_in_twenty_is_not_enough() {
    let mut bench = Bench::new();
    bench.hear(0..800, Word::Inside);
    bench.hear(0..40, Word::Outside);
    assert_eq!(bench.found(), []);
    bench.hear(40..41, Word::Outside);
    assert!(matches!(
        bench.found()[..],
        [Finding::Suspect {
            left: 41,
            heard: 800
        }]
    ));
}

#[test]
fn panels_that_leave_one_by_one_over_minutes_accuse_nobody_but_themselves() {
    let mut bench = Bench::new();
    bench.hear(0..100, Word::Inside);
    for panel in 0..100 {
        bench.pass(4);
        bench.hear(panel..panel + 1, Word::Outside);
        bench.hear(panel + 1..100, Word::Inside);
    }
    assert_eq!(bench.found(), []);
}

#[test]
fn a_panel_that_is_outside_all_along_counts_once() {
    let mut bench = Bench::new();
    for _ in 0..100 {
        bench.hear(0..19, Word::Outside);
        bench.hear(100..130, Word::Inside);
        bench.pass(7);
    }
    assert_eq!(bench.found(), []);
}

#[test]
fn our_clock_is_trusted_again_when_twenty_panels_agree_and_hardly_one_does_not() {
    let mut bench = Bench::new();
    bench.hear(0..200, Word::Inside);
    bench.hear(0..200, Word::Outside);
    assert_eq!(bench.found().len(), 1);
    bench.pass(100);
    bench.hear(0..19, Word::Inside);
    assert_eq!(bench.found(), []);
    bench.hear(19..20, Word::Inside);
    assert_eq!(bench.found(), [Finding::Trusted { agreed: 20 }]);
}

#[test]
fn our_clock_stays_suspect_while_panels_contradict_each_other() {
    let mut bench = Bench::new();
    bench.hear(0..200, Word::Inside);
    bench.hear(0..200, Word::Outside);
    bench.found();
    for _ in 0..50 {
        bench.hear(0..100, Word::Inside);
        bench.hear(100..102, Word::Outside);
        bench.pass(10);
    }
    assert_eq!(bench.found(), []);
}

#[test]
fn panels_that_were_never_inside_do_not_keep_our_clock_suspect() {
    let mut bench = Bench::new();
    bench.hear(0..40, Word::Outside);
    assert_eq!(bench.found().len(), 1);
    for _ in 0..30 {
        bench.hear(0..40, Word::Outside);
        bench.hear(100..200, Word::Inside);
        bench.pass(5);
    }
    assert_eq!(bench.found(), [Finding::Trusted { agreed: 100 }]);
}

#[test]
fn a_clock_that_jumps_and_is_set_back_is_told_both_ways_and_trusted_at_once() {
    let mut bench = Bench::new();
    bench.hear(0..50, Word::Inside);
    bench.set_clock(3_600);
    bench.pass(1);
    assert_eq!(bench.found(), [Finding::Jumped(3_600_000_000)]);
    bench.hear(0..50, Word::Outside);
    assert_eq!(bench.found().len(), 1);
    bench.pass(600);
    bench.set_clock(-3_602);
    bench.pass(1);
    let back = [
        Finding::Jumped(-3_602_000_000),
        Finding::Trusted { agreed: 0 },
    ];
    assert_eq!(bench.found(), back);
    bench.pass(10);
    bench.hear(0..50, Word::Inside);
    bench.pass(100);
    assert_eq!(bench.found(), []);
}

#[test]
fn a_second_jump_makes_a_second_suspicion() {
    let mut bench = Bench::new();
    for round in 0..3 {
        bench.hear(0..50, Word::Inside);
        bench.pass(30);
        bench.hear(0..50, Word::Outside);
        let found = bench.found();
        assert!(
            found.iter().any(|f| matches!(f, Finding::Suspect { .. })),
            "round {round}: {found:?}"
        );
        bench.pass(90);
        bench.hear(0..50, Word::Inside);
        assert!(matches!(bench.found()[..], [Finding::Trusted { .. }]));
        bench.pass(90);
    }
}

#[test]
fn a_clock_that_is_steered_or_read_late_does_not_jump() {
    let mut bench = Bench::new();
    bench.set_clock(5);
    bench.pass(1);
    bench.set_clock(-5);
    bench.pass(1);
    // The task was held up: both clocks went on.
    bench.mono = bench.mono.after(Duration::from_mins(5));
    bench.wall.0 += 300_000_000;
    bench.pass(1);
    assert_eq!(bench.found(), []);
    bench.set_clock(6);
    bench.pass(1);
    assert_eq!(bench.found(), [Finding::Jumped(6_000_000)]);
}

/// The figures, counted anew from all words each time.
#[derive(Default)]
struct Model {
    panels: std::collections::HashMap<u32, Vec<(u64, Word)>>,
}

impl Model {
    fn left_and_heard(&self, now: u64) -> (u32, u32) {
        let recent = |second: u64| now - second < 60;
        let left = |words: &&Vec<(u64, Word)>| {
            let last = words.iter().rposition(|(_, word)| *word == Word::Inside);
            let since = words.get(last.map_or(0, |at| at + 1));
            since.is_some_and(|(second, _)| recent(*second))
        };
        let heard = |words: &&Vec<(u64, Word)>| words.last().is_some_and(|w| recent(w.0));
        let count = |n: usize| u32::try_from(n).unwrap();
        (
            count(self.panels.values().filter(left).count()),
            count(self.panels.values().filter(heard).count()),
        )
    }
}

proptest! {
    #[test]
    fn a_suspicion_comes_exactly_when_the_figures_say_so(
        steps in prop::collection::vec((0u32..60, 1u32..30, prop::bool::weighted(0.4), 0u64..25), 1..60)
    ) {
        let mut bench = Bench::new();
        let mut model = Model::default();
        for (first, count, outside, pause) in steps {
            bench.pass(pause);
            let word = if outside { Word::Outside } else { Word::Inside };
            let second = bench.mono.since(Mono::default()).as_secs();
            for panel in first..first + count {
                bench.machine.hear(PanelIndex(panel), word, bench.mono);
                model.panels.entry(panel).or_default().push((second, word));
            }
            bench.look();
            let (left, heard) = model.left_and_heard(second);
            let expected = left >= 20 && left * 20 > heard;
            prop_assert_eq!(!bench.found().is_empty(), expected, "{} of {}", left, heard);
            if expected {
                return Ok(());
            }
        }
    }
}

/// A monotonic clock that is tokio's, and a wall clock that can be set.
struct SetClock {
    begun: tokio::time::Instant,
    set: AtomicI64,
}

impl Clock for SetClock {
    fn now(&self) -> Now {
        let passed = self.begun.elapsed();
        let wall = (1 << 50) + model::micros(passed) + self.set.load(Ordering::SeqCst);
        now(Mono::default().after(passed), Wall(wall))
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<OwnEvent>>);

impl Reports for Told {
    fn report(&self, event: OwnEvent) -> Answering<'_, Option<EventSeq>> {
        self.0.lock().unwrap().push(event);
        Box::pin(async { Some(EventSeq(1)) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_our_clock_is_an_event_of_our_own_that_says_how_far() {
    let clock = Arc::new(SetClock {
        begun: tokio::time::Instant::now(),
        set: AtomicI64::new(0),
    });
    let store = Arc::new(crate::ingest::tests::OnePanel);
    let registry = Registry::load(store, clock.clone()).await.unwrap();
    let told = Arc::new(Told::default());
    let state = Arc::new(watch::Sender::new(IntakeState::default()));
    let doubt = ClockDoubt::new(&state);
    let (handle, task) = super::clocks(registry, told.clone(), doubt, clock.clone());
    let task = tokio::spawn(task.run());
    for set in [3_600_000_000, 3_600_000_000, -7_250_000] {
        clock.set.store(set, Ordering::SeqCst);
        tokio::time::timeout(Duration::from_secs(3), std::future::pending::<()>())
            .await
            .unwrap_err();
    }
    drop(handle);
    task.await.unwrap();
    let told = told.0.lock().unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|event| (event.path, event.code, event.text.as_deref().unwrap()))
        .collect();
    let jump = |text| (PathIndex::HOUSE, OwnCode::ClockJumped, text);
    assert_eq!(told, [jump("ahead by 3600.0 s"), jump("back by 3607.2 s")]);
}

//! What gateways count, under given time.

use model::Mono;
use model::limits::LINK_PERIOD;

use super::*;
use crate::fakes::{Ledger, Paused};

const MS: Duration = Duration::from_millis(1);

/// Periods of half a second, from a moment on.
struct World {
    machine: Machine,
    now: Mono,
    total: u64,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            machine: Machine::default(),
            now: Mono(1 << 40),
            total: 5_000,
        };
        assert_eq!(
            world.period(0, 0),
            [],
            "what was counted before says nothing"
        );
        world
    }

    fn period(&mut self, refused: u64, delay: u32) -> Vec<Finding> {
        self.total += refused;
        self.now = self.now.after(LINK_PERIOD);
        let counts = [("bad_certificate", self.total)];
        self.machine.counted(1, &counts, delay * MS, self.now)
    }
}

#[test]
fn more_than_a_hundred_refused_within_a_minute_are_told_by_reason_once_in_ten_minutes() {
    let mut world = World::new();
    for _ in 0..100 {
        assert_eq!(world.period(1, 0), []);
    }
    let found = world.period(1, 0);
    assert_eq!(found, [Finding::Refused([("bad_certificate", 101)].into())]);
    let again = (0..1_200).map(|_| world.period(1, 0).len()).sum::<usize>();
    assert_eq!(again, 1, "ten minutes later");
}

#[test]
fn a_hundred_in_a_minute_for_ever_are_not_told() {
    let mut world = World::new();
    for period in 0..10_000 {
        assert_eq!(world.period(u64::from(period % 121 < 100), 0), []);
    }
}

#[test]
fn counts_of_a_gateway_that_was_replaced_begin_anew() {
    let mut world = World::new();
    world.total = 0;
    assert_eq!(world.period(90, 0), []);
    let found = world.period(20, 0);
    assert_eq!(found, [Finding::Refused([("bad_certificate", 110)].into())]);
}

#[test]
fn three_slow_periods_in_a_row_are_told_and_two_are_not() {
    let mut world = World::new();
    for delay in [501, 800, 500, 900, 700, 0] {
        assert_eq!(world.period(0, delay), []);
    }
    assert_eq!(world.period(0, 600), []);
    assert_eq!(world.period(0, 900), []);
    let longest = 900 * MS;
    assert_eq!(
        world.period(0, 501),
        [Finding::Delayed {
            gateway: 1,
            longest
        }]
    );
    assert_eq!(world.period(0, 2_000), [], "once in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn what_is_found_is_an_event_of_the_house() {
    let clock = Paused::new();
    let ledger = Ledger::new(clock.clone());
    let health = Health::new(clock);
    health.counted(3, &[("no_certificate", 7), ("expired", 0)], Duration::ZERO);
    health.counted(
        3,
        &[("no_certificate", 107), ("expired", 200)],
        Duration::ZERO,
    );
    for _ in 0..3 {
        health.counted(3, &[], 700 * MS);
    }
    health.run(ledger.clone(), std::future::ready(())).await;
    assert_eq!(
        ledger.own(),
        [
            (PathIndex::HOUSE, OwnCode::HandshakesRefused),
            (PathIndex::HOUSE, OwnCode::LoopDelayed)
        ]
    );
    let texts = ledger.texts();
    assert_eq!(
        texts,
        [
            "300 within a minute: expired 200, no_certificate 100",
            "turns of gateway 3 take up to 700 ms"
        ]
    );
}

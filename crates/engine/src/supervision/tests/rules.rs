//! R9 and R10: deadlines, restores, panels, alternatives, reminders, tests.

use super::*;
use crate::supervision::slot::Expected;

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_path_that_speaks_within_its_time_is_never_lost() {
    let mut world = World::new(vec![watched(1, 1, 17)]);
    world.speaks_every(1, 16_900 * SECOND / 1_000);
    world.run(HOUR);
    assert_eq!(world.stored, []);
}

#[test]
fn a_silent_path_is_lost_a_second_after_its_deadline_at_the_latest_and_told_once() {
    let mut world = World::new(vec![watched(1, 1, 17)]);
    world.run(3_300 * SECOND / 1_000);
    world.speaks(1);
    let deadline = world.at() + 17.0;
    world.run(HOUR);
    on_time(world.when(1, OwnCode::PathLost), deadline);
    assert_eq!(world.stored.len(), 1);
}

#[test]
fn a_lost_path_that_speaks_again_is_restored() {
    let mut world = World::new(vec![watched(1, 1, 90)]);
    world.speaks(1);
    world.run(200 * SECOND);
    world.speaks_every(1, 30 * SECOND);
    world.run(HOUR);
    assert_eq!(world.of(1), [OwnCode::PathLost, OwnCode::PathRestored]);
    on_time(world.when(1, OwnCode::PathRestored), 200.0);
}

#[test]
fn a_loss_and_its_end_are_both_told_when_storing_stood_still_meanwhile() {
    let mut world = World::new(vec![watched(1, 1, 20)]);
    world.speaks(1);
    world.run(20 * SECOND);
    // On its way to a journal that does not answer.
    while world.machine.next_report().is_none() {
        world.storing = false;
        world.run(SECOND);
    }
    world.speaks_every(1, 5 * SECOND);
    world.run(10 * SECOND);
    world
        .machine
        .settled(crate::supervision::Ticket::Panel(0), true, world.now.mono);
    world.storing = true;
    world.run(SECOND);
    assert_eq!(world.of(1), [OwnCode::PathRestored]);
}

#[test]
fn a_report_that_was_not_stored_is_tried_again() {
    let mut world = World::new(vec![watched(1, 1, 20)]);
    world.speaks(1);
    world.storing = false;
    world.run(25 * SECOND);
    for _ in 0..3 {
        let (ticket, report) = world.machine.next_report().unwrap();
        assert_eq!(report.code, OwnCode::PathLost);
        world.machine.settled(ticket, false, world.now.mono);
        assert!(world.machine.next_report().is_none(), "not at once");
        world.run(2 * SECOND);
    }
    world.storing = true;
    world.run(SECOND);
    assert_eq!(world.of(1), [OwnCode::PathLost]);
}

#[test]
fn a_panel_is_lost_when_all_its_paths_are_and_back_with_the_first() {
    let mut world = World::new(vec![
        watched(1, 1, 30),
        watched(2, 1, 30),
        watched(3, 2, 30),
    ]);
    world.speaks_every(1, 10 * SECOND);
    world.speaks(2);
    world.speaks(3);
    world.run(100 * SECOND);
    assert_eq!(
        world.count(OwnCode::PanelLost),
        0,
        "one path of two, and one of one"
    );
    world.falls_silent(1);
    world.run(100 * SECOND);
    assert_eq!(world.of(1), [OwnCode::PathLost, OwnCode::PanelLost]);
    world.speaks_every(2, 10 * SECOND);
    world.run(100 * SECOND);
    assert_eq!(
        world.of(2),
        [
            OwnCode::PathLost,
            OwnCode::PathRestored,
            OwnCode::PanelRestored
        ]
    );
}

fn dual() -> Vec<Watched> {
    let mut second = watched(2, 1, 87);
    second.times = Some(Times {
        working: 5 * HOUR,
        failed: 87 * SECOND,
    });
    vec![watched(1, 1, 87), second]
}

#[test]
fn the_alternative_path_has_the_short_time_from_the_failure_of_the_first_on() {
    let mut world = World::new(dual());
    world.speaks_every(1, 30 * SECOND);
    world.speaks(2);
    world.run(HOUR);
    world.falls_silent(1);
    world.run(60 * SECOND);
    let spoke = world.now;
    world.run(1_000 * SECOND);
    let lost = world.when(1, OwnCode::PathLost).unwrap();
    assert!(lost - (world.at() - world.now.mono.since(spoke.mono).as_secs_f64()) < 88.0);
    assert_eq!(
        world.machine.take_quickened(),
        [PathIndex(2)],
        "its connection is asked for a shorter keep-alive, once"
    );
    let alternative = world.when(2, OwnCode::PathLost).unwrap();
    assert!(
        (lost + 87.0..lost + 89.0).contains(&alternative),
        "{lost} {alternative}"
    );
}

#[test]
fn the_alternative_path_has_its_long_time_while_the_first_works() {
    let mut world = World::new(dual());
    world.speaks_every(1, 30 * SECOND);
    world.speaks(2);
    world.run(4 * HOUR);
    assert_eq!(world.stored, []);
    world.run(2 * HOUR);
    on_time(world.when(2, OwnCode::PathLost), 5.0 * 3_600.0);
}

#[test]
fn an_alternative_that_polls_quicker_while_the_first_is_lost_is_well() {
    let mut world = World::new(dual());
    world.speaks(1);
    world.run(80 * SECOND);
    world.speaks_every(2, 40 * SECOND);
    world.run(HOUR);
    assert_eq!(world.of(2), []);
    // The first is back: the second may be slow again.
    world.falls_silent(2);
    world.speaks_every(1, 30 * SECOND);
    world.run(HOUR);
    assert_eq!(world.of(2), []);
}

#[test]
fn a_path_that_never_spoke_is_told_as_such_after_the_commissioning_date() {
    let mut late = watched(2, 2, 60);
    let mut world = World::new(vec![]);
    late.commissioned = Wall(world.now.wall.0 + 3_600_000_000);
    world.machine.watch(&watched(1, 1, 60), world.now);
    world.machine.watch(&late, world.now);
    world.run(2 * HOUR);
    on_time(world.when(1, OwnCode::NeverReported), 60.0);
    on_time(world.when(2, OwnCode::NeverReported), 3_660.0);
    world.speaks_every(1, SECOND);
    world.run(60 * SECOND);
    assert_eq!(world.of(1), [OwnCode::NeverReported, OwnCode::PathRestored]);
}

#[test]
fn a_path_that_speaks_before_its_commissioning_date_is_supervised_from_then_on() {
    let mut early = watched(1, 1, 60);
    let mut world = World::new(vec![]);
    early.commissioned = Wall(world.now.wall.0 + 3_600_000_000);
    world.machine.watch(&early, world.now);
    world.run(10 * SECOND);
    world.speaks(1);
    world.run(100 * SECOND);
    on_time(world.when(1, OwnCode::PathLost), 70.0);
}

#[test]
fn a_path_that_stays_lost_is_told_again_every_day() {
    let mut world = World::new(vec![watched(1, 1, 60)]);
    world.speaks(1);
    world.run(73 * HOUR);
    let mut expected = vec![OwnCode::PathLost];
    expected.extend([OwnCode::StillLost; 3]);
    assert_eq!(world.of(1), expected);
    world.speaks(1);
    world.run(10 * SECOND);
    world.run(HOUR);
    assert_eq!(world.of(1)[4..], [OwnCode::PathRestored, OwnCode::PathLost]);
    world.run(23 * HOUR);
    assert_eq!(world.of(1).len(), 6, "a day from the new loss on");
    world.run(2 * HOUR);
    assert_eq!(world.of(1)[6..], [OwnCode::StillLost]);
}

#[test]
fn a_shorter_time_counts_from_its_setting() {
    let mut world = World::new(vec![watched(1, 1, 90_000)]);
    world.speaks(1);
    world.run(HOUR);
    world.machine.watch(&watched(1, 1, 60), world.now);
    world.run(50 * SECOND);
    assert_eq!(world.stored, []);
    world.run(20 * SECOND);
    on_time(world.when(1, OwnCode::PathLost), 3_660.0);
}

#[test]
fn what_is_no_longer_watched_is_called_off() {
    let mut world = World::new(vec![watched(1, 1, 60)]);
    world.speaks(1);
    world.run(100 * SECOND);
    world.machine.watch(&watched(1, 1, 0), world.now);
    world.run(HOUR);
    assert_eq!(world.of(1), [OwnCode::PathLost, OwnCode::PathRestored]);
}

#[test]
fn an_expected_test_that_does_not_come_is_told_and_called_off_when_it_does() {
    let mut tested = watched(1, 1, 0);
    tested.test = Some(Expected {
        every: 24 * HOUR,
        any: false,
    });
    tested.satisfies = Some(PathIndex(1));
    let mut world = World::new(vec![tested]);
    world.run(20 * HOUR);
    assert_eq!(
        world.machine.tested(PathIndex(1), false, world.now.mono),
        None
    );
    assert_eq!(
        world.machine.tested(PathIndex(1), true, world.now.mono),
        Some(PathIndex(1))
    );
    world.run(23 * HOUR);
    assert_eq!(world.stored, []);
    world.run(2 * HOUR);
    on_time(world.when(1, OwnCode::TestOverdue), 44.0 * 3_600.0);
    world.machine.tested(PathIndex(1), true, world.now.mono);
    world.run(HOUR);
    assert_eq!(world.of(1), [OwnCode::TestOverdue, OwnCode::TestRestored]);
}

#[test]
fn a_test_by_any_path_satisfies_what_is_expected_of_the_panel() {
    let mut first = watched(1, 1, 0);
    first.test = Some(Expected {
        every: HOUR,
        any: true,
    });
    first.satisfies = Some(PathIndex(1));
    let mut second = watched(2, 1, 0);
    second.satisfies = Some(PathIndex(1));
    let mut world = World::new(vec![first, second]);
    for _ in 0..10 {
        world.run(HOUR / 2);
        world.machine.tested(PathIndex(2), false, world.now.mono);
    }
    assert_eq!(world.stored, []);
}

#[test]
fn five_losses_within_an_hour_are_flapping() {
    let mut world = World::new(vec![watched(1, 1, 20)]);
    for loss in 0..5 {
        assert!(!world.machine.is_flapping(1), "after {loss}");
        world.speaks(1);
        world.run(60 * SECOND);
    }
    assert_eq!(world.count(OwnCode::PathLost), 5);
    assert!(world.machine.is_flapping(1));
    world.run(HOUR);
    assert!(!world.machine.is_flapping(1));
}

//! From one life of the engine to the next; epochs and farewells.

use super::*;

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_restart_neither_repeats_a_loss_nor_forgets_its_end() {
    for clean in [true, false] {
        let mut world = World::new(vec![watched(1, 1, 60), watched(2, 1, 60)]);
        world.speaks(1);
        world.speaks(2);
        world.run(200 * SECOND);
        assert_eq!(world.count(OwnCode::PathLost), 2);
        assert_eq!(world.count(OwnCode::PanelLost), 1);
        if clean {
            world.restart(10 * SECOND);
        } else {
            world.crash(10 * SECOND);
        }
        world.run(400 * SECOND);
        assert_eq!(world.count(OwnCode::PathLost), 2, "clean: {clean}");
        assert_eq!(world.count(OwnCode::PanelLost), 1);
        world.speaks_every(2, 20 * SECOND);
        world.run(10 * SECOND);
        assert_eq!(
            world.of(2)[1..],
            [
                OwnCode::PanelLost,
                OwnCode::PathRestored,
                OwnCode::PanelRestored
            ]
        );
    }
}

#[test]
fn silence_counts_across_restarts() {
    let mut world = World::new(vec![watched(1, 1, 90_000)]);
    world.speaks(1);
    // A restart each hour must not keep a path of 25 hours from being lost.
    for _ in 0..24 {
        world.run(3_590 * SECOND);
        world.restart(10 * SECOND);
    }
    assert_eq!(world.count(OwnCode::PathLost), 0);
    world.run(HOUR + 3 * SECOND);
    let lost = world.when(1, OwnCode::PathLost).unwrap();
    assert!((90_000.0..90_003.0).contains(&lost), "{lost}");
}

#[test]
fn after_an_unclean_stop_a_silent_path_is_found_in_its_time() {
    let mut world = World::new(vec![watched(1, 1, 3_600), watched(2, 2, 3_600)]);
    world.speaks_every(2, 3_500 * SECOND);
    world.run(10 * SECOND);
    world.speaks(1);
    world.run(3_497 * SECOND);
    world.crash(4 * SECOND);
    world.run(2 * HOUR);
    let lost = world.when(1, OwnCode::PathLost).unwrap();
    // Its deadline lies inside the hold of two minutes that follows the crash.
    assert!((3_631.0..3_633.0).contains(&lost), "{lost}");
    assert_eq!(world.count(OwnCode::PathLost), 1);
}

#[test]
fn after_a_power_cut_silence_counts_anew() {
    let mut world = World::new(vec![watched(1, 1, 3_600)]);
    world.speaks(1);
    world.run(3_500 * SECOND);
    world.pass(60 * SECOND);
    world.begin("second");
    world.run(3_590 * SECOND);
    assert_eq!(world.of(1), []);
    world.run(20 * SECOND);
    assert_eq!(
        world.of(1),
        [OwnCode::PathLost],
        "and not that it never reported"
    );
}

#[test]
fn a_reminder_comes_a_day_after_the_last_whatever_restarts_lie_between() {
    let mut world = World::new(vec![watched(1, 1, 60)]);
    world.speaks(1);
    for _ in 0..50 {
        world.run(3_599 * SECOND);
        world.restart(SECOND);
    }
    assert_eq!(
        world.of(1),
        [OwnCode::PathLost, OwnCode::StillLost, OwnCode::StillLost]
    );
}

#[test]
fn the_first_start_holds_nothing_and_tells_of_no_outage() {
    let mut world = World::new(vec![watched(1, 1, 20)]);
    world.speaks(1);
    world.run(30 * SECOND);
    assert_eq!(world.count(OwnCode::Outage), 0);
    on_time(world.when(1, OwnCode::PathLost), 20.0);
}

#[test]
fn an_outage_is_told_from_when_it_began() {
    let mut world = World::new(vec![watched(1, 1, 20)]);
    world.speaks_every(1, 5 * SECOND);
    world.run(11 * SECOND);
    let stopped = world.now.wall;
    world.restart(33 * SECOND);
    world.run(SECOND);
    let outage = world
        .stored
        .iter()
        .find(|one| one.code == OwnCode::Outage)
        .unwrap();
    assert_eq!(outage.since, stopped);
    assert_eq!(outage.path, PathIndex::HOUSE.0);
}

fn with_farewells() -> World {
    let mut one = watched(1, 1, 3_600);
    one.farewell = true;
    let mut world = World::new(vec![one]);
    world.speaks(1);
    world.run(10 * SECOND);
    world
}

#[test]
fn a_farewell_means_nothing_for_families_that_connect_for_each_message() {
    let mut world = World::new(vec![watched(1, 1, 3_600)]);
    world.speaks(1);
    world.run(10 * SECOND);
    world.machine.left(PathIndex(1), Epoch(1), world.now.mono);
    world.run(3_580 * SECOND);
    assert_eq!(world.stored, []);
}

#[test]
fn a_farewell_that_means_something_is_a_loss_unless_the_panel_comes_again() {
    let mut world = with_farewells();
    world.machine.left(PathIndex(1), Epoch(1), world.now.mono);
    world.run(20 * SECOND);
    on_time(world.when(1, OwnCode::PathLost), 20.0);

    let mut world = with_farewells();
    world.machine.left(PathIndex(1), Epoch(1), world.now.mono);
    world.run(5 * SECOND);
    world.speaks(1);
    world.run(100 * SECOND);
    assert_eq!(world.stored, []);
}

#[test]
fn a_late_farewell_of_an_older_admission_changes_nothing() {
    let mut world = with_farewells();
    world.machine.heard(&Sign {
        path: PathIndex(1),
        epoch: Epoch(2),
        at: world.now.mono,
    });
    world.run(SECOND);
    world.machine.left(PathIndex(1), Epoch(1), world.now.mono);
    world.run(100 * SECOND);
    assert_eq!(world.stored, []);
}

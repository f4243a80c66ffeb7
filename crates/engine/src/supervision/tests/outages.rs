//! Fifty thousand panels; and what is our own fault (R4, R11, I6).

use super::*;

const FLEET: u32 = 50_000;

fn fleet(seconds: u64) -> World {
    let mut world = World::new(
        (1..=FLEET)
            .map(|path| watched(path, path, seconds))
            .collect(),
    );
    world.run(SECOND);
    for path in 1..=FLEET {
        world.speaks(path);
        // Spread over ten seconds.
        if path % 500 == 0 {
            world.run(SUPERVISION_TICK);
        }
    }
    world
}

fn speak_all(world: &mut World, paths: impl Iterator<Item = u32>, period: Duration) {
    paths.for_each(|path| world.speaks_every(path, period));
}

#[test]
fn a_mass_outage_of_all_is_told_path_by_path_each_in_its_own_time() {
    let mut world = fleet(87);
    world.run(120 * SECOND);
    assert_eq!(world.count(OwnCode::PathLost), FLEET as usize);
    for (rank, stored) in world.stored.iter().enumerate() {
        assert_eq!(
            stored.path as usize,
            rank + 1,
            "in the order of their deadlines"
        );
        let spoke = 1.0 + f64::from((stored.path - 1) / 500) * 0.1;
        on_time(Some(stored.at), spoke + 87.0);
    }
    let outages: Vec<_> = world.machine.outbreaks.all().collect();
    assert_eq!(
        outages.len(),
        3,
        "for all, for the organisation, for the site"
    );
    assert!(outages.iter().all(|outage| outage.panels == FLEET as usize));
}

#[test]
fn nobody_is_lost_by_a_restart_and_who_is_away_is_told_at_the_end_of_the_hold() {
    let mut world = fleet(87);
    speak_all(&mut world, 1..=FLEET, 39 * SECOND);
    world.run(60 * SECOND);
    world.falls_silent(7);
    let before = world.at();
    world.restart(60 * SECOND);
    world.run(300 * SECOND);
    assert_eq!(world.count(OwnCode::PathLost), 1);
    // Down for 60 s, then a hold of 87 s, since that is what 99 of 100 paths need.
    let lost = world.when(7, OwnCode::PathLost).unwrap();
    assert!(
        (before + 147.0..before + 149.0).contains(&lost),
        "{before} {lost}"
    );
    assert_eq!(world.count(OwnCode::Outage), 1);
}

#[test]
fn three_restarts_in_a_minute_hold_no_longer_than_one() {
    let mut world = fleet(40);
    speak_all(&mut world, 1..=FLEET, 15 * SECOND);
    world.run(30 * SECOND);
    world.falls_silent(7);
    world.run(5 * SECOND);
    let first = world.at();
    world.crash(SECOND);
    world.run(14 * SECOND);
    world.crash(SECOND);
    world.run(14 * SECOND);
    world.crash(SECOND);
    world.run(200 * SECOND);
    assert_eq!(
        world.count(OwnCode::PathLost),
        1,
        "nobody but the silent one"
    );
    let lost = world.when(7, OwnCode::PathLost).unwrap();
    // 40 s of service after the first, and three seconds of outage.
    assert!(
        (first + 33.0..first + 45.0).contains(&lost),
        "{first} {lost}"
    );
    assert_eq!(world.count(OwnCode::Outage), 3);
}

#[test]
fn a_stall_of_ours_is_held_and_told() {
    let mut world = fleet(20);
    speak_all(&mut world, 1..=FLEET, 9 * SECOND);
    world.run(30 * SECOND);
    world.falls_silent(7);
    // The whole machine slept: nobody was heard, or could be.
    let speaking = world.everybody_falls_silent();
    world.signs.clear();
    world.pass(60 * SECOND);
    world.tick();
    world.run(5 * SECOND);
    for path in speaking.keys() {
        world.speaks_every(*path, 9 * SECOND);
    }
    world.run(100 * SECOND);
    assert_eq!(world.of(7), [OwnCode::PathLost]);
    assert_eq!(world.count(OwnCode::PathLost), 1);
    assert_eq!(world.count(OwnCode::Outage), 1);
}

#[test]
fn a_tick_that_comes_late_waits_for_what_is_in_the_sockets() {
    let mut world = World::new(vec![watched(1, 1, 20)]);
    world.speaks_every(1, 9 * SECOND);
    world.run(10 * SECOND);
    // Four seconds in which the engine did nothing, while the gateway heard the panel.
    world.pass(4 * SECOND);
    let signs = std::mem::take(&mut world.signs);
    world.pass(15 * SECOND);
    world.machine.tick(world.now, true);
    world.signs.extend(signs);
    world.run(SECOND);
    assert_eq!(world.count(OwnCode::PathLost), 0);
}

#[test]
fn a_lost_gateway_makes_nobody_seem_lost() {
    let mut world = fleet(20);
    speak_all(&mut world, 1..=FLEET, 9 * SECOND);
    world.run(30 * SECOND);
    world.machine.gateway(false);
    let speaking = world.everybody_falls_silent();
    world.run(40 * SECOND);
    world.machine.gateway(true);
    world.run(10 * SECOND);
    for path in speaking.keys().filter(|path| **path != 7) {
        world.speaks_every(*path, 9 * SECOND);
    }
    world.run(60 * SECOND);
    assert_eq!(world.of(7), [OwnCode::PathLost]);
    assert_eq!(world.count(OwnCode::PathLost), 1);
}

#[test]
fn our_clock_jumping_an_hour_loses_nobody() {
    let mut world = fleet(87);
    speak_all(&mut world, 1..=FLEET, 39 * SECOND);
    for jump in [3_600_000_000, -7_200_000_000, 3_600_000_000] {
        world.run(60 * SECOND);
        world.now.wall.0 += jump;
    }
    // And once more while we are down.
    world.write(true);
    world.pass(3 * SECOND);
    world.now.wall.0 += 3_600_000_000;
    world.begin(BOOT);
    world.run(200 * SECOND);
    // And while the machine is started anew, which leaves us the wall clock alone.
    world.write(true);
    world.pass(30 * SECOND);
    world.now.wall.0 += 3_600_000_000;
    world.now.mono = Mono(world.now.mono.0 + 1);
    world.begin("second");
    world.run(200 * SECOND);
    assert_eq!(world.count(OwnCode::PathLost), 0);
    assert_eq!(world.count(OwnCode::Outage), 2);
}

#[test]
fn timers_pause_while_an_alarm_could_not_be_stored() {
    let mut world = World::new(vec![watched(1, 1, 60)]);
    world.speaks(1);
    world.run(50 * SECOND);
    world.promises = false;
    world.storing = false;
    world.run(1_000 * SECOND);
    world.promises = true;
    world.storing = true;
    let back = world.at();
    world.run(9 * SECOND);
    assert_eq!(world.of(1), []);
    world.run(200 * SECOND);
    // Ten seconds were left; then the hold of a minute.
    let lost = world.when(1, OwnCode::PathLost).unwrap();
    assert!((back + 60.0..back + 62.0).contains(&lost), "{back} {lost}");
    assert_eq!(world.count(OwnCode::Outage), 1);
}

#[test]
fn who_comes_back_while_reports_are_held_was_never_lost() {
    let mut world = World::new((1..=100).map(|path| watched(path, path, 30)).collect());
    (1..=100).for_each(|path| world.speaks(path));
    world.run(20 * SECOND);
    world.restart(2 * SECOND);
    world.run(25 * SECOND);
    assert!(world.machine.held() == 100, "all are due, and held");
    (1..=100).for_each(|path| world.speaks_every(path, 10 * SECOND));
    world.run(200 * SECOND);
    assert_eq!(world.count(OwnCode::PathLost), 0);
}

#[test]
fn an_incident_and_who_is_flapping_are_the_same_after_a_restart() {
    let mut world = World::new((1..=40).map(|path| watched(path, path, 20)).collect());
    for path in 1..=40 {
        world.speaks(path);
    }
    world.run(30 * SECOND);
    let incidents = world.machine.incidents();
    assert_eq!(
        incidents.len(),
        1,
        "of all, of the organisation and of the site: one"
    );
    assert_eq!(incidents[0].groups.len(), 3);
    assert_eq!(incidents[0].groups[0].panels, 40);
    assert!(incidents[0].open);
    for _ in 0..5 {
        world.speaks(1);
        world.run(30 * SECOND);
    }
    assert!(world.machine.is_flapping(1));
    let before = world.machine.incidents();
    world.crash(SECOND);
    assert!(world.machine.is_flapping(1));
    assert!(!world.machine.is_flapping(2));
    world.run(2 * SECOND);
    let after = world.machine.incidents();
    assert_eq!((after[0].number, after.len()), (before[0].number, 1));
    assert_eq!(after[0].until, before[0].until);
    assert_eq!(after[0].groups, before[0].groups);
    assert!(!after[0].open);
}

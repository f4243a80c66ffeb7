//! Whatever panels and the engine do: nobody is lost who spoke within his time, and nobody who did
//! not is forgotten.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Speak(u32),
    Run(u64),
    Restart(u64),
    Crash(u64),
    Stall(u64),
    Jump(i64),
    Refuse(u64),
    Gateway(bool),
}

const TIMES: [u64; 4] = [15, 60, 180, 900];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u32..=4).prop_map(Step::Speak),
        8 => (1_u64..120).prop_map(Step::Run),
        1 => (0_u64..90).prop_map(Step::Restart),
        1 => (0_u64..90).prop_map(Step::Crash),
        1 => (1_u64..90).prop_map(Step::Stall),
        1 => (-4_000_i64..4_000).prop_map(Step::Jump),
        1 => (1_u64..60).prop_map(Step::Refuse),
        1 => any::<bool>().prop_map(Step::Gateway),
    ]
}

/// What the test knows by itself.
#[derive(Default)]
struct Truth {
    /// When each path spoke.
    spoke: [Vec<f64>; 4],
    /// How much later a path may be found because of our own outages.
    excuse: f64,
}

fn take(world: &mut World, truth: &mut Truth, step: Step) {
    let seconds = |time: u64| Duration::from_secs(time);
    // What one outage may cost: its own time, a hold, and what an unclean stop forgets.
    let mut excuse = |time: u64| truth.excuse += f64::from(u32::try_from(time).unwrap()) + 160.0;
    match step {
        Step::Speak(path) => {
            world.speaks(path);
            truth.spoke[path as usize - 1].push(world.at());
        }
        Step::Run(time) => world.run(seconds(time)),
        Step::Restart(time) => {
            excuse(time);
            world.restart(seconds(time));
        }
        Step::Crash(time) => {
            excuse(time);
            world.crash(seconds(time));
        }
        Step::Stall(time) => {
            excuse(time);
            world.pass(seconds(time));
            world.tick();
        }
        Step::Jump(time) => world.now.wall.0 += time * 1_000_000,
        Step::Refuse(time) => {
            excuse(time);
            world.promises = false;
            world.run(seconds(time));
            world.promises = true;
        }
        Step::Gateway(here) => {
            excuse(120);
            world.machine.gateway(here);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_lost_who_spoke_and_nobody_is_forgotten_who_did_not(
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let paths = (1..).zip(TIMES).map(|(path, time)| watched(path, path, time));
        let mut world = World::new(paths.collect());
        let mut truth = Truth::default();
        for path in 1..=4 {
            take(&mut world, &mut truth, Step::Speak(path));
        }
        // Heard and written down, so that no crash makes it a path that never spoke.
        world.run(31 * SECOND);
        for step in steps {
            take(&mut world, &mut truth, step);
        }
        for (path, time) in (1_u32..).zip(TIMES) {
            let time = f64::from(u32::try_from(time).unwrap());
            let spoke = &truth.spoke[path as usize - 1];
            let codes = world.of(path);
            prop_assert!(
                codes.iter().enumerate().all(|(at, code)| {
                    *code == [OwnCode::PathLost, OwnCode::PathRestored][at % 2]
                }),
                "losses and their ends by turns: {codes:?}"
            );
            let losses = world.stored.iter().filter(|one| {
                one.path == path && one.code == OwnCode::PathLost
            });
            for loss in losses {
                // What was read within the last moments before may come later than the deadline.
                let last = spoke.iter().rev().find(|at| **at <= loss.at - 0.7).unwrap();
                prop_assert!(last + time <= loss.at, "path {path} spoke at {last}, lost at {}", loss.at);
            }
            let silent = world.at() - spoke.last().unwrap();
            if silent > time + truth.excuse + 2.0 {
                prop_assert_eq!(codes.last(), Some(&OwnCode::PathLost), "path {}", path);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// I6, R9: a path that moves from connection to connection, and whose older ones end in any order and as
    /// late as they like, is never lost while it speaks by its newest.
    #[test]
    fn no_sequence_of_takeovers_and_late_farewells_makes_a_live_path_lost(
        steps in proptest::collection::vec((0_usize..3, 0_usize..6), 1..60),
    ) {
        let mut one = watched(1, 1, 60);
        one.farewell = true;
        let mut world = World::new(vec![one]);
        let mut epochs = vec![Epoch(1)];
        for (what, which) in steps {
            match what {
                // It connects anew, elsewhere; nobody said that it left.
                0 => epochs.push(Epoch(epochs.last().unwrap().0 + 1)),
                // An older connection of it ends.
                1 if epochs.len() > 1 => {
                    let gone = epochs.remove(which.min(epochs.len() - 2));
                    world.machine.left(PathIndex(1), gone, world.now.mono);
                }
                _ => {}
            }
            world.machine.heard(&Sign {
                path: PathIndex(1),
                epoch: *epochs.last().unwrap(),
                at: world.now.mono,
            });
            world.run(9 * SECOND);
        }
        prop_assert_eq!(&world.stored, &[]);
    }
}

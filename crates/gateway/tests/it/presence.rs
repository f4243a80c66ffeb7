//! What the engine learns of panels beside their signals.

use engine::ports::Sign;
use model::{EventFlags, PathIndex};

use crate::fakes::Saw;
use crate::world::{BUILD, World, eventually, generous};

const KEY: &str = "0123456789ABCDEF";

#[test]
fn a_signal_is_a_sign_of_life_and_a_doubtful_one_is_not() {
    let (world, _engine) = World::with_engine(generous());
    world.intake.commit_by_itself();
    let mut panel = world.panel();
    panel.send("71 1 test?\n");
    assert_eq!(panel.line(), "ok 1", "it is stored all the same (R1)");
    let doubtful = world.submission();
    assert_eq!(doubtful.signal.flags, EventFlags::ODD_PADDING);
    panel.send("72 1 test\n");
    assert_eq!(panel.line(), "ok 1");
    eventually("the sure one is heard", || world.watch.is_heard(72));
    assert!(!world.watch.is_heard(71), "R1");
}

#[test]
fn every_admission_has_an_epoch_of_its_own_also_one_from_memory() {
    let (world, _engine) = World::with_engine(generous());
    let mut epochs = Vec::new();
    for _ in 0..3 {
        let mut panel = world.panel();
        panel.send("7 0 null\n");
        assert_eq!(panel.line(), "alive");
        let known = epochs.len();
        eventually("it is heard", || {
            epochs = world.watch.epochs(7);
            epochs.len() > known
        });
        let epoch = epochs[known];
        drop(panel);
        eventually("its end is told with its epoch", || {
            world.watch.has(&Saw::Left(PathIndex(7), epoch))
        });
    }
    assert!(epochs.is_sorted_by(|one, next| one < next), "{epochs:?}");
    assert_eq!(world.identities.asked(), 1);
}

#[test]
fn the_end_of_an_older_connection_carries_the_older_epoch() {
    let (world, _engine) = World::with_engine(generous());
    let mut older = world.panel();
    older.send("7 0 null\n");
    assert_eq!(older.line(), "alive");
    eventually("it is heard", || world.watch.epochs(7).len() == 1);
    let mut newer = world.panel();
    newer.send("7 0 null\n");
    assert_eq!(newer.line(), "alive");
    eventually("it is heard", || world.watch.epochs(7).len() == 2);
    drop(older);
    let epochs = world.watch.epochs(7);
    eventually("the older one has left (I6)", || {
        world.watch.has(&Saw::Left(PathIndex(7), epochs[0]))
    });
    assert!(!world.watch.has(&Saw::Left(PathIndex(7), epochs[1])));
}

#[test]
fn a_stranger_leaves_without_a_word() {
    let (world, engine) = World::with_engine(generous());
    let mut stranger = world.panel();
    stranger.send("X 0 null\n");
    assert_eq!(stranger.line(), "duh");
    drop(stranger);
    eventually("it is gone", || engine.counted("closed_by_peer") == 1);
    let left = |saw: &Saw| matches!(saw, Saw::Left(..));
    assert!(!world.watch.all().iter().any(left));
}

#[test]
fn a_gateway_that_is_lost_and_here_again_is_told() {
    let (world, engine) = World::with_engine(generous());
    let gateways = || {
        let mut saw = world.watch.all();
        saw.retain(|saw| matches!(saw, Saw::Gateway(_)));
        saw
    };
    eventually("it is here", || gateways() == [Saw::Gateway(true)]);
    drop(engine);
    let _engine = world.engine(BUILD);
    let all = [true, false, true].map(Saw::Gateway);
    eventually("it was lost, and is here again", || gateways() == all);
}

#[test]
fn clocks_habits_and_strangers_reach_those_who_care() {
    let (world, _engine) = World::with_engine(generous());
    world.identities.give_key("5", KEY);
    let mut panel = world.panel();
    panel.send(&format!(
        "5 0 skew {KEY}\n5 0 learn {KEY}\n5 7 burglary\nX 8 fire\n"
    ));
    for answer in ["nak", "alive", "duh", "duh"] {
        assert_eq!(panel.line(), answer);
    }
    eventually("the skew is told", || {
        world.watch.has(&Saw::Skewed(PathIndex(5)))
    });
    let habit = |saw: &Saw| match saw {
        Saw::Learned(path, learned) => *path == PathIndex(5) && learned.once_encrypted,
        _ => false,
    };
    assert!(world.watch.all().iter().any(habit));
    let strays = world.watch.strays();
    let told: Vec<_> = strays
        .iter()
        .map(|stray| (stray.reason, stray.path, stray.raw.as_slice()))
        .collect();
    let expected: [(_, _, &[u8]); 2] = [
        ("wrong_key", Some(PathIndex(5)), b"burglary"),
        ("unknown_account", None, b"fire"),
    ];
    assert_eq!(told, expected);
    assert!(strays.iter().all(|stray| stray.source.is_loopback()));
}

#[test]
fn a_clock_agrees_that_an_encrypted_frame_shows_and_no_other_does() {
    let (world, _engine) = World::with_engine(generous());
    world.identities.give_key("5", KEY);
    let mut panel = world.panel();
    panel.send(&format!("6 0 null\n5 0 null {KEY}\n"));
    assert_eq!(panel.line(), "alive");
    assert_eq!(panel.line(), "alive");
    eventually("it agrees", || world.watch.has(&Saw::Agreed(PathIndex(5))));
    assert!(world.watch.is_heard(6));
    assert!(!world.watch.has(&Saw::Agreed(PathIndex(6))));
    panel.send(&format!("5 0 skew {KEY}\n5 0 null {KEY}\n"));
    eventually("the skew is told", || {
        world.watch.has(&Saw::Skewed(PathIndex(5)))
    });
}

#[test]
fn a_path_heard_often_is_told_of_once_in_a_while() {
    let (world, _engine) = World::with_engine(generous());
    let mut panel = world.panel();
    panel.send(&"7 0 null\n".repeat(300));
    for _ in 0..300 {
        assert_eq!(panel.line(), "alive");
    }
    eventually("it is heard", || world.watch.is_heard(7));
    let signs = world.watch.all().into_iter();
    let signs = signs.filter(|saw| matches!(saw, Saw::Heard(Sign { .. })));
    assert!(signs.count() < 30, "not one for each frame");
}

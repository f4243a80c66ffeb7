//! What a gateway bears: silence, floods, strangers, a full house.

use std::time::Duration;

use gateway::worker::{GatewayLimits, Rate};

use crate::world::{World, eventually, generous};

#[test]
fn of_many_silent_connections_the_oldest_make_room_and_panels_do_not_notice() {
    let (world, engine) = World::with_engine(GatewayLimits {
        without_identity: 20,
        ..generous()
    });
    world.intake.commit_by_itself();
    let mut known = world.panel();
    known.send("1 1 test\n");
    assert_eq!(known.line(), "ok 1");

    let mut silent: Vec<_> = (0..300).map(|_| world.panel()).collect();
    eventually("280 are evicted", || {
        engine.counted("evicted_without_identity") == 280
    });
    assert!(silent[0].is_closed());
    assert!(silent[279].is_closed());
    assert!(silent[280].is_silent(), "the newest stay");
    known.send("1 2 test\n");
    assert_eq!(known.line(), "ok 2");
    let mut newcomer = world.panel();
    newcomer.send("2 1 burglary\n");
    assert_eq!(newcomer.line(), "ok 1");
}

#[test]
fn an_octet_a_second_does_not_prolong_the_time_for_the_first_frame() {
    let (world, engine) = World::with_engine(generous());
    let mut slow = world.panel();
    let mut known = world.panel();
    known.send("1 0 null\n");
    assert_eq!(known.line(), "alive");
    for octet in "12345678901234567890 1 test".chars().take(19) {
        slow.send(&octet.to_string());
        world.clock.advance(Duration::from_secs(1));
    }
    assert!(slow.is_silent());
    assert_eq!(engine.counted("no_identity_in_time"), 0);
    world.clock.advance(Duration::from_secs(2));
    assert!(slow.is_closed());
    eventually("it is counted", || {
        engine.counted("no_identity_in_time") == 1
    });
    known.send("1 0 null\n");
    assert_eq!(known.line(), "alive", "a known panel may be silent");
}

#[test]
fn a_known_panel_may_be_silent_for_a_day_and_no_longer_than_an_hour_more() {
    let (world, engine) = World::with_engine(generous());
    let mut known = world.panel();
    known.send("1 0 null\n");
    assert_eq!(known.line(), "alive");
    world.clock.advance(Duration::from_hours(24));
    assert!(known.is_silent());
    known.send("1 0 null\n");
    assert_eq!(known.line(), "alive");
    world.clock.advance(Duration::from_hours(26));
    assert!(known.is_closed());
    eventually("it is counted", || engine.counted("idle") == 1);
}

#[test]
fn a_flooding_account_is_read_later_and_loses_nothing_while_others_are_answered() {
    let (world, engine) = World::with_engine(GatewayLimits {
        account: Rate {
            per_second: 100,
            burst: 10,
        },
        ..generous()
    });
    world.intake.commit_by_itself();
    let mut flooding = world.panel();
    let mut calm = world.panel();
    let flood: Vec<String> = (1..=60).map(|n| format!("1 {n} test\n")).collect();
    flooding.send(&flood.concat());
    eventually("the flood is noticed", || {
        engine.counted("account_limited") >= 1
    });
    calm.send("2 1 burglary\n");
    assert_eq!(calm.line(), "ok 1");
    flooding.send("1 61 test\n");
    for sequence in 1..=61 {
        assert_eq!(
            flooding.line(),
            format!("ok {sequence}"),
            "nothing is dropped"
        );
    }
}

#[test]
fn an_address_that_shows_unknown_accounts_only_is_cut_off() {
    let (world, engine) = World::with_engine(GatewayLimits {
        address: Rate {
            per_second: 1,
            burst: 10,
        },
        ..generous()
    });
    let mut guessing = world.panel();
    for guess in 0..9 {
        guessing.send(&format!("X{guess} 1 burglary\n"));
        assert_eq!(guessing.line(), "duh");
    }
    guessing.send("X9 1 burglary\n");
    while !guessing.is_closed() {}
    let mut again = world.panel();
    again.send("X9 1 burglary\n");
    assert!(again.is_closed(), "nor is it listened to again");
    eventually("both are counted", || {
        engine.counted("address_limited") == 2
    });
}

#[test]
fn a_full_house_takes_nobody_in_and_says_so() {
    let (world, engine) = World::with_engine(GatewayLimits {
        connections: 2,
        ..generous()
    });
    let mut first = world.panel();
    let mut second = world.panel();
    for panel in [&mut first, &mut second] {
        panel.send("1 0 null\n");
        assert_eq!(panel.line(), "alive");
    }
    assert!(world.panel().is_closed());
    eventually("it is counted", || engine.counted("full") == 1);
    drop(first);
    eventually("there is room again", || {
        engine.counted("closed_by_peer") == 1
    });
    let mut third = world.panel();
    third.send("3 0 null\n");
    assert_eq!(third.line(), "alive");
}

#[test]
fn no_more_is_unanswered_than_the_window_holds_and_nobody_is_forgotten() {
    let (world, _engine) = World::with_engine(GatewayLimits {
        unacknowledged: 4,
        ..generous()
    });
    let mut panels: Vec<_> = (0..10).map(|_| world.panel()).collect();
    for (number, panel) in (1..).zip(&mut panels) {
        panel.send(&format!("{number} 1 burglary\n{number} 2 burglary\n"));
    }
    let mut unanswered: Vec<_> = (0..4).map(|_| world.submission()).collect();
    assert!(
        world
            .submitted
            .recv_timeout(Duration::from_millis(100))
            .is_err(),
        "I7"
    );
    for _ in 0..16 {
        world.intake.commit(&unanswered.remove(0));
        unanswered.push(world.submission());
    }
    for submission in &unanswered {
        world.intake.commit(submission);
    }
    for panel in &mut panels {
        assert_eq!(panel.line(), "ok 1");
        assert_eq!(panel.line(), "ok 2");
    }
}

#[test]
fn a_panel_that_does_not_read_its_answers_is_not_read_either() {
    let (world, engine) = World::with_engine(generous());
    let mut deaf = world.panel();
    deaf.0
        .get_ref()
        .set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let burst = "9 0 null\n".repeat(10_000);
    // Answers fill both buffers; then ours is not emptied any more.
    let mut sent = 0;
    while let Ok(count) = std::io::Write::write(deaf.0.get_mut(), burst.as_bytes()) {
        sent += count;
        assert!(sent < 1 << 30, "it is read without bound");
    }
    let mut calm = world.panel();
    calm.send("2 0 null\n");
    assert_eq!(calm.line(), "alive");
    drop(deaf);
    eventually("the deaf one is gone", || {
        engine.counted("broken") + engine.counted("closed_by_peer") >= 1
    });
}

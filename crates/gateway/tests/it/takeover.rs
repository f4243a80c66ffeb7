//! Where panels are connected, as the engine learns it (R9).

use model::PathIndex;
use model::{PanelReport, StatusReport};

use crate::fakes::Saw;
use crate::secure::{House, Secure, counts};
use crate::world::{BUILD, eventually};

#[test]
fn the_later_connection_of_a_path_takes_over_and_the_earlier_is_told() {
    let house = House::new();
    let (world, engine) = house.world();
    let config = house.panel("7");
    let mut earlier = Secure::to(world.required, &config);
    assert_eq!(earlier.ask("7 1 test"), "ok 1");
    eventually("it has arrived", || world.sessions.place(7).is_some());
    let first = world.sessions.place(7);
    let mut later = Secure::to(world.required, &config);
    assert_eq!(later.ask("7 2 test"), "ok 2");
    assert_eq!(earlier.line(), "taken");
    assert!(earlier.is_ended_in_order());
    assert_ne!(world.sessions.place(7), first);
    counts(&engine, "taken_over", 1);
    drop(earlier);
    assert_eq!(later.ask("7 3 test"), "ok 3");
    assert!(world.sessions.place(7).is_some(), "I6");
    drop(later);
    eventually("it is gone", || world.sessions.place(7).is_none());
    assert!(world.sessions.has_spoken(7));
}

#[test]
fn over_a_new_link_every_panel_is_asked_for_again_and_told_of() {
    let house = House::new();
    let (world, engine) = house.world();
    let mut panel = Secure::to(world.required, &house.panel("7"));
    assert_eq!(panel.ask("7 1 test"), "ok 1");
    eventually("it has arrived", || world.sessions.arrivals() == 1);
    drop(engine);
    let _engine = world.engine(BUILD);
    eventually("it has arrived again", || world.sessions.arrivals() == 2);
    assert_eq!(world.identities.asked_for("7"), 2);
    assert!(world.identities.last_shown().is_some());
    assert_eq!(panel.ask("7 2 test"), "ok 2");
}

#[test]
fn panels_that_need_not_prove_who_they_are_take_nothing_over() {
    let house = House::new();
    let (world, _engine) = house.world();
    let mut first = world.panel();
    let mut second = world.panel();
    for panel in [&mut first, &mut second] {
        panel.send("7 1 test\n");
        assert_eq!(panel.line(), "ok 1");
    }
    eventually("it is heard", || world.sessions.has_spoken(7));
    assert_eq!(world.sessions.arrivals(), 0);
}

#[test]
fn what_a_panel_tells_of_itself_reaches_whoever_takes_it() {
    let house = House::new();
    let (world, _engine) = house.world();
    let mut panel = Secure::to(world.required, &house.panel("7"));
    assert_eq!(panel.ask("7 0 report"), "alive");
    let status = StatusReport {
        rssi: Some(-71),
        ..StatusReport::default()
    };
    let told = Saw::Told(PathIndex(7), PanelReport::Status(status));
    eventually("it is told", || world.watch.has(&told));
}

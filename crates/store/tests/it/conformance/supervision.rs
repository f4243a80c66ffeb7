//! What supervision keeps.

use std::time::Duration;

use engine::ports::{
    HouseState, OpenFault, PresenceRow, Registry, SettingChange, Spell, SupervisionChange,
    SupervisionStore, Told,
};
use engine::supervision::{Group, Served};
use model::{
    Actor, Counts, EventSeq, Mono, OrganisationId, OwnCode, Panel, PanelId, PathIndex,
    SupervisionClass, SupervisionSettings, TestWatch, Wall, Watch,
};

use super::registry::new as new_panel;
use crate::support::{NOON, SECOND, TestClock};

async fn panel<S: Registry>(store: &S, account: &str) -> Panel {
    let added = store
        .add_panels(Actor::system(), NOON, vec![new_panel(account)])
        .await;
    added.into_iter().next().unwrap().unwrap()
}

fn daily() -> SupervisionSettings {
    SupervisionSettings {
        watch: Some(Watch::Class(SupervisionClass::Sp5)),
        test: Some(TestWatch::Every {
            every: Duration::from_hours(24),
            counts: Counts::Tests,
        }),
        commissioned: Some(NOON),
    }
}

fn set(panel: &Panel, settings: SupervisionSettings) -> SettingChange {
    SettingChange {
        panel: panel.id,
        path: None,
        settings,
    }
}

fn house(cursor: u64) -> HouseState {
    HouseState {
        boot: "boot".to_owned(),
        mono: Mono(u64::MAX),
        wall: NOON,
        served: Served(7_000),
        clean: false,
        hold: Duration::from_millis(20_700),
        cursor: EventSeq(cursor),
    }
}

fn began(seq: u64, path: PathIndex, code: OwnCode, after: i64) -> Told {
    Told::Began {
        seq: EventSeq(seq),
        fault: OpenFault {
            path,
            code,
            since: Wall(NOON.0 + after * SECOND),
            told: Served(7_000),
        },
    }
}

fn ended(seq: u64, path: PathIndex, code: OwnCode, after: i64) -> Told {
    Told::Ended {
        seq: EventSeq(seq),
        path,
        code,
        at: Wall(NOON.0 + after * SECOND),
    }
}

async fn keep<S: SupervisionStore>(store: &S, told: Vec<Told>) {
    let change = SupervisionChange {
        house: house(9),
        told,
    };
    store.keep(change).await.unwrap();
}

pub(crate) async fn settings_of_panels_and_paths_come_back<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let (one, two) = (panel(store, "1001").await, panel(store, "1002").await);
    let off = SupervisionSettings {
        watch: Some(Watch::Off),
        test: Some(TestWatch::Off),
        commissioned: None,
    };
    let of_path = SettingChange {
        path: Some(two.paths[0].id),
        ..set(&two, off)
    };
    let changes = vec![set(&one, daily()), of_path];
    store
        .set_supervision(Actor::system(), NOON, changes)
        .await
        .unwrap();
    let all = store.watched(None).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(
        (all[0].of_panel, all[0].of_path),
        (daily(), SupervisionSettings::default())
    );
    assert_eq!(
        (all[1].of_panel, all[1].of_path),
        (SupervisionSettings::default(), off)
    );
    assert_eq!((all[0].panel_id, all[0].created), (one.id, NOON));
    assert_eq!(store.watched_panel(two.id).await.unwrap(), all[1..]);
    assert_eq!(store.watched(Some(all[0].path)).await.unwrap(), all[1..]);
}

pub(crate) async fn a_panel_is_watched_as_it_was_registered<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let sp5 = Watch::Class(SupervisionClass::Sp5);
    let mut panels = vec![new_panel("1234"), new_panel("1235"), new_panel("1234")];
    for (panel, watch) in panels.iter_mut().zip([Some(sp5), None, Some(Watch::Off)]) {
        panel.watch = watch;
    }
    let added = store.add_panels(Actor::system(), NOON, panels).await;
    assert!(added[2].is_err(), "it is registered already");
    let watched = store.watched(None).await.unwrap();
    let of_panels: Vec<_> = watched.iter().map(|path| path.of_panel).collect();
    let expected = [Some(sp5), None].map(|watch| SupervisionSettings {
        watch,
        ..SupervisionSettings::default()
    });
    assert_eq!(of_panels, expected);
    let change = set(added[0].as_ref().unwrap(), daily());
    store
        .set_supervision(Actor::system(), NOON, vec![change])
        .await
        .unwrap();
    let watched = store.watched(None).await.unwrap();
    assert_eq!(watched[0].of_panel, daily(), "it can be set anew");
}

pub(crate) async fn settings_are_replaced_as_a_whole<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let one = panel(store, "1001").await;
    let slower = SupervisionSettings {
        watch: Some(Watch::Every(Duration::from_mins(5))),
        ..SupervisionSettings::default()
    };
    for settings in [daily(), slower] {
        let changes = vec![set(&one, settings)];
        store
            .set_supervision(Actor::system(), NOON, changes)
            .await
            .unwrap();
    }
    assert_eq!(
        store.watched_panel(one.id).await.unwrap()[0].of_panel,
        slower
    );
    let nobody = SettingChange {
        panel: PanelId::from_bytes([9; 16]),
        path: None,
        settings: slower,
    };
    let set = store.set_supervision(Actor::system(), NOON, vec![nobody]);
    assert_eq!(set.await, Ok(()), "a panel that is gone concerns nobody");
}

pub(crate) async fn a_removed_path_is_watched_no_longer<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let one = panel(store, "1001").await;
    let second = store
        .add_path(Actor::system(), NOON, one.id, new_panel("1002").path())
        .await
        .unwrap();
    keep(
        store,
        vec![began(1, second.path.index, OwnCode::PathLost, 0)],
    )
    .await;
    assert_eq!(store.watched_panel(one.id).await.unwrap().len(), 2);
    store
        .remove_path(Actor::system(), NOON, second.path.id)
        .await
        .unwrap();
    assert_eq!(store.watched_panel(one.id).await.unwrap().len(), 1);
    assert_eq!(store.resume().await.unwrap().faults, []);
}

pub(crate) async fn a_new_store_has_nothing_to_resume<S: SupervisionStore>(
    store: &S,
    _: &TestClock,
) {
    assert_eq!(
        store.resume().await.unwrap(),
        engine::ports::Resumed::default()
    );
}

pub(crate) async fn where_supervision_stood_is_resumed<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let path = panel(store, "1001").await.paths[0].index;
    let rows = [PresenceRow {
        row: 0,
        heard: vec![1; 8],
    }];
    store.sketch("boot", &rows).unwrap();
    let tested = |at| Told::Tested {
        path,
        at: Served(at),
    };
    let reminded = Told::Reminded {
        path,
        at: Served(9_000),
    };
    keep(
        store,
        vec![
            began(1, path, OwnCode::PathLost, 5),
            tested(5),
            reminded,
            tested(6),
        ],
    )
    .await;
    let resumed = store.resume().await.unwrap();
    assert_eq!(resumed.house, Some(house(9)));
    assert_eq!(
        (resumed.presence.boot.as_str(), &*resumed.presence.rows),
        ("boot", &rows[..])
    );
    assert_eq!(resumed.tests, [(path, Served(6))]);
    let fault = OpenFault {
        path,
        code: OwnCode::PathLost,
        since: Wall(NOON.0 + 5 * SECOND),
        told: Served(9_000),
    };
    assert_eq!(resumed.faults, [fault]);
}

pub(crate) async fn what_is_told_twice_counts_once<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let one = panel(store, "1001").await;
    let path = one.paths[0].index;
    let told = vec![
        began(1, path, OwnCode::PathLost, 10),
        ended(2, path, OwnCode::PathRestored, 20),
        began(3, path, OwnCode::PathLost, 30),
        Told::Outage {
            seq: EventSeq(4),
            from: NOON,
            until: Wall(NOON.0 + SECOND),
        },
    ];
    keep(store, told.clone()).await;
    let before = (
        store.resume().await.unwrap(),
        store.spells(one.id, Wall(0), Wall(i64::MAX)).await.unwrap(),
    );
    keep(store, told).await;
    assert_eq!(before.0, store.resume().await.unwrap());
    assert_eq!(
        before.1,
        store.spells(one.id, Wall(0), Wall(i64::MAX)).await.unwrap()
    );
    assert_eq!(before.0.faults.len(), 1, "the second loss goes on");
}

pub(crate) async fn a_panel_that_is_back_ends_its_own_loss_alone<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let (one, two) = (panel(store, "1001").await, panel(store, "1002").await);
    let second = store
        .add_path(Actor::system(), NOON, one.id, new_panel("1003").path())
        .await
        .unwrap();
    let (first, second) = (one.paths[0].index, second.path.index);
    let other = two.paths[0].index;
    let told = vec![
        began(1, first, OwnCode::PathLost, 0),
        began(2, second, OwnCode::PathLost, 0),
        began(3, second, OwnCode::PanelLost, 0),
        began(4, other, OwnCode::PanelLost, 0),
        ended(5, first, OwnCode::PathRestored, 9),
        // By the other path than the one by which it was told.
        ended(6, first, OwnCode::PanelRestored, 9),
    ];
    keep(store, told).await;
    let open = store.resume().await.unwrap().faults;
    let open: Vec<_> = open.iter().map(|fault| (fault.path, fault.code)).collect();
    assert_eq!(
        open,
        [(second, OwnCode::PathLost), (other, OwnCode::PanelLost)]
    );
}

pub(crate) async fn losses_that_touch_a_period_are_found<S>(store: &S, _: &TestClock)
where
    S: SupervisionStore + Registry,
{
    let one = panel(store, "1001").await;
    let path = one.paths[0].index;
    let told = vec![
        began(1, path, OwnCode::PathLost, 0),
        ended(2, path, OwnCode::PathRestored, 10),
        began(3, path, OwnCode::TestOverdue, 11),
        began(4, path, OwnCode::PathLost, 20),
        ended(5, path, OwnCode::PathRestored, 40),
        began(6, path, OwnCode::NeverReported, 50),
        Told::Outage {
            seq: EventSeq(7),
            from: Wall(NOON.0 + 5 * SECOND),
            until: Wall(NOON.0 + 15 * SECOND),
        },
    ];
    keep(store, told).await;
    let at = |after: i64| Wall(NOON.0 + after * SECOND);
    let spells = store.spells(one.id, at(10), at(50)).await.unwrap().unwrap();
    let spell = |from, until: Option<i64>| Spell {
        from: at(from),
        until: until.map(at),
    };
    assert_eq!(spells.paths, [(one.paths[0].id, vec![spell(20, Some(40))])]);
    assert_eq!(spells.ours, [spell(5, Some(15))]);
    assert_eq!(spells.registered, NOON);
    let later = store.spells(one.id, at(50), at(99)).await.unwrap().unwrap();
    assert_eq!(
        later.paths[0].1,
        [spell(50, None)],
        "and what touches no more is not"
    );
    let nobody = PanelId::from_bytes([9; 16]);
    assert_eq!(store.spells(nobody, at(0), at(9)).await.unwrap(), None);
}

pub(crate) async fn losses_of_the_last_day_are_resumed_and_found_by_group<S>(
    store: &S,
    _: &TestClock,
) where
    S: SupervisionStore + Registry,
{
    let (one, two) = (panel(store, "1001").await, panel(store, "1002").await);
    let (first, second) = (one.paths[0].index, two.paths[0].index);
    let hour = 3_600_000;
    let at = |seq, path, code, hours: u64| {
        let Told::Began { fault, .. } = began(seq, path, code, 0) else {
            unreachable!("it is one that began")
        };
        let told = Served(hours * hour);
        Told::Began {
            seq: EventSeq(seq),
            fault: OpenFault { told, ..fault },
        }
    };
    let told = vec![
        at(1, first, OwnCode::PathLost, 5),
        ended(2, first, OwnCode::PathRestored, 1),
        at(3, first, OwnCode::PathLost, 20),
        ended(4, first, OwnCode::PathRestored, 2),
        at(5, first, OwnCode::PanelLost, 20),
        at(6, second, OwnCode::NeverReported, 29),
        // A reminder tells it again, and is no other loss.
        Told::Reminded {
            path: second,
            at: Served(30 * hour),
        },
    ];
    let mut house = house(9);
    house.served = Served(30 * hour);
    store.keep(SupervisionChange { house, told }).await.unwrap();
    let resumed = store.resume().await.unwrap();
    let losses = [(first, Served(20 * hour)), (second, Served(29 * hour))];
    assert_eq!(resumed.losses, losses, "of the last day");
    let found = async |group, from: u64, until: u64, after, limit| {
        let told = (Served(from * hour), Served(until * hour));
        store.lost_between(group, told, after, limit).await.unwrap()
    };
    assert_eq!(
        found(Group::All, 5, 29, None, 9).await,
        [one.index, two.index]
    );
    assert_eq!(found(Group::All, 5, 29, None, 1).await, [one.index]);
    assert_eq!(
        found(Group::All, 5, 29, Some(one.index), 9).await,
        [two.index]
    );
    assert_eq!(
        found(Group::Site(one.site), 6, 28, None, 9).await,
        [one.index]
    );
    let nobodys = Group::Organisation(OrganisationId::from_bytes([9; 16]));
    assert_eq!(found(nobodys, 0, 99, None, 9).await, []);
}

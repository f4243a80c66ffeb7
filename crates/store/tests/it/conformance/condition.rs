//! What is kept of how panels were.

use engine::ports::{
    ConditionChange, ConditionStore, LastConnection, Registry, Span, Spread, Trend, TrendRow,
};
use model::{
    Actor, ConnectionReport, ConnectionState, PathIndex, RebootReason, ShortText, Wall, micros,
};

use super::registry::new as new_panel;
use crate::support::{NOON, TestClock};

async fn path<S: Registry>(store: &S, account: &str) -> PathIndex {
    let added = store
        .add_panels(Actor::system(), NOON, vec![new_panel(account)])
        .await;
    added[0].as_ref().unwrap().paths[0].index
}

/// So many hours after the day began.
fn hour(hours: i64) -> Wall {
    Wall(Span::Day.start(NOON).0 + hours * micros(Span::Hour.length()))
}

fn row(path: PathIndex, hours: i64, rssi: &[i32]) -> TrendRow {
    let mut trend = Trend {
        retries: 3,
        reconnects: 1,
        ..Trend::default()
    };
    for value in rssi {
        trend.rssi.add(*value);
    }
    TrendRow {
        path,
        start: hour(hours),
        trend,
    }
}

async fn keep<S: ConditionStore>(store: &S, hours: Vec<TrendRow>) {
    let change = ConditionChange {
        hours,
        forget_hours: Wall(0),
        forget_days: Wall(0),
        ..ConditionChange::default()
    };
    store.keep_condition(change).await.unwrap();
}

pub(crate) async fn parts_of_hours_add_up_by_hour_and_by_day<S: ConditionStore + Registry>(
    store: &S,
    _: &TestClock,
) {
    let (one, two) = (path(store, "1").await, path(store, "2").await);
    keep(store, vec![row(one, 1, &[-60, -80]), row(two, 1, &[-10])]).await;
    keep(
        store,
        vec![row(one, 1, &[-90]), row(one, 2, &[]), row(one, 25, &[-5])],
    )
    .await;
    keep(store, vec![row(PathIndex(99), 1, &[-1])]).await;
    let hours = store
        .trends(vec![one, PathIndex(99)], Span::Hour, hour(0), hour(24))
        .await
        .unwrap();
    let starts: Vec<_> = hours.iter().map(|row| (row.path, row.start)).collect();
    assert_eq!(starts, [(one, hour(1)), (one, hour(2))]);
    let first = Spread {
        least: -90,
        most: -60,
        sum: -230,
        count: 3,
    };
    assert_eq!(hours[0].trend.rssi, first);
    assert_eq!((hours[0].trend.retries, hours[0].trend.reconnects), (6, 2));
    assert_eq!(hours[1].trend.rssi, Spread::default());
    assert_eq!(hours[0].trend.voltage, Spread::default());
    let days = store
        .trends(vec![one, two], Span::Day, hour(0), hour(48))
        .await
        .unwrap();
    let days: Vec<_> = days
        .iter()
        .map(|row| (row.path, row.start, row.trend.rssi.count))
        .collect();
    assert_eq!(
        days,
        [(one, hour(0), 3), (two, hour(0), 1), (one, hour(24), 1)]
    );
}

pub(crate) async fn old_hours_are_forgotten_before_old_days<S: ConditionStore + Registry>(
    store: &S,
    _: &TestClock,
) {
    let one = path(store, "1").await;
    keep(
        store,
        (0..72).map(|hours| row(one, hours, &[-60])).collect(),
    )
    .await;
    let change = ConditionChange {
        forget_hours: hour(60),
        forget_days: hour(24),
        ..ConditionChange::default()
    };
    store.keep_condition(change).await.unwrap();
    let trends = async |span| {
        let rows = store.trends(vec![one], span, hour(0), hour(72)).await;
        rows.unwrap()
            .into_iter()
            .map(|row| row.start)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        trends(Span::Hour).await,
        (60..72).map(hour).collect::<Vec<_>>()
    );
    assert_eq!(trends(Span::Day).await, [hour(24), hour(48)]);
}

pub(crate) async fn what_a_panel_last_said_of_itself_is_kept<S: ConditionStore + Registry>(
    store: &S,
    _: &TestClock,
) {
    let one = path(store, "1").await;
    let last = |path, boot, model: Option<&str>| LastConnection {
        path,
        at: hour(1),
        report: ConnectionReport {
            state: ConnectionState::Online,
            boot,
            firmware: None,
            model: model.map(|model| ShortText::from(model).unwrap()),
            reason: Some(RebootReason::Crash),
            at: None,
        },
    };
    for said in [
        last(one, 7, None),
        last(PathIndex(99), 1, None),
        last(one, u32::MAX, Some("A")),
    ] {
        let change = ConditionChange {
            connections: vec![said],
            ..ConditionChange::default()
        };
        store.keep_condition(change).await.unwrap();
    }
    let kept = store.connections().await.unwrap();
    assert_eq!(kept, [last(one, u32::MAX, Some("A"))]);
}

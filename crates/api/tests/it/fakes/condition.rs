//! What the first panel's path said of itself, and where it is connected.

use std::time::Duration;

use engine::ports::{
    Answering, PathCondition, ReadError, Reported, SessionPlace, ShownSession, ShowsCondition,
    ShowsSessions, Span, Trend, TrendRow,
};
use model::{
    ConnectionReport, ConnectionState, LinkKind, PathIndex, RebootReason, ReportedPartition,
    ShortText, Wall, ZoneState,
};

use super::NOW;

/// The first path is connected, doubted, and tells of itself; others are not and do not.
pub(crate) struct Condition;

const FIRST: PathIndex = PathIndex(1);

fn ago(seconds: i64) -> Wall {
    Wall(NOW.0 - seconds * 1_000_000)
}

impl ShowsSessions for Condition {
    fn session(&self, path: PathIndex) -> Option<ShownSession> {
        (path == FIRST).then(|| ShownSession {
            place: SessionPlace {
                gateway: 2,
                connection: 77,
            },
            source: "192.0.2.7".parse().unwrap(),
            since: ago(600),
        })
    }

    fn doubted(&self, path: PathIndex) -> Option<Wall> {
        (path == FIRST).then_some(Wall(NOW.0 + 3_600_000_000))
    }
}

fn part<T>(number: u16, state: T, since: i64, told: i64) -> Reported<T> {
    Reported {
        number,
        state,
        since: ago(since),
        told: ago(told),
    }
}

impl ShowsCondition for Condition {
    fn condition(&self, path: PathIndex) -> Option<PathCondition> {
        let report = ConnectionReport {
            state: ConnectionState::Online,
            boot: 12,
            firmware: Some(ShortText::from("2.1").unwrap()),
            model: Some(ShortText::from("WF-16").unwrap()),
            reason: Some(RebootReason::Watchdog),
            at: None,
        };
        (path == FIRST).then(|| PathCondition {
            at: Some(ago(4)),
            rssi: Some(-71),
            link: Some(LinkKind::FourG),
            battery: Some(96),
            millivolts: Some(13_600),
            mains: Some(true),
            decidegrees: Some(-35),
            round_trip: Some(84),
            uptime: Some(600),
            partitions: vec![
                part(1, ReportedPartition::Disarmed, 5, 4),
                part(3, ReportedPartition::ArmedStay, 50, 4),
            ],
            zones: vec![
                // The event that opened zone 7 is of now.
                part(7, ZoneState::Closed, 50, 4),
                part(9, ZoneState::Bypassed, 60, 4),
            ],
            outputs: vec![part(1, false, 60, 4)],
            connection: Some((ago(600), report)),
        })
    }

    fn trends(
        &self,
        paths: Vec<PathIndex>,
        span: Span,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>> {
        assert!(from < until);
        let mut trend = Trend {
            retries: 4,
            reconnects: 1,
            ..Trend::default()
        };
        for rssi in [-60, -71, -80] {
            trend.rssi.add(rssi);
        }
        let start = span.start(NOW.before(Duration::from_hours(1)));
        let rows = paths.into_iter().filter(|path| *path == FIRST);
        let rows = rows.map(|path| TrendRow { path, start, trend }).collect();
        Box::pin(async move { Ok(rows) })
    }
}

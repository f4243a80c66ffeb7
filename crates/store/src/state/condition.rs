//! How panels were: who they last said that they are, and trends of their links.
//!
//! Invariant: parts of an hour add up, in whatever order they come, in the hour's row and in the day's.

use engine::ports::{ConditionChange, LastConnection, Span, Spread, Trend, TrendRow};
use model::{ConnectionReport, ConnectionState, PathIndex, RebootReason, ShortText, Wall, limits};
use rusqlite::{Connection, Row, params};

use super::read::{get, rows};
use crate::error::Trouble;
use crate::files::Lease;

/// Adds a part to what there is. What was never measured has no least and no most.
const ADD: &str = "INSERT INTO trend (span, start, path, \
    rssi_min, rssi_max, rssi_sum, rssi_count, \
    battery_min, battery_max, battery_sum, battery_count, \
    voltage_min, voltage_max, voltage_sum, voltage_count, \
    trip_min, trip_max, trip_sum, trip_count, retries, reconnects) \
    SELECT ?1, ?2, idx, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
    ?20, ?21 FROM path WHERE idx = ?3 AND removed IS NULL \
    ON CONFLICT (span, start, path) DO UPDATE SET \
    rssi_min = min(ifnull(rssi_min, excluded.rssi_min), ifnull(excluded.rssi_min, rssi_min)), \
    rssi_max = max(ifnull(rssi_max, excluded.rssi_max), ifnull(excluded.rssi_max, rssi_max)), \
    rssi_sum = rssi_sum + excluded.rssi_sum, rssi_count = rssi_count + excluded.rssi_count, \
    battery_min = min(ifnull(battery_min, excluded.battery_min), ifnull(excluded.battery_min, battery_min)), \
    battery_max = max(ifnull(battery_max, excluded.battery_max), ifnull(excluded.battery_max, battery_max)), \
    battery_sum = battery_sum + excluded.battery_sum, \
    battery_count = battery_count + excluded.battery_count, \
    voltage_min = min(ifnull(voltage_min, excluded.voltage_min), ifnull(excluded.voltage_min, voltage_min)), \
    voltage_max = max(ifnull(voltage_max, excluded.voltage_max), ifnull(excluded.voltage_max, voltage_max)), \
    voltage_sum = voltage_sum + excluded.voltage_sum, \
    voltage_count = voltage_count + excluded.voltage_count, \
    trip_min = min(ifnull(trip_min, excluded.trip_min), ifnull(excluded.trip_min, trip_min)), \
    trip_max = max(ifnull(trip_max, excluded.trip_max), ifnull(excluded.trip_max, trip_max)), \
    trip_sum = trip_sum + excluded.trip_sum, trip_count = trip_count + excluded.trip_count, \
    retries = retries + excluded.retries, reconnects = reconnects + excluded.reconnects";

/// Rows that are forgotten in one transaction: twice what is written, so that it keeps pace.
const FORGOTTEN: usize = 2 * limits::CONDITION_BATCH;

/// Writes down, and forgets a little of what is old.
pub(crate) fn keep(tx: &Connection, change: &ConditionChange) -> rusqlite::Result<()> {
    for row in &change.hours {
        for span in [Span::Hour, Span::Day] {
            add(tx, span, row)?;
        }
    }
    for last in &change.connections {
        connect(tx, last)?;
    }
    forget(tx, Span::Hour, change.forget_hours)?;
    forget(tx, Span::Day, change.forget_days)
}

fn add(tx: &Connection, span: Span, row: &TrendRow) -> rusqlite::Result<()> {
    let trend = &row.trend;
    let least = |spread: &Spread| (spread.count > 0).then_some(spread.least);
    let most = |spread: &Spread| (spread.count > 0).then_some(spread.most);
    let (rssi, battery) = (&trend.rssi, &trend.battery);
    let (voltage, trip) = (&trend.voltage, &trend.round_trip);
    tx.prepare_cached(ADD)?
        .execute(params![
            span.as_str(),
            span.start(row.start).0,
            row.path.0,
            least(rssi),
            most(rssi),
            rssi.sum,
            rssi.count,
            least(battery),
            most(battery),
            battery.sum,
            battery.count,
            least(voltage),
            most(voltage),
            voltage.sum,
            voltage.count,
            least(trip),
            most(trip),
            trip.sum,
            trip.count,
            trend.retries,
            trend.reconnects,
        ])
        .map(drop)
}

fn connect(tx: &Connection, last: &LastConnection) -> rusqlite::Result<()> {
    let report = &last.report;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO connection_report \
         (path, at, state, boot, firmware, model, reason) \
         SELECT idx, ?2, ?3, ?4, ?5, ?6, ?7 FROM path WHERE idx = ?1 AND removed IS NULL",
    )?
    .execute(params![
        last.path.0,
        last.at.0,
        report.state.as_str(),
        report.boot,
        report.firmware.as_deref(),
        report.model.as_deref(),
        report.reason.map(RebootReason::as_str)
    ])
    .map(drop)
}

fn forget(tx: &Connection, span: Span, before: Wall) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "DELETE FROM trend WHERE (span, start, path) IN \
         (SELECT span, start, path FROM trend WHERE span = ?1 AND start < ?2 LIMIT ?3)",
    )?
    .execute(params![
        span.as_str(),
        before.0,
        i64::try_from(FORGOTTEN).unwrap_or(i64::MAX)
    ])
    .map(drop)
}

/// What was last said by the panels of registered paths.
pub(crate) fn connections(conn: &Lease<'_>) -> Result<Vec<LastConnection>, Trouble> {
    let sql = "SELECT path, at, state, boot, firmware, model, reason FROM connection_report \
               JOIN path ON path.idx = connection_report.path AND path.removed IS NULL";
    rows(conn, sql, [], |row| {
        let text = |at| -> Result<Option<ShortText>, String> {
            let text: Option<String> = get(row, at)?;
            let short = text.map(|text| ShortText::from(&text).map_err(|error| error.to_string()));
            short.transpose()
        };
        let reason: Option<String> = get(row, 6)?;
        let reason = reason.map(|name| RebootReason::parse(&name).ok_or("no reason of a start"));
        let state: String = get(row, 2)?;
        Ok(LastConnection {
            path: PathIndex(get(row, 0)?),
            at: Wall(get(row, 1)?),
            report: ConnectionReport {
                state: ConnectionState::parse(&state).ok_or("no state of a connection")?,
                boot: get(row, 3)?,
                firmware: text(4)?,
                model: text(5)?,
                reason: reason.transpose()?,
                at: None,
            },
        })
    })
}

/// Trends of some paths, by time.
pub(crate) fn trends(
    conn: &Lease<'_>,
    paths: &[PathIndex],
    span: Span,
    from: Wall,
    until: Wall,
) -> Result<Vec<TrendRow>, Trouble> {
    let sql = "SELECT start, rssi_min, rssi_max, rssi_sum, rssi_count, \
               battery_min, battery_max, battery_sum, battery_count, \
               voltage_min, voltage_max, voltage_sum, voltage_count, \
               trip_min, trip_max, trip_sum, trip_count, retries, reconnects \
               FROM trend WHERE span = ?1 AND start = ?2 AND path = ?3";
    let mut found = Vec::new();
    // Time goes first in the key, so that what is old is forgotten at one end: each is a look-up.
    let length = model::micros(span.length());
    let mut start = span.start(Wall(from.0.saturating_add(length - 1)));
    while start < until {
        for path in paths {
            let bounds = params![span.as_str(), start.0, path.0];
            found.extend(rows(conn, sql, bounds, |row| trend_row(row, *path))?);
        }
        start = Wall(start.0.saturating_add(length));
    }
    Ok(found)
}

fn trend_row(row: &Row<'_>, path: PathIndex) -> Result<TrendRow, String> {
    let spread = |at| -> Result<Spread, String> {
        Ok(Spread {
            least: get::<Option<i32>>(row, at)?.unwrap_or(0),
            most: get::<Option<i32>>(row, at + 1)?.unwrap_or(0),
            sum: get(row, at + 2)?,
            count: get(row, at + 3)?,
        })
    };
    Ok(TrendRow {
        path,
        start: Wall(get(row, 0)?),
        trend: Trend {
            rssi: spread(1)?,
            battery: spread(5)?,
            voltage: spread(9)?,
            round_trip: spread(13)?,
            retries: get(row, 17)?,
            reconnects: get(row, 18)?,
        },
    })
}

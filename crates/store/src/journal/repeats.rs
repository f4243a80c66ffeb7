//! Finds stored messages again: by path and key (R2), and the newest of each path.
//!
//! Invariant: an acknowledgement may rest on what is answered here, so nothing is answered once
//! the gate has closed for good: what can be read then may not be on the disk (I1).
//! Invariant: everything whose append was answered before the question is seen.

use std::collections::HashMap;

use engine::ports::{RepeatQuery, StoredMessage};
use model::{EventSeq, PathIndex, RepeatKey, Wall};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows;
use crate::error::{At, Trouble};
use crate::files::{FileId, Files, Lease};
use crate::layout::Layout;

/// Messages with an equal key that are compared one by one before the path is searched from its
/// newest event backwards, which finds a key that a panel sends again and again at once.
const GROUP: usize = 64;

/// Rows read in one snapshot while the newest messages are collected.
const STEP: u64 = 20_000;

/// How far the order of receipt may differ from the order of numbers: a gateway gives up what
/// it could not get stored within seconds; the rest is for clocks that are set.
const OUT_OF_ORDER_US: i64 = 10 * 60 * 1_000_000;

/// Answers each query from the newest day's file and that of the day before.
pub(crate) fn find(
    files: &Files,
    layout: &Layout,
    queries: &[RepeatQuery],
) -> Result<Vec<Option<StoredMessage>>, Trouble> {
    let mut found = vec![None; queries.len()];
    let Some(newest) = layout.newest() else {
        return Ok(found);
    };
    for day in layout.days.iter().rev().map(|day| day.day) {
        if day < newest.previous() {
            break;
        }
        let conn = files.lease(FileId::Day(day))?;
        // One snapshot for the whole batch.
        let tx = conn.unchecked_transaction().at(conn.path())?;
        for (query, found) in queries.iter().zip(&mut found) {
            if !is_settled(query, found.as_ref()) {
                let here = one(&tx, query).at(conn.path())?;
                *found = better(query, *found, here);
            }
        }
        tx.finish().at(conn.path())?;
    }
    Ok(found)
}

/// Whether an older file cannot have anything better.
fn is_settled(query: &RepeatQuery, found: Option<&StoredMessage>) -> bool {
    found.is_some_and(|found| {
        if query.numbered {
            found.key == query.key
        } else {
            same_time(query, found) || query.panel_time.is_none()
        }
    })
}

fn same_time(query: &RepeatQuery, found: &StoredMessage) -> bool {
    query.panel_time.is_some() && query.panel_time == found.panel_time
}

fn better(
    query: &RepeatQuery,
    newer: Option<StoredMessage>,
    older: Option<StoredMessage>,
) -> Option<StoredMessage> {
    match (newer, older) {
        (Some(newer), Some(older)) if query.numbered => {
            Some(if older.key == query.key { older } else { newer })
        }
        (Some(newer), Some(older)) if !same_time(query, &older) => Some(newer),
        (newer, older) => older.or(newer),
    }
}

/// The message with this number: the one of the same content, if there is one.
fn one_of_number(
    conn: &Connection,
    query: &RepeatQuery,
) -> rusqlite::Result<Option<StoredMessage>> {
    let (hi, lo) = rows::key_halves(&query.key.0);
    let mut select = conn.prepare_cached(
        "SELECT seq, panel_time, received, repeat_lo FROM events INDEXED BY repeats \
         WHERE path = ?1 AND repeat_hi = ?2 ORDER BY repeat_lo = ?3 DESC, seq DESC LIMIT 1",
    )?;
    let found = select.query_row(params![query.path.0, hi, lo], |row| {
        Ok(StoredMessage {
            path: query.path,
            key: RepeatKey(rows::key_from_halves(hi, row.get(3)?)),
            seq: EventSeq(row.get::<_, i64>(0)?.cast_unsigned()),
            panel_time: row.get::<_, Option<i64>>(1)?.map(Wall),
            received: Wall(row.get(2)?),
        })
    });
    found.optional()
}

fn one(conn: &Connection, query: &RepeatQuery) -> rusqlite::Result<Option<StoredMessage>> {
    if query.numbered {
        return one_of_number(conn, query);
    }
    let (hi, lo) = rows::key_halves(&query.key.0);
    let message = |row: &Row<'_>| {
        Ok(StoredMessage {
            path: query.path,
            key: query.key,
            seq: EventSeq(row.get::<_, i64>(0)?.cast_unsigned()),
            panel_time: row.get::<_, Option<i64>>(1)?.map(Wall),
            received: Wall(row.get(2)?),
        })
    };
    if let Some(time) = query.panel_time {
        let mut same_time = conn.prepare_cached(
            "SELECT seq, panel_time, received FROM events INDEXED BY repeats \
             WHERE path = ?1 AND repeat_hi = ?2 AND panel_time = ?4 AND repeat_lo = ?3 \
             ORDER BY seq DESC LIMIT 1",
        )?;
        let found = same_time.query_row(params![query.path.0, hi, lo, time.0], message);
        if let Some(found) = found.optional()? {
            return Ok(Some(found));
        }
    }
    let mut group = conn.prepare_cached(
        "SELECT seq, panel_time, received FROM events INDEXED BY repeats \
         WHERE path = ?1 AND repeat_hi = ?2 AND repeat_lo = ?3",
    )?;
    let mut messages = group.query_map(params![query.path.0, hi, lo], message)?;
    let mut newest: Option<StoredMessage> = None;
    for message in messages.by_ref().take(GROUP) {
        let message = message?;
        newest = newest
            .filter(|newest| newest.seq > message.seq)
            .or(Some(message));
    }
    if messages.next().is_none() {
        return Ok(newest);
    }
    let mut backwards = conn.prepare_cached(
        "SELECT seq, panel_time, received FROM events INDEXED BY by_path \
         WHERE path = ?1 AND repeat_hi = ?2 AND repeat_lo = ?3 ORDER BY seq DESC LIMIT 1",
    )?;
    let found = backwards.query_row(params![query.path.0, hi, lo], message);
    found.optional()
}

/// The newest message of each path received at `since` or later, by number.
pub(crate) fn latest(
    files: &Files,
    layout: &Layout,
    since: Wall,
) -> Result<Vec<StoredMessage>, Trouble> {
    let mut latest: HashMap<PathIndex, StoredMessage> = HashMap::new();
    'files: for segment in layout.segments(Some(since), None).iter().rev() {
        if segment.file == FileId::Archive {
            continue;
        }
        let conn = files.lease(segment.file)?;
        let mut below = segment.last;
        while let Some(step) = step_back(&conn, segment.first, below)? {
            for message in step.messages {
                if message.received >= since {
                    latest.entry(message.path).or_insert(message);
                }
            }
            if step.oldest_received.0 < since.0.saturating_sub(OUT_OF_ORDER_US) {
                break 'files;
            }
            if step.lowest <= segment.first {
                break;
            }
            below = step.lowest - 1;
        }
    }
    let mut messages: Vec<_> = latest.into_values().collect();
    messages.sort_unstable_by_key(|message| message.seq);
    Ok(messages)
}

struct Step {
    /// The newest first.
    messages: Vec<StoredMessage>,
    lowest: u64,
    /// The receipt of the lowest row looked at.
    oldest_received: Wall,
}

fn step_back(conn: &Lease<'_>, first: u64, last: u64) -> Result<Option<Step>, Trouble> {
    let mut select = conn
        .prepare_cached(
            "SELECT seq, path, repeat_hi, repeat_lo, panel_time, received FROM events \
             WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT ?3",
        )
        .at(conn.path())?;
    let bounds = params![first.cast_signed(), last.cast_signed(), STEP.cast_signed()];
    let mut rows = select.query(bounds).at(conn.path())?;
    let mut step: Option<Step> = None;
    while let Some(row) = rows.next().at(conn.path())? {
        let step = step.get_or_insert_with(|| Step {
            messages: Vec::new(),
            lowest: 0,
            oldest_received: Wall::default(),
        });
        step.lowest = row.get::<_, i64>(0).at(conn.path())?.cast_unsigned();
        step.oldest_received = Wall(row.get(5).at(conn.path())?);
        step.messages.extend(message_of(row).at(conn.path())?);
    }
    Ok(step)
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<Option<StoredMessage>> {
    let (Some(hi), Some(lo)) = (row.get(2)?, row.get(3)?) else {
        return Ok(None);
    };
    Ok(Some(StoredMessage {
        path: PathIndex(row.get(1)?),
        key: RepeatKey(rows::key_from_halves(hi, lo)),
        seq: EventSeq(row.get::<_, i64>(0)?.cast_unsigned()),
        panel_time: row.get::<_, Option<i64>>(4)?.map(Wall),
        received: Wall(row.get(5)?),
    }))
}

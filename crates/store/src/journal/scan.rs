//! Reads pages of events by number, over the archive and all days.
//!
//! Invariant: a page looks at no more than [`limits::READER_ROWS`] rows, whatever the filter, and
//! then says where to go on; so no query holds a snapshot for long, and none is left out.
//! Invariant: a page is true of one layout. If retention removes a file meanwhile, the page is
//! read again from the start.

use std::sync::Arc;

use engine::ports::{EventFilter, EventPage};
use model::{Event, EventClass, EventFlags, EventSeq, limits};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{blocks, personal, rows};
use crate::error::{At, Trouble};
use crate::files::{Files, Lease};
use crate::layout::{Layout, Layouts, Segment};

/// Paths by which a file is searched one beside the other; with more of them, row by row.
const PATHS: usize = 16;

/// Which page is wanted.
#[derive(Debug, Clone)]
pub(crate) struct PageQuery {
    pub(crate) filter: EventFilter,
    pub(crate) cursor: Option<EventSeq>,
    pub(crate) newest_first: bool,
    pub(crate) limit: usize,
}

/// Does `read` on the layout of the moment; again, if a file that it wanted is gone since.
pub(crate) fn on_layout<R>(
    layouts: &Layouts,
    mut read: impl FnMut(&Layout) -> Result<R, Trouble>,
) -> Result<R, Trouble> {
    loop {
        let layout = layouts.current();
        match read(&layout) {
            Err(_) if !Arc::ptr_eq(&layout, &layouts.current()) => {}
            result => return result,
        }
    }
}

/// A page of events.
pub(crate) fn page(
    files: &Files,
    layout: &Layout,
    query: &PageQuery,
) -> Result<EventPage, Trouble> {
    let mut page = Page {
        query,
        limit: query.limit.clamp(1, limits::PAGE),
        looked_at: 0,
        last: None,
        events: Vec::new(),
    };
    let mut segments = layout.segments(query.filter.from, query.filter.until);
    if query.newest_first {
        segments.reverse();
    }
    for segment in segments {
        let Some(segment) = page.rest_of(segment) else {
            continue;
        };
        let conn = files.lease(segment.file)?;
        if page.read(&conn, segment)? {
            return Ok(EventPage {
                events: page.events,
                next: page.last,
            });
        }
    }
    Ok(EventPage {
        events: page.events,
        next: None,
    })
}

/// The event with a number.
pub(crate) fn event(
    files: &Files,
    layout: &Layout,
    seq: EventSeq,
) -> Result<Option<Event>, Trouble> {
    let Some(file) = layout.file_of(seq) else {
        return Ok(None);
    };
    let conn = files.lease(file)?;
    let sql = format!("SELECT {} FROM events WHERE seq = ?1", rows::COLUMNS);
    let mut select = conn.prepare_cached(&sql).at(conn.path())?;
    let row = select.query_row([seq.0.cast_signed()], |row| Ok(rows::decode(row)));
    let Some(row) = row.optional().at(conn.path())? else {
        return Ok(None);
    };
    complete(&conn, row).map(Some)
}

struct Page<'a> {
    query: &'a PageQuery,
    limit: usize,
    looked_at: usize,
    last: Option<EventSeq>,
    events: Vec<Event>,
}

impl Page<'_> {
    /// The part of a segment that lies beyond the cursor, if any does.
    fn rest_of(&self, mut segment: Segment) -> Option<Segment> {
        if let Some(cursor) = self.query.cursor {
            if self.query.newest_first {
                segment.last = segment.last.min(cursor.0.checked_sub(1)?);
            } else {
                segment.first = segment.first.max(cursor.0.checked_add(1)?);
            }
        }
        (segment.first <= segment.last).then_some(segment)
    }

    /// Reads on in a segment; whether the page is complete.
    fn read(&mut self, conn: &Lease<'_>, segment: Segment) -> Result<bool, Trouble> {
        let paths = self.paths(conn).at(conn.path())?;
        if paths.as_ref().is_some_and(Vec::is_empty) {
            return Ok(false);
        }
        let mut runs = blocks::runs(conn, &self.query.filter, segment).at(conn.path())?;
        if let (Some(_), Some((first, last))) = (&paths, blocks::span(&runs)) {
            // The index of paths passes over the rest by itself.
            runs = vec![(first, last)];
        }
        if self.query.newest_first {
            runs.reverse();
        }
        let sql = self.select(paths.as_deref());
        for run in runs {
            if self.read_run(conn, &sql, run)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_run(&mut self, conn: &Lease<'_>, sql: &str, run: blocks::Run) -> Result<bool, Trouble> {
        let mut select = conn.prepare_cached(sql).at(conn.path())?;
        let bounds = [run.0, run.1].map(u64::cast_signed);
        let mut rows = select.query(bounds).at(conn.path())?;
        while let Some(row) = rows.next().at(conn.path())? {
            self.looked_at += 1;
            let row_wanted = self.wants(row).map_err(|what| corrupt(conn, what))?;
            if let Some(seq) = row_wanted {
                let event = complete(conn, rows::decode(row))?;
                self.events.push(event);
                self.last = Some(seq);
            }
            if self.events.len() >= self.limit {
                return Ok(true);
            }
            if self.looked_at >= limits::READER_ROWS {
                let seq: i64 = row.get(0).at(conn.path())?;
                self.last = Some(EventSeq(seq.cast_unsigned()));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The paths that the filter leaves in a file; `None` if it leaves all, or too many to list.
    fn paths(&self, conn: &Connection) -> rusqlite::Result<Option<Vec<i64>>> {
        let filter = &self.query.filter;
        let limit = PATHS + 1;
        let list = |sql: &str, value: &dyn rusqlite::ToSql| {
            let sql = format!("{sql} LIMIT {limit}");
            let mut select = conn.prepare_cached(&sql)?;
            let paths = select.query_map([value], |row| row.get::<_, i64>(0))?;
            paths.collect::<rusqlite::Result<Vec<_>>>()
        };
        let paths = match (filter.panel, filter.account) {
            (Some(panel), _) => list(
                "SELECT DISTINCT path FROM origins WHERE panel = ?1",
                panel.as_bytes(),
            )?,
            (None, Some(account)) => list(
                "SELECT path FROM origins WHERE account = ?1",
                &account.as_str(),
            )?,
            (None, None) => return Ok(None),
        };
        Ok((paths.len() <= PATHS).then_some(paths))
    }

    /// Rows between two numbers; with paths, of each its rows in order, merged.
    fn select(&self, paths: Option<&[i64]>) -> String {
        let columns = rows::COLUMNS;
        let order = if self.query.newest_first {
            "DESC"
        } else {
            "ASC"
        };
        let arms = match paths {
            None => format!("SELECT {columns} FROM events WHERE seq BETWEEN ?1 AND ?2"),
            Some(paths) => {
                let arm = |path: &i64| {
                    format!(
                        "SELECT {columns} FROM events INDEXED BY by_path \
                         WHERE path = {path} AND seq BETWEEN ?1 AND ?2"
                    )
                };
                let arms: Vec<_> = paths.iter().map(arm).collect();
                arms.join(" UNION ALL ")
            }
        };
        format!("{arms} ORDER BY seq {order}")
    }

    /// The number of a row that passes the filter; by few columns, since most rows do not.
    fn wants(&self, row: &Row<'_>) -> Result<Option<EventSeq>, String> {
        let filter = &self.query.filter;
        let unreadable = |error: rusqlite::Error| error.to_string();
        let received: i64 = row.get(20).map_err(unreadable)?;
        let late_enough = filter.from.is_none_or(|from| received >= from.0);
        let early_enough = filter.until.is_none_or(|until| received < until.0);
        let text = |at| match row.get_ref(at).map(|value| value.as_str()) {
            Ok(Ok(text)) => Ok(text),
            _ => Err(format!("column {at} is no text")),
        };
        let of_account = match filter.account {
            None => true,
            Some(account) => text(9)? == account.as_str(),
        };
        let of_panel = match filter.panel {
            None => true,
            Some(panel) => row.get::<_, [u8; 16]>(4).map_err(unreadable)? == *panel.as_bytes(),
        };
        let of_class = filter.classes.is_empty() || {
            let class = text(12)?;
            let named = |wanted: &EventClass| wanted.as_str() == class;
            filter.classes.iter().any(named)
        };
        let doubted = !filter.doubtful || {
            let flags: u32 = row.get(21).map_err(unreadable)?;
            EventFlags::from_bits_retain(flags).is_doubtful()
        };
        let seq: i64 = row.get(0).map_err(unreadable)?;
        let wanted = late_enough && early_enough && of_account && of_panel && of_class && doubted;
        Ok(wanted.then_some(EventSeq(seq.cast_unsigned())))
    }
}

fn complete(conn: &Lease<'_>, row: Result<rows::StoredRow, String>) -> Result<Event, Trouble> {
    let row = row.map_err(|what| corrupt(conn, what))?;
    let personal = personal::read(conn, row.seq).at(conn.path())?;
    let seq = row.seq;
    let event = row.complete(personal);
    event.map_err(|what| corrupt(conn, format!("event {seq}: {what}")))
}

fn corrupt(conn: &Lease<'_>, what: String) -> Trouble {
    Trouble::Corrupt {
        path: conn.path().to_owned(),
        what,
    }
}

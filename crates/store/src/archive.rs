//! `archive.db`: what is kept longer than its day's file, and how far the rest has been let go of.
//!
//! Invariant: a row in `days` is committed after everything of the day that is kept has been
//! copied; it is what allows the day's file to be removed.
//! Invariant: rows of a class go from the oldest on, and the class's anchor moves in the same
//! transaction: where a chain begins is always known.
//! Invariant: every step can be taken again after a crash, without loss and without doubles.

use std::path::Path;

use model::{RetentionClass, Wall};
use rusqlite::{Connection, OptionalExtension, params};

use crate::day::Day;
use crate::error::{At, Trouble, Trying};
use crate::journal::blocks;
use crate::journal::chain::{Heads, Link};
use crate::journal::day_file::link;
use crate::journal::rows::COLUMNS;
use crate::layout::ArchivedDay;

/// The days that the archive stands for, the oldest first.
pub(crate) fn days(conn: &Connection) -> rusqlite::Result<Vec<ArchivedDay>> {
    let mut select =
        conn.prepare_cached("SELECT day, first_seq, last_seq FROM days ORDER BY day")?;
    let mut rows = select.query([])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(day) = Day::from_number(row.get(0)?) {
            days.push(ArchivedDay {
                day,
                first: row.get::<_, i64>(1)?.cast_unsigned(),
                last: row.get::<_, i64>(2)?.cast_unsigned(),
            });
        }
    }
    Ok(days)
}

/// How far a class has been let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Anchor {
    /// The last event let go of.
    pub(crate) link: Link,
    /// How many in all.
    pub(crate) dropped: u64,
}

/// The anchor of a class; the beginning, if nothing of it was ever let go of.
pub(crate) fn anchor(conn: &Connection, class: RetentionClass) -> rusqlite::Result<Anchor> {
    let mut select = conn.prepare_cached(
        "SELECT chain_no, chain, last_seq, dropped FROM anchors WHERE class = ?1",
    )?;
    let anchor = select.query_row([number(class)], |row| {
        Ok(Anchor {
            link: link(row, 0)?,
            dropped: row.get::<_, i64>(3)?.cast_unsigned(),
        })
    });
    Ok(anchor.optional()?.unwrap_or_default())
}

/// Moves the anchor of a class forward; never back.
pub(crate) fn move_anchor(
    conn: &Connection,
    class: RetentionClass,
    to: &Link,
    at: Wall,
) -> rusqlite::Result<()> {
    let before = anchor(conn, class)?;
    if to.no <= before.link.no {
        return Ok(());
    }
    let dropped = before.dropped + (to.no - before.link.no);
    conn.prepare_cached(
        "INSERT OR REPLACE INTO anchors (class, chain_no, chain, last_seq, dropped, at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        number(class),
        to.no.cast_signed(),
        to.hash,
        to.seq.cast_signed(),
        dropped.cast_signed(),
        at.0
    ])
    .map(drop)
}

/// Where the archive's part of each chain ends: its newest row, or its anchor.
pub(crate) fn heads(conn: &Connection) -> rusqlite::Result<Heads> {
    let mut heads = Heads::default();
    for class in RetentionClass::ALL {
        let mut newest = conn.prepare_cached(
            "SELECT chain_no, chain, seq FROM events WHERE retention = ?1 \
             ORDER BY seq DESC LIMIT 1",
        )?;
        let newest = newest.query_row([number(class)], |row| link(row, 0));
        *heads.of_mut(class) = match newest.optional()? {
            Some(newest) => newest,
            None => anchor(conn, class)?.link,
        };
    }
    Ok(heads)
}

/// The name by which a day's file is attached to the archive while it is copied.
const DAY: &str = "day";

/// Attaches a day's file, to copy from it.
pub(crate) fn attach(conn: &Connection, day: &Path) -> Result<(), Trouble> {
    // Attaching would make a file that is not there.
    std::fs::metadata(day).trying("the day's file is missing", day)?;
    let name = day.to_str().ok_or_else(|| Trouble::Corrupt {
        path: day.to_owned(),
        what: "its path is not UTF-8, so that it cannot be archived".to_owned(),
    })?;
    let attached = conn.execute(&format!("ATTACH ?1 AS {DAY}"), [name]);
    attached.map(drop).at(day)
}

/// Detaches the day's file.
pub(crate) fn detach(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("DETACH {DAY}"))
}

/// Copies the next rows of the classes kept from the day attached, as they are, whatever they
/// hold: telling what is wrong with a row is for [`crate::verify()`]. The number of the last row
/// copied; `None` when there are no more.
pub(crate) fn copy(
    tx: &Connection,
    kept: &[RetentionClass],
    after: u64,
    limit: usize,
) -> rusqlite::Result<Option<u64>> {
    let classes: Vec<_> = kept
        .iter()
        .map(|class| number(*class).to_string())
        .collect();
    let kept = format!("retention IN ({})", classes.join(", "));
    let after = after.cast_signed();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let last: Option<i64> = tx.query_row(
        &format!(
            "SELECT max(seq) FROM (SELECT seq FROM {DAY}.events \
             WHERE seq > ?1 AND {kept} ORDER BY seq LIMIT ?2)"
        ),
        [after, limit],
        |row| row.get(0),
    )?;
    let Some(last) = last else {
        return Ok(None);
    };
    tx.execute(
        &format!(
            "INSERT OR IGNORE INTO main.events ({COLUMNS}) SELECT {COLUMNS} FROM {DAY}.events \
             WHERE seq > ?1 AND seq <= ?2 AND {kept}"
        ),
        [after, last],
    )?;
    tx.execute(
        &format!(
            "INSERT OR IGNORE INTO main.personal (seq, text, extended, raw) \
             SELECT seq, text, extended, raw FROM {DAY}.personal WHERE seq IN \
             (SELECT seq FROM {DAY}.events WHERE seq > ?1 AND seq <= ?2 AND {kept})"
        ),
        [after, last],
    )?;
    Ok(Some(last.cast_unsigned()))
}

/// Takes over what the day attached lists of its rows: more than is kept of them, which is well.
pub(crate) fn copy_lists(tx: &Connection) -> rusqlite::Result<()> {
    tx.execute_batch(&format!(
        "INSERT OR IGNORE INTO main.origins SELECT * FROM {DAY}.origins; \
         INSERT INTO main.blocks SELECT * FROM {DAY}.blocks WHERE true {}",
        blocks::merge()
    ))
}

/// Notes that the archive stands for a day.
pub(crate) fn close_day(conn: &Connection, day: &ArchivedDay) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO days (day, first_seq, last_seq) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![
        day.day.number(),
        day.first.cast_signed(),
        day.last.cast_signed()
    ])
    .map(drop)
}

/// Lets go of at most `limit` rows of a class up to a number; how many that were.
pub(crate) fn trim(
    conn: &Connection,
    class: RetentionClass,
    up_to: u64,
    limit: usize,
    at: Wall,
) -> rusqlite::Result<usize> {
    let mut oldest = conn.prepare_cached(
        "SELECT chain_no, chain, seq FROM events WHERE retention = ?1 AND seq <= ?2 \
         ORDER BY seq LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let bounds = params![number(class), up_to.cast_signed(), limit];
    let links = oldest.query_map(bounds, |row| link(row, 0))?;
    let links: Vec<Link> = links.collect::<Result<_, _>>()?;
    let Some(last) = links.last() else {
        return Ok(0);
    };
    let mut personal = conn.prepare_cached("DELETE FROM personal WHERE seq = ?1")?;
    let mut event = conn.prepare_cached("DELETE FROM events WHERE seq = ?1")?;
    for link in &links {
        personal.execute([link.seq.cast_signed()])?;
        event.execute([link.seq.cast_signed()])?;
    }
    move_anchor(conn, class, last, at)?;
    Ok(links.len())
}

/// Forgets days up to `day`, of which nothing is kept any more.
pub(crate) fn forget_days(conn: &Connection, day: Day) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM days WHERE day <= ?1", [day.number()])?;
    let kept_from: Option<i64> =
        conn.query_row("SELECT min(first_seq) FROM days", [], |row| row.get(0))?;
    // Without days no block counts; otherwise those wholly before the first day kept do not.
    conn.execute(
        "DELETE FROM blocks WHERE (block + 1) * 4096 <= coalesce(?1, 9223372036854775807)",
        [kept_from],
    )
    .map(drop)
}

fn number(class: RetentionClass) -> i64 {
    i64::try_from(class.index()).unwrap_or(i64::MAX)
}

//! One day's file: how it is begun, and where its chains stand.
//!
//! Invariant: a file counts from the moment that its row in `meta` is committed. A file without
//! that row is what a crash left of beginning one; it holds nothing and is removed at the start.
//! Invariant: a file says where every chain stood before it (`opening`), so that a day that is
//! missing before it shows.

use model::RetentionClass;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::chain::{self, Heads, Link};
use crate::day::Day;
use crate::disk;
use crate::error::{At, Trouble, Trying};
use crate::files::{FileId, journal_folder};
use crate::settings::Synchronous;
use crate::sqlite;

/// Opens the file of a day for writing; begins it, where there is none, behind `heads`.
pub(crate) fn open(
    folder: &std::path::Path,
    day: Day,
    heads: &Heads,
    synchronous: Synchronous,
) -> Result<Connection, Trouble> {
    let file = FileId::Day(day);
    let path = file.path(folder);
    let mut conn = sqlite::open_writer(&path, synchronous).at(&path)?;
    file.kind().bring_up(&mut conn, &path)?;
    if first_seq(&conn).at(&path)?.is_none() {
        begin(&mut conn, heads).at(&path)?;
        let journal = journal_folder(folder);
        disk::sync_folder(&journal).trying("the folder could not be synced", &journal)?;
    }
    Ok(conn)
}

fn begin(conn: &mut Connection, heads: &Heads) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for class in RetentionClass::ALL {
        let link = heads.of(class);
        tx.execute(
            "INSERT INTO chains (class, opening_no, opening, opening_seq, head_no, head, head_seq) \
             VALUES (?1, ?2, ?3, ?4, ?2, ?3, ?4)",
            params![
                i64::try_from(class.index()).unwrap_or(i64::MAX),
                link.no.cast_signed(),
                link.hash,
                link.seq.cast_signed()
            ],
        )?;
    }
    tx.execute(
        "INSERT INTO meta (id, first_seq, probes) VALUES (1, ?1, 0)",
        [heads.seq().next().0.cast_signed()],
    )?;
    tx.commit()
}

/// The first number that the file may hold; `None` if it was never begun.
pub(crate) fn first_seq(conn: &Connection) -> rusqlite::Result<Option<u64>> {
    let first = conn.query_row("SELECT first_seq FROM meta", [], |row| row.get::<_, i64>(0));
    Ok(first.optional()?.map(i64::cast_unsigned))
}

/// Where the chains stood when the file was begun, and where they stand.
pub(crate) fn chains(conn: &Connection) -> rusqlite::Result<(Heads, Heads)> {
    let mut opening = Heads::default();
    let mut heads = Heads::default();
    let mut select = conn.prepare_cached(
        "SELECT class, opening_no, opening, opening_seq, head_no, head, head_seq FROM chains",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let Some(class) = chain::retention_from(row.get(0)?) else {
            continue;
        };
        *opening.of_mut(class) = link(row, 1)?;
        *heads.of_mut(class) = link(row, 4)?;
    }
    Ok((opening, heads))
}

/// Three columns from `at` on: number in the chain, chain value, number of the event.
pub(crate) fn link(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Link> {
    Ok(Link {
        no: row.get::<_, i64>(at)?.cast_unsigned(),
        hash: row.get(at + 1)?,
        seq: row.get::<_, i64>(at + 2)?.cast_unsigned(),
    })
}

/// Writes down where the chains stand that have moved.
pub(crate) fn move_heads(conn: &Connection, from: &Heads, to: &Heads) -> rusqlite::Result<()> {
    let mut update = conn.prepare_cached(
        "UPDATE chains SET head_no = ?2, head = ?3, head_seq = ?4 WHERE class = ?1",
    )?;
    for class in RetentionClass::ALL {
        let link = to.of(class);
        if link.no == from.of(class).no {
            continue;
        }
        update.execute(params![
            i64::try_from(class.index()).unwrap_or(i64::MAX),
            link.no.cast_signed(),
            link.hash,
            link.seq.cast_signed()
        ])?;
    }
    Ok(())
}

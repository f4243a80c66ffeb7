//! The quarantine: who came whom nobody registered, and what became of them.
//!
//! Invariant: frames, which are personal data, are in a table of their own, and only the last few.
//! Invariant: of an identity there is one entry at most that is not adopted.
//! Invariant: an adoption and its audit row are one transaction, and the record stays when the
//! entry goes.

use arrayvec::ArrayString;
use engine::ports::{
    AdoptionRow, EntryNumber, EntryPage, KeptFrame, QuarantineError, ShownEntry, Standing,
    StrayEntry, StrayIdentity, StraySeen, StrayUpdate,
};
use model::{Account, FamilyName, ListenerName, PanelId, PathIndex, Wall, limits};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit;
use super::paths::Deed;
use super::read::{get, rows};
use crate::error::Trouble;
use crate::files::Lease;

const COLUMNS: &str = "idx, family, account, receiver, line, reason, listener, path, opened_by, \
     sources, first, last, count, acknowledged, standing";

/// Writes down what came.
pub(crate) fn keep(tx: &Connection, batch: &[StrayUpdate]) -> rusqlite::Result<()> {
    for update in batch {
        keep_one(tx, update)?;
    }
    Ok(())
}

fn keep_one(tx: &Connection, update: &StrayUpdate) -> rusqlite::Result<()> {
    // An insert that falls back to an update would use up a number each time.
    let (number, open) = match add_up(tx, update)? {
        Some(found) => found,
        None => (open_entry(tx, update)?, true),
    };
    if !open || update.frames.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO stray_frame (stray, received, source, format, encrypted, acknowledged, raw) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for frame in &update.frames {
        insert.execute(params![
            number,
            frame.received.0,
            frame.source.to_string(),
            frame.format,
            frame.encrypted,
            frame.acknowledged,
            frame.raw
        ])?;
    }
    tx.prepare_cached(
        "DELETE FROM stray_frame WHERE stray = ?1 AND idx NOT IN \
         (SELECT idx FROM stray_frame WHERE stray = ?1 ORDER BY idx DESC LIMIT ?2)",
    )?
    .execute(params![number, bound(limits::QUARANTINE_FRAMES)])
    .map(drop)
}

/// Adds to the entry that there is; its number, and whether it is open. What was rejected is
/// counted and no more.
fn add_up(tx: &Connection, update: &StrayUpdate) -> rusqlite::Result<Option<(i64, bool)>> {
    let (identity, seen) = (&update.identity, &update.seen);
    let mut add = tx.prepare_cached(
        "UPDATE stray SET listener = iif(standing = 'open', ?6, listener), path = ?7, \
         sources = iif(standing = 'open', ?8, sources), first = min(first, ?9), \
         last = max(last, ?10), count = count + ?11, acknowledged = acknowledged + ?12 \
         WHERE family = ?1 AND account = ?2 AND ifnull(receiver, -1) = ifnull(?3, -1) \
         AND ifnull(line, -1) = ifnull(?4, -1) AND reason = ?5 AND standing <> 'adopted' \
         RETURNING idx, standing = 'open'",
    )?;
    let bounds = params![
        identity.family.as_str(),
        identity.account.as_str(),
        identity.receiver,
        identity.line,
        identity.reason.as_str(),
        seen.listener.as_str(),
        seen.path.map(|path| path.0),
        spaced(seen),
        seen.first.0,
        seen.last.0,
        seen.count.cast_signed(),
        seen.acknowledged.cast_signed()
    ];
    add.query_row(bounds, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Makes an entry; its number.
fn open_entry(tx: &Connection, update: &StrayUpdate) -> rusqlite::Result<i64> {
    let (identity, seen) = (&update.identity, &update.seen);
    tx.prepare_cached(
        "INSERT INTO stray (family, account, receiver, line, reason, listener, path, opened_by, \
         sources, first, last, count, acknowledged, standing) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'open')",
    )?
    .execute(params![
        identity.family.as_str(),
        identity.account.as_str(),
        identity.receiver,
        identity.line,
        identity.reason.as_str(),
        seen.listener.as_str(),
        seen.path.map(|path| path.0),
        seen.opened_by.to_string(),
        spaced(seen),
        seen.first.0,
        seen.last.0,
        seen.count.cast_signed(),
        seen.acknowledged.cast_signed()
    ])?;
    Ok(tx.last_insert_rowid())
}

fn spaced(seen: &StraySeen) -> String {
    let sources: Vec<String> = seen.sources.iter().map(ToString::to_string).collect();
    sources.join(" ")
}

/// Records that a panel became of an entry.
pub(crate) fn adopted(
    tx: &Connection,
    deed: Deed<'_>,
    number: EntryNumber,
    panel: PanelId,
) -> rusqlite::Result<Result<(), QuarantineError>> {
    let changed = tx
        .prepare_cached(
            "UPDATE stray SET standing = 'adopted' WHERE idx = ?1 AND standing <> 'adopted'",
        )?
        .execute([number.0.cast_signed()])?;
    if changed == 0 {
        return missing(tx, number).map(Err);
    }
    tx.prepare_cached(
        "INSERT INTO adoption (stray, panel, at, who, first, last, count) \
         SELECT idx, ?2, ?3, ?4, first, last, count FROM stray WHERE idx = ?1",
    )?
    .execute(params![
        number.0.cast_signed(),
        panel.as_bytes(),
        deed.at.0,
        deed.actor.who
    ])?;
    let panel = panel.to_string();
    record(
        tx,
        deed,
        "quarantine.adopt",
        number,
        &[("panel", Some(&panel))],
    )?;
    Ok(Ok(()))
}

/// Rejects an entry, or opens it again; frames and addresses of one that is rejected go.
pub(crate) fn stand(
    tx: &Connection,
    deed: Deed<'_>,
    number: EntryNumber,
    standing: Standing,
) -> rusqlite::Result<Result<StrayEntry, QuarantineError>> {
    let changed = tx
        .prepare_cached("UPDATE stray SET standing = ?2 WHERE idx = ?1 AND standing <> 'adopted'")?
        .execute(params![number.0.cast_signed(), standing.as_str()])?;
    if changed == 0 {
        return missing(tx, number).map(Err);
    }
    let action = match standing {
        Standing::Rejected => {
            drop_frames(tx, number)?;
            "quarantine.reject"
        }
        Standing::Open | Standing::Adopted => "quarantine.open",
    };
    record(tx, deed, action, number, &[])?;
    let sql = format!("SELECT {COLUMNS} FROM stray WHERE idx = ?1");
    let found = tx
        .prepare_cached(&sql)?
        .query_row([number.0.cast_signed()], |row| {
            entry_row(row).map_err(super::bindings::senseless)
        })?;
    Ok(Ok(found))
}

/// Why an entry could not be changed.
fn missing(tx: &Connection, number: EntryNumber) -> rusqlite::Result<QuarantineError> {
    let adopted = tx
        .prepare_cached("SELECT 1 FROM adoption WHERE stray = ?1")?
        .exists([number.0.cast_signed()])?;
    Ok(if adopted {
        QuarantineError::Adopted { number }
    } else {
        QuarantineError::Unknown { number }
    })
}

fn record(
    tx: &Connection,
    deed: Deed<'_>,
    action: &'static str,
    number: EntryNumber,
    detail: &[(&str, Option<&str>)],
) -> rusqlite::Result<()> {
    let entry = audit::Entry {
        action,
        organisation: None,
        site: None,
        subject: format!("quarantine {number}"),
        detail,
    };
    audit::record(tx, deed.at, deed.actor, &entry)
}

fn drop_frames(tx: &Connection, number: EntryNumber) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM stray_frame WHERE stray = ?1")?
        .execute([number.0.cast_signed()])
        .map(drop)
}

/// Forgets entries of which nothing came at or after `since`; how many there were.
pub(crate) fn forget(tx: &Connection, since: Wall) -> rusqlite::Result<usize> {
    let idle = "SELECT idx FROM stray WHERE last < ?1 ORDER BY idx LIMIT ?2";
    let bounds = params![since.0, bound(limits::STATE_BATCH)];
    tx.prepare_cached(&format!("DELETE FROM stray_frame WHERE stray IN ({idle})"))?
        .execute(bounds)?;
    tx.prepare_cached(&format!("DELETE FROM stray WHERE idx IN ({idle})"))?
        .execute(bounds)
}

/// A page of entries, the newest first.
pub(crate) fn entries(
    conn: &Lease<'_>,
    all: bool,
    cursor: Option<EntryNumber>,
    limit: usize,
) -> Result<EntryPage, Trouble> {
    let limit = limit.clamp(1, limits::PAGE);
    let sql = format!(
        "SELECT {COLUMNS} FROM stray WHERE idx < ?1 AND (?2 OR standing = 'open') \
         ORDER BY idx DESC LIMIT ?3"
    );
    let before = cursor.map_or(i64::MAX, |number| number.0.cast_signed());
    let mut entries = rows(
        conn,
        &sql,
        params![before, all, bound(limit + 1)],
        entry_row,
    )?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().map(|entry| entry.number).filter(|_| more);
    Ok(EntryPage { entries, next })
}

/// An entry and its frames.
pub(crate) fn entry(conn: &Lease<'_>, number: EntryNumber) -> Result<Option<ShownEntry>, Trouble> {
    let key = [number.0.cast_signed()];
    let sql = format!("SELECT {COLUMNS} FROM stray WHERE idx = ?1");
    let Some(entry) = rows(conn, &sql, key, entry_row)?.pop() else {
        return Ok(None);
    };
    let sql = "SELECT received, source, format, encrypted, acknowledged, raw FROM stray_frame \
               WHERE stray = ?1 ORDER BY idx";
    let frames = rows(conn, sql, key, frame_row)?;
    Ok(Some(ShownEntry { entry, frames }))
}

/// Who became a panel, the oldest adoption first.
pub(crate) fn adoptions(conn: &Lease<'_>, panel: PanelId) -> Result<Vec<AdoptionRow>, Trouble> {
    let sql = "SELECT stray, at, who, first, last, count FROM adoption \
               WHERE panel = ?1 ORDER BY at, stray";
    rows(conn, sql, [panel.as_bytes()], |row| {
        Ok(AdoptionRow {
            number: number(row, 0)?,
            at: Wall(get(row, 1)?),
            who: get(row, 2)?,
            first: Wall(get(row, 3)?),
            last: Wall(get(row, 4)?),
            count: get::<i64>(row, 5)?.cast_unsigned(),
        })
    })
}

/// A limit, as SQLite takes it.
fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn entry_row(row: &Row<'_>) -> Result<StrayEntry, String> {
    let sources: String = get(row, 9)?;
    let sources = sources.split_whitespace().map(str::parse);
    Ok(StrayEntry {
        number: number(row, 0)?,
        identity: StrayIdentity {
            family: FamilyName::parse(&get::<String>(row, 1)?).ok_or("no name of a family")?,
            account: Account::parse(get::<String>(row, 2)?.as_bytes()).map_err(|_| "no account")?,
            receiver: get(row, 3)?,
            line: get(row, 4)?,
            reason: ArrayString::from(&get::<String>(row, 5)?).map_err(|_| "no reason")?,
        },
        standing: Standing::parse(&get::<String>(row, 14)?).ok_or("no standing")?,
        seen: StraySeen {
            listener: ListenerName::parse(&get::<String>(row, 6)?)
                .ok_or("no name of a listener")?,
            path: get::<Option<u32>>(row, 7)?.map(PathIndex),
            opened_by: address(row, 8)?,
            sources: sources
                .collect::<Result<_, _>>()
                .map_err(|_| "no addresses")?,
            first: Wall(get(row, 10)?),
            last: Wall(get(row, 11)?),
            count: get::<i64>(row, 12)?.cast_unsigned(),
            acknowledged: get::<i64>(row, 13)?.cast_unsigned(),
        },
    })
}

fn frame_row(row: &Row<'_>) -> Result<KeptFrame, String> {
    Ok(KeptFrame {
        received: Wall(get(row, 0)?),
        source: address(row, 1)?,
        format: get(row, 2)?,
        encrypted: get(row, 3)?,
        acknowledged: get(row, 4)?,
        raw: get(row, 5)?,
    })
}

fn number(row: &Row<'_>, at: usize) -> Result<EntryNumber, String> {
    get::<i64>(row, at).map(|number| EntryNumber(number.cast_unsigned()))
}

fn address(row: &Row<'_>, at: usize) -> Result<std::net::IpAddr, String> {
    let text: String = get(row, at)?;
    text.parse().map_err(|_| "no address".to_owned())
}

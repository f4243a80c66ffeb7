//! What people said of doubtful events.
//!
//! Invariant: an event has one verdict at most; the first stands, whoever comes second.
//! Invariant: a verdict, its audit row and what follows from it are one transaction.

use engine::ports::{NewVerdict, Verdict};
use model::{EventSeq, Wall};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{audit, states};

/// Stores a verdict and what follows from it, unless there is one already; the one that stands.
pub(crate) fn give(tx: &Connection, new: &NewVerdict) -> rusqlite::Result<Verdict> {
    let seq = new.event.seq;
    if let Some(first) = one(tx, seq)? {
        return Ok(first);
    }
    let verdict = Verdict {
        confirmed: new.confirmed,
        at: new.at,
        who: new.actor.who.clone(),
        reason: new.actor.reason.clone(),
    };
    tx.prepare_cached(
        "INSERT INTO verdict (seq, confirmed, at, who, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        seq.0.cast_signed(),
        verdict.confirmed,
        verdict.at.0,
        verdict.who,
        verdict.reason
    ])?;
    for observation in &new.observations {
        states::observe(tx, observation)?;
    }
    let code = new.event.body.code.text();
    let entry = audit::Entry {
        action: if new.confirmed {
            "event.confirm"
        } else {
            "event.reject"
        },
        organisation: Some(new.event.body.organisation),
        site: Some(new.event.body.site),
        subject: format!("event {seq}"),
        detail: &[("code", Some(code.as_str()))],
    };
    audit::record(tx, new.at, &new.actor, &entry)?;
    Ok(verdict)
}

/// The verdicts of these events, in the same order.
pub(crate) fn of(conn: &Connection, seqs: &[EventSeq]) -> rusqlite::Result<Vec<Option<Verdict>>> {
    seqs.iter().map(|seq| one(conn, *seq)).collect()
}

fn one(conn: &Connection, seq: EventSeq) -> rusqlite::Result<Option<Verdict>> {
    let mut select =
        conn.prepare_cached("SELECT confirmed, at, who, reason FROM verdict WHERE seq = ?1")?;
    let found = select.query_row([seq.0.cast_signed()], verdict);
    found.optional()
}

fn verdict(row: &Row<'_>) -> rusqlite::Result<Verdict> {
    Ok(Verdict {
        confirmed: row.get(0)?,
        at: Wall(row.get(1)?),
        who: row.get(2)?,
        reason: row.get(3)?,
    })
}

//! What follows from events: partitions, zones, the cursor, and where the chains stood.
//!
//! Invariant: observations, cursor and the chains' heads are one transaction.
//! Invariant: an observation never overwrites what a later event said.

use engine::ports::{KnownPartitions, Observation, Projection};
use model::{EventSeq, PanelId, PartitionState, PointNumber, RetentionClass, Wall, ZoneState};
use rusqlite::{Connection, OptionalExtension, params};

use super::read::{get, rows};
use crate::error::Trouble;
use crate::files::Lease;
use crate::journal::chain::{self, Heads};
use crate::journal::day_file::link;

/// The name of the one cursor that there is so far.
const STATES: &str = "states";

/// The last event projected; 0 before the first.
pub(crate) fn cursor(conn: &Connection) -> rusqlite::Result<EventSeq> {
    let mut select = conn.prepare_cached("SELECT seq FROM cursor WHERE name = ?1")?;
    let seq = select.query_row([STATES], |row| row.get::<_, i64>(0));
    Ok(EventSeq(seq.optional()?.unwrap_or(0).cast_unsigned()))
}

/// What the partitions of some panels are known to be.
pub(crate) fn partitions(
    conn: &Lease<'_>,
    panels: &[PanelId],
) -> Result<Vec<KnownPartitions>, Trouble> {
    let sql = "SELECT number, state FROM partition \
               WHERE panel = (SELECT idx FROM panel WHERE id = ?1) AND state IS NOT NULL";
    let of = |panel: &PanelId| {
        let known = rows(conn, sql, [panel.as_bytes()], |row| {
            let (number, state): (String, String) = (get(row, 0)?, get(row, 1)?);
            let number = PointNumber::parse(number.as_bytes()).ok_or("no number")?;
            let state = PartitionState::parse(&state).ok_or("no state of a partition")?;
            Ok((number, state))
        })?;
        Ok(KnownPartitions(known))
    };
    panels.iter().map(of).collect()
}

/// Applies a projection and anchors the chains' heads.
pub(crate) fn project(
    tx: &Connection,
    projection: &Projection,
    heads: &Heads,
) -> rusqlite::Result<()> {
    for observation in &projection.observations {
        observe(tx, observation)?;
    }
    tx.prepare_cached(
        "INSERT INTO cursor (name, seq) VALUES (?1, ?2) \
         ON CONFLICT (name) DO UPDATE SET seq = max(seq, excluded.seq)",
    )?
    .execute(params![STATES, projection.cursor.0.cast_signed()])?;
    anchor(tx, heads)
}

/// Where the chains stood at the last projection.
pub(crate) fn anchored(conn: &Connection) -> rusqlite::Result<Heads> {
    let mut heads = Heads::default();
    let mut select = conn.prepare_cached("SELECT class, chain_no, chain, seq FROM chain_head")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(class) = chain::retention_from(row.get(0)?) {
            *heads.of_mut(class) = link(row, 1)?;
        }
    }
    Ok(heads)
}

fn anchor(tx: &Connection, heads: &Heads) -> rusqlite::Result<()> {
    let mut upsert = tx.prepare_cached(
        "INSERT INTO chain_head (class, chain_no, chain, seq) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (class) DO UPDATE SET chain_no = excluded.chain_no, chain = excluded.chain, \
         seq = excluded.seq WHERE excluded.chain_no > chain_no",
    )?;
    for class in RetentionClass::ALL {
        let link = heads.of(class);
        upsert.execute(params![
            i64::try_from(class.index()).unwrap_or(i64::MAX),
            link.no.cast_signed(),
            link.hash,
            link.seq.cast_signed()
        ])?;
    }
    Ok(())
}

/// Applies one observation, unless a later event said otherwise.
pub(super) fn observe(tx: &Connection, observation: &Observation) -> rusqlite::Result<()> {
    match observation {
        Observation::Partition {
            panel,
            number,
            moved,
            seq,
            at,
        } => {
            let Some(panel) = index_of(tx, *panel)? else {
                return Ok(());
            };
            notice_partition(tx, panel, *number)?;
            match moved {
                Some(state) => move_partition(tx, panel, *number, *state, *seq, *at),
                None => Ok(()),
            }
        }
        Observation::Zone {
            panel,
            partition,
            number,
            class,
            moved,
            seq,
            at,
        } => {
            let Some(panel) = index_of(tx, *panel)? else {
                return Ok(());
            };
            tx.prepare_cached(
                "INSERT INTO zone (panel, number, partition, last_seq, last_class, last, registered) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT (panel, number) DO UPDATE SET \
                 partition = coalesce(excluded.partition, partition), \
                 last_seq = excluded.last_seq, last_class = excluded.last_class, \
                 last = excluded.last WHERE excluded.last_seq > last_seq",
            )?
            .execute(params![
                panel,
                number.as_str(),
                partition.as_ref().map(PointNumber::as_str),
                seq.0.cast_signed(),
                class.as_str(),
                at.0
            ])?;
            match moved {
                Some(state) => move_zone(tx, panel, *number, *state, *seq, *at),
                None => Ok(()),
            }
        }
        Observation::Output {
            panel,
            number,
            on,
            seq,
            at,
        } => match index_of(tx, *panel)? {
            Some(panel) => switch_output(tx, panel, *number, *on, *seq, *at),
            None => Ok(()),
        },
    }
}

fn switch_output(
    tx: &Connection,
    panel: u32,
    number: PointNumber,
    on: bool,
    seq: EventSeq,
    at: Wall,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO output (panel, number, is_on, since_seq, since) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (panel, number) DO UPDATE SET \
         is_on = excluded.is_on, since_seq = excluded.since_seq, since = excluded.since \
         WHERE excluded.since_seq > since_seq",
    )?
    .execute(params![
        panel,
        number.as_str(),
        on,
        seq.0.cast_signed(),
        at.0
    ])
    .map(drop)
}

/// Apart from what was last heard of the zone, since a verdict may move it later.
fn move_zone(
    tx: &Connection,
    panel: u32,
    number: PointNumber,
    state: ZoneState,
    seq: EventSeq,
    at: Wall,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE zone SET state = ?3, state_seq = ?4, since = ?5 \
         WHERE panel = ?1 AND number = ?2 AND (state_seq IS NULL OR state_seq < ?4)",
    )?
    .execute(params![
        panel,
        number.as_str(),
        state.as_str(),
        seq.0.cast_signed(),
        at.0
    ])
    .map(drop)
}

/// The dense number of a panel; `None` of one that is not registered, whose events have no states.
fn index_of(tx: &Connection, panel: PanelId) -> rusqlite::Result<Option<u32>> {
    let mut select = tx.prepare_cached("SELECT idx FROM panel WHERE id = ?1")?;
    select
        .query_row([panel.as_bytes()], |row| row.get(0))
        .optional()
}

fn notice_partition(tx: &Connection, panel: u32, number: PointNumber) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO partition (panel, number, registered) VALUES (?1, ?2, 0)",
    )?
    .execute(params![panel, number.as_str()])
    .map(drop)
}

/// Partition 0 moves every partition of the panel (R13).
fn move_partition(
    tx: &Connection,
    panel: u32,
    number: PointNumber,
    state: PartitionState,
    seq: EventSeq,
    at: Wall,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE partition SET state = ?3, since_seq = ?4, since = ?5 \
         WHERE panel = ?1 AND (number = ?2 OR ?6) AND (since_seq IS NULL OR since_seq < ?4)",
    )?
    .execute(params![
        panel,
        number.as_str(),
        state.as_str(),
        seq.0.cast_signed(),
        at.0,
        number.is_zero()
    ])
    .map(drop)
}

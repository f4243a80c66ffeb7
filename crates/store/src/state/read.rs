//! Reads of the state file.
//!
//! Invariant: a row that does not decode is an error that names it; it is never left out.

use std::str::FromStr;

use engine::ports::{
    OutputRow, PanelDetail, PanelFilter, PanelPage, PartitionRow, Sealer, Since, ZoneRow,
};
use model::{
    Account, EventClass, EventSeq, Organisation, OrganisationId, Panel, PanelId, PanelIndex,
    PartitionState, PointNumber, Site, SiteId, Wall, ZoneState, limits,
};
use rusqlite::{Row, params};

use super::bindings;
use crate::error::{At, Trouble};
use crate::files::Lease;

/// A name as it is searched: case does not matter.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A page of panels behind the cursor.
pub(crate) fn panels(
    conn: &Lease<'_>,
    filter: &PanelFilter,
    cursor: Option<PanelIndex>,
    limit: usize,
) -> Result<PanelPage, Trouble> {
    let limit = limit.clamp(1, limits::PAGE);
    let sql = "SELECT idx, id, organisation, site, name, created FROM panel WHERE idx > ?1 \
         AND (?2 IS NULL OR idx IN (SELECT panel FROM path WHERE account = ?2 AND removed IS NULL)) \
         AND (?3 IS NULL OR instr(folded, ?3) > 0 OR idx IN \
              (SELECT panel FROM path WHERE instr(lower(account), ?3) > 0 AND removed IS NULL)) \
         ORDER BY idx LIMIT ?4";
    let bounds = params![
        cursor.map_or(0, |cursor| cursor.0),
        filter.account.as_ref().map(Account::as_str),
        filter.text.as_deref().map(fold),
        i64::try_from(limit + 1).unwrap_or(i64::MAX)
    ];
    let mut panels = rows(conn, sql, bounds, panel_row)?;
    let more = panels.len() > limit;
    panels.truncate(limit);
    for panel in &mut panels {
        panel.paths = bindings::paths(conn, panel.index)?;
    }
    let next = panels.last().map(|panel| panel.index).filter(|_| more);
    Ok(PanelPage { panels, next })
}

/// A panel with its parts.
pub(crate) fn panel(
    conn: &Lease<'_>,
    sealer: &dyn Sealer,
    id: PanelId,
) -> Result<Option<PanelDetail>, Trouble> {
    let sql =
        "SELECT idx, id, organisation, site, name, created, disabled FROM panel WHERE id = ?1";
    let with_disabled = |row: &Row<'_>| {
        let disabled: Option<i64> = get(row, 6)?;
        Ok((panel_row(row)?, disabled.map(Wall)))
    };
    let Some((mut panel, disabled)) = rows(conn, sql, [id.as_bytes()], with_disabled)?.pop() else {
        return Ok(None);
    };
    let (paths, standings) = bindings::standing(conn, sealer, panel.index)?
        .into_iter()
        .unzip();
    panel.paths = paths;
    // By number: shorter ones first, since they have no leading zeros.
    let sql = "SELECT number, state, since_seq, since, registered FROM partition \
               WHERE panel = ?1 ORDER BY length(number), number";
    let partitions = rows(conn, sql, [panel.index.0], partition_row)?;
    let sql = "SELECT number, partition, last_seq, last_class, last, registered, \
               state, state_seq, since FROM zone WHERE panel = ?1 ORDER BY length(number), number";
    let zones = rows(conn, sql, [panel.index.0], zone_row)?;
    let sql = "SELECT number, is_on, since_seq, since FROM output \
               WHERE panel = ?1 ORDER BY length(number), number";
    let outputs = rows(conn, sql, [panel.index.0], output_row)?;
    Ok(Some(PanelDetail {
        panel,
        standings,
        disabled,
        partitions,
        zones,
        outputs,
    }))
}

/// All organisations, the oldest first.
pub(crate) fn organisations(conn: &Lease<'_>) -> Result<Vec<Organisation>, Trouble> {
    rows(
        conn,
        "SELECT id, name FROM organisation ORDER BY idx",
        [],
        |row| {
            Ok(Organisation {
                id: OrganisationId::from_bytes(get(row, 0)?),
                name: get(row, 1)?,
            })
        },
    )
}

/// All sites, the oldest first.
pub(crate) fn sites(conn: &Lease<'_>) -> Result<Vec<Site>, Trouble> {
    let sql = "SELECT id, organisation, name, time_zone FROM site ORDER BY idx";
    rows(conn, sql, [], |row| {
        Ok(Site {
            id: SiteId::from_bytes(get(row, 0)?),
            organisation: OrganisationId::from_bytes(get(row, 1)?),
            name: get(row, 2)?,
            time_zone: get(row, 3)?,
        })
    })
}

fn panel_row(row: &Row<'_>) -> Result<Panel, String> {
    Ok(Panel {
        index: PanelIndex(get(row, 0)?),
        id: PanelId::from_bytes(get(row, 1)?),
        organisation: OrganisationId::from_bytes(get(row, 2)?),
        site: SiteId::from_bytes(get(row, 3)?),
        name: get(row, 4)?,
        created: Wall(get(row, 5)?),
        paths: Vec::new(),
    })
}

fn partition_row(row: &Row<'_>) -> Result<PartitionRow, String> {
    let state: Option<String> = get(row, 1)?;
    let state = state.map(|state| PartitionState::parse(&state).ok_or("no state of a partition"));
    Ok(PartitionRow {
        number: point_number(&get::<String>(row, 0)?)?,
        state: state.transpose()?,
        since_seq: get::<Option<i64>>(row, 2)?.map(|seq| EventSeq(seq.cast_unsigned())),
        since: get::<Option<i64>>(row, 3)?.map(Wall),
        registered: get(row, 4)?,
    })
}

fn zone_row(row: &Row<'_>) -> Result<ZoneRow, String> {
    let partition: Option<String> = get(row, 1)?;
    let class: String = get(row, 3)?;
    Ok(ZoneRow {
        partition: partition.as_deref().map(point_number).transpose()?,
        number: point_number(&get::<String>(row, 0)?)?,
        last_seq: EventSeq(get::<i64>(row, 2)?.cast_unsigned()),
        last_class: EventClass::from_str(&class).map_err(|error| error.to_string())?,
        last: Wall(get(row, 4)?),
        state: zone_state(row)?,
        registered: get(row, 5)?,
    })
}

fn zone_state(row: &Row<'_>) -> Result<Option<Since<ZoneState>>, String> {
    let Some(state) = get::<Option<String>>(row, 6)? else {
        return Ok(None);
    };
    Ok(Some(Since {
        state: ZoneState::parse(&state).ok_or("no state of a zone")?,
        seq: EventSeq(get::<i64>(row, 7)?.cast_unsigned()),
        at: Wall(get(row, 8)?),
    }))
}

fn output_row(row: &Row<'_>) -> Result<OutputRow, String> {
    Ok(OutputRow {
        number: point_number(&get::<String>(row, 0)?)?,
        on: Since {
            state: get(row, 1)?,
            seq: EventSeq(get::<i64>(row, 2)?.cast_unsigned()),
            at: Wall(get(row, 3)?),
        },
    })
}

fn point_number(text: &str) -> Result<PointNumber, String> {
    PointNumber::parse(text.as_bytes()).ok_or_else(|| "no number of a point".to_owned())
}

/// A column.
pub(super) fn get<T: rusqlite::types::FromSql>(row: &Row<'_>, at: usize) -> Result<T, String> {
    row.get(at).map_err(|error| error.to_string())
}

/// All rows of a query.
pub(super) fn rows<R>(
    conn: &Lease<'_>,
    sql: &str,
    bounds: impl rusqlite::Params,
    decode: impl Fn(&Row<'_>) -> Result<R, String>,
) -> Result<Vec<R>, Trouble> {
    let mut select = conn.prepare_cached(sql).at(conn.path())?;
    let mut rows = select.query(bounds).at(conn.path())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().at(conn.path())? {
        found.push(decode(row).map_err(|what| Trouble::Corrupt {
            path: conn.path().to_owned(),
            what: format!("a row of `{sql}`: {what}"),
        })?);
    }
    Ok(found)
}

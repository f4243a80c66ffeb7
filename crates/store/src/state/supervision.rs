//! Supervision: what was set, and what the journal told of losses.
//!
//! Invariant: a fault is known by the event that told it: the same event read again changes nothing,
//! and an end closes only what was told before it.
//! Invariant: what was told, the cursor behind it and where supervision stands are one transaction.

use std::time::Duration;

use engine::ports::{
    HouseState, OpenFault, SettingChange, Spell, Spells, SupervisionChange, Told, WatchedPath,
};
use engine::supervision::{Group, Served};
use model::{
    Counts, EventSeq, FamilyName, Mono, OrganisationId, OwnCode, PanelId, PanelIndex, PathId,
    PathIndex, SiteId, SupervisionSettings, TestWatch, Wall, Watch, limits, spoken,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit;
use super::paths::Deed;
use super::read::{get, rows};
use crate::error::Trouble;
use crate::files::Lease;

const WATCHED: &str = "SELECT path.idx, path.id, panel.idx, panel.id, panel.organisation, panel.site, \
    path.family, panel.created, \
    a.watch, a.test_every, a.test_counts, a.commissioned, \
    b.watch, b.test_every, b.test_counts, b.commissioned \
    FROM path JOIN panel ON panel.idx = path.panel \
    LEFT JOIN supervision AS a ON a.panel = panel.idx AND a.path = 0 \
    LEFT JOIN supervision AS b ON b.panel = panel.idx AND b.path = path.idx \
    WHERE path.removed IS NULL AND ";

/// Paths after a number, by panel.
pub(crate) fn watched(
    conn: &Lease<'_>,
    after: Option<PathIndex>,
) -> Result<Vec<WatchedPath>, Trouble> {
    let sql = format!("{WATCHED} path.idx > ?1 ORDER BY panel.idx, path.idx");
    rows(conn, &sql, [after.map_or(0, |path| path.0)], watched_row)
}

/// The paths of a panel.
pub(crate) fn watched_panel(conn: &Lease<'_>, panel: PanelId) -> Result<Vec<WatchedPath>, Trouble> {
    let sql = format!("{WATCHED} panel.id = ?1 ORDER BY path.idx");
    rows(conn, &sql, [panel.as_bytes()], watched_row)
}

fn watched_row(row: &Row<'_>) -> Result<WatchedPath, String> {
    Ok(WatchedPath {
        path: PathIndex(get(row, 0)?),
        path_id: PathId::from_bytes(get(row, 1)?),
        panel: PanelIndex(get(row, 2)?),
        panel_id: PanelId::from_bytes(get(row, 3)?),
        organisation: OrganisationId::from_bytes(get(row, 4)?),
        site: SiteId::from_bytes(get(row, 5)?),
        family: FamilyName::parse(&get::<String>(row, 6)?).ok_or("no name of a family")?,
        created: Wall(get(row, 7)?),
        of_panel: settings(row, 8)?,
        of_path: settings(row, 12)?,
    })
}

/// Four columns from `at` on.
fn settings(row: &Row<'_>, at: usize) -> Result<SupervisionSettings, String> {
    let watch: Option<String> = get(row, at)?;
    let watch = watch.map(|text| Watch::parse(&text)).transpose();
    let every: Option<i64> = get(row, at + 1)?;
    let counts: Option<String> = get(row, at + 2)?;
    let test = every.map(|seconds| match seconds.cast_unsigned() {
        0 => Ok(TestWatch::Off),
        seconds => Ok(TestWatch::Every {
            every: Duration::from_secs(seconds),
            counts: counts
                .as_deref()
                .and_then(Counts::parse)
                .ok_or("nothing counts as a test")?,
        }),
    });
    Ok(SupervisionSettings {
        watch: watch.map_err(|error| error.to_string())?,
        test: test.transpose().map_err(|what: &str| what.to_owned())?,
        commissioned: get::<Option<i64>>(row, at + 3)?.map(Wall),
    })
}

/// How closely a panel is watched that is being registered; its audit row says so.
pub(super) fn begin(tx: &Connection, panel: PanelIndex, watch: Watch) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO supervision (panel, path, watch) VALUES (?1, 0, ?2)")?
        .execute(params![panel.0, watch.to_string()])
        .map(drop)
}

/// Sets, each with its audit row. What is of no panel or path any more is left out.
pub(crate) fn set(
    tx: &Connection,
    deed: Deed<'_>,
    changes: &[SettingChange],
) -> rusqlite::Result<()> {
    changes
        .iter()
        .try_for_each(|change| set_one(tx, deed, change))
}

fn set_one(tx: &Connection, deed: Deed<'_>, change: &SettingChange) -> rusqlite::Result<()> {
    let panel = tx
        .prepare_cached("SELECT idx, organisation, site FROM panel WHERE id = ?1")?
        .query_row([change.panel.as_bytes()], |row| {
            Ok((row.get::<_, u32>(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((panel, organisation, site)) = panel else {
        return Ok(());
    };
    let path = match change.path {
        None => Some(0),
        Some(id) => tx
            .prepare_cached("SELECT idx FROM path WHERE id = ?1 AND removed IS NULL")?
            .query_row([id.as_bytes()], |row| row.get::<_, u32>(0))
            .optional()?,
    };
    let Some(path) = path else { return Ok(()) };
    let settings = &change.settings;
    let watch = settings.watch.map(|watch| watch.to_string());
    let (every, counts) = match settings.test {
        None => (None, None),
        Some(TestWatch::Off) => (Some(0), None),
        Some(TestWatch::Every { every, counts }) => {
            (Some(every.as_secs().cast_signed()), Some(counts.as_str()))
        }
    };
    tx.prepare_cached(
        "INSERT INTO supervision (panel, path, watch, test_every, test_counts, commissioned) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (panel, path) DO UPDATE SET \
         watch = excluded.watch, test_every = excluded.test_every, \
         test_counts = excluded.test_counts, commissioned = excluded.commissioned",
    )?
    .execute(params![
        panel,
        path,
        watch,
        every,
        counts,
        settings.commissioned.map(|at| at.0)
    ])?;
    let of = change.path.map(|path| path.to_string());
    let test = settings.test.map(|test| match test {
        TestWatch::Off => "off".to_owned(),
        TestWatch::Every { every, counts } => format!("{} {}", spoken(every), counts.as_str()),
    });
    let commissioned = settings.commissioned.map(|at| at.0.to_string());
    let entry = audit::Entry {
        action: "panel.supervise",
        organisation: Some(OrganisationId::from_bytes(organisation)),
        site: Some(SiteId::from_bytes(site)),
        subject: change.panel.to_string(),
        detail: &[
            ("path", of.as_deref()),
            ("watch", watch.as_deref()),
            ("test", test.as_deref()),
            ("commissioned_us", commissioned.as_deref()),
        ],
    };
    audit::record(tx, deed.at, deed.actor, &entry)
}

/// Where supervision stood.
pub(crate) fn house(conn: &Lease<'_>) -> Result<Option<HouseState>, Trouble> {
    let sql = "SELECT boot, mono, wall, served, clean, hold, cursor FROM supervision_house";
    let house = rows(conn, sql, [], |row| {
        Ok(HouseState {
            boot: get(row, 0)?,
            mono: Mono(get::<i64>(row, 1)?.cast_unsigned()),
            wall: Wall(get(row, 2)?),
            served: Served(get::<i64>(row, 3)?.cast_unsigned()),
            clean: get(row, 4)?,
            hold: Duration::from_millis(get::<i64>(row, 5)?.cast_unsigned()),
            cursor: EventSeq(get::<i64>(row, 6)?.cast_unsigned()),
        })
    })?;
    Ok(house.into_iter().next())
}

/// Faults of registered paths that are not over, in the order in which they were told.
pub(crate) fn open_faults(conn: &Lease<'_>) -> Result<Vec<OpenFault>, Trouble> {
    let sql = "SELECT fault.path, fault.code, fault.since, fault.told FROM fault \
               JOIN path ON path.idx = fault.path AND path.removed IS NULL \
               WHERE until IS NULL ORDER BY seq";
    rows(conn, sql, [], |row| {
        let code: String = get(row, 1)?;
        Ok(OpenFault {
            path: PathIndex(get(row, 0)?),
            code: OwnCode::parse(&code).ok_or("no code of our own")?,
            since: Wall(get(row, 2)?),
            told: Served(get::<i64>(row, 3)?.cast_unsigned()),
        })
    })
}

/// What a loss of a path is called.
const LOSSES: [OwnCode; 2] = [OwnCode::PathLost, OwnCode::NeverReported];

/// Losses of registered paths that were told at this time of service or later, at most so many of the newest, in
/// the order in which they were told.
pub(crate) fn losses(conn: &Lease<'_>, from: Served) -> Result<Vec<(PathIndex, Served)>, Trouble> {
    let sql = "SELECT fault.path, began FROM fault \
               JOIN path ON path.idx = fault.path AND path.removed IS NULL \
               WHERE began >= ?1 AND code IN (?2, ?3) ORDER BY began DESC, seq DESC LIMIT ?4";
    let [lost, never] = LOSSES.map(OwnCode::as_str);
    let most = i64::try_from(limits::LOSSES_RECALLED).unwrap_or(i64::MAX);
    let mut found = rows(
        conn,
        sql,
        params![from.0.cast_signed(), lost, never, most],
        |row| {
            let began = Served(get::<i64>(row, 1)?.cast_unsigned());
            Ok((PathIndex(get(row, 0)?), began))
        },
    )?;
    found.reverse();
    Ok(found)
}

/// Panels of a group that lost a path between two times of service.
pub(crate) fn lost_between(
    conn: &Lease<'_>,
    group: Group,
    (from, until): (Served, Served),
    after: Option<PanelIndex>,
    limit: usize,
) -> Result<Vec<PanelIndex>, Trouble> {
    let (organisation, site) = match group {
        Group::All => (None, None),
        Group::Organisation(id) => (Some(id), None),
        Group::Site(id) => (None, Some(id)),
    };
    let sql = "SELECT DISTINCT panel.idx FROM fault JOIN path ON path.idx = fault.path \
               JOIN panel ON panel.idx = path.panel \
               WHERE began BETWEEN ?1 AND ?2 AND code IN (?3, ?4) AND panel.idx > ?5 \
               AND (?6 IS NULL OR panel.organisation = ?6) AND (?7 IS NULL OR panel.site = ?7) \
               ORDER BY panel.idx LIMIT ?8";
    let [lost, never] = LOSSES.map(OwnCode::as_str);
    let bounds = params![
        from.0.cast_signed(),
        until.0.cast_signed(),
        lost,
        never,
        after.map_or(-1, |after| i64::from(after.0)),
        organisation.as_ref().map(OrganisationId::as_bytes),
        site.as_ref().map(SiteId::as_bytes),
        i64::try_from(limit).unwrap_or(i64::MAX)
    ];
    rows(conn, sql, bounds, |row| Ok(PanelIndex(get(row, 0)?)))
}

/// When expected test signals last came.
pub(crate) fn tests(conn: &Lease<'_>) -> Result<Vec<(PathIndex, Served)>, Trouble> {
    rows(conn, "SELECT path, served FROM expected_test", [], |row| {
        let served = Served(get::<i64>(row, 1)?.cast_unsigned());
        Ok((PathIndex(get(row, 0)?), served))
    })
}

/// Writes down what was told, and where supervision stands.
pub(crate) fn keep(tx: &Connection, change: &SupervisionChange) -> rusqlite::Result<()> {
    for told in &change.told {
        tell(tx, told)?;
    }
    let house = &change.house;
    if !change.told.is_empty() {
        let old = house.wall.before(limits::FAULTS_KEPT);
        tx.prepare_cached("DELETE FROM fault WHERE until < ?1")?
            .execute([old.0])?;
        tx.prepare_cached("DELETE FROM outage WHERE until < ?1")?
            .execute([old.0])?;
    }
    let hold = i64::try_from(house.hold.as_millis()).unwrap_or(i64::MAX);
    tx.prepare_cached(
        "INSERT OR REPLACE INTO supervision_house \
         (one, boot, mono, wall, served, clean, hold, cursor) \
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        house.boot,
        house.mono.0.cast_signed(),
        house.wall.0,
        house.served.0.cast_signed(),
        house.clean,
        hold,
        house.cursor.0.cast_signed()
    ])
    .map(drop)
}

fn tell(tx: &Connection, told: &Told) -> rusqlite::Result<()> {
    match told {
        Told::Began { seq, fault } => tx
            .prepare_cached(
                "INSERT OR IGNORE INTO fault (seq, path, code, since, told, began) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )?
            .execute(params![
                seq.0.cast_signed(),
                fault.path.0,
                fault.code.as_str(),
                fault.since.0,
                fault.told.0.cast_signed()
            ]),
        Told::Ended {
            seq,
            path,
            code,
            at,
        } => end(tx, *seq, *path, *code, *at),
        Told::Reminded { path, at } => tx
            .prepare_cached(
                "UPDATE fault SET told = max(told, ?2) WHERE path = ?1 AND until IS NULL",
            )?
            .execute(params![path.0, at.0.cast_signed()]),
        Told::Outage { seq, from, until } => tx
            .prepare_cached("INSERT OR IGNORE INTO outage (seq, since, until) VALUES (?1, ?2, ?3)")?
            .execute(params![seq.0.cast_signed(), from.0, until.0]),
        Told::Tested { path, at } => tx
            .prepare_cached("INSERT OR REPLACE INTO expected_test (path, served) VALUES (?1, ?2)")?
            .execute(params![path.0, at.0.cast_signed()]),
    }
    .map(drop)
}

/// Ends what was told before: of the path, or of any path of the panel if it is the panel that is
/// back.
fn end(
    tx: &Connection,
    seq: EventSeq,
    path: PathIndex,
    code: OwnCode,
    at: Wall,
) -> rusqlite::Result<usize> {
    let whole = code == OwnCode::PanelRestored;
    let mut ended = 0;
    for restored in code.restores() {
        ended += tx
            .prepare_cached(
                "UPDATE fault SET until = ?4 WHERE until IS NULL AND seq < ?1 AND code = ?3 \
                 AND (path = ?2 OR ?5 AND path IN (SELECT idx FROM path WHERE panel = \
                      (SELECT panel FROM path WHERE idx = ?2)))",
            )?
            .execute(params![seq.0.cast_signed(), path.0, restored, at.0, whole])?;
    }
    Ok(ended)
}

/// Losses of a panel's paths, and outages of ours, that touch the period.
pub(crate) fn spells(
    conn: &Lease<'_>,
    panel: PanelId,
    from: Wall,
    until: Wall,
) -> Result<Option<Spells>, Trouble> {
    let sql = "SELECT idx, created FROM panel WHERE id = ?1";
    let found = rows(conn, sql, [panel.as_bytes()], |row| {
        Ok((get::<u32>(row, 0)?, Wall(get(row, 1)?)))
    })?;
    let Some((index, registered)) = found.into_iter().next() else {
        return Ok(None);
    };
    let sql = "SELECT idx, id FROM path WHERE panel = ?1 AND removed IS NULL ORDER BY idx";
    let paths = rows(conn, sql, [index], |row| {
        Ok((get::<u32>(row, 0)?, PathId::from_bytes(get(row, 1)?)))
    })?;
    let sql = "SELECT since, until FROM fault WHERE path = ?1 AND since < ?3 \
               AND (until IS NULL OR until > ?2) AND code IN (?4, ?5) ORDER BY since, seq";
    let losses = paths.into_iter().map(|(index, id)| {
        let codes = LOSSES.map(OwnCode::as_str);
        let bounds = params![index, from.0, until.0, codes[0], codes[1]];
        Ok((id, rows(conn, sql, bounds, spell)?))
    });
    let losses = losses.collect::<Result<Vec<_>, Trouble>>()?;
    let sql = "SELECT since, until FROM outage WHERE since < ?2 AND until > ?1 ORDER BY since";
    Ok(Some(Spells {
        paths: losses,
        ours: rows(conn, sql, [from.0, until.0], spell)?,
        registered,
    }))
}

fn spell(row: &Row<'_>) -> Result<Spell, String> {
    Ok(Spell {
        from: Wall(get(row, 0)?),
        until: get::<Option<i64>>(row, 1)?.map(Wall),
    })
}

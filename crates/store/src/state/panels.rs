//! Registering panels.
//!
//! Invariant: two paths that one frame could match both never coexist ([`Path::overlaps`]).

use engine::ports::{AddError, NewPanel};
use model::{
    Actor, IdSource, OrganisationId, Panel, PanelId, PanelIndex, Path, PathId, PathIndex, SiteId,
    Wall,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{audit, read};

/// Registers panels one after the other, each with its audit row; an answer each. An `Err` of
/// the whole is the store's, and then nothing was registered.
pub(crate) fn add(
    tx: &Connection,
    ids: &mut IdSource,
    actor: &Actor,
    at: Wall,
    panels: &[NewPanel],
) -> rusqlite::Result<Vec<Result<Panel, AddError>>> {
    let added = panels
        .iter()
        .map(|panel| add_one(tx, ids, actor, at, panel));
    added.collect()
}

fn add_one(
    tx: &Connection,
    ids: &mut IdSource,
    actor: &Actor,
    at: Wall,
    new: &NewPanel,
) -> rusqlite::Result<Result<Panel, AddError>> {
    let (site, organisation) = match place(tx, new.site)? {
        Ok(place) => place,
        Err(error) => return Ok(Err(error)),
    };
    let mut path = Path {
        id: ids.make(),
        index: PathIndex(0),
        family: new.family,
        account: new.account,
        receiver: new.receiver,
        line: new.line,
        listener: new.listener,
        policy: new.policy,
    };
    if let Some(error) = conflict(tx, &path)? {
        return Ok(Err(error));
    }
    let mut panel = Panel {
        id: ids.make(),
        index: PanelIndex(0),
        organisation,
        site,
        name: new.name.clone().unwrap_or_else(|| new.account.to_string()),
        created: at,
        paths: Vec::new(),
    };
    panel.index = PanelIndex(insert_panel(tx, &panel)?);
    path.index = PathIndex(insert_path(tx, &panel, &path)?);
    record(tx, at, actor, &panel, &path)?;
    panel.paths.push(path);
    Ok(Ok(panel))
}

/// The site, and whose it is; the default site, where none is named.
fn place(
    tx: &Connection,
    site: Option<SiteId>,
) -> rusqlite::Result<Result<(SiteId, OrganisationId), AddError>> {
    let id = site.map(|site| *site.as_bytes());
    let mut select = tx.prepare_cached(
        "SELECT id, organisation FROM site WHERE ?1 IS NULL OR id = ?1 ORDER BY idx LIMIT 1",
    )?;
    let found = select
        .query_row([id], |row| {
            let site = SiteId::from_bytes(row.get(0)?);
            Ok((site, OrganisationId::from_bytes(row.get(1)?)))
        })
        .optional()?;
    match (found, site) {
        (Some(found), _) => Ok(Ok(found)),
        (None, Some(site)) => Ok(Err(AddError::UnknownSite { site })),
        // The default site is made before anything else.
        (None, None) => Err(rusqlite::Error::QueryReturnedNoRows),
    }
}

fn conflict(tx: &Connection, path: &Path) -> rusqlite::Result<Option<AddError>> {
    let mut select = tx.prepare_cached(
        "SELECT path.idx, path.id, receiver, line, panel.id FROM path \
         JOIN panel ON panel.idx = path.panel WHERE account = ?1 AND family = ?2 ORDER BY path.idx",
    )?;
    let mut rows = select.query([path.account.as_str(), path.family.as_str()])?;
    let mut ambiguous = None;
    while let Some(row) = rows.next()? {
        let other = Path {
            id: PathId::from_bytes(row.get(1)?),
            index: PathIndex(row.get(0)?),
            receiver: row.get(2)?,
            line: row.get(3)?,
            ..path.clone()
        };
        let panel = PanelId::from_bytes(row.get(4)?);
        if (other.receiver, other.line) == (path.receiver, path.line) {
            return Ok(Some(AddError::Exists { panel }));
        }
        if other.overlaps(path) {
            ambiguous = ambiguous.or(Some(AddError::Ambiguous { panel }));
        }
    }
    Ok(ambiguous)
}

fn insert_panel(tx: &Connection, panel: &Panel) -> rusqlite::Result<u32> {
    tx.prepare_cached(
        "INSERT INTO panel (id, organisation, site, name, folded, created) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        panel.id.as_bytes(),
        panel.organisation.as_bytes(),
        panel.site.as_bytes(),
        panel.name,
        read::fold(&panel.name),
        panel.created.0
    ])?;
    dense(tx)
}

fn insert_path(tx: &Connection, panel: &Panel, path: &Path) -> rusqlite::Result<u32> {
    tx.prepare_cached(
        "INSERT INTO path (id, panel, organisation, site, family, account, receiver, line) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        path.id.as_bytes(),
        panel.index.0,
        panel.organisation.as_bytes(),
        panel.site.as_bytes(),
        path.family.as_str(),
        path.account.as_str(),
        path.receiver,
        path.line
    ])?;
    dense(tx)
}

/// The number that the row just inserted was given.
fn dense(tx: &Connection) -> rusqlite::Result<u32> {
    let number = tx.last_insert_rowid();
    u32::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))
}

fn record(
    tx: &Connection,
    at: Wall,
    actor: &Actor,
    panel: &Panel,
    path: &Path,
) -> rusqlite::Result<()> {
    let receiver = path.receiver.map(|number| number.to_string());
    let line = path.line.map(|number| number.to_string());
    let detail = [
        ("name", Some(panel.name.as_str())),
        ("family", Some(path.family.as_str())),
        ("account", Some(path.account.as_str())),
        ("receiver", receiver.as_deref()),
        ("line", line.as_deref()),
    ];
    let entry = audit::Entry {
        action: "panel.add",
        organisation: Some(panel.organisation),
        site: Some(panel.site),
        subject: panel.id.to_string(),
        detail: &detail,
    };
    audit::record(tx, at, actor, &entry)
}

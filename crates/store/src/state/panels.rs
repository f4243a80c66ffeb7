//! Registering panels.
//!
//! Invariant: two paths that one frame could match both never coexist ([`model::Path::overlaps`]).

use engine::ports::{AddError, NewPanel, Sealer};
use model::{IdSource, OrganisationId, Panel, PanelIndex, Path, SiteId, Watch};
use rusqlite::{Connection, OptionalExtension, params};

use super::paths::{self, Deed, Place};
use super::{audit, read, supervision};

/// Registers panels one after the other, each with its audit row; an answer each. An `Err` of
/// the whole is the store's, and then nothing was registered.
pub(crate) fn add(
    tx: &Connection,
    ids: &mut IdSource,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    panels: &[NewPanel],
) -> rusqlite::Result<Vec<Result<Panel, AddError>>> {
    let added = panels
        .iter()
        .map(|panel| add_one(tx, ids, sealer, deed, panel));
    added.collect()
}

fn add_one(
    tx: &Connection,
    ids: &mut IdSource,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    new: &NewPanel,
) -> rusqlite::Result<Result<Panel, AddError>> {
    let (site, organisation) = match place(tx, new.site)? {
        Ok(place) => place,
        Err(error) => return Ok(Err(error)),
    };
    let mut path = paths::drafted(ids, deed.at, &new.path());
    if let Some(error) = paths::conflict(tx, &path)? {
        return Ok(Err(error));
    }
    let mut panel = Panel {
        id: ids.make(),
        index: PanelIndex(0),
        organisation,
        site,
        name: new.name.clone().unwrap_or_else(|| new.account.to_string()),
        created: deed.at,
        paths: Vec::new(),
    };
    panel.index = PanelIndex(insert_panel(tx, &panel)?);
    let place = Place {
        panel: panel.index.0,
        organisation,
        site,
    };
    path.index = paths::insert(tx, sealer, place, &path, new.key.as_ref())?;
    if let Some(watch) = new.watch {
        supervision::begin(tx, panel.index, watch)?;
    }
    record(tx, deed, &panel, &path, new.watch)?;
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

/// The number that the row just inserted was given.
pub(super) fn dense(tx: &Connection) -> rusqlite::Result<u32> {
    let number = tx.last_insert_rowid();
    u32::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))
}

fn record(
    tx: &Connection,
    deed: Deed<'_>,
    panel: &Panel,
    path: &Path,
    watch: Option<Watch>,
) -> rusqlite::Result<()> {
    let (receiver, line) = (paths::digits(path.receiver), paths::digits(path.line));
    let watch = watch.map(|watch| watch.to_string());
    let mut detail = vec![
        ("name", Some(panel.name.as_str())),
        ("watch", watch.as_deref()),
    ];
    detail.extend(paths::described(path, receiver.as_deref(), line.as_deref()));
    let entry = audit::Entry {
        action: "panel.add",
        organisation: Some(panel.organisation),
        site: Some(panel.site),
        subject: panel.id.to_string(),
        detail: &detail,
    };
    audit::record(tx, deed.at, deed.actor, &entry)
}

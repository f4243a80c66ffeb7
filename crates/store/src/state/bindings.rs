//! Paths as they lie in the file, with their keys and what was learned of them.
//!
//! Invariant: a path that was removed is never read; its row stays so that its number is not given
//! again, and for those who refer to it.
//! Invariant: a key is opened for its own path only; one that does not open is no key, and no
//! reason not to read the rest (I10).

use engine::ports::{PathBinding, PathStanding, Sealer};
use model::{
    Account, CipherKey, FamilyName, Forgery, KeyStrength, Learned, ListenerName, OrganisationId,
    PanelId, PanelIndex, Path, PathCipher, PathId, PathIndex, PathName, PathPolicy, SiteId, Wall,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

use super::read::{get, rows};
use crate::error::Trouble;
use crate::files::Lease;

/// The columns of a path and of its panel, in the order that the functions below expect.
const COLUMNS: &str = "path.idx, path.id, path.family, path.account, path.receiver, path.line, \
    path.listener, path.hub, path.accept_skewed, path_key.strength, path_key.since, \
    path_key.sealed, path.once_encrypted, path.forgery, path.memo, \
    panel.id, panel.idx, panel.site, panel.organisation, panel.disabled, path.path_name, \
    path.secret";

/// Where they are. The key in use has slot 0.
const TABLES: &str = "path JOIN panel ON panel.idx = path.panel \
    LEFT JOIN path_key ON path_key.path = path.idx AND path_key.slot = 0";

fn select(which: &str) -> String {
    format!("SELECT {COLUMNS} FROM {TABLES} WHERE path.removed IS NULL AND {which}")
}

/// Every path and whose it is.
pub(crate) fn all(conn: &Lease<'_>, sealer: &dyn Sealer) -> Result<Vec<PathBinding>, Trouble> {
    let sql = select("1 ORDER BY path.idx");
    rows(conn, &sql, [], |row| binding(row, sealer))
}

/// The paths of a panel.
pub(super) fn paths(conn: &Lease<'_>, panel: PanelIndex) -> Result<Vec<Path>, Trouble> {
    rows(
        conn,
        &select("panel.idx = ?1 ORDER BY path.idx"),
        [panel.0],
        path,
    )
}

/// The paths of a panel and how they stand.
pub(super) fn standing(
    conn: &Lease<'_>,
    sealer: &dyn Sealer,
    panel: PanelIndex,
) -> Result<Vec<(Path, PathStanding)>, Trouble> {
    let sql = select("panel.idx = ?1 ORDER BY path.idx");
    rows(conn, &sql, [panel.0], |row| {
        let binding = binding(row, sealer)?;
        let standing = PathStanding {
            key_is_lost: binding.key_is_lost(),
            has_secret: binding.secret.is_some(),
            learned: binding.learned,
        };
        Ok((binding.path, standing))
    })
}

/// One path, within a change; `None` if there is none.
pub(super) fn one(
    tx: &Connection,
    sealer: &dyn Sealer,
    id: PathId,
) -> rusqlite::Result<Option<PathBinding>> {
    let mut select = tx.prepare_cached(&select("path.id = ?1"))?;
    let found = select.query_row([id.as_bytes()], |row| {
        binding(row, sealer).map_err(senseless)
    });
    found.optional()
}

/// The paths of a panel, within a change.
pub(super) fn of_panel(
    tx: &Connection,
    sealer: &dyn Sealer,
    panel: PanelId,
) -> rusqlite::Result<Vec<PathBinding>> {
    let mut select = tx.prepare_cached(&select("panel.id = ?1 ORDER BY path.idx"))?;
    let found = select.query_map([panel.as_bytes()], |row| {
        binding(row, sealer).map_err(senseless)
    })?;
    found.collect()
}

/// Every path of a family that shows an account, within a change.
pub(super) fn of_account(
    tx: &Connection,
    family: FamilyName,
    account: Account,
) -> rusqlite::Result<Vec<(Path, PanelId)>> {
    let sql = select("path.account = ?1 AND path.family = ?2 ORDER BY path.idx");
    let mut select = tx.prepare_cached(&sql)?;
    let found = select.query_map([account.as_str(), family.as_str()], |row| {
        Ok((
            path(row).map_err(senseless)?,
            PanelId::from_bytes(row.get(15)?),
        ))
    })?;
    found.collect()
}

pub(super) fn senseless(what: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, what.into())
}

fn binding(row: &Row<'_>, sealer: &dyn Sealer) -> Result<PathBinding, String> {
    let path = path(row)?;
    Ok(PathBinding {
        keys: key(row, sealer, path.id)?.into_iter().collect(),
        learned: learned(row)?,
        path,
        panel: PanelId::from_bytes(get(row, 15)?),
        panel_index: PanelIndex(get(row, 16)?),
        site: SiteId::from_bytes(get(row, 17)?),
        organisation: OrganisationId::from_bytes(get(row, 18)?),
        disabled: get::<Option<i64>>(row, 19)?.is_some(),
        secret: get(row, 21)?,
    })
}

fn path(row: &Row<'_>) -> Result<Path, String> {
    let listener: Option<String> = get(row, 6)?;
    let listener = listener.map(|name| ListenerName::parse(&name).ok_or("no name of a listener"));
    let path_name: Option<String> = get(row, 20)?;
    let path_name = path_name.map(|name| PathName::parse(&name).ok_or("no name of a path"));
    Ok(Path {
        index: PathIndex(get(row, 0)?),
        id: PathId::from_bytes(get(row, 1)?),
        family: FamilyName::parse(&get::<String>(row, 2)?).ok_or("no name of a family")?,
        account: Account::parse(get::<String>(row, 3)?.as_bytes()).map_err(|_| "no account")?,
        receiver: get(row, 4)?,
        line: get(row, 5)?,
        listener: listener.transpose()?,
        path_name: path_name.transpose()?,
        policy: PathPolicy {
            hub: get(row, 7)?,
            accept_skewed: get(row, 8)?,
        },
        cipher: cipher(row)?,
    })
}

fn cipher(row: &Row<'_>) -> Result<Option<PathCipher>, String> {
    let Some(strength) = get::<Option<String>>(row, 9)? else {
        return Ok(None);
    };
    Ok(Some(PathCipher {
        strength: KeyStrength::parse(&strength).ok_or("no strength of a key")?,
        set: Wall(get(row, 10)?),
    }))
}

fn key(row: &Row<'_>, sealer: &dyn Sealer, path: PathId) -> Result<Option<CipherKey>, String> {
    let kept: Option<Vec<u8>> = get(row, 11)?;
    let opened = kept.and_then(|kept| sealer.open(path.as_bytes(), &kept));
    Ok(opened.and_then(|octets| CipherKey::from_octets(&octets).ok()))
}

fn learned(row: &Row<'_>) -> Result<Learned, String> {
    let memo: Vec<u8> = get(row, 14)?;
    Ok(Learned {
        once_encrypted: get(row, 12)?,
        forgery: Forgery::parse(&get::<String>(row, 13)?).ok_or("no word on forgery")?,
        memo: memo.as_slice().try_into().map_err(|_| "too long a memo")?,
    })
}

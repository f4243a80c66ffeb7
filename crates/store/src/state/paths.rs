//! Changing paths: one is added, given other policies or another key, removed, learned of.
//!
//! Invariant: two paths that one frame could match both never coexist ([`Path::overlaps`]), not
//! within one panel either.
//! Invariant: a panel keeps one path at least.
//! Invariant: a key is sealed before it is written, and gone with its path, like its secret (I10).

use engine::ports::{AddError, ChangeError, KeyChange, NewPath, PathBinding, PathChange, Sealer};
use model::{
    Actor, CipherKey, IdSource, Learned, OrganisationId, PanelId, Path, PathCipher, PathId,
    PathIndex, SiteId, Wall,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::panels::dense;
use super::{audit, bindings};

/// What a change of a path answers: an `Err` of the whole is the store's, and then nothing was
/// changed.
type Changed<T> = rusqlite::Result<Result<T, ChangeError>>;

/// A change, by whom and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) at: Wall,
}

/// Where a path belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The panel's dense number.
    pub(super) panel: u32,
    pub(super) organisation: OrganisationId,
    pub(super) site: SiteId,
}

/// The path that is to become of `new`, without its dense number.
pub(super) fn drafted(ids: &mut IdSource, at: Wall, new: &NewPath) -> Path {
    let cipher = |key: &CipherKey| PathCipher {
        strength: key.strength(),
        set: at,
    };
    Path {
        id: ids.make(),
        index: PathIndex(0),
        family: new.family,
        account: new.account,
        receiver: new.receiver,
        line: new.line,
        listener: new.listener,
        path_name: new.path_name,
        policy: new.policy,
        cipher: new.key.as_ref().map(cipher),
    }
}

/// Why the path cannot be, if one is in its way.
pub(super) fn conflict(tx: &Connection, path: &Path) -> rusqlite::Result<Option<AddError>> {
    let others = bindings::of_account(tx, path.family, path.account)?;
    let twin = others.iter().find(|(other, _)| other.is_twin_of(path));
    let overlapping = others.iter().find(|(other, _)| other.overlaps(path));
    Ok(match (twin, overlapping) {
        (Some((_, panel)), _) => Some(AddError::Exists { panel: *panel }),
        (None, Some((_, panel))) => Some(AddError::Ambiguous { panel: *panel }),
        (None, None) => None,
    })
}

/// Writes a path and its key; answers its dense number.
pub(super) fn insert(
    tx: &Connection,
    sealer: &dyn Sealer,
    place: Place,
    path: &Path,
    key: Option<&CipherKey>,
) -> rusqlite::Result<PathIndex> {
    tx.prepare_cached(
        "INSERT INTO path (id, panel, organisation, site, family, account, receiver, line, \
         listener, hub, accept_skewed, path_name) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        path.id.as_bytes(),
        place.panel,
        place.organisation.as_bytes(),
        place.site.as_bytes(),
        path.family.as_str(),
        path.account.as_str(),
        path.receiver,
        path.line,
        path.listener.as_ref().map(model::ListenerName::as_str),
        path.policy.hub,
        path.policy.accept_skewed,
        path.path_name.as_ref().map(model::PathName::as_str)
    ])?;
    let index = PathIndex(dense(tx)?);
    if let (Some(key), Some(cipher)) = (key, path.cipher) {
        put_key(tx, sealer, (path.id, index), key, cipher)?;
    }
    Ok(index)
}

fn put_key(
    tx: &Connection,
    sealer: &dyn Sealer,
    (id, index): (PathId, PathIndex),
    key: &CipherKey,
    cipher: PathCipher,
) -> rusqlite::Result<()> {
    let kept = sealer.seal(id.as_bytes(), key.octets());
    tx.prepare_cached(
        "INSERT INTO path_key (path, slot, strength, sealed, since) VALUES (?1, 0, ?2, ?3, ?4) \
         ON CONFLICT (path, slot) DO UPDATE SET strength = excluded.strength, \
         sealed = excluded.sealed, since = excluded.since",
    )?
    .execute(params![
        index.0,
        cipher.strength.as_str(),
        kept,
        cipher.set.0
    ])
    .map(drop)
}

fn drop_keys(tx: &Connection, path: PathIndex) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM path_key WHERE path = ?1", [path.0])
        .map(drop)
}

/// Adds a path to a panel.
pub(crate) fn add(
    tx: &Connection,
    ids: &mut IdSource,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    panel: PanelId,
    new: &NewPath,
) -> Changed<PathBinding> {
    let Some(place) = place(tx, panel)? else {
        return Ok(Err(ChangeError::UnknownPanel { panel }));
    };
    let path = drafted(ids, deed.at, new);
    if let Some(error) = conflict(tx, &path)? {
        return Ok(Err(error.into()));
    }
    insert(tx, sealer, place, &path, new.key.as_ref())?;
    let binding = existing(tx, sealer, path.id)?;
    let panel = panel.to_string();
    let (receiver, line) = (digits(path.receiver), digits(path.line));
    let mut detail = vec![("panel", Some(panel.as_str()))];
    detail.extend(described(&path, receiver.as_deref(), line.as_deref()));
    record(tx, deed, "path.add", &binding, &detail)?;
    Ok(Ok(binding))
}

/// A receiver or line number as frames show it.
pub(super) fn digits(number: Option<u32>) -> Option<String> {
    number.map(|number| format!("{number:X}"))
}

/// What audit rows tell of a new path.
pub(super) fn described<'a>(
    path: &'a Path,
    receiver: Option<&'a str>,
    line: Option<&'a str>,
) -> [(&'static str, Option<&'a str>); 9] {
    let yes = |set: bool| set.then_some("yes");
    [
        ("family", Some(path.family.as_str())),
        ("account", Some(path.account.as_str())),
        ("receiver", receiver),
        ("line", line),
        (
            "listener",
            path.listener.as_ref().map(model::ListenerName::as_str),
        ),
        (
            "path_name",
            path.path_name.as_ref().map(model::PathName::as_str),
        ),
        ("hub", yes(path.policy.hub)),
        ("accept_skewed", yes(path.policy.accept_skewed)),
        (
            "encrypted",
            path.cipher.map(|cipher| cipher.strength.as_str()),
        ),
    ]
}

fn place(tx: &Connection, panel: PanelId) -> rusqlite::Result<Option<Place>> {
    let mut select =
        tx.prepare_cached("SELECT idx, organisation, site FROM panel WHERE id = ?1")?;
    let place = select.query_row([panel.as_bytes()], |row| {
        Ok(Place {
            panel: row.get(0)?,
            organisation: OrganisationId::from_bytes(row.get(1)?),
            site: SiteId::from_bytes(row.get(2)?),
        })
    });
    place.optional()
}

/// A path that is known to be there.
pub(super) fn existing(
    tx: &Connection,
    sealer: &dyn Sealer,
    id: PathId,
) -> rusqlite::Result<PathBinding> {
    bindings::one(tx, sealer, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// Changes what a path may do, and its key.
pub(crate) fn change(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    id: PathId,
    change: &PathChange,
) -> Changed<PathBinding> {
    let Some(before) = bindings::one(tx, sealer, id)? else {
        return Ok(Err(ChangeError::UnknownPath { path: id }));
    };
    let index = before.path.index;
    tx.execute(
        "UPDATE path SET hub = coalesce(?2, hub), accept_skewed = coalesce(?3, accept_skewed) \
         WHERE idx = ?1",
        params![index.0, change.hub, change.accept_skewed],
    )?;
    let key = match &change.key {
        KeyChange::Keep => None,
        KeyChange::Set(key) => {
            let strength = key.strength();
            let cipher = PathCipher {
                strength,
                set: deed.at,
            };
            put_key(tx, sealer, (id, index), key, cipher)?;
            Some(strength.as_str())
        }
        KeyChange::Remove => {
            drop_keys(tx, index)?;
            Some("none")
        }
    };
    if change.forgets() {
        put_learned(tx, index, &Learned::default())?;
    }
    let switched = |to: Option<bool>| to.map(|on| if on { "on" } else { "off" });
    let detail = [
        ("hub", switched(change.hub)),
        ("accept_skewed", switched(change.accept_skewed)),
        ("encrypted", key),
    ];
    record(tx, deed, "path.set", &before, &detail)?;
    existing(tx, sealer, id).map(Ok)
}

/// Removes a path, unless it is the only one.
pub(crate) fn remove(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    id: PathId,
) -> Changed<Path> {
    let Some(binding) = bindings::one(tx, sealer, id)? else {
        return Ok(Err(ChangeError::UnknownPath { path: id }));
    };
    let others: u32 = tx.query_row(
        "SELECT count(*) FROM path WHERE panel = ?1 AND idx <> ?2 AND removed IS NULL",
        [binding.panel_index.0, binding.path.index.0],
        |row| row.get(0),
    )?;
    if others == 0 {
        let panel = binding.panel;
        return Ok(Err(ChangeError::LastPath { path: id, panel }));
    }
    drop_keys(tx, binding.path.index)?;
    tx.execute(
        "UPDATE path SET removed = ?2, secret = NULL WHERE idx = ?1",
        params![binding.path.index.0, deed.at.0],
    )?;
    let panel = binding.panel.to_string();
    let detail = [
        ("panel", Some(panel.as_str())),
        ("account", Some(binding.path.account.as_str())),
    ];
    record(tx, deed, "path.remove", &binding, &detail)?;
    Ok(Ok(binding.path))
}

/// Forgets what was learned of a path.
pub(crate) fn relearn(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    id: PathId,
) -> Changed<PathBinding> {
    let Some(before) = bindings::one(tx, sealer, id)? else {
        return Ok(Err(ChangeError::UnknownPath { path: id }));
    };
    put_learned(tx, before.path.index, &Learned::default())?;
    let once = before.learned.once_encrypted.then_some("yes");
    let detail = [
        ("once_encrypted", once),
        ("forgery", Some(before.learned.forgery.as_str())),
    ];
    record(tx, deed, "path.relearn", &before, &detail)?;
    existing(tx, sealer, id).map(Ok)
}

/// Keeps what was learned.
pub(crate) fn learn(tx: &Connection, batch: &[(PathIndex, Learned)]) -> rusqlite::Result<()> {
    let mut batch = batch.iter();
    batch.try_for_each(|(path, learned)| put_learned(tx, *path, learned))
}

fn put_learned(tx: &Connection, path: PathIndex, learned: &Learned) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE path SET once_encrypted = ?2, forgery = ?3, memo = ?4 \
         WHERE idx = ?1 AND removed IS NULL",
    )?
    .execute(params![
        path.0,
        learned.once_encrypted,
        learned.forgery.as_str(),
        learned.memo.as_slice()
    ])
    .map(drop)
}

pub(super) fn record(
    tx: &Connection,
    deed: Deed<'_>,
    action: &'static str,
    binding: &PathBinding,
    detail: &[(&str, Option<&str>)],
) -> rusqlite::Result<()> {
    let entry = audit::Entry {
        action,
        organisation: Some(binding.organisation),
        site: Some(binding.site),
        subject: binding.path.id.to_string(),
        detail,
    };
    audit::record(tx, deed.at, deed.actor, &entry)
}

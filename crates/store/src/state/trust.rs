//! Certificates of ours, secrets, panels that are disabled, keys of tickets, what was told of ends.
//!
//! Invariant: neither a private key nor a secret is ever seen here: of a secret its digest, and keys
//! of tickets sealed, each for its own name (I10).
//! Invariant: a change that a person makes and its audit row are one transaction.

use engine::ports::{
    CertificateRow, ChangeError, ExpirySubject, ExpiryTold, PathBinding, Sealer, TICKET_KEY,
    TicketKey,
};
use model::{Issuer, OrganisationId, PanelId, PathId, PathIndex, Serial, SiteId, Wall, limits};
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use super::paths::{Deed, existing, record};
use super::read::{get, rows};
use super::{audit, bindings};
use crate::error::Trouble;
use crate::files::Lease;

/// The columns of a certificate, in the order that [`certificate`] expects.
const COLUMNS: &str = "certificate.serial, certificate.path, path.id, certificate.issued, \
    certificate.not_after, certificate.revoked";

const TABLES: &str =
    "certificate JOIN path ON path.idx = certificate.path AND path.removed IS NULL";

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;

/// All certificates of paths that are registered.
pub(crate) fn certificates(conn: &Lease<'_>) -> Result<Vec<CertificateRow>, Trouble> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} ORDER BY certificate.issued");
    rows(conn, &sql, [], certificate)
}

/// Those of a panel, newest first, at most [`limits::PAGE`]; `None` if there is no such panel.
pub(crate) fn certificates_of(
    conn: &Lease<'_>,
    panel: PanelId,
) -> Result<Option<Vec<CertificateRow>>, Trouble> {
    let sql = "SELECT idx FROM panel WHERE id = ?1";
    let found = rows(conn, sql, [panel.as_bytes()], |row| get::<u32>(row, 0))?;
    let Some(index) = found.first() else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE path.panel = ?1 \
         ORDER BY certificate.issued DESC, certificate.serial LIMIT {}",
        limits::PAGE
    );
    rows(conn, &sql, [index], certificate).map(Some)
}

fn certificate(row: &Row<'_>) -> Result<CertificateRow, String> {
    let serial: Vec<u8> = get(row, 0)?;
    Ok(CertificateRow {
        serial: Serial::try_from(serial.as_slice()).map_err(|_| "too long a serial number")?,
        path: PathIndex(get(row, 1)?),
        path_id: PathId::from_bytes(get(row, 2)?),
        issued: Wall(get(row, 3)?),
        not_after: Wall(get(row, 4)?),
        revoked: get::<Option<i64>>(row, 5)?.map(Wall),
    })
}

/// Puts a certificate on record.
pub(crate) fn add(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    row: &CertificateRow,
) -> rusqlite::Result<()> {
    let binding = existing(tx, sealer, row.path_id)?;
    tx.prepare_cached(
        "INSERT INTO certificate (serial, path, issued, not_after) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        row.serial.as_slice(),
        binding.path.index.0,
        row.issued.0,
        row.not_after.0
    ])?;
    let serial = hex(&row.serial);
    let days = ((row.not_after - row.issued) / DAY).to_string();
    let detail = [
        ("serial", Some(serial.as_str())),
        ("valid_days", Some(days.as_str())),
    ];
    record(tx, deed, "certificate.issue", &binding, &detail)
}

/// Revokes a certificate that is in force.
pub(crate) fn revoke(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    serial: &Serial,
) -> rusqlite::Result<Option<CertificateRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} \
         WHERE certificate.serial = ?1 AND certificate.revoked IS NULL"
    );
    let mut select = tx.prepare_cached(&sql)?;
    let found = select.query_row([serial.as_slice()], |row| {
        certificate(row).map_err(bindings::senseless)
    });
    let Some(mut row) = found.optional()? else {
        return Ok(None);
    };
    tx.execute(
        "UPDATE certificate SET revoked = ?2 WHERE serial = ?1",
        params![serial.as_slice(), deed.at.0],
    )?;
    row.revoked = Some(deed.at);
    let binding = existing(tx, sealer, row.path_id)?;
    let serial = hex(serial);
    let detail = [("serial", Some(serial.as_str()))];
    record(tx, deed, "certificate.revoke", &binding, &detail)?;
    Ok(Some(row))
}

/// Sets, or removes, the digest of a path's secret.
pub(crate) fn set_secret(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    id: PathId,
    digest: Option<[u8; 32]>,
) -> rusqlite::Result<Result<PathBinding, ChangeError>> {
    let Some(before) = bindings::one(tx, sealer, id)? else {
        return Ok(Err(ChangeError::UnknownPath { path: id }));
    };
    tx.execute(
        "UPDATE path SET secret = ?2 WHERE idx = ?1",
        params![before.path.index.0, digest],
    )?;
    let set = if digest.is_some() { "set" } else { "none" };
    record(tx, deed, "path.secret", &before, &[("secret", Some(set))])?;
    existing(tx, sealer, id).map(Ok)
}

/// Disables a panel, or enables it again; one that is disabled stays so since when it was.
pub(crate) fn set_disabled(
    tx: &Connection,
    sealer: &dyn Sealer,
    deed: Deed<'_>,
    panel: PanelId,
    disabled: bool,
) -> rusqlite::Result<Result<Vec<PathBinding>, ChangeError>> {
    let mut change = tx.prepare_cached(
        "UPDATE panel SET disabled = CASE WHEN ?2 THEN coalesce(disabled, ?3) END WHERE id = ?1 \
         RETURNING organisation, site",
    )?;
    let changed = change.query_row(params![panel.as_bytes(), disabled, deed.at.0], |row| {
        let organisation = OrganisationId::from_bytes(row.get(0)?);
        Ok((organisation, SiteId::from_bytes(row.get(1)?)))
    });
    let Some((organisation, site)) = changed.optional()? else {
        return Ok(Err(ChangeError::UnknownPanel { panel }));
    };
    let entry = audit::Entry {
        action: if disabled {
            "panel.disable"
        } else {
            "panel.enable"
        },
        organisation: Some(organisation),
        site: Some(site),
        subject: panel.to_string(),
        detail: &[],
    };
    audit::record(tx, deed.at, deed.actor, &entry)?;
    bindings::of_panel(tx, sealer, panel).map(Ok)
}

/// The keys of tickets that open, newest first.
pub(crate) fn ticket_keys(
    conn: &Lease<'_>,
    sealer: &dyn Sealer,
) -> Result<Vec<TicketKey>, Trouble> {
    let sql = "SELECT name, sealed, made FROM ticket_key ORDER BY made DESC";
    let keys = rows(conn, sql, [], |row| {
        let name: [u8; 16] = get(row, 0)?;
        let kept: Vec<u8> = get(row, 1)?;
        let made = Wall(get(row, 2)?);
        let opened = sealer.open(&context(name), &kept);
        let key = opened.and_then(|octets| <[u8; TICKET_KEY]>::try_from(octets.as_slice()).ok());
        Ok(key.map(|key| TicketKey {
            name,
            key: Zeroizing::new(key),
            made,
        }))
    })?;
    Ok(keys.into_iter().flatten().collect())
}

/// Keeps these keys of tickets and no others.
pub(crate) fn put_ticket_keys(
    tx: &Connection,
    sealer: &dyn Sealer,
    keys: &[TicketKey],
) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM ticket_key", [])?;
    for key in keys {
        let kept = sealer.seal(&context(key.name), &*key.key);
        tx.prepare_cached("INSERT INTO ticket_key (name, sealed, made) VALUES (?1, ?2, ?3)")?
            .execute(params![key.name, kept, key.made.0])?;
    }
    Ok(())
}

/// What a key of tickets is sealed for: no panel's key is sealed for anything so long.
fn context(name: [u8; 16]) -> Vec<u8> {
    [b"ticket key ".as_slice(), &name].concat()
}

/// What was told of ends.
pub(crate) fn expiries_told(conn: &Lease<'_>) -> Result<Vec<ExpiryTold>, Trouble> {
    let sql = "SELECT subject, not_after, step FROM expiry_told";
    rows(conn, sql, [], |row| {
        Ok(ExpiryTold {
            subject: subject_of(&get::<String>(row, 0)?).ok_or("nothing that ends")?,
            not_after: Wall(get(row, 1)?),
            step: Wall(get(row, 2)?),
        })
    })
}

/// Keeps what was told of ends.
pub(crate) fn put_expiries_told(tx: &Connection, told: &[ExpiryTold]) -> rusqlite::Result<()> {
    for one in told {
        tx.prepare_cached(
            "INSERT INTO expiry_told (subject, not_after, step) VALUES (?1, ?2, ?3) \
             ON CONFLICT (subject) DO UPDATE SET not_after = excluded.not_after, \
             step = excluded.step",
        )?
        .execute(params![subject(one.subject), one.not_after.0, one.step.0])?;
    }
    Ok(())
}

fn subject(subject: ExpirySubject) -> String {
    match subject {
        ExpirySubject::Server => "server".to_owned(),
        ExpirySubject::Authority(issuer) => format!("authority {}", hex(&issuer.0)),
        ExpirySubject::Path(path) => format!("path {}", path.0),
    }
}

fn subject_of(text: &str) -> Option<ExpirySubject> {
    match text.split_once(' ') {
        None => (text == "server").then_some(ExpirySubject::Server),
        Some(("path", index)) => Some(ExpirySubject::Path(PathIndex(index.parse().ok()?))),
        Some(("authority", digits)) => {
            let octets = octets_of(digits)?.try_into().ok()?;
            Some(ExpirySubject::Authority(Issuer(octets)))
        }
        Some(_) => None,
    }
}

fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a String takes everything");
        text
    })
}

fn octets_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(octet).collect()
}

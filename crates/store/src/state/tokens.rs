//! Bearer tokens: only their keyed digests are ever seen here.
//!
//! Invariant: a name has one token; replacing it ends the old one in the same transaction.

use engine::ports::TokenRow;
use model::{Actor, TokenId, Wall};
use rusqlite::{Connection, params};

use super::audit;

/// All tokens, by name.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<TokenRow>> {
    let mut select =
        conn.prepare_cached("SELECT id, name, digest, created FROM token ORDER BY name")?;
    let tokens = select.query_map([], |row| {
        Ok(TokenRow {
            id: TokenId::from_bytes(row.get(0)?),
            name: row.get(1)?,
            digest: row.get(2)?,
            created: Wall(row.get(3)?),
        })
    })?;
    tokens.collect()
}

/// Adds a token, or replaces the one of the same name.
pub(crate) fn put(tx: &Connection, actor: &Actor, token: &TokenRow) -> rusqlite::Result<()> {
    let replaced = tx.execute("DELETE FROM token WHERE name = ?1", [&token.name])? > 0;
    tx.execute(
        "INSERT INTO token (id, name, digest, created) VALUES (?1, ?2, ?3, ?4)",
        params![
            token.id.as_bytes(),
            token.name,
            token.digest,
            token.created.0
        ],
    )?;
    let entry = audit::Entry {
        action: if replaced {
            "token.replace"
        } else {
            "token.add"
        },
        organisation: None,
        site: None,
        subject: token.id.to_string(),
        detail: &[("name", Some(&token.name))],
    };
    audit::record(tx, token.created, actor, &entry)
}

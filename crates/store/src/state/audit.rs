//! Audit rows: who changed what, by what right and why.
//!
//! Invariant: no secret is ever written here; details are named one by one by whoever acts.

use std::fmt::Write as _;

use model::{Actor, OrganisationId, SiteId, Wall};
use rusqlite::{Connection, params};

/// What was done.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// In the imperative: `panel.add`.
    pub(crate) action: &'static str,
    /// Whom it concerns.
    pub(crate) organisation: Option<OrganisationId>,
    /// Where.
    pub(crate) site: Option<SiteId>,
    /// The id of what was changed.
    pub(crate) subject: String,
    /// What it was changed to, as pairs of name and value.
    pub(crate) detail: &'a [(&'a str, Option<&'a str>)],
}

/// Writes an audit row into the transaction that `tx` is in.
pub(crate) fn record(
    tx: &Connection,
    at: Wall,
    actor: &Actor,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO audit (at, who, right, reason, action, organisation, site, subject, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        at.0,
        actor.who,
        actor.right.as_str(),
        actor.reason,
        entry.action,
        entry.organisation.as_ref().map(OrganisationId::as_bytes),
        entry.site.as_ref().map(SiteId::as_bytes),
        entry.subject,
        object(entry.detail)
    ])
    .map(drop)
}

/// A JSON object (RFC 8259) of texts; what is absent is left out.
fn object(pairs: &[(&str, Option<&str>)]) -> String {
    let mut out = String::from("{");
    for (name, value) in pairs {
        let Some(value) = value else { continue };
        if out.len() > 1 {
            out.push(',');
        }
        text(&mut out, name);
        out.push(':');
        text(&mut out, value);
    }
    out.push('}');
    out
}

fn text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a String takes everything");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_a_json_object_whatever_is_in_them() {
        let detail = [
            ("name", Some("a \"b\" \\ \n ü")),
            ("line", None),
            ("account", Some("1234")),
        ];
        assert_eq!(
            object(&detail),
            r#"{"name":"a \"b\" \\ \u000a ü","account":"1234"}"#
        );
        assert_eq!(object(&[]), "{}");
    }
}

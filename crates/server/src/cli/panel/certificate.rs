//! `panel certificate`: which were made for a panel, and an end to one.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;

use super::id_of;
use crate::cli::client::{Client, shaped};
use crate::cli::out::{Style, harmless};
use crate::cli::table::Table;
use crate::cli::view::{or_dash, second};
use crate::cli::{Failure, Out};

/// What can be done with certificates.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the certificates that were made for a panel, newest first.
    List {
        /// The panel's id, or its account where only one has it.
        panel: String,
    },
    /// Take a certificate no more, and end the connections that it opened.
    Revoke {
        /// The certificate's number, as `list` shows it.
        serial: String,
        /// Why. The audit keeps it.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// A page of certificates.
#[derive(Debug, Deserialize)]
struct Page {
    certificates: Vec<Certificate>,
}

/// A certificate that was made for a panel.
#[derive(Debug, Deserialize)]
struct Certificate {
    serial: String,
    path: String,
    issued: String,
    not_after: String,
    revoked: Option<String>,
    state: String,
}

pub(super) fn run(client: &Client, command: &Command, out: &mut Out) -> Result<ExitCode, Failure> {
    match command {
        Command::List { panel } => list(client, panel, out),
        Command::Revoke { serial, reason } => revoke(client, serial, reason.as_deref(), out),
    }
}

fn list(client: &Client, panel: &str, out: &mut Out) -> Result<ExitCode, Failure> {
    let panel = id_of(client, panel)?;
    let found = client.get(&format!("/panels/{panel}/certificates"), &[])?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let page: Page = shaped(found)?;
    let mut table = Table::new(&["serial", "path", "issued", "good until", "state", "since"]);
    for certificate in page.certificates {
        let revoked = certificate.revoked.as_deref().map(second);
        let style = match certificate.state.as_str() {
            "in_force" => Style::Plain,
            "expired" => Style::Warning,
            _ => Style::Faint,
        };
        table.row(
            style,
            &[
                certificate.serial,
                certificate.path,
                second(&certificate.issued),
                second(&certificate.not_after),
                certificate.state.replace('_', " "),
                or_dash(revoked.as_deref()),
            ],
        );
    }
    if table.is_empty() {
        out.note("No certificate was made for it: `watchfire panel enrol` makes one.");
    } else {
        table.print(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn revoke(
    client: &Client,
    serial: &str,
    reason: Option<&str>,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    // Other tools part the octets by colons.
    let serial = serial.replace(':', "").to_ascii_lowercase();
    if serial.is_empty() || !serial.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return Err(Failure::new(
            format!("`{}` is no certificate's number", harmless(&serial)),
            "It has hexadecimal digits: `watchfire panel certificate list` shows it.",
        ));
    }
    let revoked = client.post(
        &format!("/certificates/{serial}/revoke"),
        &json!({ "reason": reason }),
    )?;
    if out.is_json() {
        out.document(&revoked)?;
        return Ok(ExitCode::SUCCESS);
    }
    let certificate: Certificate = shaped(revoked)?;
    out.line(format_args!(
        "certificate {} of {} is revoked",
        harmless(&certificate.serial),
        harmless(&certificate.path)
    ))?;
    Ok(ExitCode::SUCCESS)
}

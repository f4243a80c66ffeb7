//! `panel add`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::view::Panel;
use crate::cli::{Failure, Out};

/// A panel to be registered.
#[derive(Debug, Args)]
pub struct Options {
    /// The protocol that it speaks.
    #[arg(long, default_value = "dc09")]
    family: String,
    /// The account that it shows: 1 to 16 letters or digits.
    #[arg(long)]
    account: String,
    /// The receiver number that it must show, in hexadecimal digits; any, if not given.
    #[arg(long)]
    receiver: Option<String>,
    /// The line number that it must show, in hexadecimal digits; any, if not given.
    #[arg(long)]
    line: Option<String>,
    /// What people call it; the account, if not given.
    #[arg(long)]
    name: Option<String>,
    /// The id of the site where it stands; the default site, if not given.
    #[arg(long)]
    site: Option<String>,
}

pub(super) fn run(client: &Client, options: Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let given = [
        ("family", Some(options.family)),
        ("account", Some(options.account)),
        ("receiver", options.receiver),
        ("line", options.line),
        ("name", options.name),
        ("site", options.site),
    ];
    let given = given.into_iter().filter_map(|(name, value)| {
        let value = Value::String(value?);
        Some((name.to_owned(), value))
    });
    let added = client.post("/panels", &Value::Object(given.collect::<Map<_, _>>()))?;
    if out.is_json() {
        out.document(&added)?;
    } else {
        let panel: Panel = shaped(added)?;
        out.line(format_args!("{}  {}", panel.id, harmless(&panel.name)))?;
    }
    Ok(ExitCode::SUCCESS)
}

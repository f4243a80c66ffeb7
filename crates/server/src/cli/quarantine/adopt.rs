//! `quarantine adopt`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::panel::key::KeyOptions;
use crate::cli::view::Panel;
use crate::cli::{Failure, Out};

/// Of whom a panel is made, and what is registered beside what it showed itself.
#[derive(Debug, Args)]
pub struct Options {
    /// The number of its entry.
    number: u64,
    /// What people call it; the account, if not given.
    #[arg(long)]
    name: Option<String>,
    /// The id of the site where it stands; the default site, if not given.
    #[arg(long)]
    site: Option<String>,
    /// The listener by which it must come, as the configuration names it; any, if not given.
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// It may report for accounts other than its own.
    #[arg(long)]
    hub: bool,
    /// Acknowledge its alarms once they are stored, though its clock stays wrong.
    #[arg(long)]
    accept_skewed: bool,
    #[command(flatten)]
    key: KeyOptions,
}

pub(super) fn run(client: &Client, options: Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let mut document = Map::new();
    let texts = [
        ("name", options.name),
        ("site", options.site),
        ("listener", options.listener),
    ];
    for (name, text) in texts {
        document.extend(text.map(|text| (name.to_owned(), Value::String(text))));
    }
    for (name, set) in [
        ("hub", options.hub),
        ("accept_skewed", options.accept_skewed),
    ] {
        document.extend(set.then(|| (name.to_owned(), Value::Bool(true))));
    }
    options.key.put_into(&mut document)?;
    let path = format!("/quarantine/{}/adopt", options.number);
    let adopted = client.post(&path, &Value::Object(document))?;
    if out.is_json() {
        out.document(&adopted)?;
    } else {
        let panel: Panel = shaped(adopted)?;
        out.line(format_args!("{}  {}", panel.id, harmless(&panel.name)))?;
    }
    Ok(ExitCode::SUCCESS)
}

//! `panel add`.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::identity::Identity;
use super::supervise::Settings;
use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::view::Panel;
use crate::cli::{Failure, Out};

/// A panel to be registered, with its first path.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    identity: Identity,
    /// What people call it; the account, if not given.
    #[arg(long)]
    name: Option<String>,
    /// The id of the site where it stands; the default site, if not given.
    #[arg(long)]
    site: Option<String>,
    #[command(flatten)]
    supervision: Settings,
}

pub(super) fn run(client: &Client, options: Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let mut document = options.identity.document()?;
    for (name, text) in [("name", options.name), ("site", options.site)] {
        document.extend(text.map(|text| (name.to_owned(), Value::String(text))));
    }
    let added = client.post("/panels", &Value::Object(document))?;
    let panel: Panel = shaped(added.clone())?;
    // Told before the rest is tried: the panel is registered, whatever becomes of its supervision.
    if out.is_json() {
        out.document(&added)?;
    } else {
        out.line(format_args!("{}  {}", panel.id, harmless(&panel.name)))?;
    }
    options.supervision.set_of(client, &panel.id)?;
    Ok(ExitCode::SUCCESS)
}

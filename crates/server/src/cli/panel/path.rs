//! `panel path`: the ways by which a panel reaches the server.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::identity::Identity;
use super::key::KeyOptions;
use super::{id_of, show};
use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::view::{PanelWithParts, Path};
use crate::cli::{Failure, Out};

/// What can be done with paths.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register another path of a panel. From then on its signals are the panel's.
    Add(Added),
    /// List a panel's paths.
    List {
        /// The panel's id, or its account where only one has it.
        panel: String,
    },
    /// Change what a path may do, and its key.
    Set(Change),
    /// Remove a path. Its events stay. The only path of a panel cannot be removed.
    Remove(Named),
    /// Forget what was learned of a path, such as its padding: after the panel was replaced.
    Relearn(Named),
}

/// Another path of a panel.
#[derive(Debug, Args)]
pub struct Added {
    /// The panel's id, or its account where only one has it.
    panel: String,
    #[command(flatten)]
    identity: Identity,
}

/// Which path.
#[derive(Debug, Args)]
pub struct Named {
    /// The path's id; or the id or the account of a panel that has no other.
    path: String,
}

/// What is to be changed of a path.
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    key: KeyOptions,
    /// It does not encrypt any more; what was learned of it is forgotten.
    #[arg(long, conflicts_with = "KeyOptions")]
    no_key: bool,
    /// Whether it may report for accounts other than its own.
    #[arg(long, value_name = "WHETHER")]
    hub: Option<Switch>,
    /// Whether its alarms are acknowledged once stored, though its clock stays wrong.
    #[arg(long, value_name = "WHETHER")]
    accept_skewed: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

pub(super) fn run(client: &Client, command: Command, out: &mut Out) -> Result<ExitCode, Failure> {
    match command {
        Command::Add(added) => add(client, added, out),
        Command::List { panel } => list(client, &panel, out),
        Command::Set(change) => set(client, change, out),
        Command::Remove(named) => remove(client, &named, out),
        Command::Relearn(named) => {
            let path = path_of(client, &named)?;
            let document = client.post(&format!("/paths/{path}/relearn"), &json!({}))?;
            tell(document, out)
        }
    }
}

fn add(client: &Client, added: Added, out: &mut Out) -> Result<ExitCode, Failure> {
    let panel = id_of(client, &added.panel)?;
    let document = Value::Object(added.identity.document()?);
    let document = client.post(&format!("/panels/{panel}/paths"), &document)?;
    tell(document, out)
}

fn list(client: &Client, panel: &str, out: &mut Out) -> Result<ExitCode, Failure> {
    let found = client.get(&format!("/panels/{}", id_of(client, panel)?), &[])?;
    if out.is_json() {
        let paths = found.get("paths").cloned().unwrap_or_default();
        out.document(&json!({ "paths": paths }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: PanelWithParts = shaped(found)?;
    show::paths(&shown.panel.paths, out)?;
    Ok(ExitCode::SUCCESS)
}

fn set(client: &Client, change: Change, out: &mut Out) -> Result<ExitCode, Failure> {
    let mut document = Map::new();
    change.key.put_into(&mut document)?;
    if change.no_key {
        document.insert("key".to_owned(), Value::Null);
    }
    let switches = [("hub", change.hub), ("accept_skewed", change.accept_skewed)];
    for (name, switch) in switches {
        let on = switch.map(|switch| Value::Bool(switch == Switch::On));
        document.extend(on.map(|on| (name.to_owned(), on)));
    }
    if document.is_empty() {
        return Err(Failure::new(
            "nothing is to be changed",
            "`watchfire panel path set --help` says what can be.",
        ));
    }
    let path = path_of(client, &change.named)?;
    let document = client.patch(&format!("/paths/{path}"), &Value::Object(document))?;
    tell(document, out)
}

fn remove(client: &Client, named: &Named, out: &mut Out) -> Result<ExitCode, Failure> {
    let path = path_of(client, named)?;
    client.delete(&format!("/paths/{path}"))?;
    if out.is_json() {
        out.document(&json!({ "removed": path }))?;
    } else {
        out.line(format_args!("{path}  removed"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells what a path is now.
fn tell(document: Value, out: &mut Out) -> Result<ExitCode, Failure> {
    if out.is_json() {
        out.document(&document)?;
        return Ok(ExitCode::SUCCESS);
    }
    let path: Path = shaped(document)?;
    let encrypted = match path.encrypted.as_str() {
        "none" => "not encrypted",
        "tls" => "over TLS",
        strength => strength,
    };
    out.line(format_args!(
        "{}  {}  {}",
        path.id,
        harmless(&path.account),
        harmless(encrypted)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The id of the path that a person names, by its id or by its panel.
fn path_of(client: &Client, named: &Named) -> Result<String, Failure> {
    let named = &named.path;
    if named.starts_with("pth_") {
        return Ok(named.clone());
    }
    let panel = id_of(client, named)?;
    let shown: PanelWithParts = shaped(client.get(&format!("/panels/{panel}"), &[])?)?;
    match &shown.panel.paths[..] {
        [path] => Ok(path.id.clone()),
        several => {
            let ids: Vec<&str> = several.iter().map(|path| path.id.as_str()).collect();
            Err(Failure::new(
                format!("panel {named} has {} paths: {}", ids.len(), ids.join(", ")),
                "Name the one that you mean by its id; `watchfire panel path list` tells them apart.",
            ))
        }
    }
}

//! `panel`: register panels and look at them.

mod add;
mod availability;
mod certificate;
mod credential;
mod disable;
mod enrol;
mod identity;
mod import;
pub(super) mod key;
mod link;
mod list;
mod path;
mod secret;
mod show;
mod supervise;
mod trends;

use std::process::ExitCode;

use clap::Subcommand;

use super::client::{Client, shaped};
use super::view::PanelPage;
use super::{Failure, Global, Out};

/// What can be done with panels.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a panel. From then on its signals are taken.
    Add(Box<add::Options>),
    /// Register the panels of a table. It can be run again: what is registered is left alone.
    Import(import::Options),
    /// List panels.
    List(list::Options),
    /// Show a panel: how it reaches the server, its partitions, zones and outputs, its last event.
    Show(show::Options),
    /// Show or set how closely panels are watched.
    Supervise(Box<supervise::Options>),
    /// For what part of a month the paths of a panel were there.
    Availability(availability::Options),
    /// How the links of a panel's paths were: signal, round trip, battery, reconnects.
    Trends(trends::Options),
    /// Make a key and a certificate for a panel, by which it proves who it is.
    Enrol(enrol::Options),
    /// The certificates that were made for a panel.
    #[command(subcommand)]
    Certificate(certificate::Command),
    /// Make a secret for a panel that can have no certificate, in place of the one before.
    Secret(secret::Options),
    /// Let a panel in no more, and end its connections; what it sent stays.
    Disable(disable::Options),
    /// Let a disabled panel in again.
    Enable(disable::Options),
    /// The ways by which a panel reaches the server: add, list, change and remove them.
    #[command(subcommand)]
    Path(path::Command),
}

pub(super) fn run(global: &Global, command: Command, out: &mut Out) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    match command {
        Command::Add(options) => add::run(&client, *options, out),
        Command::Import(options) => import::run(&client, &options, out),
        Command::List(options) => list::run(&client, &options, out),
        Command::Show(options) => show::run(&client, &options.panel, out),
        Command::Supervise(options) => supervise::run(&client, &options, out),
        Command::Availability(options) => availability::run(&client, &options, out),
        Command::Trends(options) => trends::run(&client, &options, out),
        Command::Enrol(options) => enrol::run(&client, &options, out),
        Command::Certificate(command) => certificate::run(&client, &command, out),
        Command::Secret(options) => secret::run(&client, &options, out),
        Command::Disable(options) => disable::run(&client, &options, true, out),
        Command::Enable(options) => disable::run(&client, &options, false, out),
        Command::Path(command) => path::run(&client, command, out),
    }
}

/// How many panels are asked for at once.
const PAGE: usize = 1_000;

/// All panels that match, page by page, as they came.
fn all(
    client: &Client,
    filter: &[(&'static str, String)],
) -> Result<Vec<serde_json::Value>, Failure> {
    let mut panels = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = filter.to_vec();
        query.push(("limit", PAGE.to_string()));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: PanelPage = shaped(client.get("/panels", &query)?)?;
        panels.extend(page.panels);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(panels);
        }
    }
}

/// The id of the panel that a person names by its id or its account.
pub(super) fn id_of(client: &Client, named: &str) -> Result<String, Failure> {
    if named.starts_with("pan_") {
        return Ok(named.to_owned());
    }
    let panels = all(client, &[("account", named.to_owned())])?;
    let ids = panels.iter().filter_map(|panel| panel.get("id")?.as_str());
    match ids.collect::<Vec<_>>()[..] {
        [id] => Ok(id.to_owned()),
        [] => Err(Failure::new(
            format!("no panel has the account {named}"),
            "`watchfire panel list` lists them all.",
        )),
        ref several => Err(Failure::new(
            format!(
                "{} panels have the account {named}: {}",
                several.len(),
                several.join(", ")
            ),
            "Name the one that you mean by its id.",
        )),
    }
}

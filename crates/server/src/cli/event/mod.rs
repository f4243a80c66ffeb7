//! `event`: look at events, follow them, and say whether a doubtful one is what it says.

mod list;
pub(super) mod row;
mod show;
mod tail;
mod verdict;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::client::Client;
use super::{Failure, Global, Out, panel};

/// What can be done with events.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List events, the newest first.
    List(list::Options),
    /// Follow events as they are registered, until Ctrl-C.
    Tail(tail::Options),
    /// Show one event with its text and its raw bytes. The audit keeps that it was read.
    Show(show::Options),
    /// Confirm a doubtful event: it takes effect.
    Confirm(verdict::Options),
    /// Reject a doubtful event: it never takes effect.
    Reject(verdict::Options),
}

pub(super) fn run(global: &Global, command: Command, out: &mut Out) -> Result<ExitCode, Failure> {
    match command {
        Command::List(options) => list::run(&global.client()?, &options, out),
        Command::Tail(options) => tail::run(global, &options, out),
        Command::Show(options) => show::run(&global.client()?, options.seq, out),
        Command::Confirm(options) => verdict::run(&global.client()?, "confirmed", &options, out),
        Command::Reject(options) => verdict::run(&global.client()?, "rejected", &options, out),
    }
}

/// Which events.
#[derive(Debug, Clone, Args)]
pub(super) struct Filter {
    /// Of this panel, by its id or its account.
    #[arg(long)]
    panel: Option<String>,
    /// Of this account.
    #[arg(long)]
    account: Option<String>,
    /// Of these classes, such as fire or burglary; several by commas.
    #[arg(long, value_delimiter = ',', value_parser = class)]
    class: Vec<String>,
    /// Doubtful ones only of which nobody said yet whether they are what they say.
    #[arg(long)]
    doubtful: bool,
}

/// A class by its name; what is no class is answered with those that are.
fn class(name: &str) -> Result<String, String> {
    let known: Result<model::EventClass, _> = name.parse();
    known.map(|class| class.to_string()).map_err(|error| {
        let names: Vec<&str> = model::EventClass::ALL.iter().map(|c| c.as_str()).collect();
        format!("{error}; there are {}", names.join(", "))
    })
}

impl Filter {
    fn query(&self, client: &Client) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut query = Vec::new();
        if let Some(named) = &self.panel {
            query.push(("panel", panel::id_of(client, named)?));
        }
        query.extend(self.account.clone().map(|account| ("account", account)));
        if !self.class.is_empty() {
            query.push(("class", self.class.join(",")));
        }
        if self.doubtful {
            query.push(("doubt", "awaiting".to_owned()));
        }
        Ok(query)
    }
}

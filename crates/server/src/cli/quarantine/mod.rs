//! `quarantine`: who sends frames and is not known; make panels of them, or mute them.

mod adopt;
mod list;
mod reject;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Global, Out};

/// What can be done with strangers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List those who send frames and are not known, the newest first.
    List(list::Options),
    /// Show one with the last frames that it sent. The audit keeps that it was read.
    Show(show::Options),
    /// Register a panel with the account, receiver and line that it shows.
    Adopt(Box<adopt::Options>),
    /// Hide one: what comes of it is only counted.
    Reject(reject::Options),
}

pub(super) fn run(global: &Global, command: Command, out: &mut Out) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    match command {
        Command::List(options) => list::run(&client, &options, out),
        Command::Show(options) => show::run(&client, options.number, out),
        Command::Adopt(options) => adopt::run(&client, *options, out),
        Command::Reject(options) => reject::run(&client, &options, out),
    }
}

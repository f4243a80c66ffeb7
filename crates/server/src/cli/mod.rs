//! The command line: what can be typed, and everything that is administration.
//!
//! [`Cli`] is the whole grammar. What starts or is the server itself (`serve`, `demo`, the hidden
//! `engine` and `gateway`) is left to the roof; the rest is [`Administer`], carried out here over
//! the API of a running server, or on this machine (`config`, `doctor`).
//!
//! What never happens here: opening the store of a running server, writing to standard output
//! other than through [`out::Out`], a panic because the reader of a pipe went away.

mod client;
mod config;
mod doctor;
mod event;
mod failure;
mod out;
mod panel;
mod performance;
mod place;
mod quarantine;
pub mod sim;
mod sse;
mod supervision;
mod table;
mod tls;
mod verify;
mod view;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Sources};
use client::Client;
pub use failure::Failure;
pub use out::{Out, Style};
pub use verify::verify;

/// The server between security alarm panels and the people who answer them.
#[derive(Debug, Parser)]
#[command(
    name = "watchfire",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = "To begin: `watchfire serve`, or `watchfire demo` for something to watch.")]
pub struct Cli {
    /// Options that every subcommand takes.
    #[command(flatten)]
    pub global: Global,
    /// What was typed.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every subcommand takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The data folder; of a server on this machine it holds the address and the token.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", env = "WATCHFIRE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The API of a server elsewhere, such as `http://127.0.0.1:8080`.
    #[arg(long, global = true, value_name = "URL", requires = "token_file")]
    pub server: Option<String>,
    /// The file with the token for `--server`.
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Print JSON: one document, or one a line for what goes on and on.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What can be typed.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: everything, until Ctrl-C.
    Serve,
    /// Run a server on a temporary folder with a few simulated panels.
    Demo(DemoOptions),
    /// Let a simulated fleet report to a receiver, and tell how it was served.
    Sim(Box<sim::Options>),
    /// Check every stored event against the chains of its journal.
    Verify,
    /// What is done to a server rather than by it.
    #[command(flatten)]
    Administer(Box<Administer>),
    /// The engine's process; started by `serve`.
    #[command(hide = true)]
    Engine,
    /// A gateway's process; started by `serve`.
    #[command(hide = true)]
    Gateway,
    /// A part of a fleet; started by `sim`.
    #[command(hide = true)]
    SimPart,
    /// Print a file that is made from code.
    #[command(hide = true)]
    Gen {
        /// Which.
        what: Generated,
    },
}

/// Files that are made from code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Generated {
    /// The description of the API.
    Openapi,
}

/// What `demo` can be told.
#[derive(Debug, Clone, Args)]
pub struct DemoOptions {
    /// How many times faster than people the panels live.
    #[arg(long, value_name = "TIMES", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    pub tempo: u32,
    /// Stop by itself after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
}

/// What is done to a server rather than by it.
#[derive(Debug, Subcommand)]
pub enum Administer {
    /// Register panels and look at them.
    #[command(subcommand)]
    Panel(Box<panel::Command>),
    /// Look at events, and follow them.
    #[command(subcommand)]
    Event(event::Command),
    /// Look at who sends frames and is not known; make panels of them, or mute them.
    #[command(subcommand)]
    Quarantine(quarantine::Command),
    /// Whether panels are reachable, as a whole.
    #[command(subcommand)]
    Supervision(supervision::Command),
    /// How fast and how full the server is: requests, processor and its reserve, memory, latency, queues.
    Performance(performance::Options),
    /// How TLS stands: the server's certificate, and whose certificates are taken.
    #[command(subcommand)]
    Tls(tls::Command),
    /// Look at the configuration before a server is started with it.
    #[command(subcommand)]
    Config(config::Command),
    /// Check whether this machine can carry the server and how many panels, and whether a running one is well.
    Doctor(doctor::Options),
}

impl Global {
    /// Where the configuration comes from, the environment of this process included.
    pub fn sources(&self) -> Sources {
        Sources {
            file: self.config.clone(),
            environment: std::env::vars_os().collect(),
            data: self.data.clone(),
        }
    }

    /// The configuration.
    pub fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.sources())?)
    }

    /// The data folder, from the flag or from the configuration.
    fn data_folder(&self) -> Result<PathBuf, Failure> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => Ok(self.load()?.data.path),
        }
    }

    /// A client of the server that is meant.
    fn client(&self) -> Result<Client, Failure> {
        place::find(self).map(Client::new)
    }
}

/// Carries out what is administration. `sqlite` is the version of SQLite that is built in.
pub fn administer(global: &Global, what: Administer, sqlite: Option<&str>) -> ExitCode {
    let mut out = Out::new(global.json);
    let outcome = match what {
        Administer::Panel(command) => panel::run(global, *command, &mut out),
        Administer::Event(command) => event::run(global, command, &mut out),
        Administer::Quarantine(command) => quarantine::run(global, command, &mut out),
        Administer::Supervision(command) => supervision::run(global, &command, &mut out),
        Administer::Performance(options) => performance::run(global, &options, &mut out),
        Administer::Tls(command) => tls::run(global, &command, &mut out),
        Administer::Config(command) => config::run(global, command, &mut out),
        Administer::Doctor(options) => doctor::run(global, &options, sqlite, &mut out),
    };
    finish(&mut out, outcome)
}

/// Ends a command: what failed is told on standard error, and the exit status says so.
pub fn finish(out: &mut Out, outcome: Result<ExitCode, Failure>) -> ExitCode {
    let flushed = |code| out.flush().map(|()| code);
    match outcome.and_then(flushed) {
        Ok(code) => code,
        Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Err(failure) => {
            // What was printed before belongs before the failure; its reader may be gone.
            drop(out.flush());
            out.fail(&failure);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistyped_option_is_answered_with_the_one_that_was_meant() {
        let refused = Cli::try_parse_from(["watchfire", "panel", "list", "--acount", "1"]);
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("--account"), "{told}");
    }

    #[test]
    fn a_server_elsewhere_needs_its_token() {
        let typed = [
            "watchfire",
            "--server",
            "http://127.0.0.1:1",
            "event",
            "list",
        ];
        assert!(Cli::try_parse_from(typed).is_err());
    }
}

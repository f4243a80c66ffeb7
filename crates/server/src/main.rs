//! The `watchfire` binary: what was typed, and who carries it out.

pub mod cli;
pub mod config;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command, Failure, Out};

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    if let Command::Administer(what) = command {
        return cli::administer(&global, what, None);
    }
    let missing = Failure::new("this build cannot do that yet", "");
    cli::finish(&mut Out::new(global.json), Err(missing))
}

//! The `watchfire` binary: what was typed, and who carries it out.

mod child;
pub mod cli;
mod clock;
pub mod config;
mod demo;
mod log;
mod private_file;
mod proc;
mod serve;
mod supervisor;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use cli::{Cli, Command, Failure, Generated, Global, Out};

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let outcome = match command {
        Command::Administer(what) => {
            return cli::administer(&global, *what, Some(store::sqlite_version()));
        }
        Command::Sim(options) => return cli::sim::run(&global, &options),
        Command::Verify => return cli::verify(&global),
        Command::Serve => serve(&global),
        Command::Demo(options) => demo::run(demo::Options {
            tempo: options.tempo,
            stop_after: options.seconds.map(Duration::from_secs),
        })
        .map_err(failure),
        Command::Engine => child::engine::run().map_err(failure),
        Command::Gateway => child::gateway::run().map_err(failure),
        Command::SimPart => cli::sim::child::run().map_err(failure),
        Command::Gen {
            what: Generated::Openapi,
        } => {
            let mut out = Out::new(false);
            let printed = out.text(&api::openapi_json());
            return cli::finish(&mut out, printed.map(|()| ExitCode::SUCCESS));
        }
    };
    cli::finish(
        &mut Out::new(global.json),
        outcome.map(|()| ExitCode::SUCCESS),
    )
}

fn serve(global: &Global) -> Result<(), Failure> {
    serve::run(global.load()?).map_err(failure)
}

/// The chain of causes in one line, the last of which often says what to do.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn failure(error: anyhow::Error) -> Failure {
    Failure::new(format!("{error:#}"), "")
}

//! `cargo xtask`: everything that developers and CI run.
//!
//! `test` is the whole proof, and what CI runs. The others are its parts and its long forms:
//! `tools`, `tidy`, `gen`, `instructions`, `fuzz`, `crash`, `bench`; and `demo`, the first thing that a newcomer types.

mod bench;
mod crash;
mod fuzz;
mod generate;
mod instructions;
mod pip;
mod program;
mod say;
mod test;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use program::Program;
use say::say;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
/// Everything that developers and CI run.
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check and test everything, as CI does: format, clippy, tidy, docs, generated files,
    /// dependencies, all tests, the fuzz corpora.
    Test {
        /// Leave out the scenarios that kill, fill and starve a server for minutes.
        #[arg(long)]
        quick: bool,
    },
    /// Fetch the programs and the real panels that tests need into `target/tools`.
    Tools,
    /// Check the house's own rules: layers, module docs, banned words.
    Tidy,
    /// Write the files that are generated from code: the API's description, the default
    /// configuration.
    Gen {
        /// Write nothing; fail if a file is not what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Count the instructions of requests, and compare them with what is kept.
    Instructions(instructions::Options),
    /// Build and run a demonstration: a server and a few simulated panels.
    Demo {
        /// Arguments for `watchfire demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Feed a parser or a session with what a fuzzer makes up. Needs a nightly toolchain.
    Fuzz(fuzz::Options),
    /// Kill processes at random under load for longer than `test` does, and compare what was
    /// acknowledged with what was stored.
    Crash(crash::Options),
    /// Measure the figures of BENCHMARKS.md with the release build.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let root = root();
    match command {
        Command::Test { quick } => test::run(root, *quick),
        Command::Tools => tools::for_tests(root),
        Command::Tidy => tidy::run(root),
        Command::Gen { check: false } => generate::write(root),
        Command::Gen { check: true } => generate::check(root),
        Command::Instructions(options) => instructions::run(root, options),
        Command::Demo { arguments } => demo(root, arguments),
        Command::Fuzz(options) => fuzz::run(root, options),
        Command::Crash(options) => crash::run(root, options),
        Command::Bench(options) => bench::run(root, options),
    }
}

/// The project's folder.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("xtask is a folder of the project")
}

/// Where tools and fuzzers are kept; nothing outside of it is touched.
fn target() -> PathBuf {
    root().join("target")
}

fn demo(root: &Path, arguments: &[String]) -> Result<()> {
    Program::cargo(root)
        .args([
            "run",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "server",
            "--",
            "demo",
        ])
        .args(arguments)
        .run()
}

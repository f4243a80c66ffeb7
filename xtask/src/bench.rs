//! `cargo xtask bench`: the figures of BENCHMARKS.md, measured with the release build.
//!
//! What it prints are tables to be read beside the machine they were made on; nothing passes or
//! fails by them.

use std::path::Path;

use anyhow::Result;

use crate::program::Program;
use crate::say::say;
use crate::tools;

/// What is measured, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// One part alone; all of them, if not given.
    #[arg(value_enum)]
    part: Option<Part>,
    /// Seconds for each row of offered load.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

/// A part: a table of BENCHMARKS.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The store alone: the cost of a commit by its size.
    Store,
    /// The whole server: offered load, acknowledgement latency, CPU.
    Rates,
    /// AES and UDP beside plain TCP.
    Ways,
    /// The secure channel beside Mosquitto.
    Beside,
}

/// Builds, then measures one after the other, so that nothing else is running.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let wanted = |part| options.part.is_none_or(|wanted| wanted == part);
    let build = |package: &[&str]| {
        let program = Program::cargo(root).args(["build", "--release", "--package"]);
        program.args(package).run()
    };
    if options.part != Some(Part::Store) {
        build(&["server", "--bins", "--examples"])?;
    }
    if wanted(Part::Store) {
        build(&["store", "--examples"])?;
        say(format_args!(
            "\nThe store alone: the cost of a commit by its size\n"
        ));
        example(root, "store", "append").run()?;
    }
    let load = |what: &str| example(root, "server", "offered_load").args(["--", what]);
    let seconds = options.seconds.to_string();
    if wanted(Part::Rates) {
        say(format_args!(
            "\nThe whole server: offered load, acknowledgement latency, CPU\n"
        ));
        load("rates").args([&seconds]).run()?;
    }
    if wanted(Part::Ways) {
        say(format_args!("\nAES and UDP beside plain TCP\n"));
        load("ways").args([&seconds]).run()?;
    }
    if wanted(Part::Beside) {
        tools::for_bench(root)?;
        say(format_args!("\nThe secure channel beside Mosquitto\n"));
        let with = tools::environment().into_iter();
        with.fold(load("beside"), |program, (name, value)| {
            program.quiet_env(name, value)
        })
        .run()?;
    }
    Ok(())
}

/// An example of a package, built before.
fn example(root: &Path, package: &str, name: &str) -> Program {
    let run = ["run", "--release", "--quiet", "--package", package];
    Program::cargo(root).args(run).args(["--example", name])
}

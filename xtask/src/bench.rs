//! `cargo xtask bench`: the figures of BENCHMARKS.md, measured with the release build.
//!
//! What it prints are tables to be read beside the machine they were made on; nothing passes or
//! fails by them.

use std::path::Path;

use anyhow::Result;

use crate::program::Program;
use crate::say::say;

/// What is measured, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Seconds for each row of offered load.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

/// Builds, then measures one after the other, so that nothing else is running.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let build = [
        "build",
        "--release",
        "--package",
        "server",
        "--bins",
        "--examples",
    ];
    Program::cargo(root).args(build).run()?;
    Program::cargo(root)
        .args(["build", "--release", "--package", "store", "--examples"])
        .run()?;
    say(format_args!(
        "\nThe store alone: the cost of a commit by its size\n"
    ));
    Program::cargo(root)
        .args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "store",
            "--example",
            "append",
        ])
        .run()?;
    let load = |what: &str| {
        let example = ["run", "--release", "--quiet", "--package", "server"];
        let arguments = ["--example", "offered_load", "--", what];
        let program = Program::cargo(root).args(example).args(arguments);
        program.args([options.seconds.to_string()]).run()
    };
    say(format_args!(
        "\nThe whole server: offered load, acknowledgement latency, CPU\n"
    ));
    load("rates")?;
    say(format_args!("\nAES and UDP beside plain TCP\n"));
    load("ways")
}

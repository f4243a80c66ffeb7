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
    say(format_args!(
        "\nThe whole server: offered load, acknowledgement latency, CPU\n"
    ));
    Program::cargo(root)
        .args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "server",
            "--example",
            "offered_load",
        ])
        .args(["--", &options.seconds.to_string()])
        .run()
}

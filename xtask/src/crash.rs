//! `cargo xtask crash`: the long form of the crash harness that `test` runs for two minutes.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use crate::program::Program;
use crate::tools;

/// How long, how often, and which run to repeat.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long panels send, in seconds.
    #[arg(long, default_value_t = 1_800)]
    seconds: u32,
    /// How often a process is killed in that time.
    #[arg(long, default_value_t = 300)]
    kills: u32,
    /// The seed that a run printed, to repeat it.
    #[arg(long)]
    seed: Option<u64>,
}

/// What the harness's tests begin with in the server's integration tests.
const TESTS: &str = "crash::";

/// Runs the harness with these options in its environment.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let what = [
        "test",
        "--profile",
        "ci",
        "--package",
        "server",
        "--test",
        "it",
        "--",
        TESTS,
    ];
    let listed = Program::cargo(root).args(what).args(["--list"]).output()?;
    if !String::from_utf8_lossy(&listed).contains(TESTS) {
        bail!("the server's integration tests have none that begins with `{TESTS}`");
    }
    tools::for_tests(root)?;
    let mut program = Program::cargo(root)
        .args(what)
        .args(["--nocapture", "--test-threads=1"])
        .env("WATCHFIRE_CRASH_SECONDS", &options.seconds.to_string())
        .env("WATCHFIRE_CRASH_KILLS", &options.kills.to_string());
    if let Some(seed) = options.seed {
        program = program.env("WATCHFIRE_SEED", &seed.to_string());
    }
    for (name, value) in tools::environment() {
        program = program.quiet_env(name, value);
    }
    program.run()
}

//! `cargo xtask crash`: the long form of the crash harness that `test` runs for some minutes.

use std::path::Path;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::program::Program;
use crate::tools;

/// How long, how often, by which way, and which run to repeat.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long panels send, in seconds; on each way.
    #[arg(long, default_value_t = 1_800)]
    seconds: u32,
    /// How often a process is killed in that time.
    #[arg(long, default_value_t = 300)]
    kills: u32,
    /// The way by which panels come; all ways, one after the other, if not given.
    #[arg(long, value_enum)]
    over: Option<Way>,
    /// The seed that a run printed, to repeat it.
    #[arg(long)]
    seed: Option<u64>,
}

/// A way by which panels come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    PlainTcp,
    EncryptedTcp,
    PlainUdp,
    EncryptedUdp,
}

/// What the harness's tests begin with in the server's integration tests: those of one way, or
/// all of them.
const fn tests(over: Option<Way>) -> &'static str {
    match over {
        None => "crash::",
        Some(Way::PlainTcp) => "crash::over_plain_tcp",
        Some(Way::EncryptedTcp) => "crash::over_encrypted_tcp",
        Some(Way::PlainUdp) => "crash::over_plain_udp",
        Some(Way::EncryptedUdp) => "crash::over_encrypted_udp",
    }
}

/// Runs the harness with these options in its environment.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let tests = tests(options.over);
    let what = [
        "test",
        "--profile",
        "ci",
        "--package",
        "server",
        "--test",
        "it",
        "--",
        tests,
    ];
    let listed = Program::cargo(root).args(what).args(["--list"]).output()?;
    if !String::from_utf8_lossy(&listed).contains(tests) {
        bail!("the server's integration tests have none that begins with `{tests}`");
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

//! `cargo xtask bench`: the figures of BENCHMARKS.md, measured with the release build.
//!
//! Tables are to be read beside the machine they were made on; nothing passes or fails by them. A
//! scenario is judged by the budgets. The smoke test is the scenario in small, with the build of
//! the tests: it proves that the bench works, and nothing of speed.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::program::Program;
use crate::say::say;
use crate::{target, tools};

/// What is measured, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A table: `store`, `rates`, `ways` or `beside`; or a scenario: `seed-day`, another one that
    /// is built in, or a file. All tables, if not given.
    what: Option<String>,
    /// Seconds: of each row of offered load, or of a scenario that are measured.
    #[arg(long)]
    seconds: Option<u64>,
    /// How many panels, in place of what the scenario says.
    #[arg(long)]
    panels: Option<u32>,
    /// A file for the scenario's report in JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Watchfire alone, without the floor and Mosquitto beside it.
    #[arg(long)]
    without_peers: bool,
    /// Whether the bench works: 2,000 panels for seconds. Budgets are not judged.
    #[arg(long, conflicts_with_all = ["what", "seconds", "panels"])]
    smoke: bool,
    /// The build: `release`, or `ci` for a quick look.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// The tables, in their order, and what they are called.
const TABLES: [(&str, &str); 4] = [
    ("store", "The store alone: the cost of a commit by its size"),
    (
        "rates",
        "The whole server: offered load, acknowledgement latency, CPU",
    ),
    ("ways", "AES and UDP beside plain TCP"),
    ("beside", "The secure channel beside Mosquitto"),
];

/// Builds, then measures one after the other, so that nothing else is running.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    if options.smoke {
        build(root, "ci")?;
        return smoke(root);
    }
    let profile = &options.profile;
    let wanted = options.what.as_deref();
    let tables = TABLES
        .iter()
        .filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let tables: Vec<_> = tables.collect();
    if wanted != Some("store") {
        tools::for_bench(root)?;
        build(root, profile)?;
    }
    if let (Some(scenario), true) = (wanted, tables.is_empty()) {
        return live(root, scenario, options);
    }
    for (name, about) in tables {
        say(format_args!("\n{about}\n"));
        let seconds = options.seconds.unwrap_or(8).to_string();
        match *name {
            "store" => store(root, profile)?,
            "beside" => bench(root, profile).args([*name]).run()?,
            _ => bench(root, profile).args([*name, &seconds]).run()?,
        }
    }
    Ok(())
}

/// The bench in small, built by the tests: whether a report is complete and nothing was lost.
pub(crate) fn smoke(root: &Path) -> Result<()> {
    tools::for_bench(root)?;
    bench(root, "ci")
        .args(["live", "seed-day", "--smoke"])
        .run()
}

fn live(root: &Path, scenario: &str, options: &Options) -> Result<()> {
    let mut program = bench(root, &options.profile).args(["live", scenario]);
    for (name, number) in [
        ("--panels", options.panels.map(u64::from)),
        ("--seconds", options.seconds),
    ] {
        if let Some(number) = number {
            program = program.args([name, &number.to_string()]);
        }
    }
    if let Some(file) = &options.json {
        // The bench is started in the project's folder, and whoever types may be elsewhere.
        let file = std::path::absolute(file)?;
        program = program.args(["--json", &file.to_string_lossy()]);
    }
    if options.without_peers {
        program = program.args(["--without-peers"]);
    }
    program.run()
}

fn store(root: &Path, profile: &str) -> Result<()> {
    let example = ["--package", "store", "--example", "append"];
    let run = ["run", "--profile", profile, "--quiet"];
    Program::cargo(root).args(run).args(example).run()
}

/// The server and its harness.
fn build(root: &Path, profile: &str) -> Result<()> {
    let build = ["build", "--profile", profile, "--bins"];
    let packages = ["--package", "server", "--package", "bench"];
    Program::cargo(root).args(build).args(packages).run()
}

/// The harness, built before, with the programs that were fetched for it. It is started without
/// cargo, so that Ctrl-C ends nothing before the harness has cleaned up.
fn bench(root: &Path, profile: &str) -> Program {
    let folder = if profile == "dev" { "debug" } else { profile };
    let built = env::var_os("CARGO_TARGET_DIR").map_or_else(target, PathBuf::from);
    let binary = root.join(built).join(folder).join("bench");
    let program = Program::new(root, &binary.to_string_lossy());
    let with = tools::environment().into_iter();
    with.fold(program, |program, (name, value)| {
        program.quiet_env(name, value)
    })
}

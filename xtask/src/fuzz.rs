//! `cargo xtask fuzz`: libFuzzer on the targets in `fuzz/`, with a nightly toolchain.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::program::Program;
use crate::say::say;
use crate::target;

/// What to fuzz, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The target; without one, all are listed.
    name: Option<String>,
    /// How long, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// What libFuzzer needs to see of the code: edges, comparisons, the stack; and checks that a
/// release has not.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cdebug-assertions -Ccodegen-units=1";

/// Builds the target and runs it.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let targets = targets(root)?;
    let Some(name) = &options.name else {
        for target in targets {
            say(format_args!("{target}"));
        }
        return Ok(());
    };
    if !targets.contains(name) {
        bail!(
            "there is no fuzz target `{name}`; there are {}",
            targets.join(", ")
        );
    }
    let folder = target().join("fuzz");
    let host = host(root)?;
    Program::cargo(root)
        .args([
            "+nightly",
            "build",
            "--release",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ])
        .args(["--target", &host, "--bin", name])
        .env("RUSTFLAGS", FLAGS)
        .quiet_env("CARGO_TARGET_DIR", &folder)
        .run()?;
    let program = folder.join(host).join("release").join(name);
    let program = Program::new(root, &program.to_string_lossy());
    let found = folder.join("found").join(name);
    let broken = root.join("fuzz/artifacts").join(name);
    for kept in [&found, &broken] {
        std::fs::create_dir_all(kept)?;
    }
    // What is found on the way stays in `target`: only seeds that a person chose are committed.
    program
        .args([found.to_string_lossy(), seeds(root, name).to_string_lossy()])
        .args([format!("-artifact_prefix={}/", broken.display())])
        .args([format!("-max_total_time={}", options.seconds)])
        .args(["-max_len=8192"])
        .run()
}

fn seeds(root: &Path, name: &str) -> PathBuf {
    root.join("fuzz/corpus").join(name)
}

fn targets(root: &Path) -> Result<Vec<String>> {
    let manifest = std::fs::read_to_string(root.join("fuzz/Cargo.toml"))?;
    let manifest: toml::Table = manifest.parse()?;
    let programs = manifest.get("bin").and_then(toml::Value::as_array);
    let names = programs.into_iter().flatten().filter_map(|p| p.get("name"));
    let names = names.filter_map(toml::Value::as_str).map(str::to_owned);
    Ok(names.collect())
}

/// The machine's own target. Named, so that build scripts are built without the fuzzer's flags.
fn host(root: &Path) -> Result<String> {
    let told = Program::new(root, "rustc").args(["-vV"]).output()?;
    let told = String::from_utf8(told)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not tell its host")
}

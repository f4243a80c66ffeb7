//! `cargo xtask test`: all checks, cheap ones first, then all tests. CI runs this and no more.
//!
//! It stops at the first step that fails and says how to repeat that step alone. Everything is
//! built once, in the profile `ci`. Nothing outside of the project's folder is changed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::program::Program;
use crate::say::say;
use crate::{bench, generate, instructions, target, tidy, tools};

/// All tests, built once.
const TESTS: [&str; 4] = ["test", "--profile", "ci", "--workspace"];

/// Tests of the server that take minutes, by what their names begin with.
const SCENARIOS: &[&str] = &[
    "crash::",
    "failing_sync::",
    "full_disk::",
    "many_connections::",
    "power_cut::",
    "slowloris::",
];

/// Runs everything, or with `quick` everything but the long scenarios.
pub(crate) fn run(root: &Path, quick: bool) -> Result<()> {
    let begun = now();
    let gen_check = "cargo xtask gen --check";
    step("tidy", "cargo xtask tidy", || tidy::run(root))?;
    program_step("format", cargo(root, &["fmt", "--all", "--check"]))?;
    program_step("clippy", clippy(root))?;
    program_step("fuzz targets' format", fuzz(root, &["fmt", "--check"]))?;
    let lints = ["clippy", "--all-targets", "--", "-D", "warnings"];
    program_step("fuzz targets' clippy", fuzz(root, &lints))?;
    program_step("docs", docs(root))?;
    program_step("build", cargo(root, &TESTS).args(["--no-run"]))?;
    step("generated files", gen_check, || generate::check(root))?;
    dependencies(root)?;
    step("tools", "cargo xtask tools", || tools::for_tests(root))?;
    step("instructions", "cargo xtask instructions", || {
        instructions::run(root, &instructions::Options::check())
    })?;
    if quick {
        let others = cargo(root, &TESTS).args(["--exclude", "server"]);
        program_step("tests", with_tools(others))?;
        program_step("server's tests", with_tools(without_scenarios(root)))?;
    } else {
        program_step("tests", with_tools(cargo(root, &TESTS)))?;
    }
    step("bench", "cargo xtask bench --smoke", || bench::smoke(root))?;
    program_step("fuzz corpora", fuzz(root, &["test"]))?;
    let took = shown(begun.elapsed());
    say(format_args!("all steps passed in {took}"));
    Ok(())
}

/// Licences, sources and doubled crates. Advisories are left to people with a wider network.
fn dependencies(root: &Path) -> Result<()> {
    let again = "cargo deny check bans licenses sources";
    step("dependencies", again, || tools::cargo_deny(root)?.run())?;
    let unseen = "advisories are not looked at: their database is not in a package registry";
    say(format_args!("    {unseen}"));
    Ok(())
}

/// What skips by a part of a name would skip other crates' tests as well: only the server's.
fn without_scenarios(root: &Path) -> Program {
    let server = ["test", "--profile", "ci", "--package", "server", "--"];
    let skipped = SCENARIOS.iter().flat_map(|name| ["--skip", name]);
    cargo(root, &server).args(skipped)
}

fn cargo(root: &Path, arguments: &[&str]) -> Program {
    Program::cargo(root).args(arguments)
}

fn clippy(root: &Path) -> Program {
    let what = ["clippy", "--profile", "ci", "--workspace", "--all-targets"];
    cargo(root, &what).args(["--", "-D", "warnings"])
}

fn docs(root: &Path) -> Program {
    let what = [
        "doc",
        "--profile",
        "ci",
        "--workspace",
        "--no-deps",
        "--quiet",
    ];
    cargo(root, &what).env("RUSTDOCFLAGS", "-D warnings")
}

/// The fuzz targets' corpora through the same functions, on the stable toolchain. They are a
/// workspace of their own, without the profile `ci`.
fn fuzz(root: &Path, what: &[&str]) -> Program {
    let folder = target().join("fuzz-replay");
    let manifest = ["--manifest-path", "fuzz/Cargo.toml"];
    let (command, arguments) = what.split_first().expect("every step has a command");
    let program = cargo(root, &[command]).args(manifest).args(arguments);
    program.quiet_env("CARGO_TARGET_DIR", folder)
}

fn with_tools(program: Program) -> Program {
    let with = tools::environment().into_iter();
    with.fold(program, |program, (name, value)| {
        program.quiet_env(name, value)
    })
}

fn program_step(name: &str, program: Program) -> Result<()> {
    let typed = program.typed().to_owned();
    step(name, &typed, || program.run())
}

fn step(name: &str, again: &str, what: impl FnOnce() -> Result<()>) -> Result<()> {
    say(format_args!("==> {name}: {again}"));
    let begun = now();
    let outcome = what();
    let took = shown(begun.elapsed());
    match outcome {
        Ok(()) => {
            say(format_args!("    {name}: passed in {took}"));
            Ok(())
        }
        Err(error) => Err(error.context(format!(
            "step `{name}` failed after {took}; to repeat it alone: {again}"
        ))),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "times of steps, told to people only"
)]
fn now() -> Instant {
    Instant::now()
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_step_that_fails_says_how_to_repeat_it() {
        let failed = step("format", "cargo fmt --check", || Err(anyhow!("not so")));
        let told = format!("{:#}", failed.unwrap_err());
        assert!(
            told.contains("to repeat it alone: cargo fmt --check: not so"),
            "{told}"
        );
    }

    #[test]
    fn times_are_shown_as_people_say_them() {
        assert_eq!(shown(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(shown(Duration::from_secs(125)), "2 min 5 s");
    }
}

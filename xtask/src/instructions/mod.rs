//! `cargo xtask instructions`: what requests cost in instructions, against what is kept in
//! `bench/instructions.toml`.
//!
//! Instructions are repeatable where times are not: a hot path that grew is found on any machine, busy
//! or not. What does the requests is the server's example `instructions`, in the profile `ci`, which
//! tests have built; what counts is [`callgrind`]. Instructions are no times: a cache miss costs as much
//! as hundreds of them, and the kernel's are not counted.

mod callgrind;
mod driver;
mod kept;
mod table;

use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::say::say;
use crate::tools;
use driver::{Driver, Row};
use kept::{Kept, Verdict};

/// Which rows, and what becomes of their counts.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Rows whose names begin with this; all of them, if not given.
    #[arg(default_value = "")]
    name: String,
    /// Keep what is counted as what is to be compared with from now on.
    #[arg(long)]
    accept: bool,
    /// Count the release build, and compare with nothing: counts are kept of the profile `ci`.
    #[arg(long, conflicts_with = "accept")]
    release: bool,
}

impl Options {
    /// All rows, compared with what is kept.
    pub(crate) fn check() -> Self {
        Self {
            name: String::new(),
            accept: false,
            release: false,
        }
    }
}

/// A row, and its instructions a request.
#[derive(Debug)]
struct Counted {
    row: Row,
    instructions: u64,
}

/// Counts, prints the table, and fails if a row takes more than is tolerated.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    tools::for_counts(root)?;
    let profile = if options.release { "release" } else { "ci" };
    let driver = Driver::build(root, profile)?;
    let rows = driver.rows()?;
    let kept = Kept::read(root)?;
    let wanted = rows
        .iter()
        .filter(|row| row.name.starts_with(&options.name));
    let counted = callgrind::count(&driver, &wanted.cloned().collect::<Vec<_>>())?;
    ensure!(
        !counted.is_empty(),
        "no row's name begins with `{}`",
        options.name
    );
    if options.release {
        table::of_release(&counted);
        return Ok(());
    }
    table::beside_kept(&counted, &kept);
    if options.accept {
        return kept.accept(&rows, &counted).write(root);
    }
    let mut failures: Vec<String> = Vec::new();
    for counted in &counted {
        match kept.judge(counted) {
            Verdict::AsKept => {}
            Verdict::Fewer(what) => say(format_args!("    {what}")),
            Verdict::More(what) | Verdict::Unknown(what) => failures.push(what),
        }
    }
    if options.name.is_empty() {
        failures.extend(kept.of_no_row(&rows));
    }
    if !failures.is_empty() {
        bail!("{}\n{HOW_TO_ACCEPT}", failures.join("\n"));
    }
    Ok(())
}

/// What follows whatever is not as it is kept.
const HOW_TO_ACCEPT: &str = "\
Where the instructions went: callgrind_annotate --inclusive=yes target/instructions/ROW/out.2
If what they buy is worth them: cargo xtask instructions --accept, and commit bench/instructions.toml";

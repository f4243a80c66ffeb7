//! A scenario with real servers: Watchfire, and beside it the floor and Mosquitto, under the same
//! fleet; samples of their processes; a report, and whether the budgets hold.
//!
//! ```text
//!   plan ─► ours, floor, mosquitto ─► day (crew of parts, looks) ─► figures ─► report ─► budgets
//!                                                  record, supervision ──────────┘
//! ```

mod budgets;
mod complete;
mod crew;
mod day;
mod figures;
mod floor;
mod interrupt;
mod kernel;
mod look;
mod machine;
mod ours;
mod part;
mod peers;
mod plan;
mod record;
mod report;
mod restart;
mod run;
mod show;
mod supervision;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::say::say;
pub(crate) use floor::run as be_floor;
use interrupt::Interrupt;
pub(crate) use part::run as be_part;
use plan::Plan;
use show::Show;

/// What a run can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A scenario: the name of one that is built in, such as `seed-day`, or a file.
    scenario: String,
    /// How many panels, in place of what the scenario says.
    #[arg(long)]
    panels: Option<u32>,
    /// Seconds that are measured, in place of what the scenario says.
    #[arg(long)]
    seconds: Option<u64>,
    /// A file for the report in JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Watchfire alone, without the floor and Mosquitto beside it.
    #[arg(long)]
    without_peers: bool,
    /// Whether the bench works: as short as it can be, and the report is looked at for what is
    /// missing in place of the budgets.
    #[arg(long)]
    smoke: bool,
}

/// Carries it out; success, if nothing went wrong and the budgets hold that were measured.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let plan = Plan::new(options)?;
    open_files()?;
    let interrupt = Interrupt::watch()?;
    let folder = tempfile::tempdir()?;
    let mut show = Show::new(plan.panels);
    let report = run::run(&plan, folder.path(), &mut show, &interrupt)?;
    drop(show);
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, json + "\n").with_context(|| path.display().to_string())?;
    }
    say(format_args!("{report}"));
    if options.smoke {
        complete::check(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if report.holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// As many files as this user may open, for the servers that are started from here.
fn open_files() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )
    .context("the limit of open files")
}

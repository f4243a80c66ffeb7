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
mod show;
mod supervision;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use model::Clock;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::clock::MachineClock;
use crate::house;
use crate::papers::Papers;
use figures::Figures;
pub(crate) use floor::run as be_floor;
use interrupt::Interrupt;
use machine::Context;
use ours::Ours;
pub(crate) use part::run as be_part;
use plan::Plan;
use record::Record;
use report::{Fleet, Report, VERSION};
use show::Show;
use supervision::{Supervision, Vanished};

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
    open_files()?;
    let interrupt = Interrupt::watch()?;
    let plan = Plan::new(options)?;
    let folder = tempfile::tempdir()?;
    let mut show = Show::new(plan.panels);
    let report = measure(&plan, options, folder.path(), &mut show, &interrupt)?;
    drop(show);
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, json + "\n").with_context(|| path.display().to_string())?;
    }
    println!("{report}");
    if options.smoke {
        complete::check(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(
    plan: &Plan,
    options: &Options,
    folder: &Path,
    show: &mut Show,
    interrupt: &Interrupt,
) -> anyhow::Result<Report> {
    let context = Context::look(&house::watchfire()?)?;
    let papers = Papers::make(folder)?;
    let order = plan.order(Some(papers.trust()));
    show.server("watchfire");
    let mut ours = Ours::new(&folder.join("data"), &papers, plan.panels, None)?;
    show.phase("starts", None);
    ours.start()?;
    let unregistered = ours.settled(interrupt)?;
    show.phase("the fleet is registered", None);
    ours.register(&plan.accounts, &plan.supervision)?;
    // Another process, so that what the import left behind is not counted.
    ours.start()?;
    ours.settled(interrupt)?;
    let lived = day::live(&order, &ours.target()?, plan.times, show, interrupt)?;
    show.phase("the record is read", None);
    let record = Record::read(&ours.house()?.api()?, interrupt)?;
    ours.stop();
    let vanished = Vanished {
        ended: MachineClock.now().wall.0,
        ..Vanished::default()
    };
    let mut servers = vec![Figures::of("watchfire", plan.panels, &lived, Some(&unregistered))];
    if !options.without_peers {
        servers.extend(peers::measure(plan, &papers, folder, show, interrupt)?);
    }
    let mut report = Report {
        version: VERSION,
        scenario: plan.name.clone(),
        about: plan.scenario.about.clone(),
        context,
        fleet: Fleet {
            panels: plan.panels,
            processes: lived.fleet,
            begin_per_second: plan.begin_per_second,
            seed: plan.seed,
        },
        ratios: report::ratios(&servers),
        servers,
        record: Some(record.compare(&lived.all)),
        supervision: Some(Supervision::judge(&vanished, &record.losses)),
        restart: None,
        budgets: Vec::new(),
        remarks: remarks(&lived),
    };
    report.budgets = budgets::judge(&report);
    Ok(report)
}

/// What a reader should know of a day.
fn remarks(lived: &day::Lived) -> Vec<String> {
    let mut remarks = Vec::new();
    if lived.idle.is_none() {
        let seconds = lived.came.to.at.since(lived.signals);
        remarks.push(format!(
            "The last panel connected {:.1} s after signals had begun: memory of idle panels was \
             not measured, and the cost of a handshake has signals in it.",
            seconds.max(Duration::ZERO).as_secs_f64()
        ));
    }
    remarks
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

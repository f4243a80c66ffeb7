//! `supervision status`: whether panels are reachable, as a whole.

use std::process::ExitCode;

use clap::Subcommand;

use super::client::shaped;
use super::out::Style;
use super::table::Table;
use super::view::{Supervision, second};
use super::{Failure, Global, Out};

/// What can be asked of supervision.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How many paths are supervised and lost, and what was lost at once.
    Status,
}

pub(super) fn run(global: &Global, command: &Command, out: &mut Out) -> Result<ExitCode, Failure> {
    let Command::Status = command;
    let found = global.client()?.get("/supervision", &[])?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: Supervision = shaped(found)?;
    let counts = format!(
        "{} paths supervised, {} lost, {} never reported",
        shown.supervised, shown.lost, shown.never
    );
    let style = if shown.lost + shown.never > 0 {
        Style::Warning
    } else {
        Style::Calm
    };
    out.line(format_args!("{}", out.styled(style, counts)))?;
    if shown.paused {
        let line = "nothing can be stored: deadlines stand still";
        out.line(format_args!("{}", out.styled(Style::Alarm, line)))?;
    }
    if shown.hold_s > 0 {
        let line = format!(
            "losses are held for {} s after an outage of the server; {} wait",
            shown.hold_s, shown.held
        );
        out.line(format_args!("{}", out.styled(Style::Note, line)))?;
    }
    if shown.mass_outages.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    out.line(format_args!("\nmass outages"))?;
    let mut table = Table::new(&["group", "began", "last", "panels", "of", "still"]);
    for outage in &shown.mass_outages {
        table.row(
            if outage.open {
                Style::Alarm
            } else {
                Style::Plain
            },
            &[
                outage.group.clone(),
                second(&outage.began),
                second(&outage.last),
                outage.panels.to_string(),
                outage.members.to_string(),
                if outage.open { "yes" } else { "no" }.to_owned(),
            ],
        );
    }
    table.print(out)?;
    Ok(ExitCode::SUCCESS)
}

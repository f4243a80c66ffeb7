//! `supervision status`, `supervision incidents`: whether panels are reachable, as a whole.

use std::process::ExitCode;

use clap::Subcommand;

use super::client::{Client, shaped};
use super::out::Style;
use super::table::Table;
use super::view::{IncidentPage, Incidents, Supervision, second};
use super::{Failure, Global, Out};

/// What can be asked of supervision.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How many paths are supervised and lost, and what was lost at once.
    Status,
    /// Many panels lost at once, in the last day.
    Incidents {
        /// Of this one its panels.
        number: Option<u64>,
    },
}

pub(super) fn run(global: &Global, command: &Command, out: &mut Out) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    match command {
        Command::Status => status(&client, out),
        Command::Incidents { number: None } => incidents(&client, out),
        Command::Incidents {
            number: Some(number),
        } => incident(&client, *number, out),
    }
}

fn incidents(client: &Client, out: &mut Out) -> Result<ExitCode, Failure> {
    let found = client.get("/incidents", &[])?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: Incidents = shaped(found)?;
    if shown.incidents.is_empty() {
        out.note(format_args!("no mass outage in the last day"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        "incident",
        "began",
        "last loss",
        "panels",
        "touches",
        "still",
    ]);
    for one in &shown.incidents {
        let touched = one.groups.iter();
        let touched =
            touched.map(|group| format!("{} {}/{}", group.group, group.panels, group.members));
        table.row(
            if one.open { Style::Alarm } else { Style::Plain },
            &[
                one.number.to_string(),
                second(&one.began),
                second(&one.last),
                one.panels.to_string(),
                touched.collect::<Vec<_>>().join(", "),
                if one.open { "yes" } else { "no" }.to_owned(),
            ],
        );
    }
    table.print(out)?;
    Ok(ExitCode::SUCCESS)
}

fn incident(client: &Client, number: u64, out: &mut Out) -> Result<ExitCode, Failure> {
    let mut table = Table::new(&["panel", "name", "now"]);
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "1000".to_owned())];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let found = client.get(&format!("/incidents/{number}"), &query)?;
        if out.is_json() {
            out.document(&found)?;
        }
        let page: IncidentPage = shaped(found)?;
        for panel in &page.lost {
            let states = panel.paths.iter().map(|path| path.supervision.told());
            let style = panel.paths.iter().map(|path| path.supervision.style());
            table.row(
                style
                    .max_by_key(|style| *style == Style::Alarm)
                    .unwrap_or(Style::Plain),
                &[
                    panel.id.clone(),
                    panel.name.clone(),
                    states.collect::<Vec<_>>().join(", "),
                ],
            );
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    if !out.is_json() {
        table.print(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn status(client: &Client, out: &mut Out) -> Result<ExitCode, Failure> {
    let found = client.get("/supervision", &[])?;
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

//! `panel availability`: for what part of a month each path was there.

use std::process::ExitCode;

use clap::Args;

use super::id_of;
use crate::cli::client::{Client, shaped};
use crate::cli::out::Style;
use crate::cli::table::Table;
use crate::cli::view::{PanelAvailability, second};
use crate::cli::{Failure, Out};

/// Of which panel, and of which month.
#[derive(Debug, Args)]
pub struct Options {
    /// Its id, or its account where only one has it.
    panel: String,
    /// The month in UTC, such as 2026-11; the present one, if not given.
    #[arg(long)]
    month: Option<String>,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let id = id_of(client, &options.panel)?;
    let month = options.month.clone().map(|month| ("month", month));
    let query: Vec<_> = month.into_iter().collect();
    let found = client.get(&format!("/panels/{id}/availability"), &query)?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: PanelAvailability = shaped(found)?;
    let Some(counted) = &shown.counted else {
        out.note(format_args!(
            "nothing of {} counts for this panel",
            shown.month
        ));
        return Ok(ExitCode::SUCCESS);
    };
    out.line(format_args!(
        "{}: from {} until {}; the server itself was out of service for {:.0} s of it",
        shown.month,
        second(&counted.from),
        second(&counted.until),
        counted.own_outages_s
    ))?;
    let mut table = Table::new(&["path", "available", "lost", "losses", "watched now"]);
    for path in &shown.paths {
        let percent = path
            .percent
            .map_or_else(|| "-".to_owned(), |percent| format!("{percent:.4} %"));
        table.row(
            Style::Plain,
            &[
                path.path.clone(),
                percent,
                format!("{:.0} s", path.lost_s),
                path.losses.to_string(),
                if path.supervised { "yes" } else { "no" }.to_owned(),
            ],
        );
    }
    table.print(out)?;
    Ok(ExitCode::SUCCESS)
}

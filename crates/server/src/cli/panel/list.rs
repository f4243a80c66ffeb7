//! `panel list`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::all;
use crate::cli::client::{Client, shaped};
use crate::cli::table::Table;
use crate::cli::view::{Panel, or_dash, second};
use crate::cli::{Failure, Out};

/// Which panels to list.
#[derive(Debug, Args)]
pub struct Options {
    /// With this account.
    #[arg(long)]
    account: Option<String>,
    /// With this text in their name or account, whatever the case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// With a path that is lost, or that never reported.
    #[arg(long)]
    lost: bool,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let mut filter = Vec::new();
    filter.extend(options.account.clone().map(|account| ("account", account)));
    filter.extend(options.search.clone().map(|text| ("q", text)));
    filter.extend(options.lost.then(|| ("lost", "true".to_owned())));
    let panels = all(client, &filter)?;
    if out.is_json() {
        out.document(&json!({ "panels": panels }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        "id",
        "account",
        "receiver",
        "line",
        "encrypted",
        "name",
        "state",
        "last heard",
    ]);
    for panel in panels {
        let panel: Panel = shaped(panel)?;
        for path in &panel.paths {
            table.row(
                path.supervision.style(),
                &[
                    panel.id.clone(),
                    path.shown(),
                    or_dash(path.receiver.as_deref()),
                    or_dash(path.line.as_deref()),
                    path.encrypted.clone(),
                    panel.name.clone(),
                    path.supervision.told(),
                    or_dash(path.last_heard.as_deref().map(second).as_deref()),
                ],
            );
        }
    }
    if table.is_empty() {
        let any = filter.is_empty();
        out.note(if any {
            "There are no panels yet: `watchfire panel add --account 1234` registers one."
        } else {
            "No panel matches."
        });
    } else {
        table.print(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

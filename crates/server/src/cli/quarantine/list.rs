//! `quarantine list`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::client::{Client, shaped};
use crate::cli::out::Style;
use crate::cli::table::Table;
use crate::cli::view::{Stranger, StrangerPage, or_dash, second};
use crate::cli::{Failure, Out};

/// Which strangers to list.
#[derive(Debug, Args)]
pub struct Options {
    /// Those that were rejected or adopted, too.
    #[arg(long)]
    all: bool,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_name = "NUMBER")]
    limit: usize,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let strangers = strangers(client, options)?;
    if out.is_json() {
        out.document(&json!({ "strangers": strangers }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        "number", "account", "receiver", "line", "reason", "standing", "frames", "last", "from",
    ]);
    for stranger in strangers {
        let stranger: Stranger = shaped(stranger)?;
        table.row(
            if stranger.standing == "open" {
                Style::Plain
            } else {
                Style::Faint
            },
            &[
                stranger.number.to_string(),
                stranger.account,
                or_dash(stranger.receiver.as_deref()),
                or_dash(stranger.line.as_deref()),
                stranger.reason,
                stranger.standing,
                stranger.count.to_string(),
                second(&stranger.last),
                or_dash(stranger.sources.first().map(String::as_str)),
            ],
        );
    }
    if table.is_empty() {
        out.note("Nobody is in the quarantine.");
    } else {
        table.print(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Up to `limit` strangers, over as many pages as it takes.
fn strangers(client: &Client, options: &Options) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    let mut before = None;
    while found.len() < options.limit {
        let standing = if options.all { "all" } else { "open" };
        let limit = (options.limit - found.len()).min(model::limits::PAGE);
        let mut query = vec![
            ("standing", standing.to_owned()),
            ("limit", limit.to_string()),
        ];
        query.extend(before.map(|number| ("before", number)));
        let page: StrangerPage = shaped(client.get("/quarantine", &query)?)?;
        found.extend(page.strangers);
        before = page.next_cursor;
        if before.is_none() {
            break;
        }
    }
    Ok(found)
}

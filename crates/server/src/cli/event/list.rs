//! `event list`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{Filter, row};
use crate::cli::client::{Client, shaped};
use crate::cli::view::EventPage;
use crate::cli::{Failure, Out};

/// Which events to list.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    filter: Filter,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_name = "NUMBER")]
    limit: usize,
    /// With a higher number than this, the oldest first.
    #[arg(long, value_name = "SEQ", conflicts_with = "before")]
    after: Option<u64>,
    /// With a lower number than this.
    #[arg(long, value_name = "SEQ")]
    before: Option<u64>,
    /// The oldest first.
    #[arg(long, conflicts_with = "before")]
    oldest: bool,
    /// Received at or after this time (RFC 3339), such as 2026-11-22T20:15:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Received before this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let mut query = options.filter.query(client)?;
    query.extend(options.from.clone().map(|time| ("from", time)));
    query.extend(options.until.clone().map(|time| ("until", time)));
    let oldest = options.oldest || options.after.is_some();
    query.push(("order", if oldest { "oldest" } else { "newest" }.to_owned()));
    let cursor = options.after.or(options.before).map(|seq| seq.to_string());
    let found = pages(client, &query, oldest, cursor, options.limit)?;
    if out.is_json() {
        out.document(&json!({ "events": found.events, "next_cursor": found.next_cursor }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = row::table();
    for event in found.events {
        row::push(&mut table, &shaped(event)?);
    }
    if table.is_empty() {
        out.note("No event matches.");
    } else {
        table.print(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Up to `limit` events, over as many pages as it takes.
pub(super) fn pages(
    client: &Client,
    filter: &[(&'static str, String)],
    oldest: bool,
    mut cursor: Option<String>,
    limit: usize,
) -> Result<EventPage, Failure> {
    let mut events: Vec<Value> = Vec::new();
    while events.len() < limit {
        let mut query = filter.to_vec();
        let wanted = (limit - events.len()).min(model::limits::PAGE);
        query.push(("limit", wanted.to_string()));
        query.extend(cursor.map(|seq| (if oldest { "after" } else { "before" }, seq)));
        let page: EventPage = shaped(client.get("/events", &query)?)?;
        events.extend(page.events);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(EventPage {
        events,
        next_cursor: cursor,
    })
}

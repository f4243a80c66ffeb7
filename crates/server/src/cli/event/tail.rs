//! `event tail`: the last events, then each as it is registered.
//!
//! Invariant: no event between the list and the stream, or between two connections, is left out
//! or shown twice: each stream begins after the last number that was seen.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rustix::event::Timespec;
use serde_json::Value;

use super::{Filter, list, row};
use crate::cli::client::{Client, Trouble, shaped};
use crate::cli::sse::Frame;
use crate::cli::{Failure, Global, Out};

/// Which events to follow.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    filter: Filter,
    /// How many earlier events to show first.
    #[arg(long, short = 'n', default_value_t = 10, value_name = "NUMBER")]
    last: usize,
    /// Begin after the event with this number.
    #[arg(long, value_name = "SEQ", conflicts_with = "last")]
    after: Option<u64>,
}

/// How long to wait before a lost server is looked for again, at most.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

pub(super) fn run(global: &Global, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    let query = options.filter.query(&client)?;
    let seen = match options.after {
        Some(after) => after,
        None => show_last(&client, &query, options.last, out)?,
    };
    let mut tail = Tail {
        query,
        seen,
        wait: Duration::from_secs(1),
    };
    let mut client = Some(client);
    loop {
        // A server that was restarted may be elsewhere: it is looked for anew each time.
        let found = match client.take() {
            Some(client) => Ok(client),
            None => global.client().map_err(Trouble::Passing),
        };
        let lost = match found.and_then(|client| tail.follow(&client, out)) {
            Ok(()) => "the stream ended".to_owned(),
            Err(Trouble::Passing(failure)) => failure.to_string(),
            Err(Trouble::Lasting(failure)) => return Err(failure),
        };
        out.note(format_args!(
            "{lost}\n(going on after event {}, waiting …)",
            tail.seen
        ));
        pause(tail.wait);
        tail.wait = (tail.wait * 2).min(LONGEST_WAIT);
    }
}

/// Shows the last events; tells the number after which the stream begins.
fn show_last(
    client: &Client,
    query: &[(&'static str, String)],
    number: usize,
    out: &mut Out,
) -> Result<u64, Failure> {
    let server = client.get("/server", &[])?;
    let newest = server.get("newest_event").and_then(Value::as_u64);
    let newest =
        newest.ok_or_else(|| Failure::new("the server does not tell its newest event", ""))?;
    let until = Some((newest + 1).to_string());
    let last = list::pages(client, query, false, until, number)?;
    for event in last.events.into_iter().rev() {
        show(event, out)?;
    }
    Ok(newest)
}

fn show(event: Value, out: &mut Out) -> Result<(), Failure> {
    if out.is_json() {
        return out.json_line(&event);
    }
    let mut table = row::table().least(&row::STEADY);
    row::push(&mut table, &shaped(event)?);
    table.print_rows(out)?;
    out.flush()
}

/// A place in the stream of events.
struct Tail {
    query: Vec<(&'static str, String)>,
    seen: u64,
    wait: Duration,
}

impl Tail {
    /// Shows events until the stream ends.
    fn follow(&mut self, client: &Client, out: &mut Out) -> Result<(), Trouble> {
        let mut stream = client.follow("/events/stream", &self.query, self.seen)?;
        let broken = |error: std::io::Error| {
            Trouble::Passing(Failure::new(format!("the stream broke: {error}"), ""))
        };
        while let Some(frame) = stream.next().map_err(broken)? {
            self.wait = Duration::from_secs(1);
            self.take(&frame, out).map_err(Trouble::Lasting)?;
        }
        Ok(())
    }

    fn take(&mut self, frame: &Frame, out: &mut Out) -> Result<(), Failure> {
        let earlier = frame.id.is_some_and(|id| id <= self.seen);
        if !frame.data.is_empty() && !earlier {
            let event = serde_json::from_str(&frame.data).map_err(|error| {
                Failure::new(format!("an event of the stream is no JSON: {error}"), "")
            })?;
            show(event, out)?;
        }
        self.seen = self.seen.max(frame.id.unwrap_or_default());
        Ok(())
    }
}

/// Waits before the server is looked for again; there is nothing to be woken by.
fn pause(time: Duration) {
    let time = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    };
    // A signal may wake us early: the server is then looked for a little sooner.
    rustix::event::poll(&mut [], Some(&time)).ok();
}

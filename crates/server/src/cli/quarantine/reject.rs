//! `quarantine reject`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::client::{Client, shaped};
use crate::cli::view::Stranger;
use crate::cli::{Failure, Out};

/// Who is hidden, and why.
#[derive(Debug, Args)]
pub struct Options {
    /// The number of its entry.
    number: u64,
    /// Show it again, and keep what comes.
    #[arg(long)]
    again: bool,
    /// Why. The audit keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let path = format!("/quarantine/{}/reject", options.number);
    let said = json!({ "again": options.again, "reason": options.reason });
    let entry = client.post(&path, &said)?;
    if out.is_json() {
        out.document(&entry)?;
        return Ok(ExitCode::SUCCESS);
    }
    let stranger: Stranger = shaped(entry)?;
    let (number, standing) = (stranger.number, &stranger.standing);
    out.line(format_args!("entry {number} is {standing}"))?;
    Ok(ExitCode::SUCCESS)
}

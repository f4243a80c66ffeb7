//! `event confirm`, `event reject`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::client::{Client, shaped};
use crate::cli::view::Verdict;
use crate::cli::{Failure, Out};

/// Of which event, and why.
#[derive(Debug, Args)]
pub struct Options {
    /// The number of the event.
    seq: u64,
    /// Why: who was called, what was seen. The audit keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Says `word` of an event.
pub(super) fn run(
    client: &Client,
    word: &str,
    options: &Options,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    let seq = options.seq;
    let said = json!({ "verdict": word, "reason": options.reason });
    let stands = client.post(&format!("/events/{seq}/verdict"), &said)?;
    if out.is_json() {
        out.document(&stands)?;
        return Ok(ExitCode::SUCCESS);
    }
    let verdict: Verdict = shaped(stands)?;
    out.line(format_args!(
        "event {seq} is {} by {}",
        verdict.word, verdict.by
    ))?;
    Ok(ExitCode::SUCCESS)
}

//! `panel disable` and `panel enable`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::id_of;
use crate::cli::client::Client;
use crate::cli::{Failure, Out};

/// Which panel, and why.
#[derive(Debug, Args)]
pub struct Options {
    /// The panel's id, or its account where only one has it.
    panel: String,
    /// Why. The audit keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn run(
    client: &Client,
    options: &Options,
    disable: bool,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    let panel = id_of(client, &options.panel)?;
    let (order, standing) = if disable {
        ("disable", "disabled")
    } else {
        ("enable", "enabled")
    };
    let reason = json!({ "reason": options.reason });
    let answer = client.post(&format!("/panels/{panel}/{order}"), &reason)?;
    if out.is_json() {
        out.document(&answer)?;
    } else {
        out.line(format_args!("{panel}  {standing}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

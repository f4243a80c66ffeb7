//! `quarantine show`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::client::{Client, shaped};
use crate::cli::out::{Style, harmless};
use crate::cli::view::{Frame, Stranger, or_dash, second};
use crate::cli::{Failure, Out};

/// Which stranger to show.
#[derive(Debug, Args)]
pub struct Options {
    /// The number of its entry.
    pub(super) number: u64,
}

pub(super) fn run(client: &Client, number: u64, out: &mut Out) -> Result<ExitCode, Failure> {
    let found = client.get(&format!("/quarantine/{number}"), &[])?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let stranger: Stranger = shaped(found)?;
    let headline = format!("entry {number}: {} #{}", stranger.reason, stranger.account);
    out.line(format_args!("{}", out.styled(Style::Bold, headline)))?;
    let lines = [
        ("family", stranger.family.clone()),
        ("receiver", or_dash(stranger.receiver.as_deref())),
        ("line", or_dash(stranger.line.as_deref())),
        ("listener", stranger.listener.clone()),
        ("standing", stranger.standing.clone()),
        ("frames", stranger.count.to_string()),
        ("acknowledged", stranger.acknowledged.to_string()),
        ("first", second(&stranger.first)),
        ("last", second(&stranger.last)),
        ("from", stranger.sources.join(", ")),
    ];
    for (name, value) in lines {
        out.line(format_args!("  {name:<12}  {}", harmless(&value)))?;
    }
    out.line(format_args!("\nlast frames"))?;
    if stranger.frames.is_empty() {
        out.line(format_args!("none are kept"))?;
    }
    for frame in &stranger.frames {
        out.line(format_args!("{}", harmless(&line(frame))))?;
    }
    if stranger.standing == "open" && stranger.reason == "unknown_account" {
        out.note(format_args!(
            "`watchfire quarantine adopt {number}` makes a panel of it; `quarantine reject \
             {number}` hides it."
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(frame: &Frame) -> String {
    let kind = if frame.encrypted {
        "encrypted"
    } else {
        "plain"
    };
    let content = frame.raw_text.as_ref().unwrap_or(&frame.raw);
    format!(
        "{}  {}  {kind} {}  {content}",
        second(&frame.received),
        frame.source,
        frame.format
    )
}

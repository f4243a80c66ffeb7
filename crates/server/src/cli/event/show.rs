//! `event show`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::client::{Client, shaped};
use crate::cli::out::harmless;
use crate::cli::view::{self, Event, Verdict, second};
use crate::cli::{Failure, Out};

/// Which event to show.
#[derive(Debug, Args)]
pub struct Options {
    /// Its number.
    pub(super) seq: u64,
}

pub(super) fn run(client: &Client, seq: u64, out: &mut Out) -> Result<ExitCode, Failure> {
    let found = client.get(&format!("/events/{seq}"), &[])?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let event: Event = shaped(found)?;
    let headline = format!("event {}: {}", event.seq, harmless(&event.code.name));
    out.line(format_args!("{}", out.styled(event.style(), headline)))?;
    for (name, value) in lines(&event) {
        out.line(format_args!("  {name:<12}  {}", harmless(&value)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known of the event, by name.
fn lines(event: &Event) -> Vec<(&'static str, String)> {
    let time = |time: &Option<String>| time.as_deref().map(second);
    let first = (event.message_seq != event.seq).then(|| event.message_seq.to_string());
    let known = [
        (
            "class",
            Some(format!("{}, priority {}", event.class, event.priority)),
        ),
        (
            "code",
            Some(format!("{} {}", event.code.set, event.code.written)),
        ),
        ("restores", Some(event.restores.join(", "))),
        ("account", Some(event.account.clone())),
        ("panel", event.panel.clone()),
        ("path", event.path.clone()),
        ("format", Some(format!("{} {}", event.family, event.format))),
        ("partition", event.partition.clone()),
        ("point", Some(event.point())),
        ("received", Some(second(&event.received))),
        ("panel's time", time(&event.panel_time)),
        ("occurred", time(&event.occurred)),
        ("skew", event.skew_ms.map(view::skew)),
        (
            "sequence",
            event.panel_sequence.map(|number| format!("{number:04}")),
        ),
        ("message of", first),
        ("flags", Some(event.flags.join(", "))),
        ("doubt", Some(doubt(event))),
        ("verdict", event.verdict.as_ref().map(verdict)),
        ("text", event.text.clone()),
    ];
    let present = |(name, value): (&'static str, Option<String>)| {
        value
            .filter(|value| !value.is_empty())
            .map(|value| (name, value))
    };
    let mut lines: Vec<_> = known.into_iter().filter_map(present).collect();
    for extended in event.extended.iter().flatten() {
        let content = extended.content_text.as_ref().unwrap_or(&extended.content);
        lines.push(("extended", format!("{}: {content}", extended.letter)));
    }
    match (&event.raw_text, &event.raw) {
        (Some(text), _) => lines.push(("raw", text.clone())),
        (None, Some(base64)) => lines.push(("raw, base64", base64.clone())),
        (None, None) => {}
    }
    lines
}

/// Why the event is doubted, and what can be done about it.
fn doubt(event: &Event) -> String {
    let doubt = event.doubt.join(", ");
    if event.verdict.is_some() || event.effective != Some(false) {
        return doubt;
    }
    let seq = event.seq;
    format!("{doubt}: takes no effect until `watchfire event confirm {seq}`")
}

/// What somebody said of it.
fn verdict(verdict: &Verdict) -> String {
    let Verdict { word, by, .. } = verdict;
    let said = format!("{word} by {by} at {}", second(&verdict.at));
    match &verdict.reason {
        Some(reason) => format!("{said}: {reason}"),
        None => said,
    }
}

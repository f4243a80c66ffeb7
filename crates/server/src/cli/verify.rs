//! `watchfire verify`: checks every stored event against the chains of its journal.
//!
//! It reads the data folder itself, whether a server runs on it or not, so that it does not have
//! to trust the server that it checks.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use store::{Progress, VerifyReport};

use super::{Failure, Global, Out};

/// Carries it out; the exit status is 1 if anything is not as it was written.
pub fn verify(global: &Global) -> ExitCode {
    let mut out = Out::new(global.json);
    let outcome = run(global, &mut out);
    super::finish(&mut out, outcome)
}

fn run(global: &Global, out: &mut Out) -> Result<ExitCode, Failure> {
    let folder = global.data_folder()?;
    let bar = progress_bar(out.is_json());
    let checked = store::verify(&folder, &mut |progress: &Progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.events);
        let name = progress.file.file_name().unwrap_or_default();
        bar.set_message(name.to_string_lossy().into_owned());
    });
    bar.finish_and_clear();
    let report = checked.map_err(|error| {
        Failure::new(
            error.to_string(),
            "Name the server's data folder with --data DIR.",
        )
    })?;
    if out.is_json() {
        out.document(&as_json(&report))?;
    } else {
        tell(&report, out)?;
    }
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// On standard error, and only where somebody watches.
fn progress_bar(json: bool) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if json {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} events");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn tell(report: &VerifyReport, out: &mut Out) -> Result<(), Failure> {
    for finding in &report.findings {
        out.line(format_args!("{finding}"))?;
    }
    if report.more > 0 {
        out.line(format_args!("and {} more", report.more))?;
    }
    for chain in &report.chains {
        out.line(format_args!(
            "chain {:<10} {} events, {} let go of by retention, head {}",
            chain.class.as_str(),
            chain.events,
            chain.let_go,
            data_encoding::HEXLOWER.encode(&chain.head),
        ))?;
    }
    let verdict = if report.is_sound() {
        "all of them are as they were written"
    } else {
        "NOT all of them are as they were written"
    };
    out.line(format_args!(
        "{} events in {} files: {verdict}.",
        report.events, report.files
    ))
}

fn as_json(report: &VerifyReport) -> serde_json::Value {
    let chains = report.chains.iter().map(|chain| {
        json!({
            "class": chain.class.as_str(),
            "events": chain.events,
            "let_go": chain.let_go,
            "head": data_encoding::HEXLOWER.encode(&chain.head),
        })
    });
    json!({
        "sound": report.is_sound(),
        "files": report.files,
        "events": report.events,
        "last": report.last.0,
        "chains": chains.collect::<Vec<_>>(),
        "findings": report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "more_findings": report.more,
    })
}

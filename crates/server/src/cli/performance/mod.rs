//! `performance`: how fast and how full the server is, once or as a view that redraws itself.

mod bars;
mod figures;
mod screen;

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rustix::event::Timespec;
use serde_json::Value;

use super::client::shaped;
use super::out::Style;
use super::{Failure, Global, Out};
pub(super) use bars::{grouped, octets};
pub(super) use figures::Performance;

/// How to show it.
#[derive(Debug, Args)]
pub struct Options {
    /// Go on showing it, every so many seconds (2 if none are given), until Ctrl-C.
    #[arg(long, short, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=3600))]
    watch: Option<u32>,
}

/// Where the server's figures are.
pub(super) const PATH: &str = "/performance";

/// To the first place of the screen.
const HOME: &str = "\x1b[H";

/// Clears the rest of a line.
const REST_OF_LINE: &str = "\x1b[K";

/// Clears the rest of the screen.
const REST: &str = "\x1b[J";

/// Clears all of it.
const CLEAR: &str = "\x1b[2J";

pub(super) fn run(global: &Global, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let found = ask(global)?;
    let Some(seconds) = options.watch else {
        if out.is_json() {
            out.document(&found)?;
        } else {
            let lines = screen::lines(&shaped(found)?, out);
            out.text(&joined(&lines, "\n"))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    watch(global, Duration::from_secs(seconds.into()), found, out)
}

fn ask(global: &Global) -> Result<Value, Failure> {
    global.client()?.get(PATH, &[])
}

/// Shows it again and again. A server that goes away is waited for: a view of it is most wanted then.
fn watch(
    global: &Global,
    period: Duration,
    first: Value,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    let redraws = std::io::stdout().is_terminal() && !out.is_json();
    let mut lines = Vec::new();
    let mut found = Ok(first);
    if redraws {
        out.text(CLEAR)?;
    }
    loop {
        match found {
            Ok(found) if out.is_json() => out.json_line(&found)?,
            Ok(found) => {
                lines = screen::lines(&shaped::<Performance>(found)?, out);
                show(&lines, None, redraws, out)?;
            }
            // On a screen it stands above the last figures.
            Err(failure) if redraws => show(&lines, Some(&failure), true, out)?,
            Err(failure) => out.note(failure),
        }
        pause(period);
        found = ask(global);
    }
}

fn show(
    lines: &[String],
    failure: Option<&Failure>,
    redraws: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    if !redraws {
        out.text(&joined(lines, "\n"))?;
        out.text("\n")?;
        return out.flush();
    }
    let mut screen = HOME.to_owned();
    if let Some(failure) = failure {
        for line in failure.to_string().lines() {
            let line = out.styled(Style::Alarm, line.to_owned());
            // Writing to a text cannot fail.
            writeln!(screen, "{line}{REST_OF_LINE}").ok();
        }
    }
    screen.push_str(&joined(lines, "\x1b[K\n"));
    screen.push_str(REST);
    out.text(&screen)?;
    out.flush()
}

/// Lines, each with this behind it.
fn joined(lines: &[String], end: &str) -> String {
    lines.iter().flat_map(|line| [line.as_str(), end]).collect()
}

fn pause(time: Duration) {
    let time = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    };
    // A signal may wake us early: then it is shown a little sooner.
    rustix::event::poll(&mut [], Some(&time)).ok();
}

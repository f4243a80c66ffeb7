//! `config`: look at the configuration before a server is started with it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::out::Style;
use super::table::Table;
use super::{Failure, Global, Out};
use crate::config::{self, Origin, Report, Sources};

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell what is effective, where it comes from, and all that is wrong.
    Check {
        /// The file; the one of `--config`, if not given.
        file: Option<PathBuf>,
    },
    /// Print the default file: every key, what it means and what is allowed.
    Default,
}

pub(super) fn run(global: &Global, command: Command, out: &mut Out) -> Result<ExitCode, Failure> {
    match command {
        Command::Default => default(out),
        Command::Check { file } => {
            let mut sources = global.sources();
            sources.file = file.or(sources.file);
            check(&sources, out)
        }
    }
}

fn default(out: &mut Out) -> Result<ExitCode, Failure> {
    if out.is_json() {
        let keys = config::keys().map(|(name, key, default)| {
            json!({
                "key": name,
                "environment": config::variable(&name),
                "default": default,
                "doc": key.doc.replace('\n', " "),
                "allowed": key.allowed,
            })
        });
        out.document(&json!({ "keys": keys.collect::<Vec<_>>() }))?;
    } else {
        out.text(&config::default_file())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(sources: &Sources, out: &mut Out) -> Result<ExitCode, Failure> {
    let report = config::check(sources);
    let strangers = strangers(&sources.environment);
    if out.is_json() {
        out.document(&as_json(&report, &strangers))?;
    } else {
        print(&report, &strangers, out)?;
    }
    Ok(if report.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(report: &Report, strangers: &[(String, String)], out: &mut Out) -> Result<(), Failure> {
    let mut table = Table::new(&["key", "value", "from"]);
    for (key, setting) in report.settings.shown() {
        let set = setting.origin != Origin::Default;
        let style = if set { Style::Plain } else { Style::Faint };
        let value = setting.value.to_string();
        table.row(style, &[key.to_owned(), value, setting.origin.to_string()]);
    }
    table.print(out)?;
    out.line(format_args!(""))?;
    for (name, meant) in strangers {
        let told = format!("warning: {name} sets nothing; {meant} would");
        out.line(format_args!("{}", out.styled(Style::Warning, told)))?;
    }
    for problem in report.problems.iter() {
        out.line(format_args!(
            "{}",
            out.styled(Style::Alarm, problem.to_string())
        ))?;
    }
    let verdict = match report.problems.iter().count() {
        0 => out.styled(Style::Calm, "The configuration is valid."),
        1 => out.styled(Style::Alarm, "1 thing is wrong: `serve` would not start."),
        n => out.styled(
            Style::Alarm,
            format!("{n} things are wrong: `serve` would not start."),
        ),
    };
    out.line(format_args!("{verdict}"))
}

fn as_json(report: &Report, strangers: &[(String, String)]) -> Value {
    let settings = report.settings.shown().map(|(key, setting)| {
        json!({ "key": key, "value": setting.value, "from": setting.origin.to_string() })
    });
    let problems = report.problems.iter().map(|problem| {
        json!({
            "from": problem.origin.to_string(),
            "key": problem.key,
            "what": problem.what,
            "allowed": problem.allowed,
        })
    });
    json!({
        "valid": report.problems.is_empty(),
        "settings": settings.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "ineffective_variables": strangers.iter().map(|(name, _)| name).collect::<Vec<_>>(),
    })
}

/// Variables that would be keys, if none of their underscores were missing: what is set by whom
/// it is not, and what was meant.
fn strangers(environment: &[(OsString, OsString)]) -> Vec<(String, String)> {
    let squeezed = |name: &str| name.replace("__", "_");
    let known: Vec<String> = config::keys()
        .map(|(key, ..)| config::variable(&key))
        .collect();
    let names = environment.iter().map(|(name, _)| name.to_string_lossy());
    let meant = |name: &str| {
        let meant = known.iter().find(|known| squeezed(known) == squeezed(name));
        meant.filter(|known| *known != name).cloned()
    };
    names
        .filter_map(|name| Some((name.to_string(), meant(&name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_lack_an_underscore_are_noticed() {
        let names = [
            "WATCHFIRE_CONFIG",
            "WATCHFIRE_GATEWAY__EXPECTED_PANELS",
            "WATCHFIRE_API_ADDRESS",
            "WATCHFIRE__API__ADDRESS",
            "WATCHFIRE_SEED",
        ];
        let environment: Vec<_> = names.iter().map(|name| (name.into(), "".into())).collect();
        let meant: Vec<String> = strangers(&environment)
            .into_iter()
            .map(|(_, m)| m)
            .collect();
        let expected = [
            "WATCHFIRE__GATEWAY__EXPECTED_PANELS",
            "WATCHFIRE__API__ADDRESS",
        ];
        assert_eq!(meant, expected);
    }
}

//! `doctor`: whether this machine can carry the server and how many panels, and whether a running one is well.
//!
//! Each check is a line: well, doubtful or bad, what was found, and what to do. Nothing is
//! changed: no lock is taken, and a probe of the data folder leaves no trace.

mod capacity;
mod costs;
mod folder;
mod machine;
mod network;
mod sizing;
mod tls;

use std::process::ExitCode;

use serde_json::json;

use super::client::{Client, shaped};
use super::out::{Style, harmless};
use super::performance::{self, Performance};
use super::place::{self, Endpoints};
use super::{Failure, Global, Out};
use crate::config::{self, Config};
pub(super) use sizing::Options;
use sizing::Sizing;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    name: String,
    verdict: Verdict,
    detail: String,
    /// What to do; empty where nothing is to be done.
    advice: String,
}

impl Finding {
    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, detail, "")
    }

    fn warn(name: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, Verdict::Warn, detail, advice)
    }

    fn fail(name: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, Verdict::Fail, detail, advice)
    }

    fn new(
        name: impl Into<String>,
        verdict: Verdict,
        detail: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            verdict,
            detail: detail.into(),
            advice: advice.into(),
        }
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Ok => Style::Calm,
            Self::Warn => Style::Warning,
            Self::Fail => Style::Alarm,
        }
    }
}

pub(super) fn run(
    global: &Global,
    options: &Options,
    sqlite: Option<&str>,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    let report = config::check(&global.sources());
    let (findings, sizing) = match &report.config {
        Some(config) => examine(config, options, sqlite),
        None => (
            vec![Finding::fail(
                "configuration",
                format!(
                    "{} things are wrong with it",
                    report.problems.iter().count()
                ),
                "`watchfire config check` tells them; the other checks need it",
            )],
            None,
        ),
    };
    let worst = findings.iter().map(|finding| finding.verdict).max();
    print(&findings, sizing.as_ref(), out)?;
    Ok(match worst {
        Some(Verdict::Fail) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

fn examine(
    config: &Config,
    options: &Options,
    sqlite: Option<&str>,
) -> (Vec<Finding>, Option<Sizing>) {
    let mut findings = vec![Finding::ok("configuration", "valid")];
    let server = running(config, &mut findings);
    findings.extend(folder::check(config));
    findings.extend(machine::check(config, sqlite));
    findings.extend(tls::check(config));
    findings.extend(network::check(config, server.as_ref()));
    let live = server.and_then(|_| live(config));
    let sizing = sizing::reckon(config, options, live.as_ref());
    findings.extend(sizing.findings());
    (findings, Some(sizing))
}

/// What the running server tells of its performance; nothing, if it does not answer: readiness has said so.
fn live(config: &Config) -> Option<Performance> {
    let client = Client::new(place::here(&config.data.path).ok()?);
    shaped(client.get(performance::PATH, &[]).ok()?).ok()
}

/// The server that runs on the data folder, if its process is alive.
fn running(config: &Config, findings: &mut Vec<Finding>) -> Option<Endpoints> {
    let name = "server";
    let endpoints = match place::endpoints(&config.data.path) {
        Ok(endpoints) => endpoints,
        Err(failure) => {
            findings.push(Finding::fail(name, failure.to_string(), ""));
            return None;
        }
    };
    let Some(endpoints) = endpoints else {
        findings.push(Finding::ok(name, "none is running on this data folder"));
        return None;
    };
    if !machine::is_alive(endpoints.pid) {
        findings.push(Finding::warn(
            name,
            format!(
                "process {} is gone and did not stop in order",
                endpoints.pid
            ),
            "start it again: what was acknowledged is stored",
        ));
        return None;
    }
    let detail = format!(
        "running as process {}, API at {}",
        endpoints.pid, endpoints.api
    );
    findings.push(Finding::ok(name, detail));
    Some(endpoints)
}

fn print(findings: &[Finding], sizing: Option<&Sizing>, out: &mut Out) -> Result<(), Failure> {
    if out.is_json() {
        let checks = findings.iter().map(|finding| {
            json!({
                "name": finding.name,
                "verdict": finding.verdict.word(),
                "detail": finding.detail,
                "advice": finding.advice,
            })
        });
        let well = findings
            .iter()
            .all(|finding| finding.verdict != Verdict::Fail);
        let checks: Vec<_> = checks.collect();
        return out.document(&json!({ "ok": well, "checks": checks, "capacity": sizing }));
    }
    for finding in findings {
        let word = format!("{:<4}", finding.verdict.word());
        let word = out.styled(finding.verdict.style(), word).into_owned();
        let detail = harmless(&finding.detail).into_owned();
        out.line(format_args!("{word}  {:<16}  {detail}", finding.name))?;
        if !finding.advice.is_empty() {
            out.line(format_args!("      {:<16}  → {}", "", finding.advice))?;
        }
    }
    Ok(())
}

//! `sim`: a simulated fleet against any receiver, and the report of how it was served.
//!
//! ```text
//!   options ─► order ─► parts ─┬─ one: here ──────────────┐
//!                              └─ several: child processes ┴─► outcomes ─► report
//! ```
//!
//! What never happens here: a word with the server by another way than the panels'. The fleet is
//! a witness from outside; it is registered by `panel import`, as any fleet is.

mod ca;
pub mod child;
mod crew;
mod fitness;
mod mqtt;
mod options;
mod order;
mod progress;
mod table;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use sim::fleet::Transport;
use sim::order::{Keys, Order, Speaks};
use sim::report::Report;
use sim::run::Outcome;
use sim::scenario::Scenario;

use options::Instead;
pub use options::Options;
use order::Asked;

use super::{Failure, Global, Out};

/// Carries out `sim`.
pub fn run(global: &Global, options: &Options) -> ExitCode {
    let mut out = Out::new(global.json);
    let outcome = carry_out(options, &mut out);
    super::finish(&mut out, outcome)
}

fn carry_out(options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    if let Some(Instead::Ca(asked)) = &options.instead {
        ca::make(asked, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.list {
        out.text(&options::scenarios())?;
        out.line(format_args!(""))?;
        return Ok(ExitCode::SUCCESS);
    }
    let asked = Asked::of(options)?;
    if let Some(path) = &options.fleet.write_panels {
        table::write(path, &options.fleet, &asked)?;
        let (path, panels) = (path.display(), asked.panels);
        out.line(format_args!(
            "{path} has {panels} panels. Register them with `watchfire panel import {path}`, \
             then type the same again with --target instead of --write-panels."
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let order = order::order(options, asked)?;
    // Before the fleet sets out, so that its report is not lost at the end.
    let file = options.told.report.as_deref().map(create).transpose()?;
    order::knock(&order)?;
    let sailed = crew::sail(&order, options.load.processes, out)?;
    let report = Outcome::report(&sailed.outcomes);
    let told = document(&order, options, &sailed, &report);
    if let Some(mut file) = file {
        writeln!(file, "{told:#}")
            .map_err(|error| Failure::new(format!("the report cannot be written: {error}"), ""))?;
    }
    if out.is_json() {
        out.document(&told)?;
    } else {
        out.text(&report.to_string())?;
    }
    out.flush()?;
    judge(&order, options, &report)
}

/// What the panels speak, without what is secret in it (I10).
fn speaks(speaks: &Speaks) -> Value {
    match speaks {
        Speaks::Dc09(terms) => json!({
            "transport": terms.transport,
            "connection": terms.dialling,
            "encrypted": terms.keys != Keys::None,
        }),
        Speaks::Mqtt(terms) => {
            let trust = terms.trust.as_ref();
            json!({
                "version": terms.version,
                "tls": trust.map(|trust| trust.versions),
                "resumption": trust.is_some_and(|trust| trust.resumption),
                "certificates": trust.is_some_and(|trust| trust.authority.is_some()),
                "secrets": !terms.secrets.is_empty(),
                "cbor": terms.cbor,
            })
        }
    }
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display()), ""))
}

/// How often the panels report, in words.
fn rate_of(scenario: &Scenario) -> String {
    let said = || "as the scenario says".to_owned();
    scenario.rate.map_or_else(said, |rate| rate.to_string())
}

/// The report with what it is a report of.
fn document(order: &Order, options: &Options, sailed: &crew::Sailed, report: &Report) -> Value {
    json!({
        "run": {
            "target": order.target.to_string(),
            "family": order.family().name(),
            "speaks": speaks(&order.speaks),
            "scenario": order::scenario_name(options),
            "about": order.scenario.about,
            "rate": rate_of(&order.scenario),
            "poll": order.scenario.poll,
            "faults": order.scenario.faults,
            "duration": order.duration,
            "seed": order.seed,
            "processes": sailed.outcomes.len(),
            "interrupted": sailed.interrupted,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "report": report,
    })
}

/// What the exit status says.
fn judge(order: &Order, options: &Options, report: &Report) -> Result<ExitCode, Failure> {
    let spoke = report.kinds.values().any(|kind| kind.sent > 0);
    let no_tls = report.counters.not_shaken > 0 && report.counters.connected == 0;
    if no_tls {
        let what = format!("nobody got through the TLS of {}", order.target);
        let why: Vec<_> = report.reasons.keys().map(String::as_str).collect();
        let hint = "Is it a listener for MQTT over TLS, and is --server-ca its authority?";
        return Err(Failure::new(what, [&why.join("; "), hint].join(". ")));
    }
    if spoke && !report.was_answered() {
        let what = format!("nobody at {} answered a single message", order.target);
        return Err(Failure::new(what, nobody_answers(order)));
    }
    if options.told.fail_on_loss && report.unanswered > 0 {
        let what = format!("{} signals stayed unanswered", report.unanswered);
        return Err(Failure::new(
            what,
            "A longer --grace tells a slow receiver from one that loses.",
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What to look at where nobody answers.
fn nobody_answers(order: &Order) -> &'static str {
    match (&order.speaks, order.transport()) {
        (Speaks::Dc09(_), Transport::Udp) => {
            "Over UDP nobody says that no receiver is there: is that the \
             port, and does it take UDP? Receivers are silent to frames that they cannot read."
        }
        (Speaks::Dc09(_), Transport::Tcp) => {
            "Is it a DC-09 receiver, and are the panels registered there (--write-panels)?"
        }
        (Speaks::Mqtt(_), _) => {
            "Are the panels registered there (--write-panels), and does the server know their \
             authority (tls.client_ca)?"
        }
    }
}

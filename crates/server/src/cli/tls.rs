//! `tls`: the server's certificate, and whose client certificates are taken.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;

use super::client::shaped;
use super::out::{Style, harmless};
use super::table::Table;
use super::view::second;
use super::{Failure, Global, Out};

/// What can be done about TLS.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is in force.
    Show,
    /// Read the files of TLS again. What is wrong with them is told, and what was in force stays so.
    Reload,
}

/// How TLS stands.
#[derive(Debug, Deserialize)]
struct Standing {
    version: u64,
    not_after: Option<String>,
    roots: Vec<Root>,
    problem: Option<String>,
}

/// An authority whose client certificates are taken.
#[derive(Debug, Deserialize)]
struct Root {
    subject: String,
    not_after: String,
    ours: bool,
}

pub(super) fn run(global: &Global, command: &Command, out: &mut Out) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    let found = match command {
        Command::Show => client.get("/tls", &[])?,
        Command::Reload => client.post("/tls/reload", &json!({}))?,
    };
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let standing: Standing = shaped(found)?;
    let version = standing.version;
    let line = match standing.not_after.as_deref().map(second) {
        Some(end) => format!("the server's certificate is good until {end} (version {version})"),
        None => "there is no server certificate: nobody connects with TLS".to_owned(),
    };
    out.line(format_args!("{line}"))?;
    if let Some(problem) = &standing.problem {
        let line = format!(
            "the files cannot be read, and what was in force stays so: {}",
            harmless(problem)
        );
        out.line(format_args!("{}", out.styled(Style::Alarm, line)))?;
    }
    let mut table = Table::new(&["certificates of", "good until", "taken if"]);
    for root in &standing.roots {
        let condition = if root.ours {
            "made here for the path"
        } else {
            "it names the account"
        };
        table.row(
            Style::Plain,
            &[
                root.subject.clone(),
                second(&root.not_after),
                condition.to_owned(),
            ],
        );
    }
    table.print(out)?;
    Ok(ExitCode::SUCCESS)
}

//! `panel supervise`: how closely panels are watched.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::id_of;
use crate::cli::client::{Client, shaped};
use crate::cli::out::{Style, harmless};
use crate::cli::table::Table;
use crate::cli::view::{BulkAnswer, PanelSupervision, SupervisionSettings, or_dash, second};
use crate::cli::{Failure, Out};

/// Accounts in one request: its body stays below what the API reads.
const AT_ONCE: usize = 1_000;

/// Which panels, and how closely they are watched. Without any of the latter it is shown.
#[derive(Debug, Args)]
pub struct Options {
    /// The panel: its id, or its account where only one has it.
    #[arg(required_unless_present_any = ["all", "accounts"], conflicts_with_all = ["all", "accounts"])]
    panel: Option<String>,
    /// Only this path of it, by its id.
    #[arg(long, value_name = "PATH", requires = "panel")]
    path: Option<String>,
    /// All panels.
    #[arg(long, requires = "Settings")]
    all: bool,
    /// The panels with the accounts in this file, one a line.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "all",
        requires = "Settings"
    )]
    accounts: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// How closely something is watched.
#[derive(Debug, Clone, Args)]
#[group(id = "Settings", multiple = true)]
pub(super) struct Settings {
    /// As a class of EN 50136 asks for: SP1 to SP6, DP1 to DP4.
    #[arg(long, value_name = "CLASS", group = "watch")]
    class: Option<String>,
    /// Lost when nothing was heard for so long, from 10s to 60d.
    #[arg(long, value_name = "TIME", group = "watch")]
    every: Option<String>,
    /// Not at all.
    #[arg(long, group = "watch")]
    off: bool,
    /// As the panel, or the server's default.
    #[arg(long, group = "watch")]
    inherit: bool,
    /// A test signal is expected at least so often, such as 24h; `off` if none is.
    #[arg(long, value_name = "TIME")]
    test_every: Option<String>,
    /// Any signal counts as a test, not only events of the class `test`.
    #[arg(long, requires = "test_every")]
    any_signal: bool,
    /// From when on it counts that nothing was ever heard: a day, or a time by RFC 3339.
    #[arg(long, value_name = "DATE")]
    commissioned: Option<String>,
}

impl Settings {
    fn says_something(&self) -> bool {
        let watch = self.class.is_some() || self.every.is_some() || self.off || self.inherit;
        watch || self.test_every.is_some() || self.commissioned.is_some()
    }

    /// What was typed, over what was set before.
    fn over(&self, before: Option<SupervisionSettings>) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), Value::String(value));
            }
        };
        let before = before.unwrap_or_default();
        let typed = self.class.clone().or_else(|| self.every.clone());
        let typed = typed.or_else(|| self.off.then(|| "off".to_owned()));
        put("watch", typed.or(before.watch).filter(|_| !self.inherit));
        let counts = self.any_signal.then(|| "any_signal".to_owned());
        if let Some(every) = &self.test_every {
            put("test_counts", counts.filter(|_| every != "off"));
            put("test_every", Some(every.clone()));
        } else {
            put("test_every", before.test_every);
            put("test_counts", before.test_counts);
        }
        let midnight = |day: String| {
            if day.contains('T') {
                day
            } else {
                format!("{day}T00:00:00Z")
            }
        };
        let commissioned = self.commissioned.clone().map(midnight);
        put("commissioned", commissioned.or(before.commissioned));
        Value::Object(fields)
    }

    /// Sets what was typed of a panel that was just registered, if anything was.
    pub(super) fn set_of(&self, client: &Client, panel: &str) -> Result<(), Failure> {
        if self.says_something() {
            let path = format!("/panels/{panel}/supervision");
            client.put(&path, &[], &self.over(None))?;
        }
        Ok(())
    }
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    match &options.panel {
        Some(panel) => one(client, options, panel, out),
        None => many(client, options, out),
    }
}

fn one(
    client: &Client,
    options: &Options,
    panel: &str,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    let id = id_of(client, panel)?;
    let place = format!("/panels/{id}/supervision");
    let mut found = client.get(&place, &[])?;
    if options.settings.says_something() {
        let before: PanelSupervision = shaped(found)?;
        let (query, before) = match &options.path {
            None => (Vec::new(), Some(before.set)),
            Some(path) => {
                let of_path = before.paths.into_iter().find(|one| one.path == *path);
                (vec![("path", path.clone())], of_path.map(|one| one.set))
            }
        };
        found = client.put(&place, &query, &options.settings.over(before))?;
    }
    if out.is_json() {
        out.document(&found)?;
    } else {
        print(&shaped(found)?, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn many(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let settings = options.settings.over(None);
    let mut total = BulkAnswer::default();
    if let Some(file) = &options.accounts {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Failure::new(format!("{} cannot be read: {error}", file.display()), "")
        })?;
        let accounts: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        for accounts in accounts.chunks(AT_ONCE) {
            let body = json!({ "accounts": accounts, "settings": settings });
            total.add(shaped(client.post("/supervision/panels", &body)?)?);
        }
    } else {
        let body = json!({ "all": true, "settings": settings });
        total.add(shaped(client.post("/supervision/panels", &body)?)?);
    }
    if out.is_json() {
        out.document(&total)?;
    } else {
        for refusal in &total.refusals {
            let line = format!("{}: {}", refusal.panel, harmless(&refusal.detail));
            out.line(format_args!("{}", out.styled(Style::Warning, line)))?;
        }
        for account in &total.unknown {
            let line = format!("{}: no panel has this account", harmless(account));
            out.line(format_args!("{}", out.styled(Style::Warning, line)))?;
        }
        let told = format!(
            "{} set, {} refused, {} accounts unknown",
            total.changed,
            total.refused,
            total.unknown.len()
        );
        out.line(format_args!("{told}"))?;
    }
    Ok(if total.refused == 0 && total.unknown.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(panel: &PanelSupervision, out: &mut Out) -> Result<(), Failure> {
    let mut table = Table::new(&[
        "path",
        "watched",
        "called",
        "state",
        "since",
        "deadline",
        "test",
        "commissioned",
    ]);
    for path in &panel.paths {
        let effective = &path.effective;
        let status = &path.status;
        let time = |time: &Option<String>| or_dash(time.as_deref().map(second).as_deref());
        table.row(
            status.style(),
            &[
                path.path.clone(),
                or_dash(effective.watch.as_deref()),
                or_dash(path.effective_class.as_deref()),
                status.told(),
                time(&status.since),
                time(&status.deadline),
                or_dash(effective.test_every.as_deref()),
                time(&effective.commissioned),
            ],
        );
    }
    table.print(out)?;
    for path in &panel.paths {
        if let Some(lacking) = &path.lacking {
            let line = format!("{}: {}", path.path, harmless(lacking));
            out.line(format_args!("{}", out.styled(Style::Warning, line)))?;
        }
    }
    Ok(())
}

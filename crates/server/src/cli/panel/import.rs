//! `panel import`: a table of panels, a report for each row that was not simply added.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::client::{Client, shaped};
use crate::cli::out::{Style, harmless};
use crate::cli::view::{ImportRow, RowStatus};
use crate::cli::{Failure, Out};

/// Which table to import.
#[derive(Debug, Args)]
pub struct Options {
    /// A CSV file with the columns `account` and, where wanted, `family`, `receiver`, `line`,
    /// `name`, `site`, `listener`, `path_name`, `hub`, `accept_skewed`, `key` or `key_ascii`, and
    /// `supervision` (a class such as SP5, `off`, or a time such as 90s); or a `.jsonl` file with
    /// a JSON object a line.
    file: PathBuf,
    /// Report every row.
    #[arg(long, short)]
    verbose: bool,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let file = &options.file;
    let text = std::fs::read(file)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", file.display()), ""))?;
    let source = Source::of(file, &text);
    let bar = bar(source.places.len());
    let mut import = Import {
        options,
        source: &source,
        totals: Totals::default(),
        rows: Vec::new(),
    };
    for line in client
        .post_rows("/panels/import", source.kind, &text)?
        .lines()
    {
        let line = line.map_err(|error| import.cut_off(&error.to_string()))?;
        let row =
            serde_json::from_str(&line).map_err(|error| import.cut_off(&error.to_string()))?;
        if let Some((style, told)) = import.take(row, out.is_json())? {
            // The bar is on standard error; it is taken away while a line is printed over it.
            bar.suspend(|| {
                out.line(format_args!("{}", out.styled(style, told)))?;
                out.flush()
            })?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    import.end(out)
}

/// The table on this machine, to say where a row stands in it.
struct Source {
    file: String,
    kind: &'static str,
    /// Of each row the line in the file and the account.
    places: Vec<(u64, String)>,
}

impl Source {
    fn of(file: &Path, text: &[u8]) -> Self {
        let lines = file
            .extension()
            .is_some_and(|kind| kind == "jsonl" || kind == "ndjson");
        Self {
            file: file.display().to_string(),
            kind: if lines {
                "application/x-ndjson"
            } else {
                "text/csv"
            },
            places: if lines {
                json_places(text)
            } else {
                csv_places(text)
            },
        }
    }

    fn place(&self, row: usize) -> String {
        match row.checked_sub(1).and_then(|at| self.places.get(at)) {
            Some((line, account)) => format!("{}:{line}: {}", self.file, harmless(account)),
            None => format!("{}: row {row}", self.file),
        }
    }
}

fn csv_places(text: &[u8]) -> Vec<(u64, String)> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let account = reader.byte_headers().ok().and_then(|head| {
        head.iter()
            .position(|name| name.trim_ascii().eq_ignore_ascii_case(b"account"))
    });
    let rows = reader.byte_records().flatten().map(|record| {
        let line = record.position().map_or(0, csv::Position::line);
        let account = account.and_then(|at| record.get(at)).unwrap_or_default();
        (line, String::from_utf8_lossy(account).into_owned())
    });
    rows.collect()
}

fn json_places(text: &[u8]) -> Vec<(u64, String)> {
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    let rows = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let place = |(at, line): (u64, &[u8])| {
        let row: Value = serde_json::from_slice(line).unwrap_or_default();
        let account = row.get("account").and_then(Value::as_str).unwrap_or("?");
        (at, account.to_owned())
    };
    rows.map(place).collect()
}

#[derive(Debug, Default)]
struct Totals {
    added: usize,
    exists: usize,
    errors: usize,
}

/// An import on its way.
struct Import<'a> {
    options: &'a Options,
    source: &'a Source,
    totals: Totals,
    /// Kept for the document, where JSON was asked for.
    rows: Vec<Value>,
}

impl Import<'_> {
    /// Counts a row; what is to be told of it, if anything is.
    fn take(&mut self, row: Value, json: bool) -> Result<Option<(Style, String)>, Failure> {
        if json {
            self.rows.push(row.clone());
        }
        let row: ImportRow = shaped(row)?;
        let (style, told) = match row.status {
            RowStatus::Added => {
                self.totals.added += 1;
                (Style::Plain, "added".to_owned())
            }
            RowStatus::Exists => {
                self.totals.exists += 1;
                (Style::Faint, "is registered already".to_owned())
            }
            RowStatus::Error => {
                self.totals.errors += 1;
                (Style::Alarm, refused(&row))
            }
        };
        if json || (row.status == RowStatus::Added && !self.options.verbose) {
            return Ok(None);
        }
        let panel = row.panel.as_deref().unwrap_or_default();
        let line = format!("{}: {told} {panel}", self.source.place(row.row));
        Ok(Some((style, line.trim_end().to_owned())))
    }

    fn end(self, out: &mut Out) -> Result<ExitCode, Failure> {
        let Totals {
            added,
            exists,
            errors,
        } = self.totals;
        if out.is_json() {
            out.document(&json!({
                "added": added,
                "exists": exists,
                "errors": errors,
                "rows": self.rows,
            }))?;
        } else {
            let told = format!("{added} added, {exists} registered already, {errors} refused");
            out.line(format_args!("{told}"))?;
        }
        Ok(match errors {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }

    fn cut_off(&self, why: &str) -> Failure {
        let Totals { added, exists, .. } = self.totals;
        Failure::new(
            format!(
                "the server's report ended early, after {} rows: {why}",
                added + exists
            ),
            "Import the file again: what is registered is left alone.",
        )
    }
}

fn refused(row: &ImportRow) -> String {
    match &row.error {
        Some(error) => format!(
            "refused: {} ({})",
            harmless(&error.detail),
            harmless(&error.code)
        ),
        None => "refused".to_owned(),
    }
}

/// A bar on standard error, where that is a terminal; otherwise nothing is drawn.
fn bar(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} panels {eta}");
    let bar = ProgressBar::new(u64::try_from(rows).unwrap_or(u64::MAX));
    bar.with_style(style.expect("the template is a constant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_by_their_line_and_account() {
        let text = b"name,account\n\"two\nlines\",1234\nBank,1235,too many\n";
        let source = Source::of(Path::new("panels.csv"), text);
        assert_eq!(source.kind, "text/csv");
        assert_eq!(source.place(1), "panels.csv:2: 1234");
        assert_eq!(source.place(2), "panels.csv:4: 1235");
        assert_eq!(source.place(3), "panels.csv: row 3");
    }

    #[test]
    fn json_lines_are_told_likewise() {
        let source = Source::of(
            Path::new("panels.jsonl"),
            b"{\"account\":\"1\"}\n\nnot json\n",
        );
        assert_eq!(source.kind, "application/x-ndjson");
        assert_eq!(source.place(1), "panels.jsonl:1: 1");
        assert_eq!(source.place(2), "panels.jsonl:3: ?");
    }
}

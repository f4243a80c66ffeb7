//! `panel import`: a table of panels, a report for each row that was not simply added.
//!
//! A table with more rows than the server takes at once is sent in parts, one after the other.

mod table;

use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use model::limits::{IMPORT_BYTES, IMPORT_PANELS};
use serde_json::{Value, json};
use table::Table;

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
    let table = Table::of(file, &text);
    let bar = bar(table.rows());
    let mut import = Import {
        options,
        table: &table,
        totals: Totals::default(),
        rows: Vec::new(),
    };
    for part in table.parts(IMPORT_PANELS, IMPORT_BYTES) {
        let answer = client.post_rows("/panels/import", table.kind(), &part.text)?;
        for line in answer.lines() {
            let line = line.map_err(|error| import.cut_off(&error.to_string()))?;
            let row = numbered(&line, part.before);
            let row = row.map_err(|error| import.cut_off(&error.to_string()))?;
            if let Some((style, told)) = import.take(row, out.is_json())? {
                // The bar is on standard error; it is taken away while a line is printed over it.
                bar.suspend(|| {
                    out.line(format_args!("{}", out.styled(style, told)))?;
                    out.flush()
                })?;
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    import.end(out)
}

/// A row of the report on a part, with its number in the whole table.
fn numbered(line: &str, before: usize) -> serde_json::Result<Value> {
    let mut row: Value = serde_json::from_str(line)?;
    if let Some(number) = row["row"].as_u64() {
        row["row"] = json!(number + before as u64);
    }
    Ok(row)
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
    table: &'a Table<'a>,
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
        let line = format!("{}: {told} {panel}", self.table.place(row.row));
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
    fn the_rows_of_a_part_are_numbered_as_in_the_whole() {
        let row = numbered(r#"{"row":3,"status":"added"}"#, 200_000).unwrap();
        assert_eq!(row["row"], 200_003);
        assert_eq!(row["status"], "added");
        assert!(numbered("cut o", 0).is_err());
    }
}

//! The fleet as a table for `panel import`, with its keys: for its owner's eyes only.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde_json::{Map, Value};
use sim::order::{Accounts, Keys, PanelKey};
use sim::scenario::{Family, Watched};

use super::options::FleetOptions;
use super::order::{self, Asked};
use crate::cli::Failure;

/// Writes the table: JSON lines where the file is called so, otherwise CSV.
pub(super) fn write(path: &Path, fleet: &FleetOptions, asked: &Asked) -> Result<(), Failure> {
    let table = Table {
        fleet,
        family: asked.family,
        accounts: asked.accounts(fleet)?,
        keys: order::keys(fleet)?,
        watched: asked.scenario.supervision,
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    let text = match ending {
        Some("jsonl" | "ndjson") => table.lines(),
        _ => table.cells(),
    };
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            // A file that was there before may have been open to others.
            file.set_permissions(PermissionsExt::from_mode(0o600))?;
            file.write_all(text.as_bytes())
        });
    written
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display()), ""))
}

/// What is written down of a fleet.
struct Table<'a> {
    fleet: &'a FleetOptions,
    family: Family,
    accounts: Accounts,
    keys: Keys,
    watched: Option<Watched>,
}

impl Table<'_> {
    /// What it says of each panel, in the order of its columns. Empty is left out.
    fn rows(&self) -> impl Iterator<Item = Vec<(&'static str, String)>> {
        let number = |number: u32| format!("{number:X}");
        self.accounts.all().map(move |account| {
            let mut row = vec![
                ("family", self.family.name().to_owned()),
                ("account", account.to_string()),
            ];
            if self.family == Family::Dc09 {
                let line = Some(self.fleet.line).filter(|line| *line != 0);
                let receiver = self.fleet.receiver;
                row.push(("receiver", receiver.map(number).unwrap_or_default()));
                row.push(("line", line.map(number).unwrap_or_default()));
            }
            row.push(("name", format!("Simulated {account}")));
            row.extend(
                self.watched
                    .map(|watched| ("supervision", watched.to_string())),
            );
            row.extend(self.keys.of(account).as_ref().map(key_column));
            row
        })
    }

    /// As JSON lines.
    fn lines(&self) -> String {
        let line = |row: Vec<(&'static str, String)>| {
            let filled = row.into_iter().filter(|(_, value)| !value.is_empty());
            let object = filled.map(|(name, value)| (name.to_owned(), Value::String(value)));
            format!("{}\n", Value::Object(object.collect::<Map<_, _>>()))
        };
        self.rows().map(line).collect()
    }

    /// As CSV.
    fn cells(&self) -> String {
        let mut head = None;
        let mut text = String::new();
        for row in self.rows() {
            if head.is_none() {
                let names: Vec<_> = row.iter().map(|(name, _)| *name).collect();
                text.push_str(&names.join(","));
                text.push('\n');
                head = Some(());
            }
            let cells: Vec<_> = row.iter().map(|(_, value)| quoted(value)).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }
}

/// A key is written as it was given, so that the server shows it as it was given.
fn key_column(key: &PanelKey) -> (&'static str, String) {
    let text = str::from_utf8(key.key.octets()).ok().filter(|_| key.ascii);
    match text {
        Some(text) => ("key_ascii", text.to_owned()),
        None => ("key", key.hex()),
    }
}

/// A cell of CSV (RFC 4180): a key in characters may have commas and quotes.
fn quoted(value: &str) -> String {
    if value.contains([',', '"', ';', ' ', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Options;
    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        options: Options,
    }

    fn text(typed: &[&str], file: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file);
        let file = ["sim", "--write-panels", path.to_str().unwrap()];
        let options = Typed::parse_from(file.iter().chain(typed)).options;
        write(&path, &options.fleet, &Asked::of(&options).unwrap()).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_table_has_a_row_for_each_panel_and_its_key_as_it_was_given() {
        let plain = text(&["--panels", "2", "--first-account", "0999"], "fleet.csv");
        assert_eq!(
            plain,
            "family,account,receiver,line,name\n\
             dc09,0999,,,\"Simulated 0999\"\n\
             dc09,1000,,,\"Simulated 1000\"\n"
        );
        let typed = [
            "--panels",
            "1",
            "--receiver",
            "a",
            "--key-ascii",
            "a,b\"c56789012345",
        ];
        let ascii = text(&typed, "fleet.csv");
        assert!(
            ascii.starts_with("family,account,receiver,line,name,key_ascii\n"),
            "{ascii}"
        );
        assert!(ascii.contains(",A,,"), "{ascii}");
        assert!(ascii.contains("\"a,b\"\"c56789012345\""), "{ascii}");
    }

    #[test]
    fn a_panel_of_the_panel_protocol_has_neither_receiver_nor_line() {
        let mqtt = [
            "--panels",
            "1",
            "--family",
            "mqtt",
            "--scenario",
            "rough-day",
        ];
        assert_eq!(
            text(&mqtt, "fleet.csv"),
            "family,account,name\nmqtt,100000,\"Simulated 100000\"\n"
        );
    }

    #[test]
    fn panels_are_registered_as_closely_watched_as_their_scenario_says() {
        let storm = text(&["--panels", "1", "--scenario", "storm"], "fleet.csv");
        assert_eq!(
            storm,
            "family,account,name,supervision\nmqtt,100000,\"Simulated 100000\",SP5\n"
        );
    }

    #[test]
    fn a_million_panels_have_an_account_each() {
        let million = text(&["--scenario", "million"], "fleet.csv");
        assert_eq!(million.lines().count(), 1_000_001);
        assert!(million.ends_with("mqtt,1999999,\"Simulated 1999999\",SP3\n"));
    }

    #[test]
    fn the_same_goes_as_json_lines_and_derived_keys_differ() {
        let json = text(&["--panels", "2", "--key-seed", "winter"], "fleet.jsonl");
        let keys: Vec<_> = json
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["key"].clone())
            .collect();
        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys[0].as_str().unwrap().len(), 32);
    }
}

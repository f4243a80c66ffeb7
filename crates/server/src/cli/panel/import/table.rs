//! The table on this machine: where its rows stand, and the parts in which it is sent.
//!
//! Invariant: a row is in one part, whole; each part of a CSV table begins with the header.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use serde_json::Value;

use crate::cli::out::harmless;

/// What spreadsheets put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A table, and where its rows stand in it.
pub(super) struct Table<'a> {
    file: String,
    kind: &'static str,
    text: &'a [u8],
    /// Before the first row.
    head: Range<usize>,
    rows: Vec<Row>,
}

struct Row {
    /// The octet with which it begins.
    begins: usize,
    line: u64,
    account: String,
}

/// What is sent at once.
pub(super) struct Part<'a> {
    /// How many rows of the table come before it.
    pub(super) before: usize,
    pub(super) text: Cow<'a, [u8]>,
}

impl<'a> Table<'a> {
    pub(super) fn of(file: &Path, text: &'a [u8]) -> Self {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let lines = file
            .extension()
            .is_some_and(|kind| kind == "jsonl" || kind == "ndjson");
        let rows = if lines {
            json_rows(text)
        } else {
            csv_rows(text)
        };
        let head = rows.first().map_or(text.len(), |row| row.begins);
        Self {
            file: file.display().to_string(),
            kind: if lines {
                "application/x-ndjson"
            } else {
                "text/csv"
            },
            text,
            head: if lines { 0..0 } else { 0..head },
            rows,
        }
    }

    /// The media type.
    pub(super) const fn kind(&self) -> &'static str {
        self.kind
    }

    /// How many rows it has.
    pub(super) const fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Where a row stands, by its number from 1.
    pub(super) fn place(&self, row: usize) -> String {
        match row.checked_sub(1).and_then(|at| self.rows.get(at)) {
            Some(row) => format!("{}:{}: {}", self.file, row.line, harmless(&row.account)),
            None => format!("{}: row {row}", self.file),
        }
    }

    /// The whole, or parts of it that have at most so many rows and octets each; but for a row
    /// that alone has more octets, which the server refuses.
    pub(super) fn parts(&self, rows: usize, octets: usize) -> Vec<Part<'_>> {
        if self.rows.len() <= rows && self.text.len() <= octets {
            return vec![Part {
                before: 0,
                text: Cow::Borrowed(self.text),
            }];
        }
        let room = octets.saturating_sub(self.head.len());
        let mut parts = Vec::new();
        let mut first = 0;
        for at in 1..=self.rows.len() {
            let is_full = at - first >= rows || self.end(at) - self.rows[first].begins > room;
            if at == self.rows.len() || is_full {
                parts.push(self.part(first..at));
                first = at;
            }
        }
        parts
    }

    /// Where the row at a place ends.
    fn end(&self, at: usize) -> usize {
        let next = self.rows.get(at + 1);
        next.map_or(self.text.len(), |next| next.begins)
    }

    fn part(&self, rows: Range<usize>) -> Part<'_> {
        let octets = self.rows[rows.start].begins..self.end(rows.end - 1);
        Part {
            before: rows.start,
            text: Cow::Owned([&self.text[self.head.clone()], &self.text[octets]].concat()),
        }
    }
}

/// As the server reads it: semicolons where commas are decimal.
fn csv_rows(text: &[u8]) -> Vec<Row> {
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if header.contains(&b';') { b';' } else { b',' })
        .flexible(true)
        .from_reader(text);
    let account = reader.byte_headers().ok().and_then(|head| {
        head.iter()
            .position(|name| name.trim_ascii().eq_ignore_ascii_case(b"account"))
    });
    let rows = reader.byte_records().flatten().map(|record| {
        let position = record.position();
        let begins = position.map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
        // The reader counts blank lines before a row to it.
        let before = text.get(begins..).unwrap_or_default().iter();
        let blank = before.take_while(|octet| octet.is_ascii_control());
        let blank = blank.filter(|octet| **octet == b'\n').count() as u64;
        let account = account.and_then(|at| record.get(at)).unwrap_or_default();
        Row {
            begins,
            line: position.map_or(0, csv::Position::line) + blank,
            account: String::from_utf8_lossy(account).into_owned(),
        }
    });
    rows.collect()
}

fn json_rows(text: &[u8]) -> Vec<Row> {
    let mut begins = 0;
    let lines = (1..).zip(text.split_inclusive(|byte| *byte == b'\n'));
    let placed = lines.map(|(at, line)| {
        let begun = begins;
        begins += line.len();
        (at, begun, line)
    });
    let rows = placed.filter(|(_, _, line)| !line.trim_ascii().is_empty());
    let row = |(line, begins, text): (u64, usize, &[u8])| {
        let row: Value = serde_json::from_slice(text).unwrap_or_default();
        let account = row.get("account").and_then(Value::as_str).unwrap_or("?");
        Row {
            begins,
            line,
            account: account.to_owned(),
        }
    };
    rows.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &[u8] =
        b"name,account\n\"two\nlines\",1234\n\nBank,1235,too many\r\nShop,1236\nHall,1237";

    fn sent(table: &Table<'_>, rows: usize, octets: usize) -> Vec<(usize, String)> {
        let text = |part: Part<'_>| (part.before, String::from_utf8(part.text.into()).unwrap());
        table.parts(rows, octets).into_iter().map(text).collect()
    }

    #[test]
    fn rows_are_told_by_their_line_and_account() {
        let table = Table::of(Path::new("panels.csv"), CSV);
        assert_eq!((table.kind(), table.rows()), ("text/csv", 4));
        assert_eq!(table.place(1), "panels.csv:2: 1234");
        assert_eq!(table.place(2), "panels.csv:5: 1235");
        assert_eq!(table.place(5), "panels.csv: row 5");
    }

    #[test]
    fn json_lines_are_told_likewise() {
        let text = b"{\"account\":\"1\"}\n\nnot json\n";
        let table = Table::of(Path::new("panels.jsonl"), text);
        assert_eq!(table.kind(), "application/x-ndjson");
        assert_eq!(table.place(1), "panels.jsonl:1: 1");
        assert_eq!(table.place(2), "panels.jsonl:3: ?");
    }

    #[test]
    fn what_fits_is_sent_as_it_is() {
        let table = Table::of(Path::new("panels.csv"), CSV);
        let text = String::from_utf8(CSV.to_vec()).unwrap();
        assert_eq!(sent(&table, 4, CSV.len()), [(0, text)]);
        let empty = Table::of(Path::new("panels.csv"), b"account\n");
        assert_eq!(sent(&empty, 4, 100), [(0, "account\n".to_owned())]);
    }

    #[test]
    fn what_has_too_many_rows_or_octets_is_sent_in_parts_with_the_header() {
        let table = Table::of(Path::new("panels.csv"), CSV);
        let parts = sent(&table, 3, 1_000);
        assert_eq!(parts.len(), 2);
        assert!(
            parts[0]
                .1
                .starts_with("name,account\n\"two\nlines\",1234\n")
        );
        assert_eq!(parts[1], (3, "name,account\nHall,1237".to_owned()));
        for octets in 40..CSV.len() {
            let parts = sent(&table, 100, octets);
            assert!(parts.len() > 1 && parts.iter().all(|(_, text)| text.len() <= octets));
            let rows: Vec<_> = parts
                .iter()
                .flat_map(|(_, text)| csv_rows(text.as_bytes()))
                .map(|row| row.account)
                .collect();
            assert_eq!(rows, ["1234", "1235", "1236", "1237"], "{octets}");
        }
    }

    #[test]
    fn json_lines_are_cut_between_lines() {
        let text = b"{\"account\":\"1\"}\n\n{\"account\":\"2\"}\nnot json\n";
        let table = Table::of(Path::new("panels.ndjson"), text);
        let parts = sent(&table, 1, 1_000);
        let befores: Vec<_> = parts.iter().map(|(before, _)| *before).collect();
        assert_eq!(befores, [0, 1, 2]);
        assert_eq!(parts[2].1, "not json\n");
    }

    #[test]
    fn a_table_of_a_spreadsheet_is_cut_by_its_own_rows() {
        let text = b"\xEF\xBB\xBFAccount;Name\r\n1001;\"Two\nlines\"\r\n1002;Bank\r\n";
        let table = Table::of(Path::new("panels.csv"), text);
        let parts = sent(&table, 1, 1_000);
        let second = "Account;Name\r\n1002;Bank\r\n".to_owned();
        assert_eq!(parts[1], (1, second));
    }
}

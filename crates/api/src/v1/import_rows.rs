//! The rows of an import: CSV with a header, or a JSON object a line.
//!
//! Invariant: a row that cannot be read is one row of the report; those after it are read.

use std::io::{BufRead, Cursor};

use csv::ByteRecord;

use crate::body::{WHOLE, from_json};
use crate::dto::panel_input::PanelInput;
use crate::dto::path_input::Digits;
use crate::dto::secret::Secret;
use crate::problem::{FieldError, Problem};

/// The columns that a table may have.
const COLUMNS: [&str; 13] = [
    "family",
    "account",
    "receiver",
    "line",
    "name",
    "site",
    "listener",
    "path_name",
    "hub",
    "accept_skewed",
    "key",
    "key_ascii",
    "supervision",
];

/// A row, or what is wrong with it.
pub(crate) type Row = Result<PanelInput, FieldError>;

/// Rows, one by one.
pub(crate) type Rows = Box<dyn Iterator<Item = Row> + Send>;

/// The formats of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A table with a header.
    Csv,
    /// A JSON object a line.
    NdJson,
}

impl Format {
    /// The media types that are read, and their formats.
    pub(crate) const MEDIA_TYPES: [(&'static str, Self); 3] = [
        ("text/csv", Self::Csv),
        ("application/x-ndjson", Self::NdJson),
        ("application/jsonl", Self::NdJson),
    ];

    /// The rows of a body; refused as a whole if a table's header makes no sense.
    pub(crate) fn rows(self, body: Vec<u8>) -> Result<Rows, Problem> {
        match self {
            Self::Csv => csv_rows(body),
            Self::NdJson => Ok(json_rows(body)),
        }
    }
}

fn json_rows(body: Vec<u8>) -> Rows {
    let lines = Cursor::new(body).split(b'\n');
    let filled = lines.filter(|line| !matches!(line, Ok(l) if l.trim_ascii().is_empty()));
    Box::new(filled.map(|line| match line {
        Ok(line) => from_json(&line),
        Err(error) => Err(FieldError::new(WHOLE, error.to_string())),
    }))
}

fn csv_rows(mut body: Vec<u8>) -> Result<Rows, Problem> {
    // Spreadsheets put a byte order mark before UTF-8, and semicolons where commas are decimal.
    if body.starts_with(b"\xEF\xBB\xBF") {
        body.drain(..3);
    }
    let header = body.split(|b| *b == b'\n').next().unwrap_or_default();
    let delimiter = if header.contains(&b';') { b';' } else { b',' };
    let mut table = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(Cursor::new(body));
    let header = table.byte_headers().cloned();
    let header = header.map_err(|error| refuse_header(error.to_string()))?;
    let columns = columns(&header)?;
    Ok(Box::new(table.into_byte_records().map(move |record| {
        let record = record.map_err(|error| FieldError::new(WHOLE, error.to_string()))?;
        csv_row(&columns, &record)
    })))
}

fn columns(header: &ByteRecord) -> Result<Vec<&'static str>, Problem> {
    let mut columns = Vec::new();
    for name in header {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let known = COLUMNS.into_iter().find(|column| *column == name);
        match known {
            Some(column) if columns.contains(&column) => {
                return Err(refuse_header(format!("column `{column}` comes twice")));
            }
            Some(column) => columns.push(column),
            None => return Err(refuse_header(format!("unknown column `{name}`"))),
        }
    }
    if columns.contains(&"account") {
        Ok(columns)
    } else {
        Err(refuse_header("the column `account` is missing".to_owned()))
    }
}

fn refuse_header(detail: String) -> Problem {
    Problem::fields(vec![FieldError::new("header", detail).allowed(COLUMNS)])
}

fn csv_row(columns: &[&'static str], record: &ByteRecord) -> Row {
    if record.len() != columns.len() {
        let detail = format!(
            "{} fields where the header has {} columns",
            record.len(),
            columns.len()
        );
        return Err(FieldError::new(WHOLE, detail));
    }
    let mut input = PanelInput::default();
    for (column, field) in columns.iter().zip(record) {
        let text = std::str::from_utf8(field)
            .map_err(|_| FieldError::new(*column, "not UTF-8: save the table as UTF-8"))?;
        if text.is_empty() {
            continue;
        }
        let text = text.to_owned();
        match *column {
            "family" => input.family = Some(text),
            "account" => input.account = text,
            "receiver" => input.receiver = Some(Digits(text)),
            "line" => input.line = Some(Digits(text)),
            "name" => input.name = Some(text),
            "site" => input.site = Some(text),
            "listener" => input.listener = Some(text),
            "path_name" => input.path_name = Some(text),
            "hub" => input.hub = Some(yes_or_no(column, &text)?),
            "accept_skewed" => input.accept_skewed = Some(yes_or_no(column, &text)?),
            "key" => input.key = Some(Secret::new(text)),
            "key_ascii" => input.key_ascii = Some(Secret::new(text)),
            _ => input.supervision = Some(text),
        }
    }
    Ok(input)
}

fn yes_or_no(column: &str, text: &str) -> Result<bool, FieldError> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err(FieldError::new(column, "neither yes nor no").allowed(["yes", "no"])),
    }
}

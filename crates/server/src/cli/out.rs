//! The one place that writes to people: lines, tables' rows and JSON to standard output, notes
//! and failures to standard error.
//!
//! Invariant: when the reader of a pipe goes away, the command ends quietly; nothing panics.
//! Invariant: colours only where a terminal reads, and never where `NO_COLOR` is set.

use std::borrow::Cow;
use std::fmt::{Arguments, Display};
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use serde::Serialize;

use super::Failure;

/// How a piece of text looks on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Less than the rest.
    Faint,
    /// More than the rest.
    Bold,
    /// Life or property is in danger.
    Urgent,
    /// An alarm, or a failure.
    Alarm,
    /// Something to look at.
    Warning,
    /// Something that is well again.
    Calm,
    /// An operation.
    Note,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Faint => "\x1b[2m",
            Self::Bold => "\x1b[1m",
            Self::Urgent => "\x1b[1;97;41m",
            Self::Alarm => "\x1b[1;31m",
            Self::Warning => "\x1b[33m",
            Self::Calm => "\x1b[32m",
            Self::Note => "\x1b[36m",
        }
    }
}

/// Where a command's words go.
#[derive(Debug)]
pub struct Out {
    stdout: BufWriter<Stdout>,
    json: bool,
    colour: bool,
}

impl Out {
    /// Standard output, as JSON if that was asked for.
    pub fn new(json: bool) -> Self {
        let stdout = io::stdout();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            colour: !json && !plain && stdout.is_terminal(),
            stdout: BufWriter::new(stdout),
            json,
        }
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line.
    pub fn line(&mut self, line: Arguments<'_>) -> Result<(), Failure> {
        Ok(writeln!(self.stdout, "{line}")?)
    }

    /// Text as it is.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.stdout.write_all(text.as_bytes())?)
    }

    /// A whole JSON document, laid out for people.
    pub fn document(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.stdout, document).map_err(io::Error::from)?;
        Ok(writeln!(self.stdout)?)
    }

    /// A JSON document on a line of its own, written through at once.
    pub fn json_line(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.stdout, document).map_err(io::Error::from)?;
        writeln!(self.stdout)?;
        self.flush()
    }

    /// Writes through what is held back.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.stdout.flush()?)
    }

    /// `text` in a style, where a terminal reads.
    pub fn styled<'a>(&self, style: Style, text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
        let text = text.into();
        if self.colour && style != Style::Plain {
            Cow::Owned(format!("{}{text}\x1b[0m", style.code()))
        } else {
            text
        }
    }

    /// A note to a person, apart from what the command answers.
    pub fn note(&self, note: impl Display) {
        // Nobody is left to be told if standard error is gone.
        drop(writeln!(io::stderr(), "{note}"));
    }

    /// What failed.
    pub fn fail(&self, failure: &Failure) {
        if self.json {
            self.note(failure.as_json());
        } else {
            self.note(format_args!("watchfire: {failure}"));
        }
    }
}

/// Text from elsewhere, with nothing in it that could steer a terminal.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_elsewhere_cannot_steer_the_terminal() {
        assert_eq!(harmless("bakery \x1b[2J"), "bakery \u{fffd}[2J");
        assert_eq!(harmless("Bäckerei"), "Bäckerei");
    }

    #[test]
    fn nothing_is_coloured_where_no_terminal_reads() {
        let out = Out::new(true);
        assert_eq!(out.styled(Style::Alarm, "fire"), "fire");
    }
}

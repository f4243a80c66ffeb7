//! The one place where tables go to standard output, and what went wrong to standard error.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Writes a line. A reader who has gone away is no error.
pub(crate) fn say(line: Arguments<'_>) {
    let mut out = io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Writes a line to standard error.
pub(crate) fn complain(line: Arguments<'_>) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

//! The one place where xtask speaks to people.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Writes a line. A reader who has gone away is no error.
pub(crate) fn say(line: Arguments<'_>) {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    drop(written);
}

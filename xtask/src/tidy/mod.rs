//! Checks of the house's own rules that neither the compiler nor clippy knows.
//!
//! Each check is a function from the [`Tree`] of files to what it found; the tests feed each of
//! them a tree that breaks its rule, so that no check is one that cannot fail.

mod attest;
mod banned;
mod decisions;
mod docs;
mod layers;
mod limits;
mod names;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::say::say;
use tree::Tree;

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// The file, and the line where that is known.
    place: String,
    /// Which rule, and how.
    what: String,
}

impl Finding {
    fn in_file(path: &str, what: impl Into<String>) -> Self {
        Self {
            place: path.to_owned(),
            what: what.into(),
        }
    }

    fn at_line(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self::in_file(&format!("{path}:{line}"), what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: &[(&str, Check)] = &[
    ("layers", layers::check),
    ("module docs", docs::check),
    ("attestations", attest::check),
    ("banned words", banned::check),
    ("limits", limits::check),
    ("names of tests", names::check),
    ("decisions", decisions::check),
];

/// Runs all checks over the project at `root`; an error if any of them found something.
pub(crate) fn run(root: &Path) -> Result<()> {
    let findings = check_all(&Tree::read(root)?);
    for finding in &findings {
        say(format_args!("{finding}"));
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("tidy found 1 thing"),
        n => bail!("tidy found {n} things"),
    }
}

fn check_all(tree: &Tree) -> Vec<Finding> {
    let checks = CHECKS.iter();
    checks.flat_map(|(_, check)| check(tree)).collect()
}

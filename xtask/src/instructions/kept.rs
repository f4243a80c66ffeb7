//! The counts that are kept, and how a new one stands to them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Counted;
use super::driver::Row;
use super::table::thousands;

/// Where they are kept.
const FILE: &str = "bench/instructions.toml";

/// What a row that is new may take more than is kept of it, in percent.
const TOLERANCE: u32 = 5;

const HEAD: &str = "\
# Instructions that a request takes, by the example `instructions` of the server in the profile `ci`, counted
# by callgrind. `cargo xtask test` fails if a row takes more by more than its tolerance, in percent, and says
# so if one takes as much less. Counts are written by `cargo xtask instructions --accept`, tolerances by hand:
# wider where chance (keys, hash maps, threads) or the machine's C library and compiler have a say.

";

/// A count that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    instructions: u64,
    tolerance: u32,
}

/// The counts that are kept, by row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Kept(BTreeMap<String, Line>);

/// How a count stands to the one that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Within what is tolerated.
    AsKept,
    /// So many fewer that the better count should be kept.
    Fewer(String),
    /// More than is tolerated.
    More(String),
    /// No count of it is kept.
    Unknown(String),
}

impl Kept {
    /// What is kept; nothing, if there is no file.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        toml::from_str(&fs::read_to_string(path)?).context(FILE)
    }

    /// The count of a row.
    pub(super) fn of(&self, name: &str) -> Option<u64> {
        self.0.get(name).map(|line| line.instructions)
    }

    /// How a count stands to what is kept.
    pub(super) fn judge(&self, counted: &Counted) -> Verdict {
        let name = &counted.row.name;
        let Some(line) = self.0.get(name) else {
            return Verdict::Unknown(format!("{name}: no count is kept"));
        };
        let (now, kept) = (counted.instructions, line.instructions);
        let both = format!("{} a request, {} are kept", thousands(now), thousands(kept));
        let (change, tolerance) = (percent(now, kept), u64::from(line.tolerance));
        // In whole numbers, so that what is tolerated is so to the last instruction.
        if now * 100 > kept * (100 + tolerance) {
            Verdict::More(format!(
                "{name}: {both}: {change:.1} % more, where {tolerance} % are tolerated"
            ))
        } else if now * 100 < kept * 100_u64.saturating_sub(tolerance) {
            let fewer = -change;
            Verdict::Fewer(format!(
                "{name}: {both}: {fewer:.1} % fewer. Keep the better count: \
                 cargo xtask instructions --accept"
            ))
        } else {
            Verdict::AsKept
        }
    }

    /// What is kept of rows that do not exist.
    pub(super) fn of_no_row(&self, rows: &[Row]) -> Vec<String> {
        let exists = |name: &String| rows.iter().any(|row| row.name == *name);
        let gone = self.0.keys().filter(|name| !exists(name));
        gone.map(|name| format!("{name}: a count is kept of a row that does not exist"))
            .collect()
    }

    /// With what was counted in the place of what was kept, and without rows that do not exist.
    pub(super) fn accept(&self, rows: &[Row], counted: &[Counted]) -> Self {
        let mut lines = self.0.clone();
        lines.retain(|name, _| rows.iter().any(|row| row.name == *name));
        for counted in counted {
            let line = lines.entry(counted.row.name.clone()).or_insert(Line {
                instructions: 0,
                tolerance: TOLERANCE,
            });
            line.instructions = counted.instructions;
        }
        Self(lines)
    }

    /// Writes the file.
    pub(super) fn write(&self, root: &Path) -> Result<()> {
        fs::write(root.join(FILE), self.text()).context(FILE)
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (name, line) in &self.0 {
            let count = line.instructions.to_string();
            let tolerance = line.tolerance;
            writeln!(
                text,
                r#""{name}" = {{ instructions = {count}, tolerance = {tolerance} }}"#
            )
            .expect("a string takes it");
        }
        text
    }
}

/// How much more than what is kept, in percent.
pub(super) fn percent(now: u64, kept: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "percents are told to a tenth")]
    let ratio = now as f64 / kept.max(1) as f64;
    (ratio - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> Row {
        Row {
            name: name.to_owned(),
            requests: 10,
        }
    }

    fn counted(name: &str, instructions: u64) -> Counted {
        Counted {
            row: row(name),
            instructions,
        }
    }

    fn kept() -> Kept {
        toml::from_str(r#""mqtt.ping" = { instructions = 1000, tolerance = 5 }"#).unwrap()
    }

    #[test]
    fn more_than_is_tolerated_is_told_with_both_counts() {
        let verdict = kept().judge(&counted("mqtt.ping", 1_051));
        let told =
            "mqtt.ping: 1,051 a request, 1,000 are kept: 5.1 % more, where 5 % are tolerated";
        assert_eq!(verdict, Verdict::More(told.to_owned()));
    }

    #[test]
    fn what_is_tolerated_passes_and_a_better_count_is_to_be_kept() {
        for instructions in [950, 1_000, 1_050] {
            let verdict = kept().judge(&counted("mqtt.ping", instructions));
            assert_eq!(verdict, Verdict::AsKept, "{instructions}");
        }
        let Verdict::Fewer(told) = kept().judge(&counted("mqtt.ping", 900)) else {
            panic!("a tenth fewer is no matter of tolerance");
        };
        assert!(told.contains("10.0 % fewer"), "{told}");
    }

    #[test]
    fn a_row_without_a_count_and_a_count_without_a_row_are_told() {
        let verdict = kept().judge(&counted("mqtt.pong", 1));
        assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
        assert_eq!(kept().of_no_row(&[row("mqtt.ping")]), Vec::<String>::new());
        assert_eq!(kept().of_no_row(&[row("mqtt.pong")]).len(), 1);
    }

    #[test]
    fn accepted_counts_are_read_again_as_they_were_written() {
        let rows = [row("mqtt.ping"), row("mqtt.pong")];
        let counts = [counted("mqtt.ping", 900), counted("mqtt.pong", 7)];
        let accepted = kept().accept(&rows, &counts);
        let read: Kept = toml::from_str(&accepted.text()).unwrap();
        assert_eq!(read, accepted);
        assert_eq!(read.of("mqtt.ping"), Some(900));
        assert_eq!(read.of("mqtt.pong"), Some(7));
        let without = accepted.accept(&rows[..1], &[]);
        assert_eq!(without.of("mqtt.pong"), None, "its row is gone");
    }
}

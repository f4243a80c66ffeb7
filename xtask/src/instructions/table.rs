//! The table that people read.

use super::Counted;
use super::kept::{Kept, percent};
use crate::say::say;

/// Counts beside those that are kept.
pub(super) fn beside_kept(counted: &[Counted], kept: &Kept) {
    say(format_args!(
        "    {:<18} {:>14} {:>14} {:>8}",
        "a request", "instructions", "kept", "change"
    ));
    for Counted { row, instructions } in counted {
        let name = &row.name;
        let now = thousands(*instructions);
        let (kept, change) = match kept.of(name) {
            Some(kept) => {
                let change = percent(*instructions, kept);
                (thousands(kept), format!("{change:+.1} %"))
            }
            None => ("–".to_owned(), "–".to_owned()),
        };
        say(format_args!(
            "    {name:<18} {now:>14} {kept:>14} {change:>8}"
        ));
    }
}

/// Counts of the release build.
pub(super) fn of_release(counted: &[Counted]) {
    say(format_args!(
        "    {:<18} {:>14}",
        "a request", "instructions"
    ));
    for Counted { row, instructions } in counted {
        let now = thousands(*instructions);
        say(format_args!("    {:<18} {now:>14}", row.name));
    }
}

/// A number with commas between thousands.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut told = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_have_commas() {
        for (number, told) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), told);
        }
    }
}

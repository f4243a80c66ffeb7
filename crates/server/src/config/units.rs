//! Times and sizes as people write them: `30d`, `5y`, `64MiB`.

use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// A year is 366 days, so that what is to be kept for years is never let go of too early.
const TIMES: &[(&str, u64)] = &[
    ("s", 1),
    ("m", 60),
    ("h", 60 * 60),
    ("d", DAY),
    ("y", 366 * DAY),
];

const SIZES: &[(&str, u64)] = &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Whole days.
pub(super) const fn days(days: u64) -> Duration {
    Duration::from_secs(days * DAY)
}

/// A time such as `30d`.
pub(super) fn time(text: &str) -> Option<Duration> {
    counted(text, TIMES).map(Duration::from_secs)
}

/// A size such as `64MiB`, or `0`, in octets.
pub(super) fn size(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    counted(text, SIZES)
}

fn counted(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_a_number_and_a_unit() {
        assert_eq!(time("30d"), Some(days(30)));
        assert_eq!(time("5y"), Some(days(5 * 366)));
        assert_eq!(time("90 m"), Some(Duration::from_mins(90)));
        assert_eq!(size("64MiB"), Some(64 << 20));
        assert_eq!(size("0"), Some(0));
    }

    #[test]
    fn what_has_no_unit_or_no_number_or_overflows_is_refused() {
        for text in [
            "30",
            "d",
            "",
            "-1d",
            "1.5d",
            "1w",
            "99999999999999999999s",
            "9999999999999999y",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
        for text in ["64", "64MB", "MiB", "é"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}

//! Shares and times as people write them, on the command line and in scenarios: `5%`, `90s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A text that is not what was expected, with what was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct BadTerm {
    text: String,
    expected: &'static str,
}

impl BadTerm {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        let text = text.to_owned();
        Self { text, expected }
    }
}

/// A part of a whole, from none to all, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Share(u32);

impl Share {
    /// Nothing of it.
    pub const NONE: Self = Self(0);
    /// The whole, in millionths.
    const WHOLE: u32 = 1_000_000;

    /// So many in a hundred, at most all.
    pub const fn percent(percent: u32) -> Self {
        let parts = percent.saturating_mul(Self::WHOLE / 100);
        Self(if parts > Self::WHOLE {
            Self::WHOLE
        } else {
            parts
        })
    }

    /// Whether it is nothing at all.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// How many of so many it is, rounded down.
    pub(crate) fn of(self, whole: u32) -> u32 {
        let part = u64::from(whole) * u64::from(self.0) / u64::from(Self::WHOLE);
        u32::try_from(part).unwrap_or(whole)
    }

    /// Whether a number drawn evenly from all that there are falls within the share.
    pub(crate) fn holds(self, drawn: u64) -> bool {
        drawn % u64::from(Self::WHOLE) < u64::from(self.0)
    }
}

impl FromStr for Share {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        const EXPECTED: &str = "a share: a percentage such as `5%` or `0.5%`, at most 100%";
        let bad = || BadTerm::new(text, EXPECTED);
        let number = text.trim().strip_suffix('%').ok_or_else(bad)?;
        let (whole, fraction) = number.trim().split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole.trim()) || !digits(fraction) || fraction.len() > 4 {
            return Err(bad());
        }
        let whole: u32 = whole.trim().parse().map_err(|_| bad())?;
        let fraction: u32 = format!("{fraction:0<4}").parse().map_err(|_| bad())?;
        let parts = whole
            .checked_mul(10_000)
            .and_then(|w| w.checked_add(fraction));
        parts
            .filter(|parts| *parts <= Self::WHOLE)
            .map(Self)
            .ok_or_else(bad)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        let fraction = format!("{fraction:04}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{whole}%"),
            fraction => write!(f, "{whole}.{fraction}%"),
        }
    }
}

/// A length of time, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

/// From the longest unit to the shortest, so that a time is written with as few digits as it can.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// The longest time that can be given, 400 days: nothing adds up to more than a clock can count.
const LONGEST_MILLIS: u64 = 400 * 24 * 3_600_000;

impl FromStr for Span {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        const EXPECTED: &str =
            "a time: a whole number and a unit such as `500ms`, `60s`, `5min` or `2h`";
        let bad = || BadTerm::new(text, EXPECTED);
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).ok_or_else(bad)?;
        // `m` is a minute as well, as in the server's configuration.
        let unit = if unit.trim() == "m" {
            "min"
        } else {
            unit.trim()
        };
        let found = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, millis) = found.ok_or_else(bad)?;
        let number: u64 = number.parse().map_err(|_| bad())?;
        let millis = number.checked_mul(*millis);
        let millis = millis.filter(|millis| *millis <= LONGEST_MILLIS);
        Ok(Self(Duration::from_millis(millis.ok_or_else(bad)?)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let fits = |(_, unit): &&(&str, u64)| millis.is_multiple_of(*unit) && millis >= *unit;
        let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("s", 1_000));
        write!(f, "{}{name}", millis / unit)
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {
        $(
            impl TryFrom<String> for $name {
                type Error = $crate::terms::BadTerm;

                fn try_from(text: String) -> Result<Self, Self::Error> {
                    text.parse()
                }
            }

            impl From<$name> for String {
                fn from(term: $name) -> Self {
                    term.to_string()
                }
            }
        )*
    };
}

pub(crate) use as_text;

as_text!(Share, Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_and_read_back_as_written() {
        for (text, parts) in [
            ("5%", 50_000),
            ("0.5%", 5_000),
            ("100%", 1_000_000),
            ("0%", 0),
        ] {
            let share: Share = text.parse().unwrap();
            assert_eq!((share.0, share.to_string().as_str()), (parts, text));
        }
        for text in [
            "5",
            "101%",
            "-1%",
            "%",
            "0.00001%",
            "a%",
            "1.2.3%",
            "99999999999%",
        ] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        assert_eq!(Share::percent(5), "5%".parse().unwrap());
    }

    #[test]
    fn times_are_a_number_and_a_unit_and_read_back_as_written() {
        for (text, millis) in [("500ms", 500), ("60s", 60_000), ("90s", 90_000), ("0s", 0)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0, Duration::from_millis(millis));
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        assert_eq!("2m".parse::<Span>(), "120s".parse());
        for text in [
            "60",
            "s",
            "",
            "-1s",
            "1.5s",
            "1w",
            "99999999999999999999s",
            "9999999h",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_holds_its_part_of_what_is_drawn() {
        let share = Share::percent(25);
        let held = (0..1_000_000).filter(|drawn| share.holds(*drawn)).count();
        assert_eq!(held, 250_000);
        assert!(!Share::NONE.holds(0));
    }
}

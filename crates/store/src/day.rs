//! UTC days, by which journals are cut: their number, their name, their ends.
//!
//! Invariant: names sort as the days do.

use std::fmt;

use model::Wall;

const MICROS: i64 = 86_400_000_000;

/// A day of the proleptic Gregorian calendar, 1970-01-01 to 9999-12-31, as days since the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(i64);

impl Day {
    /// The latest: four digits of the year keep names in the order of days.
    const LAST: i64 = start_of_year(10_000) - 1;

    /// The day of a reading; readings outside the range count to its nearest end.
    pub(crate) fn of(wall: Wall) -> Self {
        Self(wall.0.div_euclid(MICROS).clamp(0, Self::LAST))
    }

    /// From a number in a row; `None` outside the range.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        (0..=Self::LAST).contains(&number).then_some(Self(number))
    }

    /// Days since 1970-01-01.
    pub(crate) const fn number(self) -> i64 {
        self.0
    }

    /// The day before.
    pub(crate) const fn previous(self) -> Self {
        Self(self.0 - 1)
    }

    /// The first reading that is no longer of the day.
    pub(crate) const fn end(self) -> Wall {
        Wall((self.0 + 1) * MICROS)
    }

    /// From a name as [`fmt::Display`] writes it, strictly.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        let before: i64 = (1..month).map(|month| days_in(year, month)).sum();
        let parsed = Self(start_of_year(year) + before + day - 1);
        // Also refuses the 31st of February, signs, missing zeros, a fourth part.
        (parsed.to_string() == name).then_some(parsed)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut year = 1970 + self.0 / 366;
        while start_of_year(year + 1) <= self.0 {
            year += 1;
        }
        let mut rest = self.0 - start_of_year(year);
        let mut month = 1;
        while rest >= days_in(year, month) {
            rest -= days_in(year, month);
            month += 1;
        }
        write!(f, "{year:04}-{month:02}-{:02}", rest + 1)
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first of January of `year`.
const fn start_of_year(year: i64) -> i64 {
    const fn leap_years_until(year: i64) -> i64 {
        year / 4 - year / 100 + year / 400
    }
    365 * (year - 1970) + leap_years_until(year - 1) - leap_years_until(1969)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_a_name_that_parses_back_and_sorts_as_the_days_do() {
        let mut previous = String::new();
        // Every day of the years that matter, and samples of the rest.
        let days = (0..60_000)
            .chain((60_000..Day::LAST).step_by(61))
            .chain([Day::LAST]);
        for number in days {
            let day = Day(number);
            let name = day.to_string();
            assert_eq!(Day::parse(&name), Some(day), "{name}");
            assert!(previous < name, "{previous} before {name}");
            previous = name;
        }
        assert_eq!(previous, "9999-12-31");
    }

    #[test]
    fn known_days_have_their_names() {
        let day = |seconds: i64| Day::of(Wall(seconds * 1_000_000)).to_string();
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(1_772_323_199), "2026-02-28");
        assert_eq!(day(1_772_323_200), "2026-03-01");
        assert_eq!(Day::of(Wall(i64::MIN)).to_string(), "1970-01-01");
        assert_eq!(Day::of(Wall(i64::MAX)).to_string(), "9999-12-31");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for name in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1-01",
            "2026-01-00",
            "2026-01-01-01",
            "+026-01-01",
            "2026-01-01.db",
            "1969-12-31",
        ] {
            assert_eq!(Day::parse(name), None, "{name}");
        }
    }
}

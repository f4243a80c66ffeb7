//! The time of a frame: `HH:MM:SS,MM-DD-YYYY`, UTC (DC-09 5.5.1.9).
//!
//! What is no date of the calendar is no time at all; nothing is rounded or guessed.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use model::Wall;

/// How many octets a timestamp has, without the underscore before it.
pub const LENGTH: usize = 19;

/// The instant that the first [`LENGTH`] octets name; `None` if they name none.
pub fn parse(text: &[u8]) -> Option<Wall> {
    let (time, date) = (text.get(..8)?, text.get(8..LENGTH)?);
    let (month, day, year) = (date.get(1..3)?, date.get(4..6)?, date.get(7..)?);
    let separators = [date[0], date[3], date[6]];
    if separators != *b",--" {
        return None;
    }
    let date = Date::new(
        digits(year)?,
        i8::try_from(digits(month)?).ok()?,
        i8::try_from(digits(day)?).ok()?,
    );
    instant(date.ok()?, parse_time(time)?)
}

/// Appends a timestamp without its underscore, to the second below.
pub fn write(at: Wall, out: &mut Vec<u8>) {
    let instant = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    let civil = Offset::UTC.to_datetime(instant);
    let text = format!(
        "{:02}:{:02}:{:02},{:02}-{:02}-{:04}",
        civil.hour(),
        civil.minute(),
        civil.second(),
        civil.month(),
        civil.day(),
        civil.year()
    );
    out.extend_from_slice(text.as_bytes());
}

/// A time of day, `HH:MM:SS` or `HH:MM`.
pub fn parse_time(text: &[u8]) -> Option<Time> {
    let mut parts = text.split(|b| *b == b':').map(two_digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// A date, `MM-DD-YY` (DC-03) or `MM-DD-YYYY`; two digits of a year are of this century.
pub fn parse_date(text: &[u8]) -> Option<Date> {
    let mut parts = text.split(|b| *b == b'-');
    let (month, day) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let year = match parts.next()? {
        short @ [_, _] => 2000 + digits(short)?,
        long => digits(long)?,
    };
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// The instant of a date and a time of day, UTC.
pub fn instant(date: Date, time: Time) -> Option<Wall> {
    let civil = DateTime::from_parts(date, time);
    let instant = Offset::UTC.to_timestamp(civil).ok()?;
    Some(Wall(instant.as_microsecond()))
}

/// The instant nearest to `near` that has this time of day, UTC.
pub fn nearest(time: Time, near: Wall) -> Option<Wall> {
    let today = Offset::UTC.to_datetime(jiff::Timestamp::from_microsecond(near.0).ok()?);
    let days = [
        today.date().yesterday(),
        Ok(today.date()),
        today.date().tomorrow(),
    ];
    let instants = days.into_iter().filter_map(|day| instant(day.ok()?, time));
    instants.min_by_key(|at| (*at - near).saturating_abs())
}

fn two_digits(text: &[u8]) -> Option<i8> {
    (text.len() == 2).then(|| i8::try_from(digits(text)?).ok())?
}

/// One to four decimal digits.
fn digits(text: &[u8]) -> Option<i16> {
    if text.is_empty() || text.len() > 4 {
        return None;
    }
    text.iter().try_fold(0, |number, digit| {
        let value = char::from(*digit).to_digit(10)?;
        Some(number * 10 + i16::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_and_writes_as_utc() {
        let text = b"14:12:04,09-25-2019";
        let at = parse(text).unwrap();
        assert_eq!(at, Wall(1_569_420_724_000_000));
        let mut out = Vec::new();
        write(at, &mut out);
        assert_eq!(out, text);
    }

    #[test]
    fn what_is_on_no_calendar_is_no_time() {
        for text in [
            &b"14:12:04,02-30-2019"[..],
            b"24:00:00,09-25-2019",
            b"14:12:60,09-25-2019",
            b"14:12:04,13-25-2019",
            b"14:12:04;09-25-2019",
            b"14:12:04,09-25-201",
            b"1a:12:04,09-25-2019",
            b"",
        ] {
            assert_eq!(parse(text), None, "{}", text.escape_ascii());
        }
        assert!(parse(b"23:59:59,02-29-2020").is_some());
    }

    #[test]
    fn the_extremes_of_the_calendar_do_not_panic() {
        assert!(parse(b"00:00:00,01-01-0000").is_some());
        assert!(parse(b"23:59:59,12-31-9999").is_none_or(|at| at.0 > 0));
        write(Wall(i64::MIN), &mut Vec::new());
        write(Wall(i64::MAX), &mut Vec::new());
        let noon = parse_time(b"12:00").unwrap();
        nearest(noon, Wall(i64::MIN));
        nearest(noon, Wall(i64::MAX));
    }

    #[test]
    fn a_time_of_day_is_of_the_nearest_day() {
        let midnight = parse(b"00:00:05,09-25-2019").unwrap();
        let before = nearest(parse_time(b"23:59:50").unwrap(), midnight).unwrap();
        assert_eq!(midnight - before, 15_000_000);
        let after = nearest(parse_time(b"00:01").unwrap(), midnight).unwrap();
        assert_eq!(after - midnight, 55_000_000);
    }

    #[test]
    fn dates_of_blocks_have_two_or_four_digits_of_a_year() {
        assert_eq!(parse_date(b"04-22-94").unwrap().year(), 2094);
        assert_eq!(parse_date(b"04-22-26"), parse_date(b"04-22-2026"));
        assert_eq!(parse_date(b"4-22-26"), None);
        assert_eq!(parse_date(b"04-22"), None);
    }
}

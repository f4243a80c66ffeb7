//! Times: RFC 3339 with microseconds, UTC, outside; microseconds inside.

use jiff::Timestamp;
use model::Wall;

/// As RFC 3339. A reading beyond the years that RFC 3339 can write is its nearest neighbour.
pub(crate) fn to_rfc3339(at: Wall) -> String {
    let nearest = if at.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    let timestamp = Timestamp::from_microsecond(at.0).unwrap_or(nearest);
    format!("{timestamp:.6}")
}

/// From RFC 3339 with an offset.
pub(crate) fn from_rfc3339(text: &str) -> Result<Wall, String> {
    let timestamp: Timestamp = text.parse().map_err(|_| {
        format!(
            "`{text}` is not a time: expected is RFC 3339 with an offset, such as \
             2026-11-22T20:15:00Z (in a URL, + is written %2B)"
        )
    })?;
    Ok(Wall(timestamp.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_six_digits_and_a_z_and_come_back() {
        let at = Wall(1_774_000_000_000_120);
        assert_eq!(to_rfc3339(at), "2026-03-20T09:46:40.000120Z");
        assert_eq!(from_rfc3339(&to_rfc3339(at)), Ok(at));
        assert_eq!(from_rfc3339("2026-03-20T10:46:40.00012+01:00"), Ok(at));
    }

    #[test]
    fn a_time_without_offset_is_refused_and_a_far_one_does_not_panic() {
        for text in ["2026-03-20T10:46:40", "yesterday", "", "2026-03-20"] {
            assert!(from_rfc3339(text).is_err(), "{text}");
        }
        assert!(to_rfc3339(Wall(i64::MAX)).starts_with("9999-12-30"));
        assert!(to_rfc3339(Wall(i64::MIN)).starts_with("-009999"));
    }
}

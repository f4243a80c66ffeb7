//! Times of panels: milliseconds since 1970, UTC.

use model::Wall;

use super::schema::{Kind, Value};

/// From 1970, where clocks begin that were never set, to the end of the year 9999, where RFC 3339
/// ends.
pub(super) const KIND: Kind = Kind::Whole {
    least: 0,
    most: 253_402_300_799_999,
};

/// The time.
pub(super) fn read(value: Value<'_>) -> Wall {
    let millis: i64 = value.whole();
    Wall(millis.saturating_mul(1_000))
}

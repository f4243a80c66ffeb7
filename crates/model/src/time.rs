//! Time is given (I11): a monotonic reading for timers and a wall reading for records.
//!
//! Nothing below the roof reads a clock. Pure code takes a [`Now`]; services hold a [`Clock`].

use std::ops::Sub;
use std::time::Duration;

/// Nanoseconds on the machine's monotonic clock, comparable between processes of one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(pub u64);

impl Mono {
    /// The reading `duration` later, saturating at the end of the clock.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// The reading `duration` earlier, saturating at the start of the clock.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Microseconds since 1970-01-01T00:00:00Z; RFC 3339 outside, this inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wall(pub i64);

impl Wall {
    /// Whole milliseconds since 1970, as a `UUIDv7` wants them.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The reading `duration` earlier, saturating at the start of the clock.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

/// The duration in the unit of [`Wall`], saturating.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Signed microseconds between two wall readings.
impl Sub for Wall {
    type Output = i64;

    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// One reading of both clocks: `mono` for timers, `wall` for records. The wall may jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For deadlines and ages.
    pub mono: Mono,
    /// For what is written down.
    pub wall: Wall,
    /// R3: whether `wall` is suspected to be wrong.
    pub suspect: bool,
}

/// Where readings come from: the machine in production, a test's hand elsewhere.
pub trait Clock: Send + Sync {
    /// Both clocks, read together.
    fn now(&self) -> Now;
}

//! How panels are: what they tell of themselves that is no event, and how their links were.
//!
//! Invariant: nothing here moves a partition of the record, raises an alarm by itself, or makes a path lost
//! (R13).

use std::time::Duration;

use model::{ConnectionReport, LinkKind, PathIndex, ReportedPartition, Wall, ZoneState};

use super::{AddError, Answering, ReadError};

/// The least, the most and the sum of what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// The least; 0 if nothing was measured.
    pub least: i32,
    /// The most; 0 if nothing was measured.
    pub most: i32,
    /// All of it.
    pub sum: i64,
    /// How often it was measured.
    pub count: u32,
}

impl Spread {
    /// Takes in a measurement.
    pub fn add(&mut self, value: i32) {
        self.join(&Self {
            least: value,
            most: value,
            sum: value.into(),
            count: 1,
        });
    }

    /// Takes in what was measured at another time.
    pub fn join(&mut self, other: &Self) {
        if self.count == 0 {
            *self = *other;
        } else if other.count > 0 {
            self.least = self.least.min(other.least);
            self.most = self.most.max(other.most);
            self.sum += other.sum;
            self.count = self.count.saturating_add(other.count);
        }
    }

    /// The mean; `None` if nothing was measured.
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums of a day are far below what a double is exact for"
    )]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / f64::from(self.count))
    }
}

/// How a link was for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trend {
    /// Received signal strength, dBm.
    pub rssi: Spread,
    /// Charge of the battery, percent.
    pub battery: Spread,
    /// Supply voltage, millivolts.
    pub voltage: Spread,
    /// Round trip to us, milliseconds.
    pub round_trip: Spread,
    /// Messages that the panel had to send again.
    pub retries: u32,
    /// How often it said that it is online, as it does whenever it has connected.
    pub reconnects: u32,
}

impl Trend {
    /// Takes in another part of the same time.
    pub fn join(&mut self, other: &Self) {
        self.rssi.join(&other.rssi);
        self.battery.join(&other.battery);
        self.voltage.join(&other.voltage);
        self.round_trip.join(&other.round_trip);
        self.retries = self.retries.saturating_add(other.retries);
        self.reconnects = self.reconnects.saturating_add(other.reconnects);
    }
}

/// For how long a row of trends is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// An hour, of UTC.
    Hour,
    /// A day, of UTC.
    Day,
}

impl Span {
    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long it is.
    pub const fn length(self) -> Duration {
        match self {
            Self::Hour => Duration::from_hours(1),
            Self::Day => Duration::from_hours(24),
        }
    }

    /// The beginning of the span that a moment lies in.
    #[must_use]
    pub fn start(self, at: Wall) -> Wall {
        let length = model::micros(self.length());
        Wall(at.0.div_euclid(length) * length)
    }
}

/// How a link was for an hour or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendRow {
    /// The path.
    pub path: PathIndex,
    /// When the hour or the day began.
    pub start: Wall,
    /// How it was.
    pub trend: Trend,
}

/// What a path's panel last said of who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastConnection {
    /// The path.
    pub path: PathIndex,
    /// When it said so.
    pub at: Wall,
    /// What it said.
    pub report: ConnectionReport,
}

/// What is written down in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConditionChange {
    /// Parts of hours; they add to what there is of their hour, and of its day.
    pub hours: Vec<TrendRow>,
    /// What was last said of who panels are.
    pub connections: Vec<LastConnection>,
    /// Hours that began before this are forgotten, a few at a time.
    pub forget_hours: Wall,
    /// Days that began before this are forgotten, a few at a time.
    pub forget_days: Wall,
}

/// Keeps how panels were.
pub trait ConditionStore: Send + Sync {
    /// Writes down, in one transaction. What is of no path any more is left out.
    fn keep_condition(&self, change: ConditionChange) -> Answering<'_, Result<(), AddError>>;

    /// What was last said by each registered path's panel.
    fn connections(&self) -> Answering<'_, Result<Vec<LastConnection>, ReadError>>;

    /// How the links of these paths were in spans that began from `from` on and before `until`, by time.
    fn trends(
        &self,
        paths: Vec<PathIndex>,
        span: Span,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>>;
}

/// What a panel says that a part of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported<T> {
    /// Its number.
    pub number: u16,
    /// What it is.
    pub state: T,
    /// When it was first reported to be so, to the second.
    pub since: Wall,
    /// When it was last reported to be so, to the second.
    pub told: Wall,
}

/// How a panel is, as it said by one path in this life of the engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathCondition {
    /// When it last said so; `None` if it has not.
    pub at: Option<Wall>,
    /// Received signal strength, dBm.
    pub rssi: Option<i16>,
    /// By what it is connected.
    pub link: Option<LinkKind>,
    /// Charge of its battery, percent.
    pub battery: Option<u8>,
    /// Supply voltage, millivolts.
    pub millivolts: Option<u32>,
    /// Whether it has mains.
    pub mains: Option<bool>,
    /// Temperature, tenths of a degree Celsius.
    pub decidegrees: Option<i16>,
    /// Round trip to us, as the panel measured it, milliseconds.
    pub round_trip: Option<u32>,
    /// For how long it has run, in seconds, when it said so.
    pub uptime: Option<u32>,
    /// Its partitions.
    pub partitions: Vec<Reported<ReportedPartition>>,
    /// Its zones.
    pub zones: Vec<Reported<ZoneState>>,
    /// Its outputs.
    pub outputs: Vec<Reported<bool>>,
    /// When it last said who it is, in this life or before.
    pub connection: Option<(Wall, ConnectionReport)>,
}

/// Shows how panels are.
pub trait ShowsCondition: Send + Sync {
    /// How the panel of this path is; `None` if it has said nothing by it. From memory; never waits.
    fn condition(&self, path: PathIndex) -> Option<PathCondition>;

    /// How the links of these paths were, the running hour and day among it, by time and path.
    fn trends(
        &self,
        paths: Vec<PathIndex>,
        span: Span,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Vec<TrendRow>, ReadError>>;
}

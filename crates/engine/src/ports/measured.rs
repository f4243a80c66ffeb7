//! Figures that a part of the house shows to people: counters, gauges, histograms.

/// One figure, in base units (seconds, octets).
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// The name, without the unit's or the counter's suffix: `watchfire_commits`.
    pub name: &'static str,
    /// What it tells, in a sentence.
    pub help: &'static str,
    /// What tells it from others of the same name; never a panel.
    pub labels: Vec<(&'static str, String)>,
    /// The reading.
    pub reading: Reading,
}

/// A reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// Grows from the start of the process.
    Counter(u64),
    /// The same, of what is not counted but measured.
    Sum(f64),
    /// Goes up and down.
    Gauge(f64),
    /// How often a value was at most each bound.
    Histogram {
        /// Upper bounds and how many values lay at or below each, cumulated.
        buckets: Vec<(f64, u64)>,
        /// All values added up.
        sum: f64,
        /// How many values.
        count: u64,
    },
}

impl Measurement {
    /// A figure that is the only one of its name.
    pub const fn single(name: &'static str, help: &'static str, reading: Reading) -> Self {
        Self {
            name,
            help,
            labels: Vec::new(),
            reading,
        }
    }

    /// How full a queue is, and how full it may be (I7).
    pub fn queue(queue: &'static str, depth: usize, bound: usize) -> [Self; 2] {
        let of = |name, help, value| Self {
            name,
            help,
            labels: vec![("queue", queue.to_owned())],
            reading: Reading::count(value),
        };
        [
            of(Self::QUEUE_DEPTH, "What waits in a queue.", depth),
            of(Self::QUEUE_BOUND, "How much may wait in it.", bound),
        ]
    }

    /// The name of what waits in a queue; a label says in which.
    pub const QUEUE_DEPTH: &'static str = "watchfire_queue_depth";

    /// The name of how much may wait in a queue.
    pub const QUEUE_BOUND: &'static str = "watchfire_queue_bound";
}

impl Reading {
    /// How many there are now.
    pub fn count(value: usize) -> Self {
        Self::Gauge(u32::try_from(value).map_or(f64::MAX, f64::from))
    }
}

/// A part of the house that has figures to show.
pub trait Measured: Send + Sync {
    /// Appends its figures to `out`.
    fn measure(&self, out: &mut Vec<Measurement>);
}

/// One condition of readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: `intake`, `store`, `gateways`.
    pub name: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// What an operator should know.
    pub detail: String,
}

/// A part of the house that the server's readiness depends on.
pub trait Health: Send + Sync {
    /// Its conditions, as they are now.
    fn checks(&self) -> Vec<Check>;
}

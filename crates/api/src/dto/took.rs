//! How long things took of late, as JSON. Milliseconds, to a microsecond.

use std::time::Duration;

use engine::ports::{Performance, Took, TookFigures};
use model::EventClass;
use serde::Serialize;
use utoipa::ToSchema;

/// How long things take inside this server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Latency {
    /// From the gateway's reading of a signal until it was synced, by priority. By the machine's monotonic clock; the
    /// panel's own time and the network play no part.
    signal_to_disk: Vec<ToDisk>,
    commit: Commits,
    /// How late the engine's runtime woke a task whose time had come.
    runtime_delay: TookBody,
}

/// How long signals of a priority took to the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToDisk {
    /// 1 (fire) to 9 (tests).
    priority: u8,
    /// The classes of this priority.
    #[schema(example = json!(["fire", "gas"]))]
    classes: Vec<&'static str>,
    #[serde(flatten)]
    took: TookBody,
}

/// From handing a batch to the journal until it was synced.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Commits {
    #[serde(flatten)]
    took: TookBody,
    /// Signals, and events of the server's own, by commit in the last minute; `null` without a commit.
    signals_per_commit_last_minute: Option<f64>,
    /// The same of the last quarter of an hour.
    signals_per_commit_last_15_min: Option<f64>,
}

/// How long something took of late; each span is up to half a minute longer than its name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TookBody {
    last_minute: Spread,
    last_15_min: Spread,
}

/// How long something took; `null` for what did not happen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Spread {
    /// How often it happened.
    count: u64,
    mean_ms: Option<f64>,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    p999_ms: Option<f64>,
    max_ms: Option<f64>,
}

impl Latency {
    pub(crate) fn new(shown: &Performance) -> Self {
        let to_disk = (1..).zip(&shown.signals).map(|(priority, took)| {
            let classes = EventClass::ALL.iter();
            let classes = classes.filter(|class| class.priority().0 == priority);
            ToDisk {
                priority,
                classes: classes.map(|class| class.as_str()).collect(),
                took: took.into(),
            }
        });
        let commits = &shown.commits;
        let Took {
            minute,
            quarter_hour,
        } = &commits.took;
        Self {
            signal_to_disk: to_disk.collect(),
            commit: Commits {
                took: (&commits.took).into(),
                signals_per_commit_last_minute: ratio(commits.minute_signals, minute.count),
                signals_per_commit_last_15_min: ratio(
                    commits.quarter_hour_signals,
                    quarter_hour.count,
                ),
            },
            runtime_delay: (&shown.runtime).into(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean is told in a few digits")]
fn ratio(of: u64, by: u64) -> Option<f64> {
    (by > 0).then(|| whole_thousandths(of as f64 / by as f64))
}

/// Rounded to a thousandth.
pub(crate) fn whole_thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn millis(took: Duration) -> f64 {
    whole_thousandths(took.as_secs_f64() * 1e3)
}

impl From<&Took> for TookBody {
    fn from(took: &Took) -> Self {
        Self {
            last_minute: (&took.minute).into(),
            last_15_min: (&took.quarter_hour).into(),
        }
    }
}

impl From<&TookFigures> for Spread {
    fn from(took: &TookFigures) -> Self {
        let mean = u32::try_from(took.count).ok().filter(|count| *count > 0);
        Self {
            count: took.count,
            mean_ms: mean.map(|count| millis(took.sum / count)),
            p50_ms: took.p50.map(millis),
            p99_ms: took.p99.map(millis),
            p999_ms: took.p999.map(millis),
            max_ms: (took.count > 0).then(|| millis(took.max)),
        }
    }
}

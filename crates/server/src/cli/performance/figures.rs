//! What the API tells of performance, as far as it is shown or reckoned with.

use serde::Deserialize;

/// How fast and how full the server is.
#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Performance {
    pub(super) at: String,
    pub(in crate::cli) since: String,
    pub(in crate::cli) paths: Paths,
    pub(in crate::cli) requests: Requests,
    pub(in crate::cli) processor: Processor,
    pub(in crate::cli) memory: Memory,
    pub(super) processes: Vec<Process>,
    pub(super) gateways: Vec<Gateway>,
    pub(in crate::cli) latency: Latency,
    pub(super) queues: Vec<Queue>,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Paths {
    pub(in crate::cli) connected: u64,
    pub(in crate::cli) registered: u64,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Requests {
    pub(in crate::cli) per_second: Rates,
    pub(super) today: Counts,
    pub(super) last_24_h: Counts,
    pub(super) by_second: Vec<u64>,
    pub(super) by_hour: Vec<u64>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are spans up to now")]
pub(in crate::cli) struct Rates {
    pub(super) last_10_s: Kinds<f64>,
    pub(super) last_minute: Kinds<f64>,
    pub(in crate::cli) last_15_min: Kinds<f64>,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Kinds<T> {
    pub(in crate::cli) all: T,
    pub(in crate::cli) event: T,
    pub(super) status: T,
    pub(super) supervision: T,
    pub(super) connect: T,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Counts {
    #[serde(flatten)]
    pub(super) counts: Kinds<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are spans up to now")]
pub(in crate::cli) struct OverTime {
    pub(super) last_10_s: Option<f64>,
    pub(super) last_minute: Option<f64>,
    pub(in crate::cli) last_15_min: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Processor {
    pub(super) machine_cores: f64,
    pub(super) our_cores: OverTime,
    pub(super) idle_cores: OverTime,
    pub(super) reserve: OverTime,
    pub(in crate::cli) us_per_request: OverTime,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "a unit belongs into a name")]
pub(in crate::cli) struct Memory {
    pub(super) machine_bytes: u64,
    pub(super) available_bytes: u64,
    pub(in crate::cli) own_bytes: u64,
    pub(in crate::cli) per_connected_path_bytes: Option<u64>,
    pub(in crate::cli) per_registered_path_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Process {
    pub(super) role: String,
    pub(super) index: u16,
    pub(super) cores: OverTime,
    pub(super) resident_bytes: u64,
    pub(super) own_bytes: u64,
    pub(super) open_files: Option<u64>,
    pub(super) open_files_limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Gateway {
    pub(super) index: u16,
    pub(super) stalled: u32,
    pub(super) turns: Took,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Latency {
    pub(super) signal_to_disk: Vec<ToDisk>,
    pub(in crate::cli) commit: Commit,
    pub(super) runtime_delay: Took,
}

#[derive(Debug, Deserialize)]
pub(super) struct ToDisk {
    pub(super) priority: u8,
    pub(super) classes: Vec<String>,
    #[serde(flatten)]
    pub(super) took: Took,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Commit {
    #[serde(flatten)]
    pub(in crate::cli) took: Took,
    pub(super) signals_per_commit_last_15_min: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Took {
    pub(super) last_minute: Spread,
    pub(in crate::cli) last_15_min: Spread,
}

#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Spread {
    pub(in crate::cli) count: u64,
    pub(in crate::cli) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) p999_ms: Option<f64>,
    pub(super) max_ms: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) depth: u64,
    pub(super) bound: u64,
}

//! How fast and how full the server is, as JSON.

use engine::ports::{
    GatewayFigures, MachineFigures, Performance, ProcessFigures, RequestCounts, RequestFigures,
    RequestKind, Windows,
};
use model::limits;
use serde::Serialize;
use utoipa::ToSchema;

use super::time::to_rfc3339;
use super::took::{Latency, whole_thousandths};

/// How fast and how full the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PerformanceBody {
    /// When these figures were taken.
    #[schema(format = DateTime)]
    at: String,
    /// Since when they are counted: when the engine began. Nothing here outlives it.
    #[schema(format = DateTime)]
    since: String,
    paths: PathCounts,
    requests: Requests,
    processor: Processor,
    memory: Memory,
    /// The processes of this server.
    processes: Vec<Process>,
    /// The gateways that are connected.
    gateways: Vec<Gateway>,
    latency: Latency,
    /// What waits where, beside how much may.
    queues: Vec<Queue>,
}

/// How many paths there are; a panel has one or two.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathCounts {
    /// Of known panels, connected.
    connected: u64,
    /// Registered.
    registered: u64,
}

/// What panels asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requests {
    /// By the second.
    per_second: RatesOverTime,
    /// Since `since`.
    total: KindCounts,
    /// Since midnight UTC, or since the engine began if that was later.
    today: CountsSince,
    /// In the last 24 hours, five minutes more or less; or since the engine began.
    last_24_h: CountsSince,
    /// In each of the last seconds, the latest last; at most 60.
    by_second: Vec<u64>,
    /// In each of the last hours, the latest last; at most 24.
    by_hour: Vec<u64>,
}

/// Requests by the second.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are spans up to now")]
pub(crate) struct RatesOverTime {
    last_10_s: KindRates,
    last_minute: KindRates,
    last_15_min: KindRates,
}

/// Requests by the second, by kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindRates {
    all: f64,
    /// Events: stored, then acknowledged.
    event: f64,
    /// Reports of how panels are.
    status: f64,
    /// Signs of life: NULL of DC-09, PINGREQ of MQTT.
    supervision: f64,
    /// Sessions that were let in.
    connect: f64,
}

/// Requests, by kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindCounts {
    all: u64,
    event: u64,
    status: u64,
    supervision: u64,
    connect: u64,
}

/// Requests since a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsSince {
    #[schema(format = DateTime)]
    since: String,
    #[serde(flatten)]
    counts: KindCounts,
}

/// A figure over three spans of time; `null` where there is nothing to tell it from yet.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are spans up to now")]
pub(crate) struct OverTime {
    last_10_s: Option<f64>,
    last_minute: Option<f64>,
    last_15_min: Option<f64>,
}

/// Processor time. A core that is busy all the time counts 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Processor {
    /// Cores that this server's processes may use.
    machine_cores: f64,
    /// Cores that this server's processes kept busy.
    our_cores: OverTime,
    /// Cores that nobody used, and this server may.
    idle_cores: OverTime,
    /// How many times the load of this time the machine could carry, this load included, as far as processor time
    /// goes.
    reserve: OverTime,
    /// Microseconds of processor time for a request, everything included.
    us_per_request: OverTime,
}

/// Memory, in octets.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "a unit belongs into a name")]
pub(crate) struct Memory {
    machine_bytes: u64,
    /// What a program could still have.
    available_bytes: u64,
    /// Heaps and stacks of this server's processes.
    own_bytes: u64,
    /// Heaps and stacks of the gateways, by connected path; `null` below 10,000 paths, where it would say how large the
    /// program is. The kernel's memory for a connection is not in it.
    per_connected_path_bytes: Option<u64>,
    /// Heaps and stacks of the engine, by registered path; `null` below 10,000 paths.
    per_registered_path_bytes: Option<u64>,
}

/// A process of this server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Process {
    /// `supervisor`, `engine` or `gateway`.
    #[schema(example = "gateway")]
    role: &'static str,
    /// Which of them, from 0.
    index: u16,
    pid: u32,
    /// Cores that it kept busy.
    cores: OverTime,
    /// Memory in use, mapped files included.
    resident_bytes: u64,
    /// Its own heap and stacks.
    own_bytes: u64,
    /// `null` where the kernel does not tell it cheaply.
    open_files: Option<u64>,
    /// `null` for as many as it likes.
    open_files_limit: Option<u64>,
}

/// A gateway's own figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gateway {
    /// Which, from 0.
    index: u16,
    /// Open connections.
    connections: u32,
    /// Those of them whose panel is not known.
    without_identity: u32,
    /// Connections that wait to be read until there is room in the window or for a question.
    stalled: u32,
    /// How long turns of its loop took: for so long a panel waits for nothing but other panels.
    turns: super::took::TookBody,
}

/// What waits somewhere.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// Where; a gateway's own end in its number.
    #[schema(example = "ingest")]
    pub(crate) name: String,
    /// How much waits.
    pub(crate) depth: u64,
    /// How much may.
    pub(crate) bound: u64,
}

impl PerformanceBody {
    /// As it is now; `queues` are those that are no gateway's.
    pub(crate) fn new(shown: &Performance, mut queues: Vec<Queue>) -> Self {
        queues.extend(shown.gateways.iter().flat_map(windows));
        Self {
            at: to_rfc3339(shown.at),
            since: to_rfc3339(shown.since),
            paths: PathCounts {
                connected: shown.connected,
                registered: shown.registered,
            },
            requests: Requests::from(&shown.requests),
            processor: Processor::new(shown),
            memory: Memory::new(shown),
            processes: shown.processes.iter().map(Process::from).collect(),
            gateways: shown.gateways.iter().map(Gateway::from).collect(),
            latency: Latency::new(shown),
            queues,
        }
    }
}

/// What waits in a gateway.
fn windows(gateway: &GatewayFigures) -> [Queue; 3] {
    let load = &gateway.load;
    let of = |name: &str, depth: u64, bound: usize| Queue {
        name: format!("{name}_{}", gateway.gateway),
        depth,
        bound: u64::try_from(bound).unwrap_or(u64::MAX),
    };
    let octets = limits::LINK_UNACKNOWLEDGED_BYTES;
    [
        of(
            "window",
            load.unacknowledged.into(),
            limits::LINK_UNACKNOWLEDGED,
        ),
        of("window_bytes", load.unacknowledged_octets, octets),
        of("questions", load.questions.into(), limits::LINK_IDENTIFY),
    ]
}

impl From<&RequestFigures> for Requests {
    fn from(figures: &RequestFigures) -> Self {
        let rates = figures.rates.map(KindRates::of);
        let since = |since, counts| CountsSince {
            since: to_rfc3339(since),
            counts: KindCounts::of(counts),
        };
        Self {
            per_second: RatesOverTime {
                last_10_s: rates.ten_seconds,
                last_minute: rates.minute,
                last_15_min: rates.quarter_hour,
            },
            total: KindCounts::of(&figures.total),
            today: since(figures.today_since, &figures.today),
            last_24_h: since(figures.last_day_since, &figures.last_day),
            by_second: figures.by_second.clone(),
            by_hour: figures.by_hour.clone(),
        }
    }
}

const fn place(kind: RequestKind) -> usize {
    kind as usize
}

impl KindRates {
    fn of(rates: &[f64; RequestKind::ALL.len()]) -> Self {
        let of = |kind| whole_thousandths(rates[place(kind)]);
        Self {
            all: whole_thousandths(rates.iter().sum()),
            event: of(RequestKind::Event),
            status: of(RequestKind::Status),
            supervision: of(RequestKind::Supervision),
            connect: of(RequestKind::Connect),
        }
    }
}

impl KindCounts {
    fn of(counts: &RequestCounts) -> Self {
        let of = |kind| counts[place(kind)];
        Self {
            all: counts.iter().sum(),
            event: of(RequestKind::Event),
            status: of(RequestKind::Status),
            supervision: of(RequestKind::Supervision),
            connect: of(RequestKind::Connect),
        }
    }
}

impl From<&Windows<Option<f64>>> for OverTime {
    fn from(windows: &Windows<Option<f64>>) -> Self {
        let rounded = windows.map(|value| value.map(|value| (value * 1e4).round() / 1e4));
        Self {
            last_10_s: rounded.ten_seconds,
            last_minute: rounded.minute,
            last_15_min: rounded.quarter_hour,
        }
    }
}

impl Processor {
    fn new(shown: &Performance) -> Self {
        let MachineFigures {
            cores,
            ours,
            idle,
            reserve,
            ..
        } = &shown.machine;
        let micros = |took: &Option<std::time::Duration>| took.map(|took| took.as_secs_f64() * 1e6);
        Self {
            machine_cores: *cores,
            our_cores: ours.into(),
            idle_cores: idle.into(),
            reserve: reserve.into(),
            us_per_request: OverTime::from(&shown.cpu_per_request.map(micros)),
        }
    }
}

impl Memory {
    fn new(shown: &Performance) -> Self {
        let own = shown.processes.iter().map(|process| process.reading.own);
        Self {
            machine_bytes: shown.machine.memory,
            available_bytes: shown.machine.memory_available,
            own_bytes: own.sum(),
            per_connected_path_bytes: shown.memory_per_connected,
            per_registered_path_bytes: shown.memory_per_registered,
        }
    }
}

impl From<&ProcessFigures> for Process {
    fn from(process: &ProcessFigures) -> Self {
        Self {
            role: process.role.as_str(),
            index: process.role.index(),
            pid: process.pid,
            cores: (&process.cores).into(),
            resident_bytes: process.reading.resident,
            own_bytes: process.reading.own,
            open_files: process.reading.open_files,
            open_files_limit: process.reading.open_files_limit,
        }
    }
}

impl From<&GatewayFigures> for Gateway {
    fn from(gateway: &GatewayFigures) -> Self {
        Self {
            index: gateway.gateway,
            connections: gateway.load.connections,
            without_identity: gateway.load.without_identity,
            stalled: gateway.load.stalled,
            turns: (&gateway.turns).into(),
        }
    }
}

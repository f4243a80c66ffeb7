//! How fast and how full the house is: what gateways and the machine tell, and what is shown of it.

use std::time::Duration;

use model::Wall;

use super::Answering;
use crate::times::Times;

/// What panels ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKind {
    /// An event: stored, then acknowledged.
    Event,
    /// A report of how the panel is.
    Status,
    /// A sign of life: NULL of DC-09, PINGREQ of MQTT.
    Supervision,
    /// A session that was let in.
    Connect,
}

impl RequestKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Event, Self::Status, Self::Supervision, Self::Connect];

    /// The name in metrics and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Status => "status",
            Self::Supervision => "supervision",
            Self::Connect => "connect",
        }
    }
}

/// How often, by [`RequestKind`].
pub type RequestCounts = [u64; RequestKind::ALL.len()];

/// What a gateway tells of its load.
#[derive(Debug, Clone, Default)]
pub struct GatewayLoad {
    /// Its process; another one has begun to count anew.
    pub pid: u32,
    /// Requests since it began.
    pub requests: RequestCounts,
    /// Open connections.
    pub connections: u32,
    /// Those of them whose panel is not known.
    pub without_identity: u32,
    /// Signals that are not answered.
    pub unacknowledged: u32,
    /// Their octets.
    pub unacknowledged_octets: u64,
    /// Questions who speaks that are not answered.
    pub questions: u32,
    /// Connections that wait to be read until there is room.
    pub stalled: u32,
    /// How long the turns of its loop took.
    pub turns: Times,
    /// The longest since it last told.
    pub longest_turn: Duration,
}

/// Watches how much there is to do. Returns at once.
pub trait WatchesLoad: Send + Sync {
    /// A gateway's newest figures, every [`model::limits::LINK_PERIOD`].
    fn loaded(&self, gateway: u16, load: GatewayLoad);

    /// Its link has ended.
    fn unlinked(&self, gateway: u16);
}

/// What the operating system tells of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MachineReading {
    /// How many cores our processes may use.
    pub cores: f64,
    /// For how long cores were idle since the machine started, all of them added up.
    pub idle: Duration,
    /// For how long they were busy with anything.
    pub busy: Duration,
    /// Memory, in octets.
    pub memory: u64,
    /// Memory that a program could still have without anybody being pushed out, in octets.
    pub memory_available: u64,
}

/// What the operating system tells of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcessReading {
    /// Processor time, of the program and of the kernel for it.
    pub cpu: Duration,
    /// Memory that is in use, files that are mapped included, in octets.
    pub resident: u64,
    /// The part of it that is the process's own: heaps and stacks, in octets.
    pub own: u64,
    /// Files that are open; `None` where the kernel does not tell it cheaply.
    pub open_files: Option<u64>,
    /// How many it may open; `None` for as many as it likes.
    pub open_files_limit: Option<u64>,
}

/// Asks the operating system. Waits for nothing but the kernel's own memory.
pub trait ReadsMachine: Send + Sync {
    /// The machine; `None` where that cannot be told.
    fn machine(&self) -> Option<MachineReading>;

    /// A process; `None` if it is gone.
    fn process(&self, pid: u32) -> Option<ProcessReading>;
}

/// A process's place in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Starts and replaces the others.
    Supervisor,
    /// Owns truth.
    Engine,
    /// Holds panels' connections; by its number.
    Gateway(u16),
}

impl Role {
    /// The name in metrics and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Engine => "engine",
            Self::Gateway(_) => "gateway",
        }
    }

    /// Which of them, from 0.
    pub const fn index(self) -> u16 {
        match self {
            Self::Supervisor | Self::Engine => 0,
            Self::Gateway(index) => index,
        }
    }
}

/// A figure of the last ten seconds, minute and quarter of an hour, or since the start if that is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Windows<T> {
    /// Of the last ten seconds.
    pub ten_seconds: T,
    /// Of the last minute.
    pub minute: T,
    /// Of the last quarter of an hour.
    pub quarter_hour: T,
}

impl<T> Windows<T> {
    /// What `of` says of each span.
    pub fn of(mut of: impl FnMut(Duration) -> T) -> Self {
        Self {
            ten_seconds: of(Duration::from_secs(10)),
            minute: of(Duration::from_mins(1)),
            quarter_hour: of(Duration::from_mins(15)),
        }
    }

    /// Another figure from each.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Windows<U> {
        Windows {
            ten_seconds: f(&self.ten_seconds),
            minute: f(&self.minute),
            quarter_hour: f(&self.quarter_hour),
        }
    }
}

/// How long something took of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TookFigures {
    /// How often it happened.
    pub count: u64,
    /// All of it added up.
    pub sum: Duration,
    /// Half took at most so long; `None` if it did not happen.
    pub p50: Option<Duration>,
    /// 99 of 100 took at most so long.
    pub p99: Option<Duration>,
    /// 999 of 1,000 took at most so long.
    pub p999: Option<Duration>,
    /// The longest.
    pub max: Duration,
}

/// How long something took, in the last minute and in the last quarter of an hour; up to half a minute more, since
/// marks are set every so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Took {
    /// In the last minute.
    pub minute: TookFigures,
    /// In the last quarter of an hour.
    pub quarter_hour: TookFigures,
}

/// What panels asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestFigures {
    /// By the second.
    pub rates: Windows<[f64; RequestKind::ALL.len()]>,
    /// Since the engine began.
    pub total: RequestCounts,
    /// Since midnight UTC, or since the engine began if that was later.
    pub today: RequestCounts,
    /// Since when that is.
    pub today_since: Wall,
    /// In the last 24 hours, five minutes more or less; or since the engine began.
    pub last_day: RequestCounts,
    /// Since when that is.
    pub last_day_since: Wall,
    /// In each of the last seconds, the latest last; at most 60.
    pub by_second: Vec<u64>,
    /// In each of the last hours, the latest last; at most 24.
    pub by_hour: Vec<u64>,
}

/// A process of the house.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessFigures {
    /// Which.
    pub role: Role,
    /// Its number in the operating system.
    pub pid: u32,
    /// Cores that it kept busy: 1 is one core.
    pub cores: Windows<Option<f64>>,
    /// What the operating system told last.
    pub reading: ProcessReading,
}

/// The machine, as far as it concerns us.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MachineFigures {
    /// Cores that our processes may use.
    pub cores: f64,
    /// Cores that our processes kept busy.
    pub ours: Windows<Option<f64>>,
    /// Cores that nobody used and we may.
    pub idle: Windows<Option<f64>>,
    /// How many times the load of this time the machine could carry, this load included, as far as processor
    /// time goes.
    pub reserve: Windows<Option<f64>>,
    /// Memory, in octets.
    pub memory: u64,
    /// Memory that could still be had, in octets.
    pub memory_available: u64,
}

/// A gateway's own figures.
#[derive(Debug, Clone)]
pub struct GatewayFigures {
    /// Which.
    pub gateway: u16,
    /// What it told last.
    pub load: GatewayLoad,
    /// How long turns of its loop took: for so long a panel waits for nothing but other panels.
    pub turns: Took,
}

/// The journal's commits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CommitFigures {
    /// From handing a batch to the journal until it was synced.
    pub took: Took,
    /// Signals and events of our own that were stored by them in the last minute.
    pub minute_signals: u64,
    /// And in the last quarter of an hour.
    pub quarter_hour_signals: u64,
}

/// How fast and how full the house is.
#[derive(Debug, Clone)]
pub struct Performance {
    /// When these figures were taken.
    pub at: Wall,
    /// Since when they are counted: when the engine began.
    pub since: Wall,
    /// Paths of known panels that are connected.
    pub connected: u64,
    /// Paths that are registered.
    pub registered: u64,
    /// What panels asked for.
    pub requests: RequestFigures,
    /// Processor time of all our processes for a request.
    pub cpu_per_request: Windows<Option<Duration>>,
    /// The gateways' own memory by connected path, in octets; `None` while there are too few to tell.
    pub memory_per_connected: Option<u64>,
    /// The engine's own memory by registered path, in octets; `None` while there are too few to tell.
    pub memory_per_registered: Option<u64>,
    /// Our processes.
    pub processes: Vec<ProcessFigures>,
    /// The machine they run on.
    pub machine: MachineFigures,
    /// The gateways that are connected.
    pub gateways: Vec<GatewayFigures>,
    /// From the gateway's reading of a signal until it was on disk, by priority from 1 on.
    pub signals: Vec<Took>,
    /// The journal's commits.
    pub commits: CommitFigures,
    /// How late the engine's runtime wakes a task whose time has come.
    pub runtime: Took,
}

/// Shows how fast and how full the house is.
pub trait ShowsPerformance: Send + Sync {
    /// As it is now; the machine is asked at most once in a second.
    fn performance(&self) -> Answering<'_, Performance>;
}

//! How fast and how full a server is whose figures a test knows.

use std::time::Duration;

use engine::ports::{
    Answering, CommitFigures, GatewayFigures, GatewayLoad, MachineFigures, Performance,
    ProcessFigures, ProcessReading, RequestFigures, Role, ShowsPerformance, Took, TookFigures,
    Windows,
};
use model::Wall;

use super::NOW;

/// Half a day after its start.
pub(crate) struct Steady;

fn took(count: u64, millis: u64) -> Took {
    let some = |parts: u32| Some(Duration::from_millis(millis) / parts);
    let figures = TookFigures {
        count,
        sum: Duration::from_millis(millis * count / 2),
        p50: some(2),
        p99: some(1),
        p999: some(1),
        max: Duration::from_millis(millis),
    };
    Took {
        minute: TookFigures::default(),
        quarter_hour: figures,
    }
}

fn everywhere<T: Copy>(value: T) -> Windows<T> {
    Windows::of(|_| value)
}

impl ShowsPerformance for Steady {
    fn performance(&self) -> Answering<'_, Performance> {
        let start = Wall(NOW.0 - 43_200_000_000);
        let process = |role, pid, cores| ProcessFigures {
            role,
            pid,
            cores: everywhere(Some(cores)),
            reading: ProcessReading {
                cpu: Duration::from_secs(9),
                resident: 20_000_000,
                own: 15_000_000,
                open_files: Some(12),
                open_files_limit: None,
            },
        };
        let shown = Performance {
            at: NOW,
            since: start,
            connected: 4_000,
            registered: 5_000,
            requests: RequestFigures {
                rates: everywhere([5.0, 95.0, 0.25, 0.0]),
                total: [500, 9_500, 25, 4_000],
                today: [50, 950, 2, 400],
                today_since: Wall(NOW.0 - 72_900_000_000),
                last_day: [500, 9_500, 25, 4_000],
                last_day_since: start,
                by_second: vec![100, 101],
                by_hour: vec![14_025],
            },
            cpu_per_request: everywhere(Some(Duration::from_nanos(25_500))),
            memory_per_connected: Some(5_500),
            memory_per_registered: None,
            processes: vec![
                process(Role::Supervisor, 1, 0.0),
                process(Role::Engine, 2, 0.0123),
                process(Role::Gateway(1), 4, 0.02),
            ],
            machine: MachineFigures {
                cores: 2.0,
                ours: everywhere(Some(0.5)),
                idle: everywhere(Some(1.0)),
                reserve: everywhere(Some(3.0)),
                memory: 8 << 30,
                memory_available: 4 << 30,
            },
            gateways: vec![GatewayFigures {
                gateway: 1,
                load: GatewayLoad {
                    connections: 4_010,
                    without_identity: 10,
                    unacknowledged: 3,
                    unacknowledged_octets: 900,
                    ..GatewayLoad::default()
                },
                turns: took(1_000, 2),
            }],
            signals: (1..=9).map(|priority| took(priority, 8)).collect(),
            commits: CommitFigures {
                took: took(100, 6),
                minute_signals: 0,
                quarter_hour_signals: 4_500,
            },
            runtime: took(60, 1),
        };
        Box::pin(async { shown })
    }
}

//! The machine: open files and the panels that they carry, cores, the clock, SQLite.

use jiff::Timestamp;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::Finding;
use crate::config::{Config, Gateway};

/// 2024-01-01T00:00:00Z: a clock before that was never set.
const SANE_CLOCK: i64 = 1_704_067_200;

/// Fixes a fault of write-ahead logs that could lose a commit.
const LEAST_SQLITE: [u32; 3] = [3, 51, 3];

pub(super) fn check(config: &Config, sqlite: Option<&str>) -> Vec<Finding> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let mut findings = vec![
        cores_found(cores),
        open_files(&config.gateway, cores, limit),
        clock(clock_gettime(ClockId::Realtime).tv_sec),
    ];
    findings.extend(sqlite.map(sqlite_found));
    findings
}

/// Whether a process of this number lives, by its state in proc(5). One that has ended and was
/// not reaped is dead, although a signal would still reach it.
pub(super) fn is_alive(pid: i32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    // The name before the state may hold anything, brackets as well.
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

fn cores_found(cores: usize) -> Finding {
    let name = "cores";
    match cores {
        1 => Finding::warn(
            name,
            "1 core",
            "the store, the engine and the gateways share it: two or more are better",
        ),
        _ => Finding::ok(name, format!("{cores} cores")),
    }
}

fn open_files(gateway: &Gateway, cores: usize, limit: u64) -> Finding {
    let name = "open files";
    let count = gateway.processes(cores, limit);
    let each = Gateway::carries(limit);
    let all = each.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
    let expected = u64::from(gateway.expected_panels);
    let detail = format!(
        "a process may open {limit}: {count} gateways of {each} panels carry {all}, \
         expected are {expected}"
    );
    let advice = "raise the limit (LimitNOFILE= of systemd, `ulimit -n` of the shell), \
                  or set gateway.count to 0";
    // With one gateway gone, the others should still hold everybody.
    if all < expected {
        Finding::fail(name, detail, advice)
    } else if all - each < expected {
        let detail = format!("{detail}; not if one of them dies");
        Finding::warn(name, detail, advice)
    } else {
        Finding::ok(name, detail)
    }
}

fn clock(seconds: i64) -> Finding {
    let name = "clock";
    let shown = Timestamp::from_second(seconds).map_or_else(|e| e.to_string(), |t| t.to_string());
    if seconds < SANE_CLOCK {
        Finding::fail(
            name,
            format!("it is said to be {shown}"),
            "set the clock and keep it set (NTP): panels' times are judged by it",
        )
    } else {
        Finding::ok(name, shown)
    }
}

fn sqlite_found(version: &str) -> Finding {
    let name = "SQLite";
    let parts: Vec<u32> = version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    if parts.as_slice() >= LEAST_SQLITE.as_slice() {
        Finding::ok(name, version)
    } else {
        let [a, b, c] = LEAST_SQLITE;
        let advice = format!("{a}.{b}.{c} or newer is needed: use a build with its own SQLite");
        Finding::fail(name, version, advice)
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    use super::*;
    use crate::cli::doctor::Verdict;

    fn gateway(count: usize) -> Gateway {
        Gateway {
            count,
            expected_panels: 50_000,
        }
    }

    #[test]
    fn too_few_files_for_the_expected_panels_are_bad_and_just_enough_doubtful() {
        assert_eq!(open_files(&gateway(0), 2, 20_000).verdict, Verdict::Ok);
        assert_eq!(open_files(&gateway(1), 2, 20_000).verdict, Verdict::Fail);
        assert_eq!(open_files(&gateway(4), 2, 20_000).verdict, Verdict::Warn);
        assert_eq!(open_files(&gateway(1), 2, 100).verdict, Verdict::Fail);
    }

    #[test]
    fn a_clock_that_was_never_set_and_an_old_sqlite_are_bad() {
        assert_eq!(clock(0).verdict, Verdict::Fail);
        assert_eq!(clock(SANE_CLOCK).verdict, Verdict::Ok);
        assert_eq!(sqlite_found("3.51.2").verdict, Verdict::Fail);
        assert_eq!(sqlite_found("3.51.3").verdict, Verdict::Ok);
        assert_eq!(sqlite_found("3.9.9").verdict, Verdict::Fail);
        assert_eq!(sqlite_found("4.0.0").verdict, Verdict::Ok);
    }

    #[test]
    fn this_process_is_alive_and_one_that_has_ended_is_not() {
        assert!(is_alive(std::process::id().cast_signed()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id().cast_signed();
        waitid(
            WaitId::Pid(Pid::from_child(&child)),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        )
        .unwrap();
        assert!(!is_alive(pid), "it has ended, and nobody has reaped it");
        child.wait().unwrap();
        assert!(!is_alive(pid));
        assert!(!is_alive(0));
    }
}

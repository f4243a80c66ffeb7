//! What the kernel tells of processes and of the machine, by the files of proc(5).
//!
//! Everything here is a read of the kernel's memory, some tens of microseconds each. What cannot be read or makes no
//! sense is not known; nothing fails for it.

use std::fs;
use std::time::Duration;

use engine::ports::{MachineReading, ProcessReading, ReadsMachine};

/// The kernel of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kernel;

impl ReadsMachine for Kernel {
    fn machine(&self) -> Option<MachineReading> {
        let (idle, busy) = processors(&read("/proc/stat")?)?;
        let (memory, memory_available) = machine_memory()?;
        Some(MachineReading {
            cores: cores(),
            idle,
            busy,
            memory,
            memory_available,
        })
    }

    fn process(&self, pid: u32) -> Option<ProcessReading> {
        let cpu = processor_time(&read(&format!("/proc/{pid}/stat"))?)?;
        let (resident, own) = resident(&read(&format!("/proc/{pid}/status"))?)?;
        let limits = read(&format!("/proc/{pid}/limits"));
        Some(ProcessReading {
            cpu,
            resident,
            own,
            open_files: open_files(pid),
            open_files_limit: limits.as_deref().and_then(open_files_limit),
        })
    }
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Cores that this process may use, by affinity and quota.
#[expect(clippy::cast_precision_loss, reason = "so many cores there are not")]
pub(crate) fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}

/// All memory that we may have and what is available of it, in octets: the machine's, or our control group's where that
/// is less.
pub(crate) fn machine_memory() -> Option<(u64, u64)> {
    let (all, available) = memory(&read("/proc/meminfo")?)?;
    let Some((most, free)) = group_memory() else {
        return Some((all, available));
    };
    Some((all.min(most), available.min(free)))
}

/// What our control group may have and what of that is free, in octets (cgroups(7), version 2); `None` without a limit.
fn group_memory() -> Option<(u64, u64)> {
    let groups = read("/proc/self/cgroup")?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let file = |name: &str| format!("/sys/fs/cgroup{}/{name}", group.trim_end_matches('/'));
    let most = number(&file("memory.max"))?;
    let used = number(&file("memory.current"))?;
    let stat = read(&file("memory.stat"))?;
    Some((
        most,
        most.saturating_sub(used - reclaimable(&stat).min(used)),
    ))
}

/// Pages of files that the kernel gives back when it needs memory, in octets.
fn reclaimable(stat: &str) -> u64 {
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file "));
    line.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// A number that is alone in its file, or first.
pub(crate) fn number(path: &str) -> Option<u64> {
    read(path)?.split_ascii_whitespace().next()?.parse().ok()
}

/// The kernel's clock ticks.
fn ticks(count: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_micros(count.saturating_mul(1_000_000) / per_second)
}

/// Idle and busy time of all cores: the first line of `/proc/stat`.
fn processors(stat: &str) -> Option<(Duration, Duration)> {
    let words = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = words
        .split_ascii_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let [
        user,
        nice,
        system,
        idle,
        waiting,
        interrupts,
        soft,
        stolen,
        ..,
    ] = fields[..]
    else {
        return None;
    };
    // Guests are in `user` already. What waits for a disk leaves its core to others; what the host
    // took away is nobody's here.
    let busy = user + nice + system + interrupts + soft + stolen;
    Some((ticks(idle + waiting), ticks(busy)))
}

/// `MemTotal` and `MemAvailable`, in octets.
fn memory(meminfo: &str) -> Option<(u64, u64)> {
    Some((
        kilobytes(meminfo, "MemTotal:")?,
        kilobytes(meminfo, "MemAvailable:")?,
    ))
}

/// A line such as `VmRSS:  1234 kB`, in octets.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let (number, unit) = line.trim().split_once(' ')?;
    (unit == "kB").then(|| number.parse::<u64>().ok()?.checked_mul(1_024))?
}

/// Time of user and system, fields 14 and 15 of `/proc/PID/stat`.
fn processor_time(stat: &str) -> Option<Duration> {
    // The name before them may hold anything, brackets as well.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(ticks(user.checked_add(system)?))
}

/// Resident memory, and the part of it that is no file's, in octets.
fn resident(status: &str) -> Option<(u64, u64)> {
    Some((kilobytes(status, "VmRSS:")?, kilobytes(status, "RssAnon:")?))
}

/// The size of `/proc/PID/fd` is how many there are, since Linux 6.2; 0 before. To count them would take the kernel
/// milliseconds in a gateway of 20,000.
fn open_files(pid: u32) -> Option<u64> {
    let size = fs::metadata(format!("/proc/{pid}/fd")).ok()?.len();
    (size > 0).then_some(size)
}

/// The soft limit of open files; `None` for as many as there may be.
fn open_files_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_has_files_open() {
        let reading = Kernel.process(std::process::id()).unwrap();
        assert!(
            reading.own > 0 && reading.resident >= reading.own,
            "{reading:?}"
        );
        assert!(
            reading.open_files.is_none_or(|open| open >= 3),
            "{reading:?}"
        );
        let machine = Kernel.machine().unwrap();
        assert!(machine.cores >= 1.0 && machine.memory > machine.memory_available);
        assert!(machine.busy > Duration::ZERO);
        assert_eq!(Kernel.process(u32::MAX), None);
    }

    #[test]
    fn a_process_whose_name_has_brackets_is_read_right() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 3 4 20 0 2 0 100 1 1";
        let second = processor_time(stat).unwrap() * u32::try_from(ticks_per_second()).unwrap();
        assert_eq!(second.as_secs(), 300);
        assert_eq!(processor_time("7 (a) S 1 2"), None);
    }

    fn ticks_per_second() -> u64 {
        rustix::param::clock_ticks_per_second()
    }

    #[test]
    fn what_the_kernel_writes_is_taken_apart() {
        let stat = "cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2\n";
        let (idle, busy) = processors(stat).unwrap();
        assert_eq!((idle, busy), (ticks(450), ticks(81)));
        assert_eq!(processors("cpu  1 2 3"), None);
        assert_eq!(processors("intr 1"), None);
        let meminfo = "MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:    500 kB\n";
        assert_eq!(memory(meminfo), Some((2_048_000, 512_000)));
        assert_eq!(
            resident("VmRSS:\t  12 kB\nRssAnon:\t  8 kB\n"),
            Some((12_288, 8_192))
        );
        assert_eq!(resident("VmRSS:\t  12 MB\n"), None);
        assert_eq!(reclaimable("anon 1\ninactive_file 4096\n"), 4_096);
        assert_eq!(reclaimable("anon 1\n"), 0);
        let limits =
            "Max open files            20000                524288               files     \n";
        assert_eq!(open_files_limit(limits), Some(20_000));
        let none =
            "Max open files            unlimited            unlimited            files     \n";
        assert_eq!(open_files_limit(none), None);
    }
}

//! What the kernel says of processes: the time they took, the memory they hold.

use std::process::Child;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

/// User and system time of all of them, in seconds.
pub(crate) fn cpu(pids: &[u32]) -> anyhow::Result<f64> {
    let mut ticks = 0;
    for pid in pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // proc(5): utime and stime are the 14th and 15th fields; the 2nd may hold spaces.
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields = after_name.split_whitespace().skip(11).take(2);
        ticks += fields
            .filter_map(|field| field.parse::<u64>().ok())
            .sum::<u64>();
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand ticks")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Proportional set size of all of them, in octets: what several share counts once.
pub(crate) fn memory(pids: &[u32]) -> anyhow::Result<f64> {
    let mut octets = 0.0;
    for pid in pids {
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: f64 = kilobytes.context("no Pss in smaps_rollup")?.parse()?;
        octets += kilobytes * 1_024.0;
    }
    Ok(octets)
}

/// Asks a process that we started to end, and waits until it has.
pub(crate) fn end(child: &mut Child) {
    // One that ended already cannot be asked; it is waited for all the same.
    let (Ok(()) | Err(_)) = kill_process(Pid::from_child(child), Signal::TERM);
    drop(child.wait());
}

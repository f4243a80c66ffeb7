//! Processes of the house, found by who started them, and what is done to them.
//!
//! Invariant: a signal goes only to the supervisor that this test started and to its children, as
//! the kernel lists them at that moment. A number that was read from a file is never trusted.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// A process of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct House {
    /// Its number.
    pub(crate) pid: u32,
    /// What it does: `engine`, `gateway`, `sim-part`.
    pub(crate) role: String,
}

/// The children of `parent` that run the binary, as the kernel knows them now.
pub(crate) fn children_of(parent: u32) -> Vec<House> {
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    let child = |pid: u32| {
        let (state, its_parent) = state_and_parent(pid)?;
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let mut words = line.split(|octet| *octet == 0);
        words.next()?;
        let role = String::from_utf8(words.next()?.to_vec()).ok()?;
        let known = ["engine", "gateway", "sim-part"].contains(&role.as_str());
        (its_parent == parent && state != 'Z' && known).then_some(House { pid, role })
    };
    numbers.filter_map(child).collect()
}

/// Whether a thread of the process is there and not a corpse waiting to be collected. The first
/// thread may be one while another still ends its last system call, and holds files and sockets.
pub(crate) fn is_alive(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let mut states = threads.filter_map(|thread| {
        let stat = thread.ok()?.path().join("stat");
        parse_stat(&fs::read_to_string(stat).ok()?)
    });
    states.any(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// Whether the process is stopped.
pub(crate) fn is_stopped(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state == 'T')
}

/// From `/proc/PID/stat` (proc(5)): the state, and who started it.
fn state_and_parent(pid: u32) -> Option<(char, u32)> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(stat: &str) -> Option<(char, u32)> {
    // The name stands in brackets and may hold anything, brackets included.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_whitespace();
    let state = words.next()?.chars().next()?;
    Some((state, words.next()?.parse().ok()?))
}

/// Sends a signal; a process that has just ended is no error.
pub(crate) fn send(pid: u32, signal: Signal) {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let sent = kill_process(number.unwrap(), signal);
    assert!(
        sent.is_ok() || sent == Err(rustix::io::Errno::SRCH),
        "signal to process {pid}: {sent:?}"
    );
}

//! What a run was made on: a figure without its machine means nothing.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use jiff::Timestamp;
use model::Clock;
use serde::Serialize;

use super::kernel::of_meminfo;
use crate::clock::MachineClock;

/// What a run was made on, when, and with what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Context {
    /// What was typed.
    pub(super) command: String,
    /// When it began, in UTC.
    pub(super) date: String,
    /// What the binary calls itself.
    pub(super) build: String,
    /// How it was built: the name of cargo's profile.
    pub(super) profile: String,
    pub(super) machine: Machine,
    /// Processes that ran or wanted to, over the last 1, 5 and 15 minutes before the run.
    pub(super) load_before: [f64; 3],
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    /// Octets.
    pub(super) memory: u64,
    pub(super) kernel: String,
}

impl Context {
    /// What it is now, with this `watchfire`.
    pub(super) fn look(watchfire: &Path) -> anyhow::Result<Self> {
        let load = std::fs::read_to_string("/proc/loadavg")?;
        let version = Command::new(watchfire).arg("--version").output()?;
        let profile = watchfire.parent().and_then(Path::file_name);
        Ok(Self {
            command: typed(std::env::args()),
            date: Timestamp::from_microsecond(MachineClock.now().wall.0)?.to_string(),
            build: String::from_utf8_lossy(&version.stdout).trim().to_owned(),
            profile: profile.unwrap_or_default().to_string_lossy().into_owned(),
            machine: Machine::look()?,
            load_before: load_of(&load).context("/proc/loadavg")?,
        })
    }
}

/// The command as xtask tells it; by hand it is what the process was started with.
fn typed(arguments: impl Iterator<Item = String>) -> String {
    let typed = arguments.skip(1).filter(|word| word != "live");
    let rest: Vec<String> = typed.collect();
    format!("cargo xtask bench {}", rest.join(" "))
}

impl Machine {
    fn look() -> anyhow::Result<Self> {
        let processors = std::fs::read_to_string("/proc/cpuinfo")?;
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
        Ok(Self {
            processor: processor_of(&processors),
            cores: std::thread::available_parallelism()?.get(),
            memory: of_meminfo(&memory, "MemTotal:").context("/proc/meminfo")?,
            kernel: kernel.trim().to_owned(),
        })
    }
}

/// The name of the first processor, as /proc/cpuinfo has it.
fn processor_of(text: &str) -> String {
    let row = text.lines().find(|line| line.starts_with("model name"));
    let name = row.and_then(|row| row.split_once(':'));
    name.map_or("unknown", |(_, name)| name.trim()).to_owned()
}

fn load_of(text: &str) -> Option<[f64; 3]> {
    let mut words = text.split_whitespace().map(str::parse);
    let mut next = || words.next()?.ok();
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_and_processor_are_read_as_the_kernel_writes_them() {
        assert_eq!(
            load_of("9.20 5.65 3.22 12/197 21790\n"),
            Some([9.2, 5.65, 3.22])
        );
        assert_eq!(load_of("9.20 x"), None);
        let cpuinfo = "processor\t: 0\nmodel name\t: A Processor @ 2 GHz\n";
        assert_eq!(processor_of(cpuinfo), "A Processor @ 2 GHz");
        assert_eq!(processor_of(""), "unknown");
    }

    #[test]
    fn the_command_is_told_as_a_person_would_type_it() {
        let arguments = ["bench", "live", "seed-day", "--panels", "9"].map(str::to_owned);
        assert_eq!(
            typed(arguments.into_iter()),
            "cargo xtask bench seed-day --panels 9"
        );
    }
}

//! Processor time and memory of our processes, and what the machine has left. Pure, under given time.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Mono, limits};

use super::history::History;
use crate::ports::{MachineFigures, MachineReading, ProcessFigures, ProcessReading, Role, Windows};

const QUARTER_HOUR: Duration = Duration::from_mins(15);

/// Less than this a reading of processor time cannot tell: the kernel counts by 10 ms.
const SHORTEST: Duration = Duration::from_secs(1);

/// What the operating system told at one moment.
#[derive(Debug, Clone)]
pub(super) struct Readings {
    pub(super) at: Mono,
    pub(super) machine: Option<MachineReading>,
    pub(super) processes: Vec<(Role, u32, ProcessReading)>,
}

#[derive(Debug)]
struct Process {
    pid: u32,
    at: Mono,
    reading: ProcessReading,
    cpu: History<Duration>,
}

/// What was read of late.
#[derive(Debug)]
pub(super) struct Usage {
    read: Option<Mono>,
    processes: BTreeMap<Role, Process>,
    machine: MachineReading,
    idle: History<Duration>,
    /// Processor time of all our processes, also of those that are gone.
    spent: Duration,
    all: History<Duration>,
}

impl Usage {
    pub(super) fn new() -> Self {
        Self {
            read: None,
            processes: BTreeMap::new(),
            machine: MachineReading::default(),
            idle: History::new(limits::USAGE_PERIOD, QUARTER_HOUR),
            spent: Duration::ZERO,
            all: History::new(limits::USAGE_PERIOD, QUARTER_HOUR),
        }
    }

    /// How long ago the operating system was asked.
    pub(super) fn age(&self, now: Mono) -> Duration {
        self.read.map_or(Duration::MAX, |at| now.since(at))
    }

    /// Takes what was read.
    pub(super) fn take(&mut self, readings: &Readings) {
        let at = readings.at;
        if self.read.is_some_and(|last| last >= at) {
            return; // Two asked at once, and the other one was answered first.
        }
        let first = self.read.replace(at).is_none();
        for (role, pid, reading) in &readings.processes {
            self.take_process(at, *role, *pid, *reading, first);
        }
        let there = |role: &Role| readings.processes.iter().any(|(one, ..)| one == role);
        self.processes.retain(|role, _| there(role));
        if self.all.is_due(at) {
            self.all.mark(at, self.spent);
        }
        if let Some(machine) = readings.machine {
            self.machine = machine;
            if self.idle.is_due(at) {
                self.idle.mark(at, machine.idle);
            }
        }
    }

    fn take_process(
        &mut self,
        at: Mono,
        role: Role,
        pid: u32,
        reading: ProcessReading,
        first: bool,
    ) {
        let known = self
            .processes
            .get_mut(&role)
            .filter(|known| known.pid == pid);
        let Some(known) = known else {
            // What a process did before it was first seen is nobody's load of now, unless it has only begun.
            if !first {
                self.spent += reading.cpu;
            }
            let mut cpu = History::new(limits::USAGE_PERIOD, QUARTER_HOUR);
            cpu.mark(at, reading.cpu);
            let process = Process {
                pid,
                at,
                reading,
                cpu,
            };
            self.processes.insert(role, process);
            return;
        };
        self.spent += reading.cpu.saturating_sub(known.reading.cpu);
        (known.at, known.reading) = (at, reading);
        if known.cpu.is_due(at) {
            known.cpu.mark(at, reading.cpu);
        }
    }

    /// Our processes, as they were last read.
    pub(super) fn processes(&self) -> Vec<ProcessFigures> {
        let figures = self.processes.iter().map(|(role, process)| ProcessFigures {
            role: *role,
            pid: process.pid,
            cores: Windows::of(|span| cores(&process.cpu, process.at, process.reading.cpu, span)),
            reading: process.reading,
        });
        figures.collect()
    }

    /// The machine, as it was last read.
    pub(super) fn machine(&self) -> MachineFigures {
        let Some(now) = self.read else {
            return MachineFigures::default();
        };
        let MachineReading { cores: all, .. } = self.machine;
        let ours = Windows::of(|span| cores(&self.all, now, self.spent, span));
        let idle = Windows::of(|span| cores(&self.idle, now, self.machine.idle, span));
        let figures = |ours: Option<f64>, idle: Option<f64>| {
            // Of a machine that is shared, or where we may use a part of it only.
            let (ours, idle) = (ours?, idle?);
            Some((ours, idle.min(all - ours).max(0.0)))
        };
        let both = Windows {
            ten_seconds: figures(ours.ten_seconds, idle.ten_seconds),
            minute: figures(ours.minute, idle.minute),
            quarter_hour: figures(ours.quarter_hour, idle.quarter_hour),
        };
        MachineFigures {
            cores: all,
            ours,
            idle: both.map(|both| both.map(|(_, idle)| idle)),
            reserve: both.map(|both| {
                let (ours, idle) = (*both)?;
                (ours > 0.0).then(|| (ours + idle) / ours)
            }),
            memory: self.machine.memory,
            memory_available: self.machine.memory_available,
        }
    }
}

/// Cores that were kept busy, or idle, in this time up to the last reading.
fn cores(history: &History<Duration>, at: Mono, now: Duration, span: Duration) -> Option<f64> {
    let (since, then) = history.before(at, span)?;
    let span = at.since(*since);
    (span >= SHORTEST).then(|| now.saturating_sub(*then).as_secs_f64() / span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct World {
        usage: Usage,
        now: Mono,
        machine: MachineReading,
    }

    impl World {
        fn new() -> Self {
            Self {
                usage: Usage::new(),
                now: Mono(1 << 50),
                machine: MachineReading {
                    cores: 2.0,
                    idle: 500 * SECOND,
                    busy: 700 * SECOND,
                    memory: 8 << 30,
                    memory_available: 6 << 30,
                },
            }
        }

        /// Five seconds later: processes by pid and processor time so far, and how much more was idle.
        fn later(&mut self, processes: &[(Role, u32, u64)], idle_ms: u64) {
            self.now = self.now.after(5 * SECOND);
            self.machine.idle += Duration::from_millis(idle_ms);
            let read = |(role, pid, cpu): &(Role, u32, u64)| {
                let reading = ProcessReading {
                    cpu: Duration::from_millis(*cpu),
                    own: 1 << 20,
                    ..ProcessReading::default()
                };
                (*role, *pid, reading)
            };
            self.usage.take(&Readings {
                at: self.now,
                machine: Some(self.machine),
                processes: processes.iter().map(read).collect(),
            });
        }
    }

    fn is(found: Option<f64>, wanted: f64) -> bool {
        found.is_some_and(|found| (found - wanted).abs() < 1e-6)
    }

    #[test]
    fn a_process_keeps_busy_what_it_took_in_its_window_and_the_reserve_is_what_idles_beside_it() {
        let mut world = World::new();
        world.later(&[(Role::Engine, 7, 90_000)], 0);
        assert_eq!(
            world.usage.processes()[0].cores.minute,
            None,
            "nothing to compare with"
        );
        assert_eq!(world.usage.machine().reserve.minute, None);
        for step in 1..=12 {
            world.later(&[(Role::Engine, 7, 90_000 + 1_000 * step)], 6_000);
        }
        assert!(is(world.usage.processes()[0].cores.minute, 0.2));
        let machine = world.usage.machine();
        assert!(is(machine.ours.ten_seconds, 0.2));
        assert!(is(machine.idle.minute, 1.2));
        assert!(is(machine.reserve.minute, 7.0));
    }

    #[test]
    fn where_we_may_use_a_part_of_the_machine_the_reserve_is_of_that_part() {
        let mut world = World::new();
        world.machine.cores = 1.0;
        world.later(&[(Role::Engine, 7, 0)], 0);
        world.later(&[(Role::Engine, 7, 1_250)], 40_000);
        assert!(is(world.usage.machine().idle.minute, 0.75));
        assert!(is(world.usage.machine().reserve.minute, 4.0));
    }

    #[test]
    fn what_a_replaced_process_took_still_counts_to_the_house() {
        let mut world = World::new();
        let gateway = Role::Gateway(1);
        world.later(&[(Role::Engine, 7, 5_000), (gateway, 8, 60_000)], 0);
        world.later(&[(Role::Engine, 7, 5_500), (gateway, 8, 61_000)], 0);
        world.later(&[(Role::Engine, 7, 6_000), (gateway, 9, 250)], 0);
        assert!(is(world.usage.machine().ours.minute, 0.225));
        let processes = world.usage.processes();
        assert_eq!((processes[1].pid, processes[1].cores.minute), (9, None));
        world.later(&[(Role::Engine, 7, 6_000)], 0);
        assert_eq!(world.usage.processes().len(), 1);
    }

    #[test]
    fn an_older_reading_that_comes_late_changes_nothing() {
        let mut world = World::new();
        world.later(&[(Role::Engine, 7, 5_000)], 0);
        world.later(&[(Role::Engine, 7, 6_000)], 0);
        world.now = world.now.before(7 * SECOND);
        world.later(&[(Role::Engine, 7, 5_500)], 0);
        assert!(is(world.usage.machine().ours.minute, 0.2));
    }
}

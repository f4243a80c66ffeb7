//! A look at a server's processes and at the kernel: what they have taken until now.

use model::{Clock, Mono};
use serde::{Deserialize, Serialize};

use super::kernel::Kernel;
use crate::clock::MachineClock;
use crate::processes;

/// What a process of a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    /// Watches over the others.
    Supervisor,
    /// Holds the truth.
    Engine,
    /// Holds connections; of the floor and of Mosquitto each process is one.
    Gateway,
}

/// A process of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) role: Role,
    pub(super) pid: u32,
}

/// What a process has taken until now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Taken {
    pub(super) process: Process,
    /// User and system time, in seconds.
    pub(super) cpu: f64,
    /// Its share of memory (PSS), in octets.
    pub(super) memory: f64,
}

/// A look at all of them at one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) at: Mono,
    pub(super) processes: Vec<Taken>,
    pub(super) kernel: Kernel,
}

impl Look {
    /// Looks now. CPU first and for all, so that the looking itself counts for little.
    pub(super) fn at(processes: &[Process]) -> anyhow::Result<Self> {
        let at = MachineClock.now().mono;
        let cpu = processes
            .iter()
            .map(|process| processes::cpu(&[process.pid]));
        let cpu: Vec<f64> = cpu.collect::<Result<_, _>>()?;
        let taken = |(process, cpu): (&Process, f64)| -> anyhow::Result<Taken> {
            Ok(Taken {
                process: *process,
                cpu,
                memory: processes::memory(&[process.pid])?,
            })
        };
        Ok(Self {
            at,
            processes: processes
                .iter()
                .zip(cpu)
                .map(taken)
                .collect::<Result<_, _>>()?,
            kernel: Kernel::look()?,
        })
    }

    fn sum(&self, wanted: impl Fn(Role) -> bool, figure: impl Fn(&Taken) -> f64) -> f64 {
        let of_role = self.processes.iter();
        let of_role = of_role.filter(|taken| wanted(taken.process.role));
        of_role.map(figure).sum()
    }

    /// Octets of all processes of a role.
    pub(super) fn memory(&self, role: Role) -> f64 {
        self.sum(|one| one == role, |taken| taken.memory)
    }

    /// Seconds of CPU of all processes.
    pub(super) fn cpu(&self) -> f64 {
        self.sum(|_| true, |taken| taken.cpu)
    }
}

//! Watchfire as it is measured: the built binary on a folder of its own, under an operator's
//! authority, with the fleet registered and supervised.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use model::{Clock, Mono, Watch};
use rustix::event::{Timespec, poll};
use sim::order::Accounts;

use super::day::Target;
use super::interrupt::Interrupt;
use super::look::{Look, Process, Role};
use crate::clock::MachineClock;
use crate::house::House;
use crate::papers::Papers;

/// How long a server that has just started is left alone before it is looked at.
const SETTLES: Duration = Duration::from_secs(2);

/// The server, at work or between two starts.
#[derive(Debug)]
pub(super) struct Ours {
    data: PathBuf,
    settings: Vec<(&'static str, String)>,
    address: SocketAddr,
    house: Option<House>,
}

impl Ours {
    /// A server on `data`, not started yet, for so many panels; `gateways` of them, or as many as
    /// it takes by itself.
    pub(super) fn new(
        data: &Path,
        papers: &Papers,
        panels: u32,
        gateways: Option<u32>,
    ) -> anyhow::Result<Self> {
        // Nobody else takes the port in the meantime: the system hands out others first. It stays
        // the same over restarts, so that panels find their way back.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let path = |path: &Path| path.to_str().map(str::to_owned).context("a path");
        let settings = vec![
            ("WATCHFIRE__TLS__CERTIFICATE", path(&papers.certificate)?),
            ("WATCHFIRE__TLS__KEY", path(&papers.key)?),
            (
                "WATCHFIRE__TLS__CLIENT_CA",
                serde_json::to_string(&[&papers.client_ca])?,
            ),
            (
                "WATCHFIRE__LISTENER__MQTT__CLIENT_CERTIFICATES",
                "required".to_owned(),
            ),
            ("WATCHFIRE__LISTENER__MQTT__ADDRESS", address.to_string()),
            (
                "WATCHFIRE__GATEWAY__COUNT",
                gateways.unwrap_or(0).to_string(),
            ),
            ("WATCHFIRE__GATEWAY__EXPECTED_PANELS", panels.to_string()),
            // Twenty thousand panels that are lost while armed are as many lines.
            ("WATCHFIRE__LOG__FILTER", "error".to_owned()),
        ];
        Ok(Self {
            data: data.to_owned(),
            settings,
            address,
            house: None,
        })
    }

    /// Starts it, or starts it anew.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        self.house = None;
        let settings: Vec<_> = self
            .settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.house = Some(House::start(&self.data, &settings)?);
        Ok(())
    }

    /// Stops it in order, and waits until it has.
    pub(super) fn stop(&mut self) {
        self.house = None;
    }

    pub(super) fn house(&self) -> anyhow::Result<&House> {
        self.house.as_ref().context("the server is not running")
    }

    /// Looks at it when it has settled.
    pub(super) fn settled(&self, interrupt: &Interrupt) -> anyhow::Result<Look> {
        wait(SETTLES, interrupt)?;
        Look::at(&self.processes()?)
    }

    /// Registers the fleet, supervised as the class or the time says.
    pub(super) fn register(&self, accounts: &Accounts, watch: Watch) -> anyhow::Result<()> {
        let row = |account| format!("mqtt,{account},{watch}\n");
        let head = std::iter::once("family,account,supervision\n".to_owned());
        let table: String = head.chain(accounts.all().map(row)).collect();
        self.house()?.import(&table)
    }

    fn processes(&self) -> anyhow::Result<Vec<Process>> {
        let house = self.house()?;
        let supervisor = Process {
            role: Role::Supervisor,
            pid: house.supervisor(),
        };
        let mut all = vec![supervisor];
        for (name, role) in [("engine", Role::Engine), ("gateway", Role::Gateway)] {
            let pids = house.of_role(name).into_iter();
            all.extend(pids.map(|pid| Process { role, pid }));
        }
        Ok(all)
    }

    pub(super) fn target(&self) -> anyhow::Result<Target> {
        Ok(Target {
            name: "watchfire".to_owned(),
            addresses: vec![self.address],
            processes: self.processes()?,
        })
    }
}

/// Lets time pass.
pub(super) fn wait(time: Duration, interrupt: &Interrupt) -> anyhow::Result<()> {
    let ends = MachineClock.now().mono.after(time);
    while let Some(left) = left_of(ends) {
        interrupt.check()?;
        let pause = Timespec::try_from(left.min(Duration::from_millis(100)))?;
        poll(&mut [], Some(&pause)).or_else(|error| match error {
            // Whoever asks us to end does so by a signal.
            rustix::io::Errno::INTR => Ok(0),
            error => Err(error),
        })?;
    }
    Ok(())
}

fn left_of(ends: Mono) -> Option<Duration> {
    let left = ends.since(MachineClock.now().mono);
    (!left.is_zero()).then_some(left)
}

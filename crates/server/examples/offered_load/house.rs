//! The server that is measured: the binary that was built along with this example, on a folder of
//! its own.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use data_encoding::HEXLOWER;
use model::CipherKey;
use serde_json::Value;

use crate::fleet;
use crate::processes;
use crate::way::Way;

/// A server at work; it is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct House {
    server: Child,
    data: PathBuf,
    endpoints: Value,
}

/// What a fleet was given, and what that cost.
#[derive(Debug)]
pub(crate) struct Measured {
    /// The fleet's report.
    report: Value,
    /// Commits of the store.
    commits: f64,
    /// Seconds of CPU, user and system.
    engine: f64,
    gateways: f64,
}

impl Measured {
    /// Signals acknowledged, at least one so that others can be divided by it.
    pub(crate) fn acknowledged(&self) -> f64 {
        let count = self.report["counters"]["acknowledged"].as_f64();
        count.unwrap_or(0.0).max(1.0)
    }

    pub(crate) fn acknowledged_per_second(&self) -> f64 {
        let rate = self.report["acknowledged_per_second"].as_f64();
        rate.unwrap_or(0.0)
    }

    /// A latency of the report, in milliseconds.
    pub(crate) fn latency_ms(&self, name: &str) -> f64 {
        let micros = self.report["latency"][name].as_f64();
        micros.unwrap_or(f64::NAN) / 1_000.0
    }

    pub(crate) fn signals_per_commit(&self) -> f64 {
        self.acknowledged() / self.commits.max(1.0)
    }

    /// Microseconds of the engine's CPU for a signal.
    pub(crate) fn engine_us(&self) -> f64 {
        self.engine * 1e6 / self.acknowledged()
    }

    /// Microseconds of the gateways' CPU for a signal.
    pub(crate) fn gateways_us(&self) -> f64 {
        self.gateways * 1e6 / self.acknowledged()
    }
}

impl House {
    /// Starts a server that knows the fleets of all ways, does something with it, and stops it.
    pub(crate) fn open(work: impl FnOnce(&Self) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let house = Self::start(folder.path(), &[])?;
        house.import(&of_all_ways()?)?;
        work(&house)
    }

    /// Starts a server on a folder, with these variables besides what goes without saying.
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let server = serve(data, settings)?;
        let endpoints = std::fs::read(data.join("run/endpoints.json"))?;
        Ok(Self {
            server,
            data: data.to_owned(),
            endpoints: serde_json::from_slice(&endpoints)?,
        })
    }

    /// Registers panels: a table as `panel import` takes it.
    pub(crate) fn import(&self, table: &str) -> anyhow::Result<()> {
        let path = self.data.join("fleet.csv");
        std::fs::write(&path, table)?;
        let imported = Command::new(watchfire()?)
            .args(["panel", "import"])
            .arg(&path)
            .arg("--data")
            .arg(&self.data)
            .stdout(Stdio::null())
            .status()?;
        if imported.success() {
            Ok(())
        } else {
            bail!("the fleet could not be registered")
        }
    }

    /// Where a listener listens.
    pub(crate) fn listener(&self, name: &str) -> anyhow::Result<&str> {
        let address = self.endpoints["listeners"][name].as_str();
        address.context("no listener")
    }

    /// The process that watches over the others.
    pub(crate) fn supervisor(&self) -> u32 {
        self.server.id()
    }

    /// The processes of a role.
    pub(crate) fn of_role(&self, role: &str) -> Vec<u32> {
        let children = self.endpoints["children"].as_array();
        let of_role = children
            .into_iter()
            .flatten()
            .filter(|child| child["role"] == role);
        let pids = of_role.filter_map(|child| u32::try_from(child["pid"].as_u64()?).ok());
        pids.collect()
    }

    /// Lets a fleet offer its load, and measures what that costs.
    pub(crate) fn measure(&self, way: Way, rate: u32, seconds: u64) -> anyhow::Result<Measured> {
        let target = self.listener("dc09")?;
        let before = (self.cpu("engine")?, self.cpu("gateway")?, self.commits()?);
        let report = fleet::run(target, way, rate, seconds)?;
        let after = (self.cpu("engine")?, self.cpu("gateway")?, self.commits()?);
        Ok(Measured {
            report,
            engine: after.0 - before.0,
            gateways: after.1 - before.1,
            commits: after.2 - before.2,
        })
    }

    /// User and system time, in seconds, of all children of a role.
    fn cpu(&self, role: &str) -> anyhow::Result<f64> {
        processes::cpu(&self.of_role(role))
    }

    /// Commits since the start of the engine, from its metrics.
    fn commits(&self) -> anyhow::Result<f64> {
        let api = self.endpoints["api"].as_str().context("no API")?;
        let token = std::fs::read_to_string(self.data.join("admin.token"))?;
        let metrics = ureq::get(format!("http://{api}/metrics"))
            .header("Authorization", format!("Bearer {}", token.trim()))
            .call()?
            .body_mut()
            .read_to_string()?;
        let mut lines = metrics.lines();
        let line = lines.find(|line| line.starts_with("watchfire_store_commits_total"));
        let value = line.and_then(|line| line.split_whitespace().last());
        value
            .context("no count of commits in the metrics")?
            .parse()
            .context("a count of commits")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        processes::end(&mut self.server);
    }
}

fn watchfire() -> anyhow::Result<PathBuf> {
    let example = std::env::current_exe()?;
    let target = example
        .parent()
        .and_then(Path::parent)
        .context("no target folder")?;
    let binary = target.join("watchfire");
    if !binary.exists() {
        bail!("{} is not built: run `cargo xtask bench`", binary.display());
    }
    Ok(binary)
}

fn serve(data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Child> {
    let mut server = Command::new(watchfire()?)
        .args(["serve", "--data"])
        .arg(data)
        .env("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__API__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__GATEWAY__COUNT", "2")
        .env("WATCHFIRE__LOG__FILTER", "warn")
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .spawn()?;
    let greeting = BufReader::new(server.stdout.take().context("no standard output")?);
    // The greeting ends when everything works.
    for line in greeting.lines() {
        if line?.starts_with("Stop with") {
            return Ok(server);
        }
    }
    bail!("the server ended before it was ready")
}

/// The panels of every way; those that come by two are registered once.
fn of_all_ways() -> anyhow::Result<String> {
    let mut table = String::from("account,key\n");
    let mut known = std::collections::HashSet::new();
    for member in Way::ALL.into_iter().flat_map(Way::members) {
        let account = member.identity.account;
        if known.insert(account.to_string()) {
            let key = member.key.as_ref().map_or(&[][..], CipherKey::octets);
            writeln!(table, "{account},{}", HEXLOWER.encode(key))?;
        }
    }
    Ok(table)
}

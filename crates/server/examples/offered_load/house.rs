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
use crate::way::Way;

/// A server at work.
#[derive(Debug)]
pub(crate) struct House {
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
    /// Starts a server that knows all fleets, does something with it, and stops it.
    pub(crate) fn open(work: impl FnOnce(&Self) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut server = serve(folder.path())?;
        let outcome = Self::on(folder.path()).and_then(|house| work(&house));
        let pid = rustix::process::Pid::from_child(&server);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        server.wait()?;
        outcome
    }

    fn on(data: &Path) -> anyhow::Result<Self> {
        import(data)?;
        let endpoints = std::fs::read(data.join("run/endpoints.json"))?;
        Ok(Self {
            data: data.to_owned(),
            endpoints: serde_json::from_slice(&endpoints)?,
        })
    }

    /// Lets a fleet offer its load, and measures what that costs.
    pub(crate) fn measure(&self, way: Way, rate: u32, seconds: u64) -> anyhow::Result<Measured> {
        let target = self.endpoints["listeners"]["dc09"].as_str();
        let target = target.context("no listener")?;
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
        let ticks_per_second = rustix::param::clock_ticks_per_second();
        let mut ticks = 0;
        let children = self.endpoints["children"].as_array();
        for child in children.context("no children")? {
            if child["role"] == role {
                let stat = std::fs::read_to_string(format!("/proc/{}/stat", child["pid"]))?;
                // proc(5): utime and stime are the 14th and 15th fields; the 2nd may hold spaces.
                let after_name = stat.rsplit(')').next().unwrap_or_default();
                let fields = after_name.split_whitespace().skip(11).take(2);
                ticks += fields
                    .filter_map(|field| field.parse::<u64>().ok())
                    .sum::<u64>();
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand ticks")]
        Ok(ticks as f64 / ticks_per_second as f64)
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

fn serve(data: &Path) -> anyhow::Result<Child> {
    let mut server = Command::new(watchfire()?)
        .args(["serve", "--data"])
        .arg(data)
        .env("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__API__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__GATEWAY__COUNT", "2")
        .env("WATCHFIRE__LOG__FILTER", "warn")
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

/// Registers the panels of every way; those that come by two are registered once.
fn import(data: &Path) -> anyhow::Result<()> {
    let mut file = String::from("account,key\n");
    let mut known = std::collections::HashSet::new();
    for member in Way::ALL.into_iter().flat_map(Way::members) {
        let account = member.identity.account;
        if known.insert(account.to_string()) {
            let key = member.key.as_ref().map_or(&[][..], CipherKey::octets);
            writeln!(file, "{account},{}", HEXLOWER.encode(key))?;
        }
    }
    let path = data.join("fleet.csv");
    std::fs::write(&path, file)?;
    let imported = Command::new(watchfire()?)
        .args(["panel", "import"])
        .arg(&path)
        .arg("--data")
        .arg(data)
        .stdout(Stdio::null())
        .status()?;
    if imported.success() {
        Ok(())
    } else {
        bail!("the fleet could not be registered")
    }
}

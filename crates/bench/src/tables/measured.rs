//! A fleet that offers its load to a server, and what that costs.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use model::CipherKey;
use serde_json::Value;

use super::fleet;
use super::way::Way;
use crate::house::House;
use crate::processes;

/// What a fleet was given, and what that cost.
#[derive(Debug)]
pub(super) struct Measured {
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
    pub(super) fn acknowledged(&self) -> f64 {
        let count = self.report["counters"]["acknowledged"].as_f64();
        count.unwrap_or(0.0).max(1.0)
    }

    pub(super) fn acknowledged_per_second(&self) -> f64 {
        let rate = self.report["acknowledged_per_second"].as_f64();
        rate.unwrap_or(0.0)
    }

    /// A latency of the report, in milliseconds.
    pub(super) fn latency_ms(&self, name: &str) -> f64 {
        let micros = self.report["latency"][name].as_f64();
        micros.unwrap_or(f64::NAN) / 1_000.0
    }

    pub(super) fn signals_per_commit(&self) -> f64 {
        self.acknowledged() / self.commits.max(1.0)
    }

    /// Microseconds of the engine's CPU for a signal.
    pub(super) fn engine_us(&self) -> f64 {
        self.engine * 1e6 / self.acknowledged()
    }

    /// Microseconds of the gateways' CPU for a signal.
    pub(super) fn gateways_us(&self) -> f64 {
        self.gateways * 1e6 / self.acknowledged()
    }
}

/// Starts a server that knows the fleets of all ways, does something with it, and stops it.
pub(crate) fn with_house(work: impl FnOnce(&House) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let house = House::start(folder.path(), &[])?;
    house.import(&of_all_ways()?)?;
    work(&house)
}

/// Lets a fleet offer its load, and measures what that costs.
pub(super) fn measure(
    house: &House,
    way: Way,
    rate: u32,
    seconds: u64,
) -> anyhow::Result<Measured> {
    let target = house.listener("dc09")?;
    let cpu = || -> anyhow::Result<[f64; 2]> {
        let of = |role| processes::cpu(&house.of_role(role));
        Ok([of("engine")?, of("gateway")?])
    };
    let commits = || house.api()?.figure("watchfire_store_commits_total");
    let before = (cpu()?, commits()?);
    let report = fleet::run(target, way, rate, seconds)?;
    let after = (cpu()?, commits()?);
    Ok(Measured {
        report,
        engine: after.0[0] - before.0[0],
        gateways: after.0[1] - before.0[1],
        commits: after.1 - before.1,
    })
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

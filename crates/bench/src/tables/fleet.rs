//! The fleet, in a process of its own: all panels connect first, then the clock starts.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use serde_json::Value;
use sim::fleet::{Fleet, FleetPlan, Pace};

use super::way::{PANELS, Way};
use crate::clock::MachineClock;
use crate::say::say;

/// Runs a fleet in another process, and takes its report. A rate of 0 is all that it can.
pub(crate) fn run(target: &str, way: Way, rate: u32, seconds: u64) -> anyhow::Result<Value> {
    let way = way.to_string();
    let out = Command::new(std::env::current_exe()?)
        .args([
            "fleet",
            target,
            &way,
            &rate.to_string(),
            &seconds.to_string(),
        ])
        .stderr(Stdio::inherit())
        .output()?;
    if !out.status.success() {
        bail!("the fleet failed");
    }
    Ok(serde_json::from_slice(&out.stdout)?)
}

/// The fleet's process.
#[tokio::main]
pub(crate) async fn offer(arguments: &[String]) -> anyhow::Result<()> {
    let [target, way, rate, seconds] = arguments else {
        bail!("fleet TARGET WAY RATE SECONDS")
    };
    let target: SocketAddr = target.parse()?;
    let way: Way = way.parse()?;
    let rate: u32 = rate.parse()?;
    let pace = match rate {
        0 => Pace::FullSpeed,
        _ => Pace::Every(Duration::from_secs_f64(f64::from(PANELS) / f64::from(rate))),
    };
    let plan = FleetPlan {
        pace,
        transport: way.transport,
        ..FleetPlan::full_speed(target, way.members())
    };
    let mut fleet = Fleet::start(plan, Arc::new(MachineClock), None);
    // All begin within a second; then a second to settle.
    fleet.work(Duration::from_secs(2)).await;
    fleet.reset_tally();
    fleet.work(Duration::from_secs(seconds.parse()?)).await;
    let finished = fleet.finish(Duration::from_secs(2)).await?;
    say(format_args!("{}", finished.report.json()));
    Ok(())
}

//! Durable signals a second and acknowledgement latency against offered load, and what a signal
//! costs: the real binary, a fleet in a process of its own, the kernel's own account of CPU time.
//!
//! `cargo xtask bench` builds both with `--release` and runs this; a table for BENCHMARKS.md goes
//! to standard output. Everything is on 127.0.0.0/8 and ends by itself.

#![expect(clippy::print_stdout, reason = "its output is a table")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use model::{Clock, Mono, Now, Wall};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use sim::fleet::{Fleet, FleetPlan, Member, Pace};

/// Panels of the fleet; each waits for its acknowledgement before its next signal.
const PANELS: u32 = 2_000;
const FIRST_ACCOUNT: u32 = 0x0B_0000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("fleet") => fleet(&arguments[1..]),
        Some(seconds) => bench(seconds.parse().context("seconds for each row")?),
        None => bench(8),
    }
}

fn bench(seconds: u64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut server = serve(folder.path())?;
    let outcome = rows(folder.path(), seconds);
    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
    server.wait()?;
    outcome
}

fn rows(data: &Path, seconds: u64) -> anyhow::Result<()> {
    import(data)?;
    let endpoints: Value =
        serde_json::from_slice(&std::fs::read(data.join("run/endpoints.json"))?)?;
    let target = endpoints["listeners"]["dc09"]
        .as_str()
        .context("no listener")?
        .to_owned();
    println!(
        "| offered/s | acknowledged/s | p50 ms | p99 ms | p99.9 ms | max ms | signals a commit | \
         engine µs/signal | gateways µs/signal |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for rate in [250, 1_000, 2_500, 5_787, 10_000, 20_000, 0] {
        let before = (
            cpu(&endpoints, "engine")?,
            cpu(&endpoints, "gateway")?,
            commits(data)?,
        );
        let report = run_fleet(&target, rate, seconds)?;
        let after = (
            cpu(&endpoints, "engine")?,
            cpu(&endpoints, "gateway")?,
            commits(data)?,
        );
        let acknowledged = report["counters"]["acknowledged"]
            .as_f64()
            .unwrap_or(0.0)
            .max(1.0);
        let ms = |name: &str| report["latency"][name].as_f64().unwrap_or(f64::NAN) / 1_000.0;
        let offered = if rate == 0 {
            "all it can".to_owned()
        } else {
            rate.to_string()
        };
        println!(
            "| {offered} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            report["acknowledged_per_second"].as_f64().unwrap_or(0.0),
            ms("p50_us"),
            ms("p99_us"),
            ms("p999_us"),
            ms("max_us"),
            acknowledged / (after.2 - before.2).max(1.0),
            (after.0 - before.0) * 1e6 / acknowledged,
            (after.1 - before.1) * 1e6 / acknowledged,
        );
    }
    Ok(())
}

/// The binary that was built along with this example.
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

fn import(data: &Path) -> anyhow::Result<()> {
    let mut file = String::from("family,account,receiver,line,name,site\n");
    for member in Member::many(FIRST_ACCOUNT, PANELS) {
        writeln!(file, "dc09,{},,,,", member.identity.account)?;
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

fn run_fleet(target: &str, rate: u32, seconds: u64) -> anyhow::Result<Value> {
    let out = Command::new(std::env::current_exe()?)
        .args(["fleet", target, &rate.to_string(), &seconds.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    if !out.status.success() {
        bail!("the fleet failed");
    }
    Ok(serde_json::from_slice(&out.stdout)?)
}

/// The fleet's process: all panels connect first, then the clock starts.
#[tokio::main]
async fn fleet(arguments: &[String]) -> anyhow::Result<()> {
    let [target, rate, seconds] = arguments else {
        bail!("fleet TARGET RATE SECONDS")
    };
    let target: SocketAddr = target.parse()?;
    let rate: u32 = rate.parse()?;
    let pace = match rate {
        0 => Pace::FullSpeed,
        _ => Pace::Every(Duration::from_secs_f64(f64::from(PANELS) / f64::from(rate))),
    };
    let members = Member::many(FIRST_ACCOUNT, PANELS);
    let plan = FleetPlan {
        pace,
        ..FleetPlan::full_speed(target, members)
    };
    let mut fleet = Fleet::start(plan, Arc::new(MachineClock), None);
    // All begin within a second; then a second to settle.
    fleet.work(Duration::from_secs(2)).await;
    fleet.reset_tally();
    fleet.work(Duration::from_secs(seconds.parse()?)).await;
    println!(
        "{}",
        fleet.finish(Duration::from_secs(2)).await?.report.json()
    );
    Ok(())
}

/// User and system time, in seconds, of all children of a role.
fn cpu(endpoints: &Value, role: &str) -> anyhow::Result<f64> {
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    let mut ticks = 0;
    for child in endpoints["children"].as_array().context("no children")? {
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
fn commits(data: &Path) -> anyhow::Result<f64> {
    let endpoints: Value =
        serde_json::from_slice(&std::fs::read(data.join("run/endpoints.json"))?)?;
    let api = endpoints["api"].as_str().context("no API")?;
    let token = std::fs::read_to_string(data.join("admin.token"))?;
    let metrics = ureq::get(format!("http://{api}/metrics"))
        .header("Authorization", format!("Bearer {}", token.trim()))
        .call()?
        .body_mut()
        .read_to_string()?;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("watchfire_store_commits_total"));
    let value = line.and_then(|line| line.split_whitespace().last());
    value
        .context("no count of commits in the metrics")?
        .parse()
        .context("a count of commits")
}

struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Now {
        let nanos = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec * 1_000_000_000 + time.tv_nsec
        };
        Now {
            mono: Mono(u64::try_from(nanos(ClockId::Monotonic)).unwrap_or(0)),
            wall: Wall(nanos(ClockId::Realtime) / 1_000),
            suspect: false,
        }
    }
}

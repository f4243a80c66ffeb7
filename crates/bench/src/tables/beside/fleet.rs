//! The panels, in a process of their own: what they do in each stage, told when it begins and when
//! it has ended, so that the servers' processes are looked at just then.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use model::{Clock, Mono};
use serde::{Deserialize, Serialize};
use sim::fleet::{Fleet, FleetPlan};
use sim::mqtt::{Member, Report, Timeline};
use sim::script::Script;
use sim::tally::Tally;
use sim::tls::{Trust, TrustTerms};
use tokio::time::timeout;

use super::day::{self, Day, PAUSE, Stage};
use super::lived::{Lived, Look};
use super::{BEGIN, PANELS};
use crate::clock::MachineClock;
use crate::papers::Papers;
use crate::processes;

/// What the process is to do, a line on its standard input.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    target: SocketAddr,
    trust: TrustTerms,
    stages: Vec<Stage>,
}

/// What it says, a line each.
#[derive(Debug, Serialize, Deserialize)]
enum Word {
    Begun(Stage),
    Ended(Stage, Box<Outcome>),
}

/// What came of a stage.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// Connections at its end.
    pub(super) online: usize,
    pub(super) tally: Tally,
}

/// Lets the fleet live through the stages with a server, and looks at its processes: those that
/// panels are connected to, and those behind.
pub(super) fn live(
    target: SocketAddr,
    papers: &Papers,
    stages: &[Stage],
    processes: [&[u32]; 2],
) -> anyhow::Result<Lived> {
    let task = Task {
        target,
        trust: papers.trust(),
        stages: stages.to_vec(),
    };
    let mut child = Command::new(std::env::current_exe()?)
        .arg("beside-fleet")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut order = child.stdin.take().context("no standard input")?;
    writeln!(order, "{}", serde_json::to_string(&task)?)?;
    let words = BufReader::new(child.stdout.take().context("no standard output")?);
    let mut lived = Lived::default();
    let mut before = None;
    for word in words.lines() {
        let look = look(processes)?;
        match serde_json::from_str(&word?)? {
            Word::Begun(_) => before = Some(look),
            Word::Ended(stage, outcome) => {
                let before = before.take().context("a stage that did not begin")?;
                lived.add(stage, [before, look], &outcome)?;
            }
        }
    }
    if child.wait()?.success() {
        Ok(lived)
    } else {
        bail!("the fleet failed")
    }
}

fn look([front, behind]: [&[u32]; 2]) -> anyhow::Result<Look> {
    Ok(Look {
        cpu: [processes::cpu(front)?, processes::cpu(behind)?],
        memory: [processes::memory(front)?, processes::memory(behind)?],
    })
}

/// The fleet's process.
#[tokio::main]
pub(crate) async fn play() -> anyhow::Result<()> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let task: Task = serde_json::from_str(&line)?;
    let began = MachineClock.now().mono;
    let until = |moment: Duration| {
        let passed = MachineClock.now().mono.since(began);
        moment.saturating_sub(passed)
    };
    let mut fleet = None;
    for stage in &task.stages {
        rest(fleet.as_mut(), until(stage.begins())).await;
        if let Some(fleet) = &mut fleet {
            fleet.reset_tally();
        }
        say(&Word::Begun(*stage))?;
        if *stage == Stage::Come {
            fleet = Some(start(&task, began)?);
        }
        // Half of the pause belongs to it: the last answers.
        let ends = stage.begins() + stage.lasts() + PAUSE / 2;
        rest(fleet.as_mut(), until(ends)).await;
        let outcome = Outcome {
            online: fleet.as_ref().map_or(0, Fleet::online),
            tally: fleet.as_mut().map(Fleet::take_tally).unwrap_or_default(),
        };
        say(&Word::Ended(*stage, Box::new(outcome)))?;
    }
    if let Some(fleet) = fleet {
        fleet.finish(Duration::from_secs(1)).await?;
    }
    Ok(())
}

/// The fleet, which begins to come.
fn start(task: &Task, began: Mono) -> anyhow::Result<Fleet> {
    let trust = Arc::new(Trust::new(&task.trust)?);
    let time = Timeline::of(MachineClock.now());
    let accounts = day::accounts();
    let member = |place| Member {
        trust: Some(Arc::clone(&trust)),
        absences: vec![day::absence(place)],
        ..Member::of(accounts.at(place), time, time.boot())
    };
    let script = |place| -> Box<dyn Script<Report>> { Box::new(Day::new(began, place)) };
    let plan = FleetPlan {
        begin_per_second: BEGIN,
        journal_room: None,
        ..FleetPlan::full_speed(task.target, (0..PANELS).map(member).collect())
    };
    let scripts = (0..PANELS).map(script).collect();
    Ok(Fleet::play(plan, scripts, Arc::new(MachineClock), None))
}

async fn rest(fleet: Option<&mut Fleet>, time: Duration) {
    match fleet {
        Some(fleet) => fleet.work(time).await,
        // Nothing comes of this but that the time passes.
        None => drop(timeout(time, std::future::pending::<()>()).await),
    }
}

fn say(word: &Word) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(word)?)?;
    Ok(out.flush()?)
}

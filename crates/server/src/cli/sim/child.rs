//! A part of a fleet in a process of its own: what it is told on standard input, and what it
//! answers, a line of JSON each.
//!
//! Invariant: a child never outlives its parent: the kernel kills it when the parent's main thread
//! dies (PDEATHSIG), and the end of its standard input ends it in order as well.
//! Invariant: Ctrl-C in a terminal does not reach a child, which is in a process group of its own;
//! the parent asks it to stop.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};
use sim::order::{Order, Part};
use sim::run::{Outcome, Progress, Run};
use tokio::sync::oneshot;

use crate::clock::SystemClock;

/// The word that asks a child to stop in order.
pub(super) const STOP: &str = "stop";

/// How often a part tells how far it is.
pub(super) const LOOK: Duration = Duration::from_millis(500);

/// What a child is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) order: Order,
    pub(super) part: Part,
}

/// What a child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    /// How far it is.
    Progress(Progress),
    /// What came of it; its last word.
    Outcome(Box<Outcome>),
}

/// The child's life.
pub fn run() -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let task: Task = serde_json::from_str(&line)
        .context("this subcommand is started by `watchfire sim`, never by hand")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(|| {
            let mut word = String::new();
            // A word, the end of the input, an error: each means that it is over.
            drop(std::io::stdin().lock().read_line(&mut word));
            drop(stop);
        });
        let run = Run::start(&task.order, &task.part, Arc::new(SystemClock));
        let run = run.map_err(std::io::Error::other)?;
        let mut lost = None;
        let tell = |progress| {
            if let Err(error) = say(&Word::Progress(progress)) {
                lost.get_or_insert(error);
            }
        };
        run.work(LOOK, tell, async { drop(stopped.await) }).await;
        match lost {
            Some(error) => Err(error),
            None => run.finish().await,
        }
    })?;
    Ok(say(&Word::Outcome(Box::new(outcome)))?)
}

fn say(word: &Word) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

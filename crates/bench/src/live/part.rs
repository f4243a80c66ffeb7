//! A part of a fleet in a process of its own: its task on standard input, then a word a line; what
//! it answers goes to standard output.
//!
//! Invariant: a part never outlives the bench: the kernel kills it when its parent dies, and the
//! end of its standard input ends it in order.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};
use sim::order::{Order, Part};
use sim::run::{Outcome, Progress, Run};
use sim::tally::Tally;
use tokio::sync::mpsc;

use crate::clock::MachineClock;

/// How often a part tells how far it is.
const LOOK: Duration = Duration::from_millis(250);

/// Words of the bench that wait to be read: there is never more than one.
const WORDS: usize = 4;

/// What a part is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) order: Order,
    pub(super) part: Part,
}

/// What the bench says to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Command {
    /// Tell what was counted since the last time, and count anew.
    Cut,
    /// Wait for what is unanswered, and end.
    Stop,
}

/// What a part says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    /// How far it is.
    Progress(Progress),
    /// What was counted since the last time.
    Cut(Box<Tally>),
    /// What came of the rest; its last word.
    Outcome(Box<Outcome>),
}

/// The part's life.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run() -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let task: Task = serde_json::from_str(&line)
        .context("this subcommand is started by the bench, never by hand")?;
    let (tell, mut commands) = mpsc::channel(WORDS);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let command = line.ok().and_then(|line| serde_json::from_str(&line).ok());
            let Some(command) = command else { return };
            if tell.blocking_send(command).is_err() {
                return;
            }
        }
    });
    let mut run = Run::start(&task.order, &task.part, Arc::new(MachineClock))?;
    let mut gone = None;
    loop {
        let mut command = None;
        let told = async { command = Some(commands.recv().await) };
        let tell = |progress| {
            if let Err(error) = say(&Word::Progress(progress)) {
                gone.get_or_insert(error);
            }
        };
        run.work(LOOK, tell, told).await;
        if let Some(error) = gone {
            return Err(error.into());
        }
        match command {
            Some(Some(Command::Cut)) => say(&Word::Cut(Box::new(run.take_tally())))?,
            // The word, the end of the input, or the end of its time.
            Some(Some(Command::Stop) | None) | None => break,
        }
    }
    let outcome = run.finish().await?;
    say(&Word::Outcome(Box::new(outcome)))?;
    Ok(())
}

fn say(word: &Word) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

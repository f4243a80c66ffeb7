//! Who carries out an order: this process, or as many as its descriptors ask for.
//!
//! Invariant: a part that is lost is told, and never passed over in the report.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::Arc;

use model::Clock;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sim::order::{Order, Part};
use sim::run::{Outcome, Progress, Run};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::child::{LOOK, STOP, Task, Word};
use super::progress::Teller;
use crate::cli::{Failure, Out};
use crate::clock::SystemClock;

/// The binary that runs now, even if the file has been replaced since.
const THIS_BINARY: &str = "/proc/self/exe";

/// Files that a process opens at most, whatever the system allows: what is spent on one process's
/// readiness loop stays within bounds, and small machines allow no more.
const FILES: u64 = 20_000;

/// Files that a process needs besides those of its panels.
const SPARE: u64 = 100;

/// What came of an order.
#[derive(Debug)]
pub(super) struct Sailed {
    /// Of each part.
    pub(super) outcomes: Vec<Outcome>,
    /// Whether somebody pressed Ctrl-C.
    pub(super) interrupted: bool,
}

/// Carries out an order in at least so many processes.
pub(super) fn sail(order: &Order, processes: u32, out: &Out) -> Result<Sailed, Failure> {
    let clock = Arc::new(SystemClock);
    let begins = clock.now().mono;
    let parts = Part::all(order.accounts.count(), processes, room(order), begins);
    let mut teller = Teller::new(order.lasts(), begins);
    // One thread: the kernel kills children when the thread that started them ends.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let sailed = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let stop = interrupts(order)?;
            let outcomes = match &parts[..] {
                [whole] => here(order, whole, clock, &mut teller, out, stop.clone()).await?,
                several => elsewhere(order, several, clock, &mut teller, out, stop.clone()).await?,
            };
            let interrupted = *stop.borrow();
            Ok(Sailed {
                outcomes,
                interrupted,
            })
        })
    });
    teller.end();
    sailed.map_err(|error| Failure::new(format!("the fleet could not go on: {error}"), ""))
}

/// How many panels fit into a process. As many files as the system lets us are asked for first.
fn room(order: &Order) -> u32 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(FILES);
    let current = limit.current.unwrap_or(u64::MAX);
    let raised = current < most
        && setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(most),
                maximum: limit.maximum,
            },
        )
        .is_ok();
    let files = if raised { most } else { current.min(FILES) };
    let panels = files.saturating_sub(SPARE).max(1) / order.scenario.faults.connections_at_most();
    u32::try_from(panels).unwrap_or(u32::MAX).max(1)
}

/// Turns true when somebody presses Ctrl-C; a second time ends this process at once.
fn interrupts(order: &Order) -> io::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (stop, stopped) = watch::channel(false);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let grace = order.grace;
    tokio::spawn(async move {
        let again = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        let mut again = again;
        again().await;
        stop.send_replace(true);
        Out::new(false).note(format_args!(
            "\nEnding: what is unanswered is waited for, {grace} at most. Ctrl-C again ends at once."
        ));
        again().await;
        // As the shell tells of a program that SIGINT ended.
        std::process::exit(130);
    });
    Ok(stopped)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn here(
    order: &Order,
    whole: &Part,
    clock: Arc<SystemClock>,
    teller: &mut Teller,
    out: &Out,
    stop: watch::Receiver<bool>,
) -> io::Result<Vec<Outcome>> {
    let run = Run::start(order, whole, Arc::clone(&clock) as Arc<dyn Clock>);
    let run = run.map_err(io::Error::other)?;
    let tell = |progress| teller.tell(clock.now().mono, progress, out);
    run.work(LOOK, tell, stopped(stop)).await;
    Ok(vec![run.finish().await?])
}

async fn elsewhere(
    order: &Order,
    parts: &[Part],
    clock: Arc<SystemClock>,
    teller: &mut Teller,
    out: &Out,
    stop: watch::Receiver<bool>,
) -> io::Result<Vec<Outcome>> {
    teller.note(
        &format!(
            "{} panels in {} processes",
            order.accounts.count(),
            parts.len()
        ),
        out,
    );
    let (told, mut seen) = watch::channel(vec![Progress::default(); parts.len()]);
    let mut crew = JoinSet::new();
    for (place, part) in parts.iter().enumerate() {
        let hand = Hand::start(&Task {
            order: order.clone(),
            part: *part,
        })
        .await?;
        let told = told.clone();
        let tell = move |progress| {
            told.send_modify(|all| all[place] = progress);
        };
        crew.spawn(hand.sail(stop.clone(), tell));
    }
    drop(told);
    let mut outcomes = Vec::new();
    loop {
        tokio::select! {
            ended = crew.join_next() => match ended {
                // Whoever is left is killed when the set is dropped: half a report is none.
                Some(ended) => outcomes.push(ended.map_err(io::Error::other)??),
                None => return Ok(outcomes),
            },
            Ok(()) = seen.changed() => {
                let mut all = Progress::default();
                seen.borrow_and_update().iter().for_each(|part| all.add(part));
                teller.tell(clock.now().mono, all, out);
            }
        }
    }
}

/// A child and what it says.
struct Hand {
    child: Child,
    words: Lines<BufReader<ChildStdout>>,
    ears: ChildStdin,
}

impl Hand {
    async fn start(task: &Task) -> io::Result<Self> {
        let mut command = std::process::Command::new(THIS_BINARY);
        command
            .arg0("watchfire")
            .arg("sim-part")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = Command::from(command).kill_on_drop(true).spawn()?;
        let pipe = || io::Error::other("a part of the fleet has no pipe");
        let mut ears = child.stdin.take().ok_or_else(pipe)?;
        let words = BufReader::new(child.stdout.take().ok_or_else(pipe)?).lines();
        // The keys go this way and no other (I10): nobody else can read a pipe.
        let mut line = serde_json::to_vec(task)?;
        line.push(b'\n');
        ears.write_all(&line).await?;
        Ok(Self { child, words, ears })
    }

    /// Listens until the child's last word.
    async fn sail(
        mut self,
        stop: watch::Receiver<bool>,
        tell: impl Fn(Progress),
    ) -> io::Result<Outcome> {
        let mut stop = std::pin::pin!(stopped(stop));
        let mut asked = false;
        loop {
            let line = tokio::select! {
                line = self.words.next_line() => line?,
                () = &mut stop, if !asked => {
                    asked = true;
                    // A child that is gone says so by the end of its words.
                    drop(self.ears.write_all(format!("{STOP}\n").as_bytes()).await);
                    continue;
                }
            };
            match line.as_deref().map(serde_json::from_str) {
                Some(Ok(Word::Progress(progress))) => tell(progress),
                Some(Ok(Word::Outcome(outcome))) => return Ok(*outcome),
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => {
                    let status = self.child.wait().await?;
                    let what =
                        format!("a part of it, in a process of its own, ended with {status}");
                    return Err(io::Error::other(what));
                }
            }
        }
    }
}

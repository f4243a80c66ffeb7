//! The processes of a fleet, seen from the bench: started together, listened to, asked, ended.
//!
//! Invariant: no process outlives its crew: each is asked to end, or killed when the crew is
//! dropped, by its own id.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context, bail};
use model::{Clock, Mono};
use sim::order::{Order, Part};
use sim::run::Progress;
use sim::tally::Tally;

use super::interrupt::Interrupt;
use super::part::{Command, Task, Word};
use crate::clock::MachineClock;

/// Connections of one process: well below the 20,000 files that small machines allow.
const ROOM: u64 = 12_000;

/// Words of all processes that wait to be read.
const WORDS: usize = 256;

/// How long a process may take for a word, beyond what it was told to wait for.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked whether somebody pressed Ctrl-C.
const GLANCE: Duration = Duration::from_millis(200);

/// A fleet at work in several processes.
#[derive(Debug)]
pub(super) struct Crew {
    hands: Vec<Hand>,
    words: Receiver<(usize, Option<Word>)>,
    progress: Vec<Progress>,
    /// What all had counted when they were cut: their progress counts from then on.
    before: Progress,
    /// Tallies that were cut and not yet fetched.
    cuts: Vec<Tally>,
    ended: Vec<bool>,
    interrupt: Interrupt,
}

#[derive(Debug)]
struct Hand {
    child: Child,
    ears: ChildStdin,
}

impl Crew {
    /// Starts a fleet. Its signals begin when all have had the time to connect and `settle` more;
    /// parts go to the targets in turns, and each target has as many parts as any other.
    pub(super) fn start(
        order: &Order,
        targets: &[SocketAddr],
        settle: Duration,
        interrupt: &Interrupt,
    ) -> anyhow::Result<(Self, Mono)> {
        let room = ROOM / order.scenario.faults.connections_at_most().max(1);
        let room = u32::try_from(room).unwrap_or(u32::MAX).max(1);
        let count = order.accounts.count();
        let each = u32::try_from(targets.len()).context("targets")?.max(1);
        // Two at least, so that both cores of a small machine have something to do.
        let least = count.div_ceil(room).max(2).next_multiple_of(each);
        // What begins is the counting of the time to the first signal: panels connect at once.
        let begins = MachineClock.now().mono.after(settle);
        let parts = Part::all(count, least, room, begins);
        let (tell, words) = sync_channel(WORDS);
        let mut hands = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            let target = targets.get(place % targets.len()).copied();
            let order = Order {
                target: target.context("a fleet needs a target")?,
                ..order.clone()
            };
            hands.push(Hand::start(&Task { order, part: *part }, place, &tell)?);
        }
        let crew = Self {
            progress: vec![Progress::default(); hands.len()],
            before: Progress::default(),
            ended: vec![false; hands.len()],
            cuts: Vec::new(),
            hands,
            words,
            interrupt: interrupt.clone(),
        };
        Ok((crew, begins.after(order.signals_after())))
    }

    /// How many processes there are.
    pub(super) fn size(&self) -> usize {
        self.hands.len()
    }

    /// How far all of them are, as they said last.
    pub(super) fn progress(&self) -> Progress {
        let mut all = self.before;
        self.progress.iter().for_each(|part| all.add(part));
        all
    }

    /// Listens until a time, or until `enough` says so; whether it did.
    pub(super) fn listen(
        &mut self,
        until: Mono,
        mut enough: impl FnMut(&Progress) -> bool,
    ) -> anyhow::Result<bool> {
        loop {
            if enough(&self.progress()) {
                return Ok(true);
            }
            let left = until.since(MachineClock.now().mono);
            if left.is_zero() {
                return Ok(false);
            }
            self.hear(left)?;
        }
    }

    /// What all have counted since the last time, or the start.
    pub(super) fn cut(&mut self) -> anyhow::Result<Tally> {
        self.say(Command::Cut)?;
        let until = MachineClock.now().mono.after(PATIENCE);
        while self.cuts.len() < self.hands.len() {
            self.hear_by(until)?;
        }
        let mut all = Tally::default();
        self.cuts.drain(..).for_each(|cut| all.add(&cut));
        Ok(all)
    }

    /// Waits for what is unanswered, ends all, and tells what they counted since the last time.
    pub(super) fn stop(mut self, grace: Duration) -> anyhow::Result<Tally> {
        self.say(Command::Stop)?;
        let until = MachineClock.now().mono.after(grace + PATIENCE);
        while !self.ended.iter().all(|ended| *ended) {
            self.hear_by(until)?;
        }
        let mut all = Tally::default();
        self.cuts.drain(..).for_each(|cut| all.add(&cut));
        Ok(all)
    }

    fn say(&mut self, command: Command) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(&command)?;
        line.push(b'\n');
        for hand in &mut self.hands {
            hand.ears
                .write_all(&line)
                .context("a process of the fleet is gone")?;
        }
        Ok(())
    }

    fn hear_by(&mut self, until: Mono) -> anyhow::Result<()> {
        let left = until.since(MachineClock.now().mono);
        if left.is_zero() {
            bail!("a process of the fleet no longer answers");
        }
        self.hear(left)
    }

    /// Takes in one word, if one comes in time.
    fn hear(&mut self, at_most: Duration) -> anyhow::Result<()> {
        self.interrupt.check()?;
        match self.words.recv_timeout(at_most.min(GLANCE)) {
            Ok((place, Some(Word::Progress(progress)))) => self.progress[place] = progress,
            Ok((place, Some(Word::Cut(tally)))) => {
                let counters = tally.counters;
                self.before.add(&Progress {
                    online: 0,
                    sent: counters.sent,
                    acknowledged: counters.acknowledged,
                    refused: counters.refused,
                    supervised: counters.supervised,
                });
                let online = self.progress[place].online;
                self.progress[place] = Progress {
                    online,
                    ..Progress::default()
                };
                self.cuts.push(*tally);
            }
            Ok((place, Some(Word::Outcome(outcome)))) => {
                self.cuts.push(outcome.tally);
                self.ended[place] = true;
            }
            Ok((place, None)) if self.ended[place] => {}
            Ok((place, None)) => {
                let status = self.hands[place].child.wait()?;
                bail!("a process of the fleet ended before its time: {status}");
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("all processes of the fleet are gone"),
        }
        Ok(())
    }
}

impl Hand {
    fn start(
        task: &Task,
        place: usize,
        tell: &SyncSender<(usize, Option<Word>)>,
    ) -> anyhow::Result<Self> {
        let mut child = Process::new(std::env::current_exe()?)
            .arg("part")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut ears = child.stdin.take().context("no standard input")?;
        let mouth = BufReader::new(child.stdout.take().context("no standard output")?);
        let hand_tell = tell.clone();
        std::thread::spawn(move || {
            let words = mouth.lines().map_while(Result::ok);
            let words = words.map_while(|line| serde_json::from_str(&line).ok());
            for word in words.map(Some).chain(std::iter::once(None)) {
                // Nobody listens any more when the crew is gone.
                if hand_tell.send((place, word)).is_err() {
                    return;
                }
            }
        });
        // The keys go this way and no other (I10): nobody else can read a pipe.
        let mut line = serde_json::to_vec(task)?;
        line.push(b'\n');
        ears.write_all(&line)?;
        Ok(Self { child, ears })
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // One that ended already cannot be killed; it is waited for all the same.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

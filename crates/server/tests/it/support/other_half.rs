//! A part of a fleet in a process of its own, since one process may not open files enough.
//!
//! The test binary runs itself, with the test at the end of this file as the only one and the
//! plan in the environment. It obeys two words on its standard input, `count` and `drain`, and
//! answers on its standard output; its journal goes to a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use sim::fleet::{Fleet, FleetPlan};
use sim::journal::{Journal, PanelRecord};

use super::clock::clock;

/// The plan: target, first account, number of panels, path of the journal, in this order.
const PLAN: &str = "WATCHFIRE_TEST_OTHER_HALF";

/// What its answers begin with, among what a test binary prints otherwise.
const MARK: &str = "other half: ";

/// Counts of the other half: connections open, connections dropped, signals acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) online: u64,
    pub(crate) dropped: u64,
    pub(crate) acknowledged: u64,
}

/// The other half, seen from this one.
#[derive(Debug)]
pub(crate) struct OtherHalf {
    process: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    journal: PathBuf,
}

impl OtherHalf {
    /// Starts it.
    pub(crate) fn start(target: SocketAddr, first: u32, count: u32, journal: &Path) -> Self {
        let itself = std::env::current_exe().unwrap();
        let mut process = Command::new(itself)
            .args([
                "--exact",
                "--nocapture",
                "support::other_half::tests::runs_where_it_is_asked_to",
            ])
            .env(
                PLAN,
                format!("{target} {first} {count} {}", journal.display()),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            words: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
            journal: journal.to_owned(),
        }
    }

    /// Its counts, now.
    pub(crate) fn counts(&mut self) -> Counts {
        self.ask("count")
    }

    /// Lets it finish; its counts before that, and its journal.
    pub(crate) fn finish(mut self) -> (Counts, Vec<PanelRecord>) {
        let counts = self.ask("drain");
        let status = self.process.wait().unwrap();
        assert!(
            status.success(),
            "the other half of the fleet ended with {status}"
        );
        (counts, Journal::read(&self.journal).unwrap())
    }

    fn ask(&mut self, word: &str) -> Counts {
        writeln!(self.words, "{word}").unwrap();
        let mut lines = self.answers.by_ref().lines();
        let answer = lines.find_map(|line| line.unwrap().strip_prefix(MARK).map(str::to_owned));
        let answer = answer.expect("the other half answers while it runs");
        let mut numbers = answer.split(' ').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        Counts {
            online: next(),
            dropped: next(),
            acknowledged: next(),
        }
    }
}

impl Drop for OtherHalf {
    fn drop(&mut self) {
        // After `finish` it has ended already, and there is nothing to kill.
        drop(self.process.kill().and_then(|()| self.process.wait()));
    }
}

/// The fleet that both halves are part of; how it differs from others is told by `change`.
pub(crate) fn counts_of(fleet: &Fleet) -> Counts {
    let counters = fleet.counters();
    Counts {
        online: fleet.online() as u64,
        dropped: counters.dropped + counters.hung_up + counters.not_connected,
        acknowledged: counters.acknowledged,
    }
}

async fn obey(plan: FleetPlan, journal: File) {
    let fleet = Fleet::start(plan, clock(), Some(journal));
    let tell = |fleet: &Fleet| {
        let counts = counts_of(fleet);
        println!(
            "{MARK}{} {} {}",
            counts.online, counts.dropped, counts.acknowledged
        );
    };
    loop {
        let word = tokio::task::spawn_blocking(|| {
            let mut word = String::new();
            std::io::stdin().lock().read_line(&mut word).map(|_| word)
        });
        match word.await.unwrap().unwrap().trim() {
            "count" => tell(&fleet),
            "drain" => {
                tell(&fleet);
                fleet.finish(Duration::from_secs(30)).await.unwrap();
                return;
            }
            // The end of the input: the first half is gone.
            other => panic!("`{other}` is no word"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many_connections;

    #[tokio::test(flavor = "multi_thread")]
    async fn runs_where_it_is_asked_to() {
        let Ok(plan) = std::env::var(PLAN) else {
            return;
        };
        let mut words = plan.split(' ');
        let mut next = || words.next().unwrap();
        let target = next().parse().unwrap();
        let [first, count] = [(); 2].map(|()| next().parse().unwrap());
        let journal = File::create(next()).unwrap();
        obey(many_connections::half(target, first, count), journal).await;
    }
}

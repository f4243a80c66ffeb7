//! One child process from its start to its end, and how soon a replacement may start.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::CommandExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};

use crate::child::control::{RELOAD, STOP, Word, send_setup};

/// The binary that runs now, even if the file has been replaced since: both ends of the link are
/// then of one build.
const THIS_BINARY: &str = "/proc/self/exe";

/// A child at work.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    words: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    talks: bool,
    control: OwnedWriteHalf,
}

/// What a child did.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It said something.
    Said(Word),
    /// It ended.
    Ended(io::Result<ExitStatus>),
}

/// How a child's allocator is set, unless the supervisor's own environment says otherwise. A child has a
/// few busy threads: an arena for each would keep what one of them freed from all others, and what a start reads at
/// once would never go back to the machine (glibc raises the size from which it does with each such buffer).
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_TRIM_THRESHOLD_", "1048576"),
];

impl Process {
    /// Starts `watchfire SUBCOMMAND` and hands it its setup.
    ///
    /// Called on the supervisor's main thread only: the kernel kills the child when the thread
    /// that started it ends.
    pub(crate) fn start<T: Serialize>(
        subcommand: &str,
        setup: &T,
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<Self> {
        let (ours, theirs) = StdUnixStream::pair()?;
        let mut command = std::process::Command::new(THIS_BINARY);
        command
            .arg0("watchfire")
            .arg(subcommand)
            .envs(
                ALLOCATOR
                    .into_iter()
                    .filter(|(name, _)| std::env::var_os(name).is_none()),
            )
            .stdin(Stdio::from(OwnedFd::from(theirs)));
        let child = Command::from(command).kill_on_drop(true).spawn()?;
        send_setup(&ours, setup, descriptors)?;
        ours.set_nonblocking(true)?;
        let (words, control) = UnixStream::from_std(ours)?.into_split();
        Ok(Self {
            child,
            words: BufReader::new(words).lines(),
            talks: true,
            control,
        })
    }

    /// The process id; 0 once it has ended.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Waits for the next thing that the child says or suffers.
    pub(crate) async fn next(&mut self) -> Turn {
        loop {
            let line = tokio::select! {
                ended = self.child.wait() => return Turn::Ended(ended),
                line = self.words.next_line(), if self.talks => line,
            };
            match line {
                Ok(Some(line)) => match serde_json::from_str(&line) {
                    Ok(word) => return Turn::Said(word),
                    Err(error) => tracing::warn!(%error, "a child said what nobody understands"),
                },
                // Its end of the socket is closed; the child is about to end.
                Ok(None) | Err(_) => self.talks = false,
            }
        }
    }

    /// Asks the engine to read the files of TLS again.
    pub(crate) async fn reload(&mut self) {
        if self.control.write_all(&[RELOAD]).await.is_err() {
            tracing::debug!("the engine was gone before it was asked to read files again");
        }
    }

    /// Asks the child to stop in order, and kills it if it has not within `patience`.
    pub(crate) async fn stop(mut self, patience: Duration) {
        if self.control.write_all(&[STOP]).await.is_err() {
            tracing::debug!("a child was gone before it was asked to stop");
        }
        if tokio::time::timeout(patience, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                pid = self.id(),
                "a child did not stop in time and is killed"
            );
            if let Err(error) = self.child.kill().await {
                tracing::warn!(%error, "a child could not be killed");
            }
        }
    }
}

/// How long to wait before the next replacement: at once after a long life, then doubling.
#[derive(Debug)]
pub(crate) struct Patience {
    next: Duration,
}

impl Patience {
    const FIRST: Duration = Duration::from_millis(50);
    const LAST: Duration = Duration::from_secs(5);
    /// A child that lived this long was well; its death is a new trouble.
    const LONG_LIFE: Duration = Duration::from_secs(10);

    /// For a child that has not died yet.
    pub(crate) fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// The time to wait after a child that lived for `life`.
    pub(crate) fn after(&mut self, life: Duration) -> Duration {
        if life >= Self::LONG_LIFE {
            self.next = Self::FIRST;
        }
        let wait = self.next;
        self.next = (wait * 2).min(Self::LAST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_come_at_once_after_a_long_life_and_slower_after_short_ones() {
        let mut patience = Patience::new();
        let short = Duration::from_millis(5);
        let waits: Vec<_> = (0..9).map(|_| patience.after(short).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        assert_eq!(patience.after(Duration::from_mins(1)).as_millis(), 50);
    }
}

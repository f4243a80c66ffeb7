//! Whose clock is wrong: a panel's, or ours (R3).
//!
//! Invariant: our clock is suspected when more than one in twenty of the panels heard within
//! 60 s, and at least 20, left the window within these 60 s; nothing else makes it suspect. A panel
//! that was outside all along counts once.
//! Invariant: a suspicion is published before it is reported, so that no panel is refused for our
//! fault while the report waits for its commit.
//! Invariant: nothing here sets a clock, and no timer depends on what is found here.
//!
//! ```text
//!   hub ── skewed, agreed ──► queue ──► Machine ──► ClockDoubt (gateways hear within 500 ms)
//!   each second: both clocks ──────────►   │
//!                                          └──────► Reports: clock_doubt, clock_sure, clock_jump
//! ```
//!
//! Failure: what does not fit in the queue is counted and not looked at: a sample tells the same.
//! A restart forgets everything, and learns it anew from what panels send.

mod machine;
mod task;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Clock, Mono, PathIndex, limits};
use tokio::sync::mpsc;

use crate::ingest::ClockDoubt;
use crate::ports::{Measured, Measurement, Reading, Reports, WatchesClocks};
use crate::registry::Registry;

use machine::Word;
pub use task::Task;

/// Where gateways' words about panels' clocks are handed in. Clones are handles of the same.
#[derive(Debug, Clone)]
pub struct Clocks {
    words: mpsc::Sender<(PathIndex, Word, Mono)>,
    figures: Arc<Figures>,
}

#[derive(Debug, Default)]
struct Figures {
    outside: AtomicU64,
    dropped: AtomicU64,
    suspect: AtomicU64,
}

/// Prepares the watch: the handle, and the task to spawn.
pub fn clocks(
    registry: Registry,
    reports: Arc<dyn Reports>,
    doubt: ClockDoubt,
    clock: Arc<dyn Clock>,
) -> (Clocks, Task) {
    let (words, received) = mpsc::channel(limits::CLOCK_REPORTS);
    let figures = Arc::new(Figures::default());
    let parts = task::Parts {
        words: received,
        registry,
        reports,
        doubt,
        clock,
        figures: Arc::clone(&figures),
    };
    (Clocks { words, figures }, Task::new(parts))
}

impl Clocks {
    fn tell(&self, path: PathIndex, word: Word, at: Mono) {
        // Closed means that the engine ends.
        if self.words.try_send((path, word, at)).is_err() {
            self.figures.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl WatchesClocks for Clocks {
    fn skewed(&self, path: PathIndex, at: Mono) {
        self.figures.outside.fetch_add(1, Ordering::Relaxed);
        self.tell(path, Word::Outside, at);
    }

    fn agreed(&self, path: PathIndex, at: Mono) {
        self.tell(path, Word::Inside, at);
    }
}

impl Measured for Clocks {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let read = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let mut figure = |name, help, reading| {
            out.push(Measurement {
                name,
                help,
                labels: vec![],
                reading,
            });
        };
        figure(
            "watchfire_clock_suspect",
            "1 while our own clock is suspected to be wrong.",
            Reading::Gauge(if read(&self.figures.suspect) == 0 {
                0.0
            } else {
                1.0
            }),
        );
        figure(
            "watchfire_frames_outside_window",
            "Encrypted frames whose timestamp was outside the window.",
            Reading::Counter(read(&self.figures.outside)),
        );
        figure(
            "watchfire_clock_words_dropped",
            "Words about panels' clocks that were not looked at, because too many waited.",
            Reading::Counter(read(&self.figures.dropped)),
        );
    }
}

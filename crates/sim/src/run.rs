//! A part of a fleet at work: started by an order, watched, and ended in order.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Mono};
use serde::{Deserialize, Serialize};

use crate::fleet::Fleet;
use crate::order::{Order, Part};
use crate::report::Report;
use crate::tally::Tally;
use crate::tls::BadTrust;
use crate::wait::until;

/// A part of a fleet at work.
#[derive(Debug)]
pub struct Run {
    fleet: Fleet,
    clock: Timed,
    /// When signals begin.
    begins: Mono,
    /// When no more are begun.
    ends: Mono,
    grace: Duration,
}

/// How far a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Connections open now.
    pub online: u64,
    /// Signals sent.
    pub sent: u64,
    /// Signals acknowledged.
    pub acknowledged: u64,
    /// Signals answered with DUH.
    pub refused: u64,
    /// Supervision messages answered.
    pub supervised: u64,
}

/// What came of a part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// How many panels took part.
    pub panels: u32,
    /// From the first signal to the end of what was asked for, in microseconds.
    pub micros: u64,
    /// What was counted and measured.
    pub tally: Tally,
}

/// A clock that prints itself as nothing.
struct Timed(Arc<dyn Clock>);

impl std::fmt::Debug for Timed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timed")
    }
}

impl Run {
    /// Starts a part. To be called within a runtime.
    ///
    /// # Errors
    ///
    /// If its panels cannot speak TLS as they are told to.
    pub fn start(order: &Order, part: &Part, clock: Arc<dyn Clock>) -> Result<Self, BadTrust> {
        let begins = Mono(part.begins).after(order.signals_after());
        Ok(Self {
            fleet: order.launch(part, Arc::clone(&clock))?,
            clock: Timed(clock),
            begins,
            ends: begins.after(order.duration.0),
            grace: order.grace.0,
        })
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let counters = self.fleet.counters();
        Progress {
            online: self.fleet.online() as u64,
            sent: counters.sent,
            acknowledged: counters.acknowledged,
            refused: counters.refused,
            supervised: counters.supervised,
        }
    }

    /// What was counted and measured since the start or the last time that this was asked; it is
    /// counted anew from now on, and the outcome holds what came after.
    pub fn take_tally(&mut self) -> Tally {
        self.fleet.take_tally()
    }

    /// Works until its time is over or `stop` completes, and tells now and then how far it is.
    pub async fn work(
        &self,
        every: Duration,
        mut tell: impl FnMut(Progress),
        stop: impl Future<Output = ()>,
    ) {
        let mut stop = std::pin::pin!(stop);
        let mut next = self.clock.0.now().mono.after(every);
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = until(self.clock.0.as_ref(), Some(self.ends)) => return,
                () = until(self.clock.0.as_ref(), Some(next)) => {
                    tell(self.progress());
                    next = next.after(every);
                }
            }
        }
    }

    /// Waits for what is unanswered, ends the fleet, and tells what came of it.
    pub async fn finish(self) -> io::Result<Outcome> {
        let ends = self.clock.0.now().mono.min(self.ends);
        let signalled = ends.since(self.begins);
        self.fleet.drain_from(ends);
        let finished = self.fleet.finish(self.grace).await?;
        Ok(Outcome {
            panels: u32::try_from(finished.report.panels).unwrap_or(u32::MAX),
            micros: u64::try_from(signalled.as_micros()).unwrap_or(u64::MAX),
            tally: finished.tally,
        })
    }
}

impl Progress {
    /// Adds how far another part is.
    pub fn add(&mut self, other: &Self) {
        self.online += other.online;
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.supervised += other.supervised;
    }
}

impl Outcome {
    /// The report of all parts together, of which there is at least one.
    pub fn report(parts: &[Self]) -> Report {
        let mut tally = Tally::default();
        let mut panels = 0;
        for part in parts {
            tally.add(&part.tally);
            panels += part.panels as usize;
        }
        let longest = parts.iter().map(|part| part.micros).max().unwrap_or(0);
        Report::new(panels, Duration::from_micros(longest), &tally)
    }
}

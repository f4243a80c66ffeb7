//! What a server lives through with a fleet, and what it had taken at each point of it.
//!
//! ```text
//!   nobody ──come──► all there ──settle──► idle ──warm──► begin ──live──► end ──► nobody
//!      look             look               look            look           look
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use model::{Clock, Mono};
use sim::kind::Kind;
use sim::order::Order;
use sim::tally::Tally;

use super::crew::Crew;
use super::interrupt::Interrupt;
use super::kernel::Kernel;
use super::look::{Look, Process};
use super::show::Show;
use crate::clock::MachineClock;

/// Between the look at idle panels and their first signal.
const QUIET: Duration = Duration::from_millis(500);

/// How long it is waited for panels that are late, before the run is given up.
const LATE: Duration = Duration::from_mins(3);

/// Between two questions whether all were let in.
const ASK: Duration = Duration::from_millis(100);

/// How long nobody may come before a server counts as full.
const STALLED: Duration = Duration::from_secs(30);

/// Octets of memory that are left to the machine, and some that the last panels still take.
const LEFT: u64 = (1_536 + 256) << 20;

/// How long a server that took no more is looked at.
const FULL: Duration = Duration::from_secs(10);

/// A server that panels can connect to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) processes: Vec<Process>,
}

/// How long each part of the day lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// From the time by which all should be there to the first signal.
    pub(super) settle: Duration,
    /// From the first signal to the first look.
    pub(super) warm: Duration,
    /// Between the looks.
    pub(super) live: Duration,
    /// How long unanswered signals are waited for.
    pub(super) grace: Duration,
}

/// A span of time: what the processes had taken before and after, what the panels saw in it.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) from: Look,
    pub(super) to: Look,
    pub(super) tally: Tally,
}

impl Span {
    pub(super) fn seconds(&self) -> f64 {
        self.to.at.since(self.from.at).as_secs_f64()
    }
}

/// What a server lived through.
#[derive(Debug)]
pub(super) struct Lived {
    /// From nobody there to all there.
    pub(super) came: Span,
    /// When all were there and had nothing to say yet; none, if some came after the first signal.
    pub(super) idle: Option<Look>,
    /// The time that is measured.
    pub(super) measured: Span,
    /// Connections at its end.
    pub(super) online: u64,
    /// Processes of the fleet.
    pub(super) fleet: usize,
    /// When signals began.
    pub(super) signals: Mono,
    /// What the panels saw from the beginning to the end.
    pub(super) all: Tally,
    /// Why not all came, if they did not.
    pub(super) stopped: Option<String>,
}

impl Lived {
    /// What a reader should know of a server's day.
    pub(super) fn remarks(&self, name: &str) -> Vec<String> {
        let late = self.came.to.at.since(self.signals).as_secs_f64();
        let remark = match &self.stopped {
            Some(why) => format!("{name}: the run went as far as it could: {why}."),
            None if self.idle.is_some() => return Vec::new(),
            None if late > 0.0 => format!(
                "{name}: the last panel connected {late:.1} s after signals had begun: memory of \
                 idle panels was not measured, and the cost of a handshake has signals in it."
            ),
            None => format!(
                "{name}: the last panel connected so late that memory of idle panels was not \
                 measured."
            ),
        };
        vec![remark]
    }
}

/// A day that has begun: the fleet and what it saw so far.
pub(super) struct Day<'a> {
    pub(super) crew: Crew,
    pub(super) target: &'a Target,
    pub(super) show: &'a mut Show,
    pub(super) interrupt: &'a Interrupt,
    pub(super) times: Times,
    pub(super) panels: u64,
    pub(super) signals: Mono,
    pub(super) all: Tally,
    /// CONNECTs that were answered well.
    admitted: u64,
}

/// How the coming of a fleet ended.
pub(super) struct Came {
    span: Span,
    idle: Option<Look>,
    stopped: Option<String>,
}

/// Lets a server live through a day. What is between the first look and the last is `living`'s.
pub(super) fn live(
    order: &Order,
    target: &Target,
    times: Times,
    (show, interrupt): (&mut Show, &Interrupt),
    living: impl FnOnce(&mut Day<'_>) -> anyhow::Result<Span>,
) -> anyhow::Result<Lived> {
    let empty = Look::at(&target.processes)?;
    let (crew, signals) = Crew::start(order, &target.addresses, times.settle, interrupt)?;
    let fleet = crew.size();
    let mut day = Day {
        crew,
        target,
        show,
        interrupt,
        times,
        panels: order.accounts.count().into(),
        signals,
        all: Tally::default(),
        admitted: 0,
    };
    let came = day.come(empty)?;
    let measured = match &came.stopped {
        None => living(&mut day)?,
        Some(_) => day.span(now().after(FULL))?,
    };
    let online = day.crew.progress().online;
    day.show.phase("last answers", None);
    let mut all = day.all;
    all.add(&day.crew.stop(times.grace)?);
    Ok(Lived {
        came: came.span,
        idle: came.idle,
        measured,
        online,
        fleet,
        signals,
        all,
        stopped: came.stopped,
    })
}

fn now() -> Mono {
    MachineClock.now().mono
}

impl Day<'_> {
    /// All come, and their memory settles.
    fn come(&mut self, empty: Look) -> anyhow::Result<Came> {
        self.show.phase("panels connect", Some(self.signals));
        let in_time = self.signals.before(2 * QUIET);
        let mut stopped = self.all_there(in_time)?;
        let timely = stopped.is_none() && now() < in_time;
        if stopped.is_none() && !timely {
            stopped = self.all_there(now().after(LATE))?;
        }
        let span = Span {
            from: empty,
            to: Look::at(&self.target.processes)?,
            tally: self.all.clone(),
        };
        let idle = if timely {
            self.show.phase("memory settles", Some(self.signals));
            self.wait(self.signals.before(QUIET))?;
            Some(Look::at(&self.target.processes)?)
        } else {
            None
        };
        if self.crew.progress().online == 0 {
            bail!("not one panel got through to {}", self.target.name);
        }
        Ok(Came {
            span,
            idle,
            stopped,
        })
    }

    /// Waits until all are let in, or until a time; why no more will come, if that is so.
    fn all_there(&mut self, until: Mono) -> anyhow::Result<Option<String>> {
        let panels = self.panels;
        let (mut most, mut since) = (0, now());
        loop {
            let show = &mut *self.show;
            let mut left = u64::MAX;
            let turn = now().after(Duration::from_secs(1)).min(until);
            let online = self.crew.listen(turn, |progress| {
                show.tell(progress);
                progress.online >= panels
            })?;
            if online && self.all_admitted(panels)? {
                return Ok(None);
            }
            if let Ok(kernel) = Kernel::look() {
                left = kernel.available;
            }
            let there = self.crew.progress().online;
            if there > most {
                (most, since) = (there, now());
            }
            if left < LEFT {
                let mebibytes = left >> 20;
                return Ok(Some(format!(
                    "{there} panels were connected when {mebibytes} MiB of memory were left"
                )));
            }
            // The first takes until its process has made its panels.
            if most > 0 && now().since(since) > STALLED {
                self.count_admitted()?;
                return Ok(Some(format!(
                    "{there} panels were connected, and no other got through for {} s",
                    STALLED.as_secs()
                )));
            }
            if now() >= until {
                return Ok(None);
            }
        }
    }

    /// Whether all that are connected were let in, too.
    fn all_admitted(&mut self, panels: u64) -> anyhow::Result<bool> {
        let all = self.count_admitted()? >= panels;
        if !all {
            self.wait(now().after(ASK))?;
        }
        Ok(all)
    }

    fn count_admitted(&mut self) -> anyhow::Result<u64> {
        let cut = self.cut()?;
        self.admitted += cut.kind(Kind::Connect).acknowledged;
        Ok(self.admitted)
    }

    /// What the panels saw since the last time.
    pub(super) fn cut(&mut self) -> anyhow::Result<Tally> {
        let cut = self.crew.cut()?;
        self.all.add(&cut);
        Ok(cut)
    }

    /// Lets time pass until then.
    pub(super) fn wait(&mut self, until: Mono) -> anyhow::Result<()> {
        let show = &mut *self.show;
        self.crew.listen(until, |progress| {
            show.tell(progress);
            false
        })?;
        Ok(())
    }

    /// Until signals have begun, and each panel has had its first.
    pub(super) fn warm(&mut self) -> anyhow::Result<()> {
        let begins = self.signals.max(now()).after(self.times.warm);
        self.show.phase("signals begin", Some(begins));
        self.wait(begins)
    }

    /// A span from now until then.
    pub(super) fn span(&mut self, until: Mono) -> anyhow::Result<Span> {
        let from = Look::at(&self.target.processes)?;
        self.cut()?;
        self.show.phase("living", Some(until));
        self.wait(until)?;
        let to = Look::at(&self.target.processes)?;
        let tally = self.cut()?;
        Ok(Span { from, to, tally })
    }
}

/// A day in which nothing befalls the server.
pub(super) fn plainly(day: &mut Day<'_>) -> anyhow::Result<Span> {
    day.warm()?;
    day.span(now().after(day.times.live))
}

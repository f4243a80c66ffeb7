//! What a server lives through with a fleet, and what it had taken at each point of it.
//!
//! ```text
//!   nobody ──come──► all there ──settle──► idle ──begin──► warm ──live──► end ──► nobody
//!      look             look               look             look           look
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use model::{Clock, Mono};
use sim::order::Order;
use sim::tally::Tally;

use super::crew::Crew;
use super::interrupt::Interrupt;
use super::look::{Look, Process};
use super::show::Show;
use crate::clock::MachineClock;

/// Between the look at idle panels and their first signal.
const QUIET: Duration = Duration::from_millis(500);

/// How long it is waited for panels that are late, before the run is given up.
const LATE: Duration = Duration::from_mins(3);

/// A server that panels can connect to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: &'static str,
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

/// What a server lived through.
#[derive(Debug)]
pub(super) struct Lived {
    /// From nobody there to all there.
    pub(super) came: Span,
    /// When all were there and had nothing to say yet; none, if some came after the first signal.
    pub(super) idle: Option<Look>,
    /// The time that is measured.
    pub(super) lived: Span,
    /// Connections at its end.
    pub(super) online: u64,
    /// Processes of the fleet.
    pub(super) fleet: usize,
    /// When signals began.
    pub(super) signals: Mono,
    /// What the panels saw from the beginning to the end.
    pub(super) all: Tally,
}

impl Span {
    pub(super) fn seconds(&self) -> f64 {
        self.to.at.since(self.from.at).as_secs_f64()
    }
}

/// Lets a server live through a day.
pub(super) fn live(
    order: &Order,
    target: &Target,
    times: Times,
    show: &mut Show,
    interrupt: &Interrupt,
) -> anyhow::Result<Lived> {
    let panels = u64::from(order.accounts.count());
    let look = || Look::at(&target.processes);
    let now = || MachineClock.now().mono;
    let empty = look()?;
    let (mut crew, signals) = Crew::start(order, &target.addresses, times.settle, interrupt)?;
    let fleet = crew.size();
    show.phase("panels connect", Some(signals));
    let all_there = |crew: &mut Crew, show: &mut Show, until: Mono| {
        crew.listen(until, |progress| {
            show.tell(progress);
            progress.online >= panels
        })
    };
    let in_time = all_there(&mut crew, show, signals.before(2 * QUIET))?;
    if !in_time && !all_there(&mut crew, show, now().after(LATE))? {
        let online = crew.progress().online;
        bail!("only {online} of {panels} panels got through to {}", target.name);
    }
    let there = look()?;
    let mut all = crew.cut()?;
    let came = Span {
        from: empty,
        to: there,
        tally: all.clone(),
    };
    let wait = |crew: &mut Crew, show: &mut Show, until: Mono| {
        crew.listen(until, |progress| {
            show.tell(progress);
            false
        })
    };
    let idle = if in_time {
        show.phase("memory settles", Some(signals));
        wait(&mut crew, show, signals.before(QUIET))?;
        Some(look()?)
    } else {
        None
    };
    let begins = signals.after(times.warm).max(now().after(times.warm));
    show.phase("signals begin", Some(begins));
    wait(&mut crew, show, begins)?;
    let from = look()?;
    all.add(&crew.cut()?);
    let ends = from.at.after(times.live);
    show.phase("living", Some(ends));
    wait(&mut crew, show, ends)?;
    let online = crew.progress().online;
    let to = look()?;
    let tally = crew.cut()?;
    all.add(&tally);
    show.phase("last answers", None);
    all.add(&crew.stop(times.grace)?);
    Ok(Lived {
        came,
        idle,
        lived: Span { from, to, tally },
        online,
        fleet,
        signals,
        all,
    })
}

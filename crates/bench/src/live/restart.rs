//! The whole server is ended and started again under a fleet that lives: how soon all are back,
//! and how soon alarms are acknowledged once their panels were let in.

use std::time::Duration;

use model::Clock;
use sim::kind::Kind;
use sim::tally::Tally;

use super::day::{Day, Span};
use super::look::Look;
use super::ours::{Ours, wait};
use super::report::Restart;
use crate::clock::MachineClock;

/// How long it is waited for all to be back.
const LATE: Duration = Duration::from_mins(3);

/// Between two questions whether all were let in.
const ASK: Duration = Duration::from_millis(250);

/// When a restart is, after the first signal, and for how long the server stays away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) after: Duration,
    pub(super) lasts: Duration,
}

/// Lives until the end of the day, with a restart in it. The span is that before it.
pub(super) fn live(
    day: &mut Day<'_>,
    ours: &mut Ours,
    when: When,
) -> anyhow::Result<(Span, Restart)> {
    day.warm()?;
    let ends = now().after(day.times.live);
    let span = day.span(day.signals.after(when.after).max(now()))?;
    day.show.phase("the server is restarted", None);
    let went = now();
    ours.stop();
    wait(when.lasts, day.interrupt)?;
    ours.start()?;
    let up = now();
    let processes = ours.target()?.processes;
    let first = Look::at(&processes)?;
    // How far the panels are was told while nobody listened: now it is up to date.
    let mut since = day.cut()?;
    let latest = up.after(LATE);
    day.show.phase("panels come back", Some(latest));
    let back = loop {
        if since.kind(Kind::Connect).acknowledged >= day.panels
            && day.crew.progress().online >= day.panels
        {
            break Some(now().since(up));
        }
        if now() >= latest {
            break None;
        }
        day.wait(now().after(ASK))?;
        since.add(&day.cut()?);
    };
    let there = Look::at(&processes)?;
    let returned = since.clone();
    day.show.phase("living", Some(ends));
    day.wait(ends)?;
    since.add(&day.cut()?);
    let down = up.since(went);
    Ok((
        span,
        restart(down, back, [&first, &there], [&returned, &since]),
    ))
}

/// The figures: until all were back, and until the end.
fn restart(
    down: Duration,
    back: Option<Duration>,
    [first, there]: [&Look; 2],
    [returned, since]: [&Tally; 2],
) -> Restart {
    let alarms = since.alarms_served();
    let returns = returned.kind(Kind::Connect).acknowledged.max(1);
    let returns = u32::try_from(returns).map_or(f64::INFINITY, f64::from);
    Restart {
        down_seconds: down.as_secs_f64(),
        back_seconds: back.map(|back| back.as_secs_f64()),
        alarms: alarms.count,
        alarm_p99_us: (alarms.count > 0).then_some(alarms.p99_us),
        resumed: returned.counters.shaken_resumed,
        full: returned.counters.shaken_full,
        cpu_us: (there.cpu() - first.cpu()) * 1e6 / returns,
    }
}

fn now() -> model::Mono {
    MachineClock.now().mono
}

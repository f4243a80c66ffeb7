//! Who entered and was not heard of any more. Pure, under given time.
//!
//! Invariant: an entry ends without a word of ours in four ways only: a disarm that nobody doubts, an alarm, a
//! sign of life after the delay's end, or that it was told before. A doubtful disarm, a restore, a cancel or a
//! test ends none (R1, R12).
//! Invariant: nobody is judged while silence may be our own fault (R11).
//!
//! ```text
//!   entry delay ──► waits: delay + 10 s ──► heard after the delay's end? ── yes ──► nothing
//!        ▲ disarm, alarm: ends it                    │ no
//!                                     silence within its keep-alive? ── yes ──► waits until that is over
//!                                                    │ no
//!                                                    └──► burglary suspected
//! ```

use std::collections::HashMap;
use std::time::Duration;

use model::limits::{ENTRIES, ENTRY_DELAY, ENTRY_GRACE, ENTRY_POSTPONED, SUPERVISION_SETTLE};
use model::{
    Code, Event, EventClass, EventSeq, Extended, Mono, Now, OwnCode, PanelCode, PanelId,
    PartitionState, PathIndex, PointNumber, Qualifier, Wall, partition_move,
};

use crate::ports::{KnownPartitions, Link};

/// How soon an entry is looked at again while we cannot judge.
const AGAIN: Duration = Duration::from_secs(1);

/// Somebody entered.
#[derive(Debug, Clone, Copy)]
struct Entry {
    path: PathIndex,
    seq: EventSeq,
    /// When the delay is over.
    end: Mono,
    /// When it is told at the earliest, on the wall.
    told_from: Wall,
    /// When it is looked at next.
    due: Mono,
    delay: Duration,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) path: PathIndex,
    pub(super) code: OwnCode,
    /// The event that began it.
    pub(super) seq: EventSeq,
    /// The entry delay; of a loss, nothing.
    pub(super) delay: Option<Duration>,
}

/// Partition 0, and events that name none, stand for the panel as a whole.
type Part = Option<PointNumber>;

/// Entries that run, and losses that are to be told.
#[derive(Debug, Default)]
pub(super) struct Machine {
    entries: HashMap<(PanelId, Part), Entry>,
    lost: HashMap<PanelId, Finding>,
    /// Entries that there was no room for.
    unwatched: u64,
}

/// Whether an event matters only if its panel's partitions are armed.
pub(super) fn asks_for_partitions(event: &Event) -> bool {
    matches!(
        event.body.code,
        Code::Panel(PanelCode::EntryDelay) | Code::Own(OwnCode::PathLost | OwnCode::PanelLost)
    )
}

impl Machine {
    /// Takes in a committed event. `known` says what the partitions of its panel are, where
    /// [`asks_for_partitions`]; `watched` how many of its panel's paths are watched.
    pub(super) fn hear(
        &mut self,
        event: &Event,
        known: &KnownPartitions,
        watched: usize,
        now: Now,
    ) {
        let panel = event.body.panel;
        match event.body.code {
            Code::Panel(PanelCode::EntryDelay) => self.entered(event, known, now),
            Code::Own(code) => self.hear_own(event, code, known, watched),
            _ if is_alarm(event) => self.end(panel, part(event)),
            code if event.is_effective()
                && partition_move(&code) == Some(PartitionState::Disarmed) =>
            {
                self.end(panel, part(event));
            }
            _ => {}
        }
    }

    fn hear_own(&mut self, event: &Event, code: OwnCode, known: &KnownPartitions, watched: usize) {
        let panel = event.body.panel;
        match code {
            // R9: of several watched paths the last one lost says that the panel is.
            OwnCode::PathLost if watched > 1 => {}
            OwnCode::PathLost | OwnCode::PanelLost if known.any_armed() => {
                let finding = Finding {
                    path: event.body.path,
                    code: OwnCode::LostWhileArmed,
                    seq: event.seq,
                    delay: None,
                };
                self.lost.insert(panel, finding);
            }
            OwnCode::PathRestored | OwnCode::PanelRestored | OwnCode::LostWhileArmed => {
                self.lost.remove(&panel);
            }
            // Told before, in an earlier life: of what was due by then.
            OwnCode::BurglarySuspected => {
                let at = event.body.received;
                self.entries
                    .retain(|(of, _), entry| *of != panel || entry.told_from > at);
            }
            _ => {}
        }
    }

    fn entered(&mut self, event: &Event, known: &KnownPartitions, now: Now) {
        let part = part(event);
        if !known.may_be_armed(part) {
            return;
        }
        let key = (event.body.panel, part);
        if self.entries.len() >= ENTRIES && !self.entries.contains_key(&key) {
            self.unwatched += 1;
            return;
        }
        let delay = delay(event);
        // Received a moment ago, or before a restart of ours; a wall clock that jumped makes it now.
        let age = u64::try_from(now.wall - event.body.received).unwrap_or(0);
        let begun = now.mono.before(Duration::from_micros(age));
        let end = begun.after(delay);
        let waited = model::micros(delay + ENTRY_GRACE);
        let told_from = Wall(event.body.received.0.saturating_add(waited));
        self.entries.insert(
            key,
            Entry {
                path: event.body.path,
                seq: event.seq,
                end,
                told_from,
                due: end.after(ENTRY_GRACE).after(SUPERVISION_SETTLE),
                delay,
            },
        );
    }

    /// A disarm or an alarm of a partition, or of all.
    fn end(&mut self, panel: PanelId, part: Part) {
        if part.is_none() {
            self.entries.retain(|(of, _), _| *of != panel);
        } else {
            self.entries.remove(&(panel, part));
            self.entries.remove(&(panel, None));
        }
    }

    /// Panels that were lost while armed, to be told at once.
    pub(super) fn lost(&mut self) -> Vec<Finding> {
        let mut lost: Vec<_> = self.lost.drain().map(|(_, finding)| finding).collect();
        lost.sort_unstable_by_key(|finding| finding.seq);
        lost
    }

    /// Entries whose time has come and of whose panels nothing was heard. `link` tells of the panel of a path;
    /// `holding` that silence may be ours.
    pub(super) fn judge(
        &mut self,
        now: Mono,
        holding: bool,
        link: impl Fn(PathIndex) -> Link,
    ) -> Vec<Finding> {
        let mut found = Vec::new();
        self.entries.retain(|_, entry| {
            if entry.due > now {
                return true;
            }
            if holding {
                entry.due = now.after(AGAIN);
                return true;
            }
            let link = link(entry.path);
            if link.heard.is_some_and(|heard| heard > entry.end) {
                return false;
            }
            let latest = entry.end.after(ENTRY_GRACE).after(ENTRY_POSTPONED);
            let again = link.expected.map(|at| at.after(SUPERVISION_SETTLE));
            if let Some(again) = again.filter(|again| *again > now && *again <= latest) {
                entry.due = again;
                return true;
            }
            found.push(Finding {
                path: entry.path,
                code: OwnCode::BurglarySuspected,
                seq: entry.seq,
                delay: Some(entry.delay),
            });
            false
        });
        found.sort_unstable_by_key(|finding| finding.seq);
        found
    }

    /// When somebody is to be looked at.
    pub(super) fn next(&self) -> Option<Mono> {
        self.entries.values().map(|entry| entry.due).min()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn unwatched(&self) -> u64 {
        self.unwatched
    }
}

fn part(event: &Event) -> Part {
    event.body.partition.filter(|number| !number.is_zero())
}

/// As the panel reports it; 45 s if it does not.
fn delay(event: &Event) -> Duration {
    let mut extended = event
        .body
        .message
        .iter()
        .flat_map(|message| &message.extended);
    let reported = extended.find_map(Extended::as_entry_delay);
    reported.map_or(ENTRY_DELAY, |seconds| Duration::from_secs(seconds.into()))
}

/// Whether the panel raised the alarm itself. A tamper or a fault is none: they come before the silence.
fn is_alarm(event: &Event) -> bool {
    let body = &event.body;
    let class = matches!(
        body.class,
        EventClass::Fire
            | EventClass::Gas
            | EventClass::Medical
            | EventClass::Panic
            | EventClass::Burglary
    );
    let persists = matches!(body.code, Code::ContactId(Qualifier::Persists, _));
    class && !body.code.is_calming() && !persists
}

//! What all panels said of themselves. Pure, under given time.
//!
//! Invariant: a will of an older boot changes nothing (I6).
//! Invariant: another model, or a boot counter that goes back, is found also after a restart: what was last
//! said is in the store within seconds.
//! Invariant: what waits to be written is bounded; what there is no room for is counted (I4, I7).

use std::collections::VecDeque;

use model::limits::{PRESENCE_PATHS, SECURITY_PERIOD, SECURITY_TABLE, TRENDS_WAITING};
use model::{ConnectionReport, ConnectionState, Mono, PathIndex, StatusReport, Wall};

use super::names::Names;
use super::record::{Record, hour_of};
use crate::ports::{LastConnection, PathCondition, TrendRow};
use crate::seldom::Seldom;

/// What a connection report says beside what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The boot counter went back.
    Boot {
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
    },
    /// It is another model.
    Model {
        /// What it was.
        from: model::ShortText,
        /// What it is.
        to: model::ShortText,
    },
}

/// Everything that was said.
#[derive(Debug)]
pub(super) struct Machine {
    /// By the number of the path.
    records: Vec<Option<Box<Record>>>,
    names: Names,
    /// Hours that are over, to be written.
    over: VecDeque<TrendRow>,
    /// Paths whose connection is to be written; each once.
    unwritten: VecDeque<PathIndex>,
    /// The hour that every record has been turned to.
    turned: u32,
    said: Seldom<(PathIndex, bool)>,
    left_out: u64,
    forgotten: u64,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            names: Names::default(),
            over: VecDeque::new(),
            unwritten: VecDeque::new(),
            turned: 0,
            said: Seldom::new(SECURITY_PERIOD, SECURITY_TABLE),
            left_out: 0,
            forgotten: 0,
        }
    }
}

impl Machine {
    /// Takes up what an earlier life wrote down.
    pub(super) fn recall(&mut self, last: &LastConnection) {
        if let Some(record) = record(&mut self.records, last.path) {
            record.introduce(last.at, &last.report, &mut self.names);
        }
    }

    /// A panel says how it is.
    pub(super) fn status(&mut self, path: PathIndex, status: &StatusReport, at: Wall) {
        let Some(record) = record(&mut self.records, path) else {
            return;
        };
        let over = record.turn(hour_of(at));
        let left_out = record.tell(status, at);
        self.left_out += left_out as u64;
        self.finish(path, over);
    }

    /// A panel says who it is: what that means beyond it.
    pub(super) fn connection(
        &mut self,
        path: PathIndex,
        report: ConnectionReport,
        at: Wall,
    ) -> Option<Change> {
        let record = record(&mut self.records, path)?;
        let over = record.turn(hour_of(at));
        let last = record.introduced(&self.names).map(|(_, last)| last);
        let change = match last.as_ref().map(|last| judge(last, &report)) {
            Some(Judged::Stale) => {
                self.finish(path, over);
                return None;
            }
            Some(Judged::Changed(change)) => Some(change),
            Some(Judged::Same) | None => None,
        };
        let report = match last {
            Some(last) => completed(&report, &last),
            None => report,
        };
        if report.state == ConnectionState::Online {
            record.connected();
        }
        record.introduce(at, &report, &mut self.names);
        let first = !std::mem::replace(&mut record.unwritten, true);
        if first {
            self.unwritten.push_back(path);
        }
        self.finish(path, over);
        change
    }

    /// Whether a change is to be told now.
    pub(super) fn may_tell(&mut self, path: PathIndex, change: &Change, now: Mono) -> bool {
        let of_model = matches!(change, Change::Model { .. });
        self.said.may_say((path, of_model), now)
    }

    /// Ends the hour of those who have said nothing since it was over. Costs nothing until an hour is over.
    pub(super) fn turn(&mut self, now: Wall) {
        let hour = hour_of(now);
        if hour > self.turned {
            self.turned = hour;
            self.turn_all(hour);
        }
    }

    /// Ends the running hour of all, so that it is written: the rest of it adds to it.
    pub(super) fn end(&mut self) {
        self.turn_all(u32::MAX);
    }

    fn turn_all(&mut self, hour: u32) {
        let over = |(at, record): (usize, &mut Option<Box<Record>>)| {
            let over = record.as_mut()?.turn(hour)?;
            Some((at, over))
        };
        let over: Vec<_> = self
            .records
            .iter_mut()
            .enumerate()
            .filter_map(over)
            .collect();
        for (at, over) in over {
            if let Ok(number) = u32::try_from(at) {
                self.finish(PathIndex(number), Some(over));
            }
        }
    }

    /// What is to be written next, at most so many rows: connections first, since they tell of substitution.
    pub(super) fn next(&mut self, most: usize) -> (Vec<LastConnection>, Vec<TrendRow>) {
        let mut connections = Vec::new();
        while connections.len() < most
            && let Some(path) = self.unwritten.pop_front()
        {
            let Some(record) = record(&mut self.records, path) else {
                continue;
            };
            record.unwritten = false;
            if let Some((at, report)) = record.introduced(&self.names) {
                connections.push(LastConnection { path, at, report });
            }
        }
        let left = most.saturating_sub(connections.len()).min(self.over.len());
        (connections, self.over.drain(..left).collect())
    }

    /// These could not be written: they wait again.
    pub(super) fn again(&mut self, connections: &[LastConnection], hours: &[TrendRow]) {
        for last in connections {
            if let Some(record) = record(&mut self.records, last.path)
                && !std::mem::replace(&mut record.unwritten, true)
            {
                self.unwritten.push_back(last.path);
            }
        }
        for row in hours {
            self.finish(row.path, Some((row.start, row.trend)));
        }
    }

    /// How the panel of a path is.
    pub(super) fn condition(&self, path: PathIndex) -> Option<PathCondition> {
        let record = self.records.get(usize::try_from(path.0).ok()?)?.as_ref()?;
        Some(record.shown(&self.names))
    }

    /// Hours of a path that are not written yet, the running one among them.
    pub(super) fn hours(&self, path: PathIndex) -> Vec<TrendRow> {
        let waiting = self.over.iter().filter(|row| row.path == path).copied();
        let at = usize::try_from(path.0).ok();
        let record = at.and_then(|at| self.records.get(at)?.as_ref());
        let running = record.and_then(|record| record.running());
        let running = running.map(|(start, trend)| TrendRow { path, start, trend });
        waiting.chain(running).collect()
    }

    /// How many rows wait to be written.
    pub(super) fn waiting(&self) -> usize {
        self.over.len() + self.unwritten.len()
    }

    pub(super) fn len(&self) -> usize {
        self.records.iter().flatten().count()
    }

    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn finish(&mut self, path: PathIndex, over: Option<(Wall, crate::ports::Trend)>) {
        let Some((start, trend)) = over else { return };
        if self.over.len() < TRENDS_WAITING {
            self.over.push_back(TrendRow { path, start, trend });
        } else {
            self.forgotten += 1;
        }
    }
}

/// The record of a path, begun where there is none; `None` of a number that no path has.
fn record(records: &mut Vec<Option<Box<Record>>>, path: PathIndex) -> Option<&mut Record> {
    let at = usize::try_from(path.0)
        .ok()
        .filter(|at| *at < PRESENCE_PATHS)?;
    if at >= records.len() {
        records.resize_with(at + 1, || None);
    }
    Some(records[at].get_or_insert_default())
}

/// What a connection report is, beside the last one of its path.
enum Judged {
    /// A will of an older boot, that came late.
    Stale,
    Same,
    Changed(Change),
}

fn judge(last: &ConnectionReport, report: &ConnectionReport) -> Judged {
    if report.boot < last.boot {
        return match report.state {
            ConnectionState::Online => Judged::Changed(Change::Boot {
                from: last.boot,
                to: report.boot,
            }),
            _ => Judged::Stale,
        };
    }
    match (last.model, report.model) {
        (Some(from), Some(to)) if from != to => Judged::Changed(Change::Model { from, to }),
        _ => Judged::Same,
    }
}

/// With what the last report said and this one leaves out, as a will does.
fn completed(report: &ConnectionReport, last: &ConnectionReport) -> ConnectionReport {
    let last_reason = last.reason.filter(|_| report.boot == last.boot);
    ConnectionReport {
        firmware: report.firmware.or(last.firmware),
        model: report.model.or(last.model),
        reason: report.reason.or(last_reason),
        ..*report
    }
}

//! What has come and is not written or told yet, and what is counted of it.
//!
//! Invariant: what waits to be told is bounded: of each path and address one event in its period,
//! and of both as many as the tables that remember them hold (I7).

use std::collections::BTreeMap;
use std::net::IpAddr;

use model::{EventFlags, Mono, OwnCode, PathIndex, Wall, limits};

use super::machine::{Machine, Taken, identity};
use crate::ports::{
    Measurement, OwnEvent, Reading, Standing, StrayEntry, StrayFrame, StrayIdentity, StrayUpdate,
};
use crate::seldom::Seldom;

/// Whose flood it is: a path's, or an address's.
type Flooding = (Option<PathIndex>, Option<IpAddr>);

#[derive(Debug)]
pub(super) struct Gathered {
    machine: Machine,
    wrong_keys: Seldom<PathIndex>,
    floods: Seldom<Flooding>,
    /// What waits to be told.
    events: Vec<OwnEvent>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    strays: BTreeMap<&'static str, u64>,
    over_quota: u64,
    muted: u64,
    known: u64,
    floods: u64,
}

impl Gathered {
    pub(super) fn new() -> Self {
        Self {
            machine: Machine::default(),
            wrong_keys: Seldom::new(limits::SECURITY_PERIOD, limits::SECURITY_TABLE),
            floods: Seldom::new(limits::FLOOD_PERIOD, limits::FLOOD_TABLE),
            events: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Knows an entry that is in the store.
    pub(super) fn load(&mut self, entry: &StrayEntry) {
        if entry.standing != Standing::Adopted {
            self.machine.load(entry);
        }
    }

    /// Takes a frame in; only counts it if its sender is `known` by now.
    pub(super) fn stray(&mut self, frame: StrayFrame, known: bool, now: Mono) {
        *self.counts.strays.entry(frame.reason).or_default() += 1;
        let Some(identity) = identity(&frame).filter(|_| !known) else {
            self.counts.known += 1;
            return;
        };
        let (path, source) = (frame.path, frame.source);
        let muted = match self.machine.take(identity, frame) {
            Taken::Kept => false,
            Taken::Muted => {
                self.counts.muted += 1;
                true
            }
            Taken::OverQuota => {
                self.counts.over_quota += 1;
                false
            }
        };
        if let Some(path) = path.filter(|_| !muted)
            && self.wrong_keys.may_say(path, now)
        {
            self.tell(path, OwnCode::WrongKey, source);
        }
    }

    /// Somebody sends too much.
    pub(super) fn flood(&mut self, source: IpAddr, path: Option<PathIndex>, now: Mono) {
        self.counts.floods += 1;
        let whose = path.map_or((None, Some(source)), |path| (Some(path), None));
        if self.floods.may_say(whose, now) {
            self.tell(path.unwrap_or(PathIndex::HOUSE), OwnCode::Flood, source);
        }
    }

    fn tell(&mut self, path: PathIndex, code: OwnCode, source: IpAddr) {
        self.events.push(OwnEvent {
            path,
            code,
            occurred: None,
            text: Some(format!("from {source}")),
            flags: EventFlags::empty(),
        });
    }

    /// What is to be told now.
    pub(super) fn take_events(&mut self) -> Vec<OwnEvent> {
        std::mem::take(&mut self.events)
    }

    /// What is to be written now.
    pub(super) fn waiting(&mut self) -> Vec<StrayUpdate> {
        self.machine.waiting(limits::STATE_BATCH)
    }

    pub(super) fn put_back(&mut self, batch: Vec<StrayUpdate>) {
        self.machine.put_back(batch);
    }

    pub(super) fn mute(&mut self, identity: &StrayIdentity, muted: bool) {
        self.machine.mute(identity, muted);
    }

    pub(super) fn remove(&mut self, identity: &StrayIdentity) {
        self.machine.remove(identity);
    }

    pub(super) fn forget(&mut self, since: Wall) {
        self.machine.forget(since);
    }

    pub(super) fn measure(&self, out: &mut Vec<Measurement>) {
        let mut figure = |name, help, labels, reading| {
            out.push(Measurement {
                name,
                help,
                labels,
                reading,
            });
        };
        for (reason, count) in &self.counts.strays {
            figure(
                "watchfire_strays",
                "Frames of somebody whom we do not know, by reason.",
                vec![("reason", (*reason).to_owned())],
                Reading::Counter(*count),
            );
        }
        let untold = self.wrong_keys.unsaid() + self.floods.unsaid();
        for (name, help, count) in [
            (
                "watchfire_strays_over_quota",
                "Strays that were only counted, because the quarantine or their address's part of it was full.",
                self.counts.over_quota,
            ),
            (
                "watchfire_strays_muted",
                "Strays of entries that were rejected.",
                self.counts.muted,
            ),
            (
                "watchfire_strays_known",
                "Strays whose sender was registered a moment before.",
                self.counts.known,
            ),
            (
                "watchfire_floods",
                "How often gateways told that they limit somebody.",
                self.counts.floods,
            ),
            (
                "watchfire_quarantine_untold",
                "Floods and wrong keys not told because there were too many within their period.",
                untold,
            ),
        ] {
            figure(name, help, vec![], Reading::Counter(count));
        }
        let entries = u32::try_from(self.machine.len()).unwrap_or(u32::MAX);
        figure(
            "watchfire_quarantine_entries",
            "Strangers in the quarantine.",
            vec![],
            Reading::Gauge(entries.into()),
        );
    }
}

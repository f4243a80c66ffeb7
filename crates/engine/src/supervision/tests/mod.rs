//! Supervision under virtual time: a fleet whose panels speak when a script says so, gateways that
//! tell of it in batches, a journal that commits, an engine that dies and comes again.

mod following;
mod lives;
mod outages;
mod property;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::limits::{HEARTBEAT, LINK_PERIOD, SUPERVISION_TICK};
use model::{Epoch, Mono, Now, OrganisationId, OwnCode, PanelIndex, PathIndex, SiteId, Wall};

use super::outbreak::Group;
use super::slot::{Times, Watched};
use super::{Machine, Report, Served};
use crate::ports::{HouseState, OpenFault, PresenceRow, PresenceRows, Resumed, Sign};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const NANOS: u64 = 1_000_000_000;

/// An event that the journal has: when it was stored, and what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stored {
    pub(super) at: f64,
    pub(super) path: u32,
    pub(super) code: OwnCode,
    pub(super) since: Wall,
}

/// What is on disk.
#[derive(Debug, Default)]
struct Disk {
    house: Option<HouseState>,
    presence: BTreeMap<u32, PresenceRow>,
    faults: Vec<OpenFault>,
    losses: Vec<(PathIndex, Served)>,
}

/// A machine and its surroundings.
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) now: Now,
    pub(super) promises: bool,
    pub(super) storing: bool,
    pub(super) stored: Vec<Stored>,
    watched: Vec<Watched>,
    disk: Disk,
    /// Signs that gateways have gathered.
    signs: Vec<Sign>,
    /// Of each path how often it speaks, and when it spoke.
    speaking: BTreeMap<u32, Duration>,
    /// When they speak next.
    next: BTreeSet<(Mono, u32)>,
    written: Mono,
}

pub(super) const BOOT: &str = "first";

pub(super) fn watched(path: u32, panel: u32, seconds: u64) -> Watched {
    Watched {
        path: PathIndex(path),
        panel: PanelIndex(panel),
        groups: [
            Group::All,
            Group::Organisation(OrganisationId::from_bytes([1; 16])),
            Group::Site(SiteId::from_bytes([1; 16])),
        ],
        times: (seconds > 0).then_some(Times {
            working: Duration::from_secs(seconds),
            failed: Duration::from_secs(seconds),
        }),
        farewell: false,
        test: None,
        satisfies: None,
        commissioned: Wall(0),
    }
}

impl World {
    pub(super) fn new(watched: Vec<Watched>) -> Self {
        let now = Now {
            mono: Mono(1_000 * NANOS),
            wall: Wall(1_795_000_000_000_000),
            suspect: false,
        };
        Self {
            machine: Machine::begin(&Resumed::default(), &watched, BOOT, now),
            now,
            promises: true,
            storing: true,
            stored: Vec::new(),
            watched,
            disk: Disk::default(),
            signs: Vec::new(),
            speaking: BTreeMap::new(),
            next: BTreeSet::new(),
            written: Mono(0),
        }
    }

    /// Seconds since the world began.
    pub(super) fn at(&self) -> f64 {
        Duration::from_nanos(self.now.mono.0 - 1_000 * NANOS).as_secs_f64()
    }

    /// A path speaks now.
    pub(super) fn speaks(&mut self, path: u32) {
        self.signs.push(Sign {
            path: PathIndex(path),
            epoch: Epoch(1),
            at: self.now.mono,
        });
    }

    /// A path speaks now and then every so often.
    pub(super) fn speaks_every(&mut self, path: u32, period: Duration) {
        self.speaks(path);
        self.speaking.insert(path, period);
        self.next.insert((self.now.mono.after(period), path));
    }

    pub(super) fn falls_silent(&mut self, path: u32) {
        self.speaking.remove(&path);
        self.next.retain(|(_, one)| *one != path);
    }

    /// Who spoke until now.
    pub(super) fn everybody_falls_silent(&mut self) -> BTreeMap<u32, Duration> {
        self.next.clear();
        std::mem::take(&mut self.speaking)
    }

    /// Time passes, in which the engine runs.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now.mono.after(time);
        while self.now.mono < end {
            self.pass(SUPERVISION_TICK.min(end.since(self.now.mono)));
            self.tick();
        }
    }

    /// Time passes, in which panels speak and gateways hear them, and the engine does nothing.
    pub(super) fn pass(&mut self, time: Duration) {
        let before = self.now;
        self.now.mono = before.mono.after(time);
        self.now.wall = Wall(before.wall.0 + model::micros(time));
        while let Some((at, path)) = self.next.first().copied()
            && at <= self.now.mono
        {
            self.next.pop_first();
            let Some(period) = self.speaking.get(&path) else {
                continue;
            };
            self.next.insert((at.after(*period), path));
            self.signs.push(Sign {
                path: PathIndex(path),
                epoch: Epoch(1),
                at,
            });
        }
    }

    pub(super) fn tick(&mut self) {
        // A batch each LINK_PERIOD: what was read in the running one has not come yet.
        let period = u64::try_from(LINK_PERIOD.as_nanos()).unwrap();
        let told = Mono(self.now.mono.0 / period * period);
        let machine = &mut self.machine;
        self.signs.retain(|sign| {
            let waits = sign.at > told;
            if !waits {
                machine.heard(sign);
            }
            waits
        });
        self.machine.tick(self.now, self.promises);
        self.store();
        for row in self.machine.presence() {
            self.disk.presence.insert(row.row, row);
        }
        if self.now.mono.since(self.written) >= HEARTBEAT {
            self.write(false);
        }
    }

    fn store(&mut self) {
        while self.storing
            && let Some((ticket, report)) = self.machine.next_report()
        {
            self.project(&report);
            if matches!(report.code, OwnCode::PathLost | OwnCode::NeverReported) {
                let told = self.machine.served(self.now.mono);
                self.disk.losses.push((report.path, told));
                self.machine.lost_told(report.path, told);
            }
            self.stored.push(Stored {
                at: self.at(),
                path: report.path.0,
                code: report.code,
                since: report.at,
            });
            self.machine.settled(ticket, true, self.now.mono);
        }
    }

    /// What the follower of the journal writes down.
    fn project(&mut self, report: &Report) {
        let told = self.machine.served(self.now.mono);
        match report.code {
            OwnCode::PathLost
            | OwnCode::NeverReported
            | OwnCode::PanelLost
            | OwnCode::TestOverdue => self.disk.faults.push(OpenFault {
                path: report.path,
                code: report.code,
                since: report.at,
                told,
            }),
            OwnCode::PathRestored => self.disk.faults.retain(|fault| {
                fault.path != report.path
                    || !matches!(fault.code, OwnCode::PathLost | OwnCode::NeverReported)
            }),
            OwnCode::PanelRestored => {
                self.disk
                    .faults
                    .retain(|fault| fault.code != OwnCode::PanelLost);
            }
            OwnCode::TestRestored => {
                self.disk
                    .faults
                    .retain(|fault| fault.code != OwnCode::TestOverdue);
            }
            OwnCode::StillLost => {
                for fault in &mut self.disk.faults {
                    if fault.path == report.path {
                        fault.told = told;
                    }
                }
            }
            _ => {}
        }
    }

    fn write(&mut self, clean: bool) {
        self.written = self.now.mono;
        let served = self.machine.served(self.now.mono);
        self.disk.house = Some(HouseState {
            boot: BOOT.to_owned(),
            mono: self.now.mono,
            wall: self.now.wall,
            served,
            clean,
            hold: self.machine.held_for(),
            cursor: model::EventSeq(0),
        });
    }

    /// The engine stops in order, is away for a while, and comes again.
    pub(super) fn restart(&mut self, away: Duration) {
        self.write(true);
        self.pass(away);
        self.begin(BOOT);
    }

    /// The engine dies, and comes again after a while.
    pub(super) fn crash(&mut self, away: Duration) {
        self.pass(away);
        self.begin(BOOT);
    }

    pub(super) fn begin(&mut self, boot: &str) {
        let resumed = Resumed {
            house: self.disk.house.clone(),
            presence: PresenceRows {
                boot: BOOT.to_owned(),
                rows: self.disk.presence.values().cloned().collect(),
            },
            faults: self.disk.faults.clone(),
            tests: Vec::new(),
            losses: self.disk.losses.clone(),
        };
        self.machine = Machine::begin(&resumed, &self.watched, boot, self.now);
    }

    /// What was stored of a path.
    pub(super) fn of(&self, path: u32) -> Vec<OwnCode> {
        let of = self.stored.iter().filter(|stored| stored.path == path);
        of.map(|stored| stored.code).collect()
    }

    /// When something was stored of a path for the first time.
    pub(super) fn when(&self, path: u32, code: OwnCode) -> Option<f64> {
        let first = self
            .stored
            .iter()
            .find(|one| one.path == path && one.code == code);
        first.map(|stored| stored.at)
    }

    pub(super) fn count(&self, code: OwnCode) -> usize {
        self.stored
            .iter()
            .filter(|stored| stored.code == code)
            .count()
    }
}

/// Whether something happened within a second from `due` on, and not before.
pub(super) fn on_time(at: Option<f64>, due: f64) {
    let at = at.expect("it was stored");
    assert!((due..due + 1.0).contains(&at), "at {at} s, due {due} s");
}

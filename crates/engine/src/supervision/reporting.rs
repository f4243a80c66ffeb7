//! What the journal must still be told, derived from what is the case and what it was told. Pure.
//!
//! Invariant: of a panel at most one event is on its way; what it says counts as told only when it
//! is committed (I3), so that events of a panel are in the order of what happened, each is told
//! once, and none is forgotten when storing fails.
//! Invariant: nothing is queued for an event but its panel's number: the queue is bounded by the
//! number of panels (I7).

use std::time::Duration;

use model::limits::SUPERVISION_RETRY;
use model::{Mono, OwnCode, PathIndex};

use super::clock::{Served, millis};
use super::machine::{Machine, Report, Timer};
use super::slot::{Fault, Slot};

/// What a report is for, to be handed back when its fate is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// An outage of ours.
    House,
    /// Of this panel.
    Panel(u32),
}

impl Machine {
    /// The next event to be stored, if there is one.
    pub fn next_report(&mut self) -> Option<(Ticket, Report)> {
        if self.outage_on_its_way.is_none()
            && let Some(outage) = self.outages.pop_front()
        {
            self.outage_on_its_way = Some(outage);
            return Some((Ticket::House, outage));
        }
        while let Some(panel) = self.ready.pop_front() {
            let slot = &mut self.panels[panel as usize];
            slot.queued = false;
            if self.on_their_way.contains_key(&panel) {
                continue;
            }
            if let Some(report) = self.due(panel) {
                self.on_their_way.insert(panel, report);
                return Some((Ticket::Panel(panel), report));
            }
        }
        None
    }

    /// The fate of a report. One that was not stored is tried again a little later. Answers by
    /// how much a stored loss was late.
    pub fn settled(&mut self, ticket: Ticket, stored: bool, now: Mono) -> Option<Duration> {
        let served = self.clock.at(now);
        let Ticket::Panel(panel) = ticket else {
            let outage = self.outage_on_its_way.take();
            if !stored && let Some(outage) = outage {
                self.outages.push_front(outage);
            }
            return None;
        };
        let report = self.on_their_way.remove(&panel)?;
        if !stored {
            let again = served.after(SUPERVISION_RETRY);
            let tick = again.0 / millis(model::limits::SUPERVISION_TICK);
            self.wheel.set(tick, Timer::Again(panel).into());
            return None;
        }
        self.tell(panel, &report, served);
        self.enqueue(panel);
        matches!(report.code, OwnCode::PathLost | OwnCode::NeverReported)
            .then(|| served.since(report.due))
    }

    /// The first thing that the journal does not know of a panel: paths, then the panel, then
    /// tests and reminders.
    fn due(&self, panel: u32) -> Option<Report> {
        let slot = &self.panels[panel as usize];
        let paths = slot.paths.iter().copied();
        paths
            .clone()
            .find_map(|path| self.path_due(path))
            .or_else(|| self.panel_due(panel))
            .or_else(|| paths.clone().find_map(|path| self.test_due(path)))
            .or_else(|| paths.clone().find_map(|path| self.reminder_due(path)))
    }

    fn path_due(&self, path: u32) -> Option<Report> {
        let slot = &self.slots[path as usize];
        let code = match (slot.fault, slot.told) {
            (fault, told) if fault == told => return None,
            (Some(_), Some(_)) | (None, _) => OwnCode::PathRestored,
            (Some(fault), None) => fault.code(),
        };
        let loss = self.losses.get(&path);
        let (at, due) = match (code, loss) {
            (OwnCode::PathRestored, _) | (_, None) => (slot.base, slot.base),
            (_, Some(loss)) => (loss.at, loss.due),
        };
        Some(Report {
            path: PathIndex(path),
            code,
            at: self.wall_of(at),
            due,
            time: Duration::from_millis(slot.time()),
        })
    }

    /// R9: a panel with several watched paths is lost when all of them are.
    fn panel_due(&self, panel: u32) -> Option<Report> {
        let slot = &self.panels[panel as usize];
        let watched = || {
            let slots = slot
                .paths
                .iter()
                .map(|path| (path, &self.slots[*path as usize]));
            slots.filter(|(_, slot)| slot.is_watched())
        };
        let all = watched().count() > 1 && watched().all(|(_, slot)| slot.told.is_some());
        if all == slot.told {
            return None;
        }
        // Of its paths the one that was lost, or came back, last.
        let since = |path: &u32, one: &Slot| match self.losses.get(path) {
            Some(loss) if all => loss.at,
            _ if !all && one.told.is_some() => Served(0),
            _ => one.base,
        };
        let last = watched().max_by_key(|(path, one)| since(path, one));
        let (path, at) = match last {
            Some((path, one)) => (*path, since(path, one)),
            None => (*slot.paths.first()?, self.served_now()),
        };
        Some(Report {
            path: PathIndex(path),
            code: if all {
                OwnCode::PanelLost
            } else {
                OwnCode::PanelRestored
            },
            at: self.wall_of(at),
            due: at,
            time: Duration::ZERO,
        })
    }

    fn test_due(&self, path: u32) -> Option<Report> {
        let test = self
            .tests
            .get(&path)
            .filter(|test| test.overdue != test.told)?;
        let due = test.base.after(test.expected.every);
        let (code, at) = if test.overdue {
            (OwnCode::TestOverdue, due)
        } else {
            (OwnCode::TestRestored, test.base)
        };
        Some(Report {
            path: PathIndex(path),
            code,
            at: self.wall_of(at),
            due: at,
            time: test.expected.every,
        })
    }

    fn reminder_due(&self, path: u32) -> Option<Report> {
        let loss = self.losses.get(&path).filter(|loss| loss.remind)?;
        let now = self.served_now();
        Some(Report {
            path: PathIndex(path),
            code: OwnCode::StillLost,
            at: self.wall_of(now),
            due: now,
            time: now.since(loss.at),
        })
    }

    /// The journal now knows this.
    fn tell(&mut self, panel: u32, report: &Report, served: Served) {
        let path = report.path.0;
        let slot = &mut self.slots[path as usize];
        match report.code {
            OwnCode::PathLost | OwnCode::NeverReported => {
                slot.told = Some(match report.code {
                    OwnCode::PathLost => Fault::Lost,
                    _ => Fault::Never,
                });
                self.arm_reminder(path, served);
            }
            OwnCode::PathRestored => {
                slot.told = None;
                if slot.fault.is_none() {
                    self.losses.remove(&path);
                }
            }
            OwnCode::PanelLost => self.panels[panel as usize].told = true,
            OwnCode::PanelRestored => self.panels[panel as usize].told = false,
            OwnCode::StillLost => self.arm_reminder(path, served),
            OwnCode::TestOverdue | OwnCode::TestRestored => {
                if let Some(test) = self.tests.get_mut(&path) {
                    test.told = report.code == OwnCode::TestOverdue;
                    if !test.told && !test.wanted {
                        self.tests.remove(&path);
                    }
                }
            }
            _ => {}
        }
    }
}

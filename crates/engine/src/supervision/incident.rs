//! Mass outages as people see them: one incident, whatever groups it touches (R9, R11). Pure.
//!
//! Invariant: an incident is made of what the journal told, so that it is the same after a restart; it never
//! changes whether or when a loss is reported.

use std::time::Duration;

use model::limits::{FLAPPING_LOSSES, MASS_OUTAGE_PERIOD};
use model::{PathIndex, Wall};

use super::clock::Served;
use super::machine::{Machine, slot_of};
use super::outbreak::{Group, MassOutage, ONCE};

/// Many panels lost at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its number: what the clock of service showed at its first loss.
    pub number: u64,
    /// The first loss.
    pub began: Wall,
    /// The last loss so far.
    pub last: Wall,
    /// What the clock of service showed at that.
    pub until: Served,
    /// Whether losses are still coming in.
    pub open: bool,
    /// What is lost of which groups, the largest group first.
    pub groups: Vec<MassOutage>,
}

impl Machine {
    /// The journal tells that a path was lost, in the order of its events.
    pub fn lost_told(&mut self, path: PathIndex, at: Served) {
        let Some(slot) = slot_of(path).and_then(|at| self.slots.get(at)) else {
            return;
        };
        let panel = slot.panel;
        let flaps = self.flaps.entry(path.0).or_default();
        flaps.rotate_left(1);
        flaps[FLAPPING_LOSSES - 1] = at;
        self.outbreaks.settle(at);
        if let Some(panel) = self.panels.get_mut(panel as usize)
            && (panel.counted == Served(0) || at.since(panel.counted) > ONCE)
        {
            panel.counted = at;
            self.outbreaks.lost(panel.groups, at);
        }
    }

    /// Incidents that are remembered, the newest first.
    pub fn incidents(&self) -> Vec<Incident> {
        let mut found = joined(self.outbreaks.all().collect(), |at| self.wall_of(at));
        found.sort_unstable_by_key(|incident| std::cmp::Reverse(incident.number));
        found
    }
}

/// Outages of groups that contain each other, at the same time, are one.
fn joined(mut outages: Vec<MassOutage>, wall: impl Fn(Served) -> Wall) -> Vec<Incident> {
    outages.sort_unstable_by_key(|one| (rank(one.group), one.began));
    let mut incidents: Vec<Vec<MassOutage>> = Vec::new();
    for one in outages {
        let fits = incidents
            .iter_mut()
            .find(|groups| groups.iter().any(|other| meets(other, &one)));
        match fits {
            Some(groups) => groups.push(one),
            None => incidents.push(vec![one]),
        }
    }
    let incidents = incidents.into_iter().map(|groups| {
        let began = groups.iter().map(|one| one.began).min().unwrap_or_default();
        let until = groups.iter().map(|one| one.last).max().unwrap_or_default();
        Incident {
            number: began.0,
            began: wall(began),
            last: wall(until),
            until,
            open: groups.iter().any(|one| one.open),
            groups,
        }
    });
    incidents.collect()
}

/// The larger groups first, so that the smaller ones find theirs.
fn rank(group: Group) -> u8 {
    match group {
        Group::All => 0,
        Group::Organisation(_) => 1,
        Group::Site(_) => 2,
    }
}

/// Whether a smaller group's outage is part of a larger one's.
fn meets(larger: &MassOutage, smaller: &MassOutage) -> bool {
    let within: Duration = MASS_OUTAGE_PERIOD;
    smaller.within.contains(&larger.group)
        && smaller.began <= larger.last.after(within)
        && larger.began <= smaller.last.after(within)
}

#[cfg(test)]
mod tests {
    use model::{OrganisationId, SiteId};

    use super::*;

    fn outage(organisation: u8, site: Option<u8>, began: u64, last: u64) -> MassOutage {
        let organisation = Group::Organisation(OrganisationId::from_bytes([organisation; 16]));
        let group = site.map_or(organisation, |site| {
            Group::Site(SiteId::from_bytes([site; 16]))
        });
        MassOutage {
            group,
            within: [Group::All, organisation, group],
            began: Served(began * 1_000),
            last: Served(last * 1_000),
            panels: 20,
            members: 30,
            open: false,
        }
    }

    fn of_all(began: u64, last: u64) -> MassOutage {
        MassOutage {
            group: Group::All,
            ..outage(1, None, began, last)
        }
    }

    fn sizes(outages: Vec<MassOutage>) -> Vec<(u64, usize)> {
        let mut found = joined(outages, |at| Wall(at.0.cast_signed()));
        found.sort_unstable_by_key(|one| one.number);
        found
            .iter()
            .map(|one| (one.number / 1_000, one.groups.len()))
            .collect()
    }

    #[test]
    fn groups_within_each_other_are_one_incident_and_others_are_not() {
        let everywhere = vec![
            outage(1, Some(1), 12, 30),
            outage(1, None, 11, 40),
            of_all(10, 50),
        ];
        assert_eq!(sizes(everywhere), [(10, 3)]);
        let two = vec![outage(1, Some(1), 10, 30), outage(2, Some(2), 11, 40)];
        assert_eq!(
            sizes(two),
            [(10, 1), (11, 1)],
            "two sites of two organisations"
        );
        let under_one = vec![
            outage(1, Some(1), 10, 30),
            outage(2, Some(2), 11, 40),
            of_all(9, 40),
        ];
        assert_eq!(sizes(under_one), [(9, 3)]);
        let later = vec![of_all(10, 30), outage(1, None, 91, 99)];
        assert_eq!(sizes(later), [(10, 1), (91, 1)], "a minute later");
    }
}

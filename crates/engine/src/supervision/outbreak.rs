//! R9: many paths of a group lost at once. For display only: each loss has its own event. Pure.
//!
//! Invariant: nothing here changes whether or when a loss is reported.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use model::limits::{MASS_OUTAGE_PANELS, MASS_OUTAGE_PERIOD, MASS_OUTAGE_SHARE, MASS_OUTAGES};
use model::{OrganisationId, SiteId};

use super::clock::Served;

/// Panels that have something in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// All of this server.
    All,
    /// Those of an organisation.
    Organisation(OrganisationId),
    /// Those of a site.
    Site(SiteId),
}

/// Many panels of a group that lost a path within a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MassOutage {
    /// Which group.
    pub group: Group,
    /// The groups of the first panel, from all of this server down to the site: this one among them.
    pub within: [Group; 3],
    /// The first of the losses.
    pub began: Served,
    /// The last so far.
    pub last: Served,
    /// How many panels.
    pub panels: usize,
    /// How many panels of the group are watched.
    pub members: usize,
    /// Whether losses are still coming in.
    pub open: bool,
}

/// The groups of a panel by their numbers, from all of this server down to the site.
pub(super) type Groups = [u32; 3];

#[derive(Debug)]
struct Members {
    group: Group,
    count: usize,
    recent: VecDeque<Served>,
}

/// Counts losses by group.
#[derive(Debug, Default)]
pub(super) struct Outbreaks {
    /// By number, in the order in which they were first met.
    groups: Vec<Members>,
    numbers: HashMap<Group, u32>,
    /// The oldest first.
    outages: VecDeque<MassOutage>,
}

impl Outbreaks {
    /// The numbers of groups, so that each panel need not spell them out.
    pub(super) fn number(&mut self, groups: [Group; 3]) -> Groups {
        groups.map(|group| {
            let next = u32::try_from(self.groups.len()).expect("a panel has three groups at most");
            let number = *self.numbers.entry(group).or_insert(next);
            if number == next {
                self.groups.push(Members {
                    group,
                    count: 0,
                    recent: VecDeque::new(),
                });
            }
            number
        })
    }

    /// A watched panel more, or one less.
    pub(super) fn member(&mut self, groups: Groups, joins: bool) {
        for group in groups {
            let members = &mut self.groups[group as usize];
            members.count = if joins {
                members.count + 1
            } else {
                members.count.saturating_sub(1)
            };
        }
    }

    /// A panel lost a path, the first within a minute.
    pub(super) fn lost(&mut self, groups: Groups, at: Served) {
        let within = groups.map(|group| self.groups[group as usize].group);
        for (number, group) in groups.into_iter().zip(within) {
            let members = &mut self.groups[number as usize];
            let old = |first: &Served| at.since(*first) > MASS_OUTAGE_PERIOD;
            while members.recent.front().is_some_and(old) {
                members.recent.pop_front();
            }
            members.recent.push_back(at);
            let (panels, count) = (members.recent.len(), members.count);
            if let Some(open) = Self::open(&mut self.outages, group) {
                open.last = at;
                open.panels += 1;
            } else if panels >= MASS_OUTAGE_PANELS && panels * MASS_OUTAGE_SHARE >= count {
                let began = members.recent.front().copied().unwrap_or(at);
                if self.outages.len() == MASS_OUTAGES {
                    self.outages.pop_front();
                }
                self.outages.push_back(MassOutage {
                    group,
                    within,
                    began,
                    last: at,
                    panels,
                    members: count,
                    open: true,
                });
            }
        }
    }

    fn open(outages: &mut VecDeque<MassOutage>, group: Group) -> Option<&mut MassOutage> {
        outages
            .iter_mut()
            .find(|outage| outage.open && outage.group == group)
    }

    /// Those in which no loss came for a minute are over.
    pub(super) fn settle(&mut self, now: Served) {
        for outage in &mut self.outages {
            outage.open &= now.since(outage.last) <= MASS_OUTAGE_PERIOD;
        }
    }

    /// Those that are remembered, the newest first.
    pub(super) fn all(&self) -> impl Iterator<Item = MassOutage> + '_ {
        self.outages.iter().rev().copied()
    }
}

/// The time within which a panel counts once.
pub(super) const ONCE: Duration = MASS_OUTAGE_PERIOD;

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(site: u8) -> [Group; 3] {
        [
            Group::All,
            Group::Organisation(OrganisationId::from_bytes([1; 16])),
            Group::Site(SiteId::from_bytes([site; 16])),
        ]
    }

    fn fleet(size: usize) -> Outbreaks {
        let mut outbreaks = Outbreaks::default();
        for _ in 0..size {
            let groups = outbreaks.number(groups(1));
            outbreaks.member(groups, true);
        }
        outbreaks
    }

    fn lost(outbreaks: &mut Outbreaks, at: Served) {
        let groups = outbreaks.number(groups(1));
        outbreaks.lost(groups, at);
    }

    #[test]
    fn twenty_panels_and_a_tenth_within_a_minute_are_a_mass_outage() {
        let mut outbreaks = fleet(200);
        for at in 0..19 {
            lost(&mut outbreaks, Served(at * 1_000));
        }
        assert_eq!(outbreaks.all().count(), 0);
        lost(&mut outbreaks, Served(30_000));
        let seen: Vec<MassOutage> = outbreaks.all().collect();
        assert_eq!(seen.len(), 3, "all, organisation and site");
        assert!(
            seen.iter()
                .all(|one| one.open && one.panels == 20 && one.members == 200)
        );
        lost(&mut outbreaks, Served(31_000));
        assert!(outbreaks.all().all(|one| one.panels == 21));
        outbreaks.settle(Served(91_001));
        assert!(outbreaks.all().all(|one| !one.open));
    }

    #[test]
    fn less_than_a_tenth_or_slower_is_none() {
        let mut large = fleet(201);
        (0..20).for_each(|_| lost(&mut large, Served(0)));
        assert_eq!(large.all().count(), 0);
        let mut slow = fleet(20);
        (0..100).for_each(|at| lost(&mut slow, Served(at * 4_000)));
        assert_eq!(slow.all().count(), 0);
    }
}

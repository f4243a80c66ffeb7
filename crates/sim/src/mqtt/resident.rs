//! A panel that lives by a mix: what its script tells is thrown, and still makes sense.
//!
//! Invariant: a life depends on its dice and its schedule alone, not on how it was served; so two
//! paths of one panel tell the same.

use std::collections::VecDeque;

use model::{LinkKind, Mono, StatusReport};

use super::{Happening, House, Report};
use crate::dice::Dice;
use crate::kind::Kind;
use crate::scenario::Mix;
use crate::schedule::Schedule;
use crate::script::Script;

/// How many events a panel keeps while it is away. What comes then waits for its return as if it
/// had not happened yet.
const KEPT: usize = 64;

/// Every so many reports say how each zone is, the first one among them.
const FULL_REPORT: u64 = 64;

/// A panel that lives by a mix.
#[derive(Debug)]
pub(crate) struct Resident {
    /// When it reports; never, if not given.
    schedule: Option<Schedule>,
    /// When the next one is due: reckoned once, and asked for often.
    next: Option<Mono>,
    mix: Mix,
    dice: Dice,
    house: House,
    /// Reports due so far, told or left out.
    past: u64,
    /// Status reports among them.
    statuses: u64,
    /// What happened while it was away, and when.
    kept: VecDeque<(Mono, Happening)>,
}

/// What comes next: something happened, or it is time to say how the panel is.
enum Next {
    Event(Happening),
    Status(Box<StatusReport>),
}

impl Resident {
    pub(crate) fn new(schedule: Option<Schedule>, mix: Mix, dice: Dice) -> Self {
        Self {
            next: schedule.as_ref().and_then(|schedule| schedule.due(0)),
            schedule,
            mix,
            dice,
            house: House::new(),
            past: 0,
            statuses: 0,
            kept: VecDeque::new(),
        }
    }

    /// The clone of this panel, which is cut off at a moment: it has lived the same life until
    /// then, and another one afterwards. With it the events that it knows of.
    pub(crate) fn forked(mut self, at: Mono, dice: Dice) -> (Self, u64) {
        let mut events = 0;
        while self.next.is_some_and(|due| due < at) {
            events += u64::from(matches!(self.live(), Next::Event(_)));
        }
        self.dice = dice;
        (self, events)
    }

    /// Whether what comes next is a burst's.
    fn is_burst(&self) -> bool {
        let schedule = self.schedule.as_ref();
        schedule.is_some_and(|schedule| schedule.is_burst(self.past))
    }

    fn live(&mut self) -> Next {
        let is_burst = self.is_burst();
        self.past += 1;
        let schedule = self.schedule.as_ref();
        self.next = schedule.and_then(|schedule| schedule.due(self.past));
        if is_burst {
            return Next::Event(self.house.raise(&mut self.dice));
        }
        match self.mix.throw(&mut self.dice) {
            Kind::Status => {
                self.statuses += 1;
                Next::Status(Box::new(self.status()))
            }
            kind => Next::Event(self.house.happen(kind, &mut self.dice)),
        }
    }

    /// How the panel is. A radio link wavers, a battery is nearly full.
    fn status(&mut self) -> StatusReport {
        let signal = 60 + i16::try_from(self.dice.below(30)).unwrap_or(0);
        let full = (self.statuses - 1).is_multiple_of(FULL_REPORT);
        StatusReport {
            rssi: Some(-signal),
            link: Some(LinkKind::FourG),
            battery: Some(if self.house.has_mains() { 100 } else { 87 }),
            mains: Some(self.house.has_mains()),
            partitions: self.house.partitions().to_vec(),
            zones: if full {
                self.house.zones().collect()
            } else {
                Vec::new()
            },
            ..StatusReport::default()
        }
    }
}

impl Script<Report> for Resident {
    fn due(&self, _: Mono) -> Option<Mono> {
        match self.kept.front() {
            Some((due, _)) => Some(*due),
            None => self.next,
        }
    }

    fn tell(&mut self, number: u64) -> Report {
        let event = |happening, kept| Report::Event {
            number,
            happening,
            kept,
        };
        if let Some((_, happening)) = self.kept.pop_front() {
            if self.kept.is_empty() {
                self.kept = VecDeque::new(); // It is at home for days, mostly.
            }
            return event(happening, true);
        }
        match self.live() {
            Next::Event(happening) => event(happening, false),
            Next::Status(status) => Report::Status(status),
        }
    }

    /// Events are kept; a report on how the panel was then is of no use later.
    fn skip(&mut self, until: Mono) {
        while self.kept.len() < KEPT {
            let Some(due) = self.next.filter(|due| *due < until) else {
                return;
            };
            if let Next::Event(happening) = self.live() {
                self.kept.push_back((due, happening));
            }
        }
    }

    fn owed(&self, until: Mono) -> u64 {
        let kept = self.kept.iter().filter(|(due, _)| *due <= until).count() as u64;
        let due = self
            .schedule
            .as_ref()
            .map(|schedule| schedule.due_by(until));
        kept + due.unwrap_or(0).saturating_sub(self.past)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use super::*;
    use crate::machine::Saying;
    use crate::schedule::Regular;

    const SECOND: u64 = 1_000_000_000;

    /// The mix of the seed day, in thousandths.
    const MIX: Mix = Mix {
        status: 950,
        zone: 40,
        alarm: 3,
        restore: 3,
        arming: 4,
        test: 0,
        trouble: 0,
    };

    fn resident(place: u64, mix: Mix) -> Resident {
        resident_in_a_burst(place, mix, None)
    }

    fn resident_in_a_burst(place: u64, mix: Mix, burst: Option<Mono>) -> Resident {
        let regular = Regular::new(Mono(0), Duration::from_secs(1), 0.0, &[], 1);
        let schedule = Schedule::new(Some(regular), burst);
        Resident::new(schedule, mix, Dice::new(3, place, 9))
    }

    /// Tells so many reports, events under their numbers.
    fn life(resident: &mut Resident, reports: usize) -> Vec<Report> {
        let mut number = 0;
        let tell = |_| {
            let report = resident.tell(number + 1);
            number = report.number().unwrap_or(number);
            report
        };
        (0..reports).map(tell).collect()
    }

    #[test]
    fn the_seed_day_is_nineteen_twentieths_status_and_the_rest_to_be_stored() {
        let mut count: HashMap<Kind, usize> = HashMap::new();
        for place in 0..50 {
            for report in life(&mut resident(place, MIX), 1_000) {
                *count.entry(report.kind()).or_default() += 1;
            }
        }
        let near = |kind, expected: usize| {
            let counted = count[&kind];
            let near = expected * 8 / 10..expected * 12 / 10;
            assert!(near.contains(&counted), "{kind:?}: {counted}");
        };
        near(Kind::Status, 47_500);
        near(Kind::Zone, 2_000);
        let rest = [Kind::Alarm, Kind::Arming].map(|kind| count[&kind]);
        assert!(rest.iter().all(|counted| *counted > 50), "{rest:?}");
    }

    #[test]
    fn a_life_can_be_repeated_and_neighbours_differ() {
        let life = |place| life(&mut resident(place, MIX), 500);
        assert_eq!(life(1), life(1));
        assert_ne!(life(1), life(2));
    }

    #[test]
    fn who_is_away_keeps_events_and_lives_on_as_if_it_had_been_there() {
        let events = |reports: Vec<Report>| {
            let event = |report: Report| match report {
                Report::Event {
                    number, happening, ..
                } => Some((number, happening)),
                Report::Status(_) => None,
            };
            reports.into_iter().filter_map(event).collect::<Vec<_>>()
        };
        let there = events(life(&mut resident(1, MIX), 2_000));
        let mut away = resident(1, MIX);
        away.skip(Mono(500 * SECOND));
        let kept = away.kept.len();
        assert!(kept > 5, "{kept}");
        assert!(away.owed(Mono(500 * SECOND)) >= kept as u64);
        let first = away.due(Mono(0)).unwrap();
        assert!(first < Mono(500 * SECOND), "it was due while it was away");
        let back = events(life(&mut away, 1_500 + kept));
        assert_eq!(back, there);
    }

    #[test]
    fn whoever_is_in_a_burst_is_in_alarm_then_wherever_else_it_is_already() {
        let alarms = Mix {
            alarm: 1,
            ..Mix::default()
        };
        let statuses = Mix {
            status: 1,
            ..Mix::default()
        };
        for (mix, nth) in [(MIX, 7), (alarms, 40), (statuses, 3)] {
            let burst = Duration::from_millis(1_000 * nth - 500);
            let mut panel = resident_in_a_burst(1, mix, Some(Mono(0).after(burst)));
            let told = life(&mut panel, 50).into_iter().zip(0..);
            let mut then = told.filter(|(_, place)| *place == nth);
            assert_eq!(then.next().unwrap().0.kind(), Kind::Alarm);
        }
    }

    #[test]
    fn who_is_away_in_a_burst_tells_of_it_when_it_is_back() {
        let quiet = Mix {
            status: 1,
            ..Mix::default()
        };
        let mut away = resident_in_a_burst(1, quiet, Some(Mono(30 * SECOND)));
        away.skip(Mono(50 * SECOND));
        assert_eq!(away.due(Mono(0)), Some(Mono(30 * SECOND)));
        assert!(matches!(away.tell(1), Report::Event { kept: true, .. }));
        assert_eq!(away.due(Mono(0)), Some(Mono(50 * SECOND)));
    }

    #[test]
    fn a_clone_shares_the_past_and_not_the_future() {
        let panel = resident(1, MIX);
        let (mut forked, events) = panel.forked(Mono(400 * SECOND), Dice::new(9, 9, 9));
        let mut original = resident(1, MIX);
        let past = life(&mut original, 400);
        let numbers = past.iter().filter_map(Saying::number);
        assert_eq!(numbers.max().unwrap_or(0), events);
        assert_eq!(forked.due(Mono(0)), original.due(Mono(0)));
        let futures = [&mut forked, &mut original].map(|life_of| life(life_of, 300));
        assert_ne!(futures[0], futures[1]);
    }

    #[test]
    fn the_first_report_of_all_says_how_each_zone_is() {
        let mut resident = resident(1, MIX);
        let zones = life(&mut resident, 150)
            .into_iter()
            .filter_map(|report| match report {
                Report::Status(status) => Some(status.zones.len()),
                Report::Event { .. } => None,
            });
        let zones: Vec<_> = zones.collect();
        assert_eq!(zones[0], 16);
        assert_eq!(zones.iter().filter(|zones| **zones > 0).count(), 3);
    }
}

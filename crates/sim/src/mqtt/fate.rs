//! What goes wrong with the panels of a fleet: which of its members are there, and when they
//! leave their connections.

use std::time::Duration;

use model::PathName;

use super::Member;
use crate::dice::Dice;
use crate::faults::Faults;
use crate::fleet::Absence;
use crate::terms::Share;

/// Who a panel turns out to be, besides the one that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Whether it reports over a second path as well.
    pub(crate) two_paths: bool,
    /// When its clone comes to life, after the fleet.
    pub(crate) cloned: Option<Duration>,
}

impl Faults {
    /// Makes of a panel what chance makes of it. `begins` is when signals begin, after its fleet.
    pub(crate) fn befall_path(
        &self,
        member: &mut Member,
        dice: &mut Dice,
        begins: Duration,
    ) -> Fate {
        // Each is thrown whether or not it counts, so that one fault does not move another.
        let skewed = self.skew.filter(|skew| dice.happens(skew.share));
        let silent = self.silence.filter(|silence| dice.happens(silence.share));
        let storm = self.storm.filter(|storm| dice.happens(storm.share));
        let half_open = self.half_open.filter(|moment| dice.happens(moment.share));
        let cloned = self.clones.filter(|clones| dice.happens(clones.share));
        let two_paths = dice.happens(self.two_paths);
        let never_reads = dice.happens(self.slow_readers);
        if let Some(skew) = skewed {
            member.time = member.time.ahead(skew.micros());
        }
        let absences = [
            silent.map(|silence| silence.absence(begins)),
            storm.map(|moment| moment.storm(begins)),
            half_open.map(|moment| moment.half_open(begins)),
        ];
        member.absences = absences.into_iter().flatten().collect();
        member.habit.deaf = self.lost_answers;
        member.habit.doubles = self.repeats;
        member.split = self.split;
        if never_reads {
            member.habit.reads = false;
            member.habit.deaf = Share::NONE;
            member.journalled = false;
        }
        Fate {
            two_paths: two_paths && !never_reads,
            cloned: cloned.map(|moment| begins + moment.after.0),
        }
    }
}

impl Member {
    /// This path called `lan`, and another one of the same panel called `cell`, which has its own
    /// place in the fleet.
    pub(crate) fn into_paths(mut self, place: u64) -> [Self; 2] {
        let cell = Self {
            path: PathName::parse("cell"),
            place: Some(place),
            // The carrier of one path fails, not that of the other.
            absences: Vec::new(),
            ..self.clone()
        };
        self.path = PathName::parse("lan");
        [self, cell]
    }

    /// One that has this one's names and is another panel, which comes so long after the fleet.
    pub(crate) fn into_clone(mut self, place: u64, reported_before: u64, comes: Duration) -> Self {
        self.place = Some(place);
        self.absences = vec![Absence::silence(Duration::ZERO, comes)];
        self.journalled = false;
        self.reported_before = reported_before;
        self
    }
}

//! When one panel of a fleet speaks, leaves, and is done.

use model::Mono;

use super::life::Life;
use super::{Absence, Dialling, Phase};
use crate::machine::Machine;

impl<P: Machine> Life<P> {
    /// When the panel next has something to say by itself, be it only that it is here.
    pub(super) fn due(&self, now: Mono) -> Option<Mono> {
        let signal = self.signal_due(now);
        let poll = self.poll_due();
        [signal, poll].into_iter().flatten().min()
    }

    /// When the panel next has something to do by itself: to speak, or to leave.
    pub(super) fn next_turn(&self, now: Mono) -> Option<Mono> {
        let absence = self.next_absence().map(|(_, begins, _)| begins);
        [self.due(now), absence].into_iter().flatten().min()
    }

    /// When the next signal is due; what was due before the end is still sent after it.
    pub(super) fn signal_due(&self, now: Mono) -> Option<Mono> {
        let last = match self.phase() {
            Phase::Sending => Mono(u64::MAX),
            Phase::Draining(since) => since,
            Phase::Ended(_) => return None,
        };
        let due = self.script.due(now).filter(|due| *due <= last);
        due.filter(|_| self.shared.record().has_room())
    }

    pub(super) fn poll_due(&self) -> Option<Mono> {
        let period = self.line.supervision?;
        Some(self.spoke.after(period))
    }

    /// Whether the panel has nothing more to do in this fleet.
    pub(super) fn is_over(&self) -> bool {
        match self.phase() {
            Phase::Ended(_) => true,
            Phase::Sending => self.has_nothing_to_say() && !self.line.stays,
            Phase::Draining(_) => self.has_nothing_to_say(),
        }
    }

    fn has_nothing_to_say(&self) -> bool {
        self.panel.is_at_rest() && self.signal_due(self.now().mono).is_none()
    }

    /// Which absence comes next, and when.
    fn next_absence(&self) -> Option<(usize, Mono, Absence)> {
        let all = self.line.absences.iter().enumerate();
        all.map(|(at, absence)| (at, self.began.after(absence.after), *absence))
            .min_by_key(|(_, begins, _)| *begins)
    }

    /// The absence for which it is time. A panel that leaves for a while waits for its answers
    /// first; one that is back at once leaves in the middle.
    pub(super) fn absence(&self) -> Option<Absence> {
        self.absence_at().map(|(_, absence)| absence)
    }

    fn absence_at(&self) -> Option<(usize, Absence)> {
        let (at, begins, absence) = self.next_absence()?;
        let leaves = absence.lasts.is_zero() || self.panel.is_at_rest();
        let begun = begins <= self.now().mono && self.phase() == Phase::Sending;
        (begun && leaves).then_some((at, absence))
    }

    /// Begins the absence for which it is time: until when it lasts.
    pub(super) fn leave(&mut self) -> Option<Mono> {
        let (at, absence) = self.absence_at()?;
        match absence.again {
            Some(again) => self.line.absences[at].after += again,
            None => drop(self.line.absences.swap_remove(at)),
        }
        let until = self.began.after(absence.after + absence.lasts);
        if !absence.lasts.is_zero() {
            self.script.skip(until);
        }
        // Who has not come yet does not fall silent.
        let silenced = u64::from(self.was_connected);
        self.shared.record().tally.counters.silenced += silenced;
        self.failures = 0;
        Some(until)
    }

    /// Whether a panel that connects for each message has none at the moment.
    pub(super) fn needs_no_connection(&self) -> bool {
        let now = self.now().mono;
        self.line.dialling == Dialling::PerMessage
            && self.panel.is_at_rest()
            && self.due(now).is_none_or(|due| now < due)
    }

    /// A panel that is supervised says at once who it is, since receivers close what stays without
    /// a name; one that sends again does so by that, and one that calls for each signal by those.
    pub(super) fn introduces_itself(&self, now: Mono) -> bool {
        let calls = self.line.dialling == Dialling::PerMessage
            && self.signal_due(now).is_some_and(|due| due <= now);
        self.line.supervision.is_some() && self.panel.is_at_rest() && !calls
    }
}

//! When one panel of a fleet speaks, leaves, and is done.

use model::Mono;

use super::life::{Life, Turn};
use super::{Absence, Dialling, Phase};
use crate::machine::Machine;

impl<P: Machine> Life<P> {
    /// When the panel next has something to say by itself, be it only that it is here.
    fn due(&self, turn: &Turn<'_>) -> Option<Mono> {
        let signal = self.signal_due(turn);
        let poll = self.poll_due();
        [signal, poll].into_iter().flatten().min()
    }

    /// When the panel next has something to do by itself: to speak, or to leave.
    pub(super) fn next_turn(&self, turn: &Turn<'_>) -> Option<Mono> {
        let absence = self.next_absence(turn).map(|(_, begins, _)| begins);
        // One that has begun waits for answers, or for a phase: not for a time.
        let absence = absence.filter(|begins| turn.now.mono < *begins);
        [self.due(turn), absence].into_iter().flatten().min()
    }

    /// When the next signal is due; what was due before the end is still sent after it.
    pub(super) fn signal_due(&self, turn: &Turn<'_>) -> Option<Mono> {
        let last = match turn.phase {
            Phase::Sending => Mono(u64::MAX),
            Phase::Draining(since) => since,
            Phase::Ended(_) => return None,
        };
        let due = self.script.due(turn.now.mono).filter(|due| *due <= last);
        due.filter(|_| turn.record.has_room())
    }

    pub(super) fn poll_due(&self) -> Option<Mono> {
        let period = self.line.supervision?;
        Some(self.spoke.after(period))
    }

    /// Whether the panel has nothing more to do in this fleet.
    pub(super) fn is_over(&self, turn: &Turn<'_>) -> bool {
        match turn.phase {
            Phase::Ended(_) => true,
            Phase::Sending => !self.line.stays && self.has_nothing_to_say(turn),
            Phase::Draining(_) => self.has_nothing_to_say(turn),
        }
    }

    fn has_nothing_to_say(&self, turn: &Turn<'_>) -> bool {
        self.panel.is_at_rest() && self.signal_due(turn).is_none()
    }

    /// Which absence comes next, and when.
    fn next_absence(&self, turn: &Turn<'_>) -> Option<(usize, Mono, Absence)> {
        let all = self.line.absences.iter().enumerate();
        let began = turn.common.began;
        all.map(|(at, absence)| (at, began.after(absence.after), *absence))
            .min_by_key(|(_, begins, _)| *begins)
    }

    /// The absence for which it is time. A panel that leaves for a while waits for its answers
    /// first; one that is back at once leaves in the middle.
    pub(super) fn absence(&self, turn: &Turn<'_>) -> Option<Absence> {
        self.absence_at(turn).map(|(_, absence)| absence)
    }

    fn absence_at(&self, turn: &Turn<'_>) -> Option<(usize, Absence)> {
        let (at, begins, absence) = self.next_absence(turn)?;
        let leaves = absence.lasts.is_zero() || self.panel.is_at_rest();
        let begun = begins <= turn.now.mono && turn.phase == Phase::Sending;
        (begun && leaves).then_some((at, absence))
    }

    /// Begins the absence for which it is time: until when it lasts.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>) -> Option<Mono> {
        let (at, absence) = self.absence_at(turn)?;
        match absence.again {
            Some(again) => self.line.absences[at].after += again,
            None => drop(self.line.absences.swap_remove(at)),
        }
        let until = turn.common.began.after(absence.after + absence.lasts);
        if !absence.lasts.is_zero() {
            self.script.skip(until);
        }
        // Who has not come yet does not fall silent.
        let silenced = u64::from(self.was_connected);
        turn.record.tally.counters.silenced += silenced;
        self.failures = 0;
        Some(until)
    }

    /// Whether a panel that connects for each message has none at the moment.
    pub(super) fn needs_no_connection(&self, turn: &Turn<'_>) -> bool {
        self.line.dialling == Dialling::PerMessage
            && self.panel.is_at_rest()
            && self.due(turn).is_none_or(|due| turn.now.mono < due)
    }

    /// A panel that is supervised says at once who it is, since receivers close what stays without
    /// a name; one that sends again does so by that, and one that calls for each signal by those.
    pub(super) fn introduces_itself(&self, turn: &Turn<'_>) -> bool {
        let calls = self.line.dialling == Dialling::PerMessage
            && self
                .signal_due(turn)
                .is_some_and(|due| due <= turn.now.mono);
        self.line.supervision.is_some() && self.panel.is_at_rest() && !calls
    }
}

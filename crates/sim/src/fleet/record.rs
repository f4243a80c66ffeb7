//! What a fleet knows of itself: counters, times, and a journal where one is kept.

use crate::journal::{Journal, Outcome};
use crate::kind::Kind;
use crate::panel::PanelEvent;
use crate::tally::Tally;

/// What a fleet knows of itself.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) tally: Tally,
    pub(crate) journal: Option<Journal>,
    /// Connections open now.
    pub(crate) online: usize,
}

impl Record {
    /// Whether another signal may be sent.
    pub(crate) fn has_room(&self) -> bool {
        self.journal.as_ref().is_none_or(Journal::has_room)
    }

    /// Enters what happened to the panel at `place`.
    pub(crate) fn note(&mut self, place: usize, event: &PanelEvent) {
        let counters = &mut self.tally.counters;
        match *event {
            PanelEvent::Acknowledged {
                number,
                kind,
                took,
                in_order,
            } => {
                counters.out_of_order += u64::from(!in_order);
                self.tally.acknowledged(kind, took);
                self.enter(place, number, Outcome::Acknowledged);
            }
            PanelEvent::Refused { number, kind } => {
                self.tally.refused(kind);
                self.enter(place, number, Outcome::Refused);
            }
            PanelEvent::Supervised { took } => self.tally.acknowledged(Kind::Poll, took),
            PanelEvent::PollRefused => self.tally.refused(Kind::Poll),
            PanelEvent::SetBack => counters.set_back += 1,
            PanelEvent::Stray => counters.stray += 1,
            PanelEvent::Unreadable => counters.unreadable += 1,
            PanelEvent::NotAuthentic => counters.not_authentic += 1,
            PanelEvent::Ignored => counters.ignored += 1,
            PanelEvent::Doubled => counters.doubled += 1,
            PanelEvent::Repeating => counters.repeated += 1,
            PanelEvent::HangUp => counters.hung_up += 1,
        }
    }

    fn enter(&mut self, place: usize, number: u64, outcome: Outcome) {
        if let Some(journal) = &mut self.journal {
            journal.note(place, number, outcome);
        }
    }
}

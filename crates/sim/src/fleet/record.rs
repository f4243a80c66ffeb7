//! What a fleet knows of itself: counters, times, and a journal where one is kept.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use model::Account;

use crate::journal::{Journal, Outcome, PanelRecord};
use crate::machine::{Blueprint, PanelEvent};
use crate::tally::Tally;

/// The place of a member in its fleet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// In the whole fleet, of which this one may be a part.
    pub(crate) whole: u64,
    /// In the journal, if its signals are entered there.
    pub(crate) journal: Option<usize>,
}

/// Which members are one panel to the journal: those of one account.
#[derive(Debug)]
pub(crate) struct Places {
    accounts: Vec<Account>,
    of_members: Vec<Option<usize>>,
}

impl Places {
    pub(crate) fn of<M: Blueprint>(members: &[M]) -> Self {
        let mut accounts = Vec::with_capacity(members.len());
        let mut known = HashMap::with_capacity(members.len());
        let mut place = |member: &M| {
            let account = member.account();
            let place = *known.entry(account).or_insert_with(|| {
                accounts.push(account);
                accounts.len() - 1
            });
            member.line().journalled.then_some(place)
        };
        Self {
            of_members: members.iter().map(&mut place).collect(),
            accounts,
        }
    }

    /// How many panels there are.
    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn of_member(&self, nth: usize) -> Option<usize> {
        self.of_members[nth]
    }

    /// A journal of so much room, if any; written along to `file`.
    pub(crate) fn journal(&self, room: Option<usize>, file: Option<File>) -> Option<Journal> {
        let journal = Journal::new(self.accounts.iter().copied(), room?);
        Some(match file {
            Some(file) => journal.along(file),
            None => journal,
        })
    }
}

/// What a fleet knows of itself.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) tally: Tally,
    journal: Option<Journal>,
    /// Connections open now.
    pub(crate) online: usize,
}

impl Record {
    pub(crate) fn new(journal: Option<Journal>) -> Self {
        Self {
            tally: Tally::default(),
            journal,
            online: 0,
        }
    }

    /// Whether another signal may be sent.
    pub(crate) fn has_room(&self) -> bool {
        self.journal.as_ref().is_none_or(Journal::has_room)
    }

    /// Enters a signal that is about to be sent; `false` if there is no room for it.
    pub(crate) fn enter(&mut self, place: Place, number: u64) -> bool {
        match (&mut self.journal, place.journal) {
            (Some(journal), Some(place)) => journal.enter(place, number),
            _ => true,
        }
    }

    /// Ends the journal, if one is kept.
    pub(crate) fn close_journal(&mut self) -> io::Result<Option<Vec<PanelRecord>>> {
        self.journal.take().map(Journal::close).transpose()
    }

    /// Enters what happened to the panel at `place`.
    pub(crate) fn note(&mut self, place: Place, event: &PanelEvent) {
        let counters = &mut self.tally.counters;
        match *event {
            PanelEvent::Acknowledged {
                number,
                kind,
                took,
                served,
                in_order,
            } => {
                counters.out_of_order += u64::from(!in_order);
                self.tally.acknowledged(kind, took);
                self.tally.served(kind, served);
                self.outcome(place, number, Outcome::Acknowledged);
            }
            PanelEvent::Refused { number, kind } => {
                self.tally.refused(kind);
                self.outcome(place, number, Outcome::Refused);
            }
            PanelEvent::Said(kind) => self.tally.sent(kind),
            PanelEvent::Answered { kind, took } => self.tally.acknowledged(kind, took),
            PanelEvent::Declined(kind) => self.tally.refused(kind),
            PanelEvent::Told(reason) => self.tally.told(reason),
            PanelEvent::Later(_) => counters.put_off += 1,
            PanelEvent::SetBack => counters.set_back += 1,
            PanelEvent::Stray => counters.stray += 1,
            PanelEvent::Unreadable => counters.unreadable += 1,
            PanelEvent::NotAuthentic => counters.not_authentic += 1,
            PanelEvent::Ignored => counters.ignored += 1,
            PanelEvent::Doubled => counters.doubled += 1,
            PanelEvent::Repeating => counters.repeated += 1,
            PanelEvent::Unheard(kind) => self.tally.unheard(kind),
            PanelEvent::HangUp => counters.hung_up += 1,
        }
    }

    /// Enters that a connection was made; `again` if its panel had one before that was to last.
    pub(crate) fn connected(&mut self, again: bool, resumed: Option<bool>) {
        self.online += 1;
        let counters = &mut self.tally.counters;
        counters.connected += 1;
        counters.reconnected += u64::from(again);
        match resumed {
            Some(true) => counters.shaken_resumed += 1,
            Some(false) => counters.shaken_full += 1,
            None => {}
        }
    }

    fn outcome(&mut self, place: Place, number: u64, outcome: Outcome) {
        if let (Some(journal), Some(place)) = (&mut self.journal, place.journal) {
            journal.note(place, number, outcome);
        }
    }
}

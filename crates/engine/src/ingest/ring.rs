//! The last messages of an account, in as few octets as they can be: there is one for each panel. Pure.
//!
//! Invariant: at most [`RING`] messages of an account are remembered (I7), the newest last. What is forgotten
//! the journal still knows.

use model::{EventSeq, RepeatKey, Wall};

use super::machine::{Candidate, Known, Original};

/// Messages of an account that are remembered: as many as a panel has under way at once, and
/// then some, so that a reconnecting panel's repeats are found without the disk.
const RING: usize = 8;

/// The same for messages with numbers of the panel's own. The journal is asked about each that is new anyway,
/// so that these spare only the question about one that was just sent twice.
const RING_NUMBERED: usize = 2;

/// No time: no clock shows it.
const NEVER: Wall = Wall(i64::MIN);

/// A message in the journal.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: RepeatKey,
    panel_time: Wall,
    received: Wall,
    seq: EventSeq,
}

/// What is remembered of an account.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    messages: Box<[Entry]>,
    newest_panel_time: Wall,
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            messages: Box::default(),
            newest_panel_time: NEVER,
        }
    }
}

impl Ring {
    /// Remembers a message that is in the journal.
    pub(super) fn remember(&mut self, candidate: &Candidate, seq: EventSeq) {
        let panel_time = candidate.panel_time.unwrap_or(NEVER);
        let entry = Entry {
            key: candidate.key,
            panel_time,
            received: candidate.received,
            seq,
        };
        let most = if candidate.numbered {
            RING_NUMBERED
        } else {
            RING
        };
        if self.messages.len() < most {
            // Exactly as long as it need be: a panel has few, and does not get more each day.
            let grown = self.messages.iter().copied().chain([entry]);
            self.messages = grown.collect();
        } else if let Some(last) = {
            self.messages.rotate_left(1);
            self.messages.last_mut()
        } {
            *last = entry;
        }
        self.newest_panel_time = self.newest_panel_time.max(panel_time);
    }

    /// The messages, the oldest first.
    pub(super) fn messages(&self) -> impl DoubleEndedIterator<Item = Known> + Clone + '_ {
        self.messages.iter().map(|entry| Known {
            key: entry.key,
            panel_time: Some(entry.panel_time).filter(|time| *time != NEVER),
            received: entry.received,
            at: Original::Stored(entry.seq),
        })
    }

    /// The newest of all frame timestamps that were ever stored.
    pub(super) fn newest_panel_time(&self) -> Option<Wall> {
        Some(self.newest_panel_time).filter(|time| *time != NEVER)
    }
}

#[cfg(test)]
mod tests {
    use model::{Account, PanelIndex};

    use super::*;

    fn candidate(number: u8, numbered: bool) -> Candidate {
        Candidate {
            scope: (PanelIndex(1), Account::parse(b"1234").unwrap()),
            key: RepeatKey([number; 16]),
            panel_time: number.is_multiple_of(2).then_some(Wall(number.into())),
            received: Wall(100 + i64::from(number)),
            skewed: false,
            numbered,
        }
    }

    #[test]
    fn the_newest_are_remembered_as_they_were() {
        for (numbered, most) in [(false, RING), (true, RING_NUMBERED)] {
            let mut ring = Ring::default();
            for number in 1..=20 {
                ring.remember(&candidate(number, numbered), EventSeq(number.into()));
            }
            let known: Vec<Known> = ring.messages().collect();
            assert_eq!(known.len(), most);
            for (known, number) in known.iter().rev().zip((1..=20_u8).rev()) {
                assert_eq!(
                    *known,
                    candidate(number, numbered).known(Original::Stored(EventSeq(number.into())))
                );
            }
            assert_eq!(ring.newest_panel_time(), Some(Wall(20)));
        }
    }

    #[test]
    fn a_message_takes_forty_octets() {
        assert_eq!((size_of::<Entry>(), size_of::<Ring>()), (40, 24));
    }
}

//! What a fleet sent, and what became of it: the other side of the server's record.
//!
//! Invariant: a signal is entered before its first octet leaves, and marked acknowledged only
//! after its acknowledgement came in. So whatever the server stored is here, and whatever is
//! acknowledged here must be in the server's store (I1).
//!
//! A journal holds at most as many signals as it was given room for; a full one makes the fleet
//! stop sending (I7). It can be written along to a file, a line an entry, and read back from it:
//! that is how a fleet in another process hands over what it knows.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use model::Account;

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent, and nothing came back that counts.
    Sent,
    /// It was acknowledged: the receiver says that it is stored.
    Acknowledged,
    /// It was answered with DUH: the receiver does not want it.
    Refused,
}

impl Outcome {
    const fn letter(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
        }
    }

    fn of(word: &str) -> Option<Self> {
        let all = [Self::Sent, Self::Acknowledged, Self::Refused];
        all.into_iter().find(|outcome| outcome.letter() == word)
    }
}

/// All signals of one panel, in the order in which it sent them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRecord {
    /// Which panel.
    pub account: Account,
    /// What became of signal 1, 2, 3, …
    pub outcomes: Vec<Outcome>,
}

impl PanelRecord {
    /// How many signals had this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.iter().filter(|o| **o == outcome).count()
    }

    /// The numbers, from 1, of the signals that had this outcome.
    pub fn numbers(&self, outcome: Outcome) -> impl Iterator<Item = u64> + '_ {
        let numbered = self.outcomes.iter().zip(1_u64..);
        numbered.filter_map(move |(o, number)| (*o == outcome).then_some(number))
    }
}

/// A file that holds no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read.
    #[error("the journal cannot be read")]
    Read(#[from] io::Error),
    /// A line makes no sense.
    #[error("line {line} of the journal makes no sense: `{text}`")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
}

/// What a fleet sent, and what became of it.
#[derive(Debug)]
pub struct Journal {
    panels: Vec<PanelRecord>,
    room: usize,
    along: Option<BufWriter<File>>,
    /// The first failure to write along, told when the journal is closed.
    failure: Option<io::Error>,
}

impl Journal {
    /// An empty journal with room for so many signals of all panels together.
    pub fn new(accounts: impl IntoIterator<Item = Account>, room: usize) -> Self {
        let empty = |account| PanelRecord {
            account,
            outcomes: Vec::new(),
        };
        Self {
            panels: accounts.into_iter().map(empty).collect(),
            room,
            along: None,
            failure: None,
        }
    }

    /// Writes every entry to `file` as well.
    #[must_use]
    pub fn along(mut self, file: File) -> Self {
        self.along = Some(BufWriter::new(file));
        self
    }

    /// Whether another signal can be entered.
    pub fn has_room(&self) -> bool {
        self.room > 0
    }

    /// Enters a signal that is about to be sent for the first time: the next of its panel, or one
    /// that it sends over another path as well. `false` if there is no room.
    pub fn enter(&mut self, panel: usize, number: u64) -> bool {
        let outcomes = &mut self.panels[panel].outcomes;
        let entered = outcomes.len() as u64;
        if number <= entered {
            return true;
        }
        debug_assert_eq!(number, entered + 1, "signals are entered densely");
        let Some(room) = self.room.checked_sub(1) else {
            return false;
        };
        self.room = room;
        outcomes.push(Outcome::Sent);
        self.write(panel, number, Outcome::Sent);
        true
    }

    /// Notes what became of a signal that was entered. What is acknowledged over one path stays
    /// so, whatever becomes of it over another.
    pub fn note(&mut self, panel: usize, number: u64, outcome: Outcome) {
        let at = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        let entry = at.and_then(|at| self.panels[panel].outcomes.get_mut(at));
        if let Some(entry) = entry.filter(|entry| **entry != Outcome::Acknowledged) {
            *entry = outcome;
            self.write(panel, number, outcome);
        }
    }

    fn write(&mut self, panel: usize, number: u64, outcome: Outcome) {
        if let Some(along) = &mut self.along {
            let account = self.panels[panel].account;
            let written = writeln!(along, "{account} {number} {}", outcome.letter());
            self.failure = self.failure.take().or_else(|| written.err());
        }
    }

    /// Ends the journal: what was written along is complete in its file.
    pub fn close(mut self) -> io::Result<Vec<PanelRecord>> {
        if let Some(mut along) = self.along.take() {
            along.flush()?;
        }
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.panels),
        }
    }

    /// Reads what another journal wrote along and closed; panels in the order of their first
    /// entry. A file that ends within a line was not closed: an error.
    pub fn read(path: &Path) -> Result<Vec<PanelRecord>, JournalError> {
        let mut panels: Vec<PanelRecord> = Vec::new();
        let mut places: HashMap<Account, usize> = HashMap::new();
        for (text, line) in BufReader::new(File::open(path)?).split(b'\n').zip(1..) {
            let text = String::from_utf8_lossy(&text?).into_owned();
            let understood = parse_line(&text).is_some_and(|(account, number, outcome)| {
                let place = *places.entry(account).or_insert_with(|| {
                    panels.push(PanelRecord {
                        account,
                        outcomes: Vec::new(),
                    });
                    panels.len() - 1
                });
                apply(&mut panels[place].outcomes, number, outcome)
            });
            if !understood {
                return Err(JournalError::Line { line, text });
            }
        }
        Ok(panels)
    }
}

fn parse_line(text: &str) -> Option<(Account, usize, Outcome)> {
    let mut words = text.split(' ');
    let account = Account::parse(words.next()?.as_bytes()).ok()?;
    let number = words.next()?.parse().ok()?;
    let outcome = Outcome::of(words.next()?)?;
    words.next().is_none().then_some((account, number, outcome))
}

/// Signals are entered densely; an outcome is of one that was entered.
fn apply(outcomes: &mut Vec<Outcome>, number: usize, outcome: Outcome) -> bool {
    let Some(at) = number.checked_sub(1) else {
        return false;
    };
    if at == outcomes.len() && outcome == Outcome::Sent {
        outcomes.push(outcome);
        return true;
    }
    let entry = outcomes.get_mut(at);
    entry.map(|entry| *entry = outcome).is_some()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn accounts() -> [Account; 2] {
        [&b"1001"[..], b"1002"].map(|text| Account::parse(text).unwrap())
    }

    #[test]
    fn what_is_written_along_is_read_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::new(accounts(), 10).along(File::create(&path).unwrap());
        for number in 1..=3 {
            assert!(journal.enter(0, number));
        }
        journal.note(0, 1, Outcome::Acknowledged);
        assert!(journal.enter(1, 1));
        journal.note(0, 2, Outcome::Refused);
        let kept = journal.close().unwrap();
        assert_eq!(Journal::read(&path).unwrap(), kept);
        assert_eq!(
            kept[0].numbers(Outcome::Acknowledged).collect::<Vec<_>>(),
            [1]
        );
        assert_eq!(kept[0].count(Outcome::Sent), 1);
    }

    #[test]
    fn a_signal_over_two_paths_is_one_and_acknowledged_by_either() {
        let mut journal = Journal::new(accounts(), 10);
        assert!(journal.enter(0, 1) && journal.enter(0, 1));
        journal.note(0, 1, Outcome::Acknowledged);
        journal.note(0, 1, Outcome::Refused);
        assert_eq!(
            journal.close().unwrap()[0].outcomes,
            [Outcome::Acknowledged]
        );
    }

    #[test]
    fn a_full_journal_takes_no_more_signals() {
        let mut journal = Journal::new(accounts(), 2);
        assert!(journal.enter(0, 1) && journal.enter(1, 1));
        assert!(!journal.has_room());
        assert!(!journal.enter(0, 2));
        assert_eq!(journal.close().unwrap()[0].outcomes.len(), 1);
    }

    #[test]
    fn a_file_that_is_no_closed_journal_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        for wrong in [
            "1001 2 sent\n",
            "1001 1 acknowledged\n",
            "1001 0 sent\n",
            "x\n",
            "1001 1 sent\n1001 1 acknow",
        ] {
            fs::write(&path, wrong).unwrap();
            assert!(Journal::read(&path).is_err(), "{wrong:?}");
        }
    }
}

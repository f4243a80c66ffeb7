//! What a verification found, in words that name the event.
//!
//! Invariant: findings hold numbers, names of files and of classes, never what an event says.

use std::fmt;
use std::path::PathBuf;

use model::{EventSeq, RetentionClass};

/// Something is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An event is not what its chain value says, or the chain value itself was changed.
    Changed {
        /// Where.
        file: PathBuf,
        /// Which.
        seq: EventSeq,
        /// How it shows.
        what: String,
    },
    /// Numbers that no event has, though later ones were given.
    Missing {
        /// Where it was noticed.
        file: PathBuf,
        /// The first of them.
        first: EventSeq,
        /// The last of them.
        last: EventSeq,
    },
    /// Events of a class are missing; in the archive numbers have gaps, but chains have none.
    MissingOfClass {
        /// Where it was noticed.
        file: PathBuf,
        /// Their class.
        class: RetentionClass,
        /// How many.
        count: u64,
        /// The last event of the class before them; 0 if there is none.
        after: EventSeq,
        /// All of them had numbers below this.
        before: EventSeq,
    },
    /// Events were there when states were last projected, and nothing comes behind them any more.
    TailCut {
        /// Their class.
        class: RetentionClass,
        /// How many.
        count: u64,
        /// The last of them.
        last: EventSeq,
    },
    /// A chain is whole, but not the one that the state file has seen.
    Rewritten {
        /// Its class.
        class: RetentionClass,
        /// The event at which the state file had looked.
        seq: EventSeq,
    },
    /// Events that were never appended.
    Added {
        /// Where.
        file: PathBuf,
        /// The first of them.
        seq: EventSeq,
    },
    /// A file does not continue from the one before it.
    Disconnected {
        /// Which.
        file: PathBuf,
        /// How it shows.
        what: String,
    },
    /// SQLite's own check finds the file damaged.
    Damaged {
        /// Which.
        file: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// A file, or the rest of it, could not be read.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        cause: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { file, seq, what } => {
                write!(f, "event {seq} in {} was changed: {what}", file.display())
            }
            Self::Missing { file, first, last } if first == last => {
                write!(f, "event {first} is missing, as {} shows", file.display())
            }
            Self::Missing { file, first, last } => {
                write!(
                    f,
                    "events {first} to {last} are missing, as {} shows",
                    file.display()
                )
            }
            Self::MissingOfClass {
                file,
                class,
                count,
                after,
                before,
            } => write!(
                f,
                "{count} of class {class} between the events {after} and {before} missing, as {} shows",
                file.display()
            ),
            Self::TailCut { class, count, last } => write!(
                f,
                "the last {count} of class {class}, up to event {last}, are missing: they were \
                 there when states were last projected"
            ),
            Self::Rewritten { class, seq } => write!(
                f,
                "the chain of class {class} was rewritten: at event {seq} it is not the one that \
                 the state file has seen"
            ),
            Self::Added { file, seq } => write!(
                f,
                "event {seq} and what follows in {} were never appended",
                file.display()
            ),
            Self::Disconnected { file, what } => {
                write!(
                    f,
                    "{} does not continue from what precedes it: {what}",
                    file.display()
                )
            }
            Self::Damaged { file, what } => write!(f, "{} is damaged: {what}", file.display()),
            Self::Unreadable { file, cause } => {
                write!(
                    f,
                    "{} could not be read to its end: {cause}",
                    file.display()
                )
            }
        }
    }
}

/// Where a chain stands, and how much of it has been let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainReport {
    /// Its class.
    pub class: RetentionClass,
    /// Events ever in it.
    pub events: u64,
    /// Of these, how many retention has let go of.
    pub let_go: u64,
    /// Its newest chain value.
    pub head: [u8; 32],
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Files looked at.
    pub files: usize,
    /// Events looked at.
    pub events: u64,
    /// The newest of them; 0 if there was none.
    pub last: EventSeq,
    /// The chains.
    pub chains: Vec<ChainReport>,
    /// What is not as it was written, at most [`Self::FINDINGS`] of it.
    pub findings: Vec<Finding>,
    /// How many more findings there are.
    pub more: u64,
}

impl VerifyReport {
    /// Findings that are listed one by one: enough to see what happened; a file that is damaged
    /// throughout would list millions.
    pub const FINDINGS: usize = 1_000;

    /// Whether everything is as it was written.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn find(&mut self, finding: Finding) {
        if self.findings.len() < Self::FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being looked at.
    pub file: PathBuf,
    /// Events looked at so far.
    pub events: u64,
    /// Events that there were at the start.
    pub of: u64,
}

//! What was learned of an account from the frames that it sent, and outlives connections.
//!
//! The family that learns keeps its own memo; the rest of the house reads only what it must know:
//! whether the account ever encrypted, and whether a forgery could be seen (R1).

use std::fmt;

use arrayvec::ArrayVec;

/// Whether an altered frame of the account would be noticed (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Forgery {
    /// Not enough was heard yet to say so.
    #[default]
    Unknown,
    /// It would be: its padding has a habit that garbled octets break.
    Visible,
    /// It would not be: the channel does not authenticate, and nothing in it shows a change.
    Invisible,
}

impl Forgery {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Visible, Self::Invisible];

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Visible => "visible",
            Self::Invisible => "invisible",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// Octets of a family's memo.
pub const MEMO: usize = 24;

/// What was learned of an account; nothing, at first.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Learned {
    /// Whether a correctly encrypted frame ever came: from then on a plain one is doubtful (R1).
    pub once_encrypted: bool,
    /// Whether a forgery would be seen.
    pub forgery: Forgery,
    /// What the family remembers, in a form of its own; empty if nothing.
    pub memo: ArrayVec<u8, MEMO>,
}

impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Learned")
            .field("once_encrypted", &self.once_encrypted)
            .field("forgery", &self.forgery)
            .finish_non_exhaustive()
    }
}

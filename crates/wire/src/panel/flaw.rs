//! What is wrong with a payload, in words for the people who wrote the panel's firmware.
//!
//! The text goes back to the panel as MQTT's Reason String and into our log. It names the member,
//! what was found there by kind, and what is allowed; a value that a panel sent is never in it
//! (I10), nor the name of a member that we do not know.

use std::fmt;

use arrayvec::ArrayString;
use model::limits;

use super::schema::{Field, Form, Kind};

/// What is wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub struct Flaw {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

/// Where something is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// In the payload as a whole.
    Whole,
    /// In a member.
    Member(&'static Field),
    /// In an item of a list, counted from 0.
    Item(&'static Field, usize),
    /// In a member of an item of a list.
    ItemMember(&'static Field, usize, &'static Field),
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Problem {
    /// The payload is too long, in octets.
    TooManyOctets {
        /// How long it may be.
        most: usize,
    },
    /// Not JSON; where it stops being that.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Not CBOR, or CBOR of a kind that is not taken here.
    NotCbor {
        /// The octet where it stops being that, from 0.
        octet: usize,
    },
    /// Something stands behind the payload.
    MoreBehind,
    /// Lists and objects lie too deep in each other.
    TooDeep,
    /// A key of a map is no text (CBOR).
    KeyNoText,
    /// Not what belongs there.
    Found(Found),
    /// It is there twice.
    Twice,
    /// It must be there, and is not.
    Missing,
    /// More items than a list may have.
    TooMany,
    /// Exactly one of these members belongs there.
    OneOf(&'static [&'static str]),
    /// At most one of these members belongs there.
    OnlyOneOf(&'static [&'static str]),
}

/// What stands where something else belongs, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A number.
    Number,
    /// A number that is not whole, or not exact.
    Fraction,
    /// A number below the least.
    TooSmall,
    /// A number above the most.
    TooLarge,
    /// A text.
    Text,
    /// A text of so many octets.
    Octets(usize),
    /// A word that is not one of those that may stand there.
    OtherWord,
    /// True or false.
    Flag,
    /// Null.
    Null,
    /// A list.
    List,
    /// An object; a map in CBOR.
    Object,
    /// Octets (CBOR).
    Bytes,
    /// A tagged value (CBOR).
    Tagged,
    /// A simple value without meaning (CBOR).
    Simple,
}

impl Flaw {
    /// Of the payload as a whole.
    pub(super) const fn whole(problem: Problem) -> Self {
        Self {
            place: Place::Whole,
            problem,
        }
    }

    /// Its text, at most [`limits::REASON`] octets.
    pub fn reason(&self) -> ArrayString<{ limits::REASON }> {
        let mut reason = ArrayString::new();
        match fmt::write(&mut reason, format_args!("{self}")) {
            // A piece that does not fit is left out; a test sees to it that everything fits.
            Ok(()) | Err(fmt::Error) => reason,
        }
    }

    /// What is allowed in its place.
    const fn allowed(&self) -> Option<&'static Kind> {
        match self.place {
            Place::Member(field) | Place::ItemMember(_, _, field) => Some(&field.kind),
            Place::Whole | Place::Item(..) => None,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)?;
        match (self.problem, self.allowed()) {
            (Problem::Found(_) | Problem::Missing | Problem::TooMany, Some(kind)) => {
                write!(f, "; {kind}")
            }
            (Problem::Found(_), None) => f.write_str("; an object belongs there"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("payload"),
            Self::Member(field) => f.write_str(field.name),
            Self::Item(list, at) => write!(f, "{}[{at}]", list.name),
            Self::ItemMember(list, at, field) => write!(f, "{}[{at}].{}", list.name, field.name),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyOctets { most } => write!(f, "over {most} octets"),
            Self::NotJson { line, column } => {
                write!(f, "not JSON from line {line}, column {column} on")
            }
            Self::NotCbor { octet } => write!(f, "not CBOR from octet {octet} on"),
            Self::MoreBehind => f.write_str("something stands behind it"),
            Self::TooDeep => {
                let most = limits::PANEL_DEPTH;
                write!(f, "lists and objects lie deeper than {most}")
            }
            Self::KeyNoText => f.write_str("a key of a map is no text"),
            Self::Found(found) => write!(f, "found {found}"),
            Self::Twice => f.write_str("is there twice"),
            Self::Missing => f.write_str("is missing"),
            Self::TooMany => f.write_str("too many items"),
            Self::OneOf(names) => write!(f, "exactly one is needed of {}", Listed(names)),
            Self::OnlyOneOf(names) => write!(f, "at most one may be there of {}", Listed(names)),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Fraction => "a number that is not whole",
            Self::TooSmall => "a number too small",
            Self::TooLarge => "a number too large",
            Self::Text => "a text",
            Self::Octets(octets) => return write!(f, "a text of {octets} octets"),
            Self::OtherWord => "another word",
            Self::Flag => "true or false",
            Self::Null => "null",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Bytes => "octets",
            Self::Tagged => "a tagged value",
            Self::Simple => "a simple value",
        })
    }
}

/// What is allowed.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { least, most } => write!(f, "allowed: {least} to {most}"),
            Self::Decimal { least, most } => write!(f, "allowed: {least} to {most}"),
            Self::Flag => f.write_str("allowed: true, false"),
            Self::Choice(words) if words.len() > SHORT => {
                f.write_str("allowed: the names of the protocol's table")
            }
            Self::Choice(words) => write!(f, "allowed: {}", Listed(words)),
            Self::Word(Form::ContactId) => {
                f.write_str("allowed: a Contact ID code, such as \"1130\"")
            }
            Self::Word(Form::Sia) => f.write_str("allowed: a SIA code, such as \"BA\""),
            Self::Text { most } => write!(f, "allowed: a text of {most} octets"),
            Self::List { most, .. } => write!(f, "allowed: a list of {most} objects"),
        }
    }
}

/// Choices beyond so many words do not fit a reason.
const SHORT: usize = 8;

struct Listed(&'static [&'static str]);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(f, "{before}{word}")?;
        }
        Ok(())
    }
}

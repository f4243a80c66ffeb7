//! What the panel protocol carries, version 1: events, status reports, words about a connection.
//!
//! One table of [`Field`]s for each kind of payload says which members there are and what they may
//! hold. JSON and CBOR are read through the same table, by the same names, and so give the same
//! value; the table also makes the schemas in `docs/asyncapi.yaml`.
//!
//! ```text
//!  JSON ── json ──┐                       ┌── Evt ──────────────┐
//!                 ├── builder ── schema ──┼── StatusReport ─────┼── out ── JSON, CBOR
//!  CBOR ── cbor ──┘   names,     bounds   └── ConnectionReport ─┘
//!                     places
//! ```
//!
//! Invariant: nothing is kept of a value before it is within the bounds of its field; lists are
//! counted before an item is taken in. A payload is at most [`Document::OCTETS`] long.
//! Invariant: a member that is not known is skipped, whatever it holds, to a depth of
//! [`model::limits::PANEL_DEPTH`]; a known one is there once at most.
//!
//! What never happens here: a panic on octets from outside, a value of a panel in an error's text.

mod builder;
mod cbor;
mod conn;
mod evt;
mod flaw;
mod json;
mod number;
mod out;
mod schema;
mod status;
mod time;
mod words;

pub use builder::Target;
pub use evt::{Evt, EvtPoint};
pub use flaw::{Flaw, Found, Place, Problem};
pub use out::{Out, Set};
pub use schema::{Field, Form, Group, Kind, Value};

use builder::Builder;
use model::limits;

/// How a payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 8259, UTF-8. The format where nothing else is said.
    Json,
    /// RFC 8949, maps with texts as keys. Named by the content type `application/cbor`.
    Cbor,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 2] = [Self::Json, Self::Cbor];

    /// The content type (MQTT 5, 3.3.2.3.9).
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cbor => "application/cbor",
        }
    }

    /// The format of a content type, with or without parameters, in any case; JSON where there is
    /// none, `None` where it is neither.
    pub fn of_content_type(content_type: Option<&str>) -> Option<Self> {
        let Some(said) = content_type else {
            return Some(Self::Json);
        };
        let name = said.split(';').next().unwrap_or_default().trim();
        let is = |format: &Self| name.eq_ignore_ascii_case(format.content_type());
        Self::ALL.into_iter().find(is)
    }
}

/// A kind of payload.
pub trait Document: Target + Sized {
    /// The last part of its topic.
    const TOPIC: &'static str;
    /// How long it may be, in octets.
    const OCTETS: usize;
    /// Its members.
    const FIELDS: &'static [Field];
    /// Which of its members stand for each other.
    const GROUPS: &'static [Group] = &[];

    /// Reads one. The error names what is wrong, in words for the panel's maker.
    fn decode(format: Format, octets: &[u8]) -> Result<Self, Flaw> {
        if octets.len() > Self::OCTETS {
            return Err(Flaw::whole(Problem::TooManyOctets { most: Self::OCTETS }));
        }
        let mut document = Self::empty();
        let mut builder = Builder::new(&mut document, Self::FIELDS);
        match format {
            Format::Json => json::read(octets, &mut builder)?,
            Format::Cbor => cbor::read(octets, &mut builder)?,
        }
        builder.finish(Self::GROUPS)?;
        Ok(document)
    }

    /// Writes it: what is set, in the order of the table.
    fn encode(&self, format: Format) -> Vec<u8> {
        let members = self.members();
        match format {
            Format::Json => out::json(&members),
            Format::Cbor => out::cbor(&members),
        }
    }

    /// What reading begins with; never what it ends with.
    fn empty() -> Self;

    /// What is set, in the order of the table.
    fn members(&self) -> Out<'_>;
}

#[cfg(test)]
mod tests;

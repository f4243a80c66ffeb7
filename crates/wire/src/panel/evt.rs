//! `evt`: one event. Its PUBACK means that it is stored (I1).

use std::fmt;

use model::Code;

use super::builder::Target;
use super::out::{Members, Out, Set};
use super::schema::{Field, Form, Group, Kind, Value};
use super::{Document, limits};
use crate::text;

/// An event.
#[derive(Clone, PartialEq, Eq)]
pub struct Evt {
    /// The panel's own number of it, from 1, kept over restarts.
    pub seq: u64,
    /// How often the panel has started.
    pub boot: u32,
    /// What happened.
    pub code: EvtCode,
    /// In which partition; 0 is all of them.
    pub partition: Option<u16>,
    /// Where, or by whom.
    pub point: Option<EvtPoint>,
    /// When it happened, by the panel's clock, in milliseconds since 1970, UTC.
    pub occurred: Option<i64>,
    /// When it was sent for the first time, likewise.
    pub sent: Option<i64>,
    /// For how long a disarm is waited for, in seconds.
    pub delay: Option<u16>,
    /// A zone's name, some words. Personal data.
    pub text: Option<String>,
    /// Whether the panel kept it for want of a connection.
    pub stored: bool,
}

/// Texts are personal data: they stay out of logs.
impl fmt::Debug for Evt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evt")
            .field("seq", &self.seq)
            .field("boot", &self.boot)
            .field("code", &self.code)
            .field("partition", &self.partition)
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}

/// What happened, in one of three sets of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvtCode {
    /// `cid` or `sia`.
    Standard(Code),
    /// `code`: a name of the protocol's own table.
    Named(String),
}

impl fmt::Display for EvtCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(code) => fmt::Display::fmt(code, f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// Where, or by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvtPoint {
    /// A sensor input.
    Zone(u16),
    /// A person or a code.
    User(u16),
    /// A relay, a siren, a lamp.
    Output(u16),
}

const GROUPS: &[Group] = &[
    Group::exactly_one(&["cid", "sia", "code"]),
    Group::at_most_one(&["zone", "user", "output"]),
];

/// Numbers of partitions, zones, users and outputs in events.
const NUMBER: Kind = Kind::Whole {
    least: 0,
    most: 9_999,
};

/// The panel's clock: from 1970, where clocks begin that were never set, to the year 9999.
pub(super) const TIME: Kind = Kind::Whole {
    least: 0,
    most: 253_402_300_799_999,
};

/// An hour; entry delays take a minute or two.
const DELAY: Kind = Kind::Whole {
    least: 0,
    most: 3_600,
};

const FIELDS: &[Field] = &[
    Field::must(
        "seq",
        Kind::Whole {
            least: 1,
            most: u64::MAX as i128,
        },
        "The panel's own number of the event; kept over restarts, one more with each event",
    ),
    Field::must(
        "boot",
        Kind::U32,
        "How often the panel has started; kept over restarts",
    ),
    Field::may(
        "cid",
        Kind::Word(Form::ContactId),
        "Contact ID (SIA DC-05): a qualifier and three digits",
    ),
    Field::may("sia", Kind::Word(Form::Sia), "SIA DC-03: two letters"),
    Field::may(
        "code",
        Kind::Word(Form::Name),
        "A code of the protocol's own table",
    ),
    Field::may("part", NUMBER, "The partition; 0 is all of them"),
    Field::may("zone", NUMBER, "The zone; 0 is none"),
    Field::may("user", NUMBER, "The user; 0 is none"),
    Field::may("output", NUMBER, "The output; 0 is none"),
    Field::may(
        "t",
        TIME,
        "When it happened, in milliseconds since 1970, UTC",
    ),
    Field::may(
        "sent",
        TIME,
        "When it was sent for the first time, in milliseconds since 1970, UTC; the same in each resend",
    ),
    Field::may("delay", DELAY, "The entry delay that began, in seconds"),
    Field::may(
        "text",
        Kind::Text {
            most: limits::PANEL_TEXT,
        },
        "A zone's name, some words; personal data",
    ),
    Field::may(
        "stored",
        Kind::Flag,
        "Whether the panel kept it for want of a connection",
    ),
];

impl Target for Evt {
    fn put(&mut self, field: &'static Field, value: Value<'_>) {
        let point = |point: fn(u16) -> EvtPoint| Some(value.whole()).filter(|n| *n > 0).map(point);
        match field.name {
            "seq" => self.seq = value.whole(),
            "boot" => self.boot = value.whole(),
            "cid" => {
                self.code =
                    Code::contact_id(value.text().as_bytes()).map_or(NO_CODE, EvtCode::Standard);
            }
            "sia" => self.code = sia(value.text()).map_or(NO_CODE, EvtCode::Standard),
            "code" => self.code = EvtCode::Named(value.text().to_owned()),
            "part" => self.partition = Some(value.whole()),
            "zone" => self.point = point(EvtPoint::Zone),
            "user" => self.point = point(EvtPoint::User),
            "output" => self.point = point(EvtPoint::Output),
            "t" => self.occurred = Some(value.whole()),
            "sent" => self.sent = Some(value.whole()),
            "delay" => self.delay = Some(value.whole()),
            "text" => self.text = text::decode(value.text().as_bytes()),
            _ => self.stored = value.is_true(),
        }
    }
}

/// What stands there before the code is read, which the table sees to.
const NO_CODE: EvtCode = EvtCode::Named(String::new());

fn sia(text: &str) -> Option<Code> {
    Code::sia(text.as_bytes().try_into().ok()?)
}

impl Document for Evt {
    const TOPIC: &'static str = "evt";
    const OCTETS: usize = limits::PANEL_EVENT;
    const FIELDS: &'static [Field] = FIELDS;
    const GROUPS: &'static [Group] = GROUPS;

    fn empty() -> Self {
        Self {
            seq: 0,
            boot: 0,
            code: NO_CODE,
            partition: None,
            point: None,
            occurred: None,
            sent: None,
            delay: None,
            text: None,
            stored: false,
        }
    }

    fn members(&self) -> Out<'_> {
        let mut out = vec![
            ("seq", Set::Count(self.seq)),
            ("boot", Set::Count(self.boot.into())),
        ];
        out.push(match &self.code {
            EvtCode::Standard(code @ Code::Sia(_)) => ("sia", Set::Word(code.text())),
            EvtCode::Standard(code) => ("cid", Set::Word(code.text())),
            EvtCode::Named(name) => ("code", Set::Text(name)),
        });
        let count = |number: u16| Set::Count(number.into());
        out.add("part", self.partition, count);
        match self.point {
            Some(EvtPoint::Zone(number)) => out.push(("zone", count(number))),
            Some(EvtPoint::User(number)) => out.push(("user", count(number))),
            Some(EvtPoint::Output(number)) => out.push(("output", count(number))),
            None => {}
        }
        out.add("t", self.occurred, Set::Whole);
        out.add("sent", self.sent, Set::Whole);
        out.add("delay", self.delay, count);
        out.add("text", self.text.as_deref(), Set::Text);
        out.add("stored", self.stored.then_some(true), Set::Flag);
        out
    }
}

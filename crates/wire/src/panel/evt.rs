//! `evt`: one event. Its PUBACK means that it is stored (I1).

use std::fmt;

use arrayvec::ArrayString;
use model::{
    Account, Code, EventFlags, Extended, Item, PanelCode, Point, PointNumber, Signal, Wall,
};

use super::builder::Target;
use super::out::{self, Members, Out, Set};
use super::schema::{Field, Form, Group, Kind, Value};
use super::words::words;
use super::{Document, limits, time};
use crate::text;

/// An event.
#[derive(Clone, PartialEq, Eq)]
pub struct Evt {
    /// The panel's own number of it, from 1, kept over restarts.
    pub seq: u64,
    /// How often the panel has started.
    pub boot: u32,
    /// What happened.
    pub code: Code,
    /// In which partition; 0 is all of them.
    pub partition: Option<u16>,
    /// Where, or by whom.
    pub point: Option<EvtPoint>,
    /// When it happened, by the panel's clock.
    pub occurred: Option<Wall>,
    /// When it was sent for the first time, by the panel's clock.
    pub sent: Option<Wall>,
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
        words!(PanelCode),
        "A code of the protocol's own table",
    ),
    Field::may("part", NUMBER, "The partition; 0 is all of them"),
    Field::may("zone", NUMBER, "The zone; 0 is none"),
    Field::may("user", NUMBER, "The user; 0 is none"),
    Field::may("output", NUMBER, "The output; 0 is none"),
    Field::may(
        "t",
        time::KIND,
        "When it happened, in milliseconds since 1970, UTC",
    ),
    Field::may(
        "sent",
        time::KIND,
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
            "cid" | "sia" | "code" => {
                self.code = code(field.name, value.text()).unwrap_or(self.code);
            }
            "part" => self.partition = Some(value.whole()),
            "zone" => self.point = point(EvtPoint::Zone),
            "user" => self.point = point(EvtPoint::User),
            "output" => self.point = point(EvtPoint::Output),
            "t" => self.occurred = Some(time::read(value)),
            "sent" => self.sent = Some(time::read(value)),
            "delay" => self.delay = Some(value.whole()),
            "text" => self.text = text::decode(value.text().as_bytes()),
            _ => self.stored = value.is_true(),
        }
    }
}

/// The code of a member's set; the table has judged its form.
fn code(member: &str, text: &str) -> Option<Code> {
    match member {
        "cid" => Code::contact_id(text.as_bytes()),
        "sia" => Code::sia(text.as_bytes().try_into().ok()?),
        _ => PanelCode::parse(text).map(Code::Panel),
    }
}

impl Evt {
    /// What a repeat of it has in common with it (R2), but for boot and sequence: everything but
    /// `sent` and `stored`, which say how it was sent. Equal for both formats.
    pub fn content(&self) -> Vec<u8> {
        let mut members = self.members();
        members.retain(|(name, _)| !["seq", "boot", "sent", "stored"].contains(name));
        out::cbor(&members)
    }

    /// The signal that it is. `raw` are the octets of the payload.
    pub fn into_signal(self, account: Account, raw: Vec<u8>) -> Signal {
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::STORED_BY_PANEL, self.stored);
        Signal {
            panel_sequence: Some(self.seq),
            panel_time: self.sent,
            occurred: self.occurred,
            flags,
            extended: self.delay.map(Extended::entry_delay).into_iter().collect(),
            ..signal(account, self.item(), raw)
        }
    }

    fn item(self) -> Item {
        let number = |number: u16| PointNumber::parse(number.to_string().as_bytes());
        Item {
            account: None,
            flags: EventFlags::of_code(&self.code),
            code: self.code,
            partition: self.partition.and_then(number),
            point: match self.point {
                Some(EvtPoint::Zone(zone)) => number(zone).map(Point::Zone),
                Some(EvtPoint::User(user)) => number(user).map(Point::User),
                Some(EvtPoint::Output(output)) => number(output).map(Point::Output),
                None => None,
            },
            text: self.text,
        }
    }

    /// The signal that a payload is that cannot be read: kept as it came, and of an alarm's class
    /// (I4, I12).
    pub fn undecoded(account: Account, raw: Vec<u8>) -> Signal {
        let code = Code::Undecoded(format());
        let item = Item {
            account: None,
            flags: EventFlags::of_code(&code),
            code,
            partition: None,
            point: None,
            text: None,
        };
        signal(account, item, raw)
    }
}

/// What signals of the panel protocol, version 1, call their format.
fn format() -> ArrayString<12> {
    ArrayString::from("AP1").unwrap_or_default()
}

fn signal(account: Account, item: Item, raw: Vec<u8>) -> Signal {
    Signal {
        account,
        format: format(),
        panel_sequence: None,
        panel_time: None,
        occurred: None,
        flags: EventFlags::empty(),
        items: vec![item],
        extended: Vec::new(),
        raw,
    }
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
            code: Code::Undecoded(ArrayString::new_const()),
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
        let set = match self.code {
            Code::ContactId(..) => "cid",
            Code::Sia(_) => "sia",
            // Of others none comes from a panel or goes to one.
            Code::Panel(_) | Code::Undecoded(_) | Code::Own(_) => "code",
        };
        out.push((set, Set::Word(self.code.text())));
        let count = |number: u16| Set::Count(number.into());
        out.add("part", self.partition, count);
        match self.point {
            Some(EvtPoint::Zone(number)) => out.push(("zone", count(number))),
            Some(EvtPoint::User(number)) => out.push(("user", count(number))),
            Some(EvtPoint::Output(number)) => out.push(("output", count(number))),
            None => {}
        }
        out.add("t", self.occurred.map(Wall::millis), Set::Whole);
        out.add("sent", self.sent.map(Wall::millis), Set::Whole);
        out.add("delay", self.delay, count);
        out.add("text", self.text.as_deref(), Set::Text);
        out.add("stored", self.stored.then_some(true), Set::Flag);
        out
    }
}

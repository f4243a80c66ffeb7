//! `conn`: who I am, said on every connect, and as the will what is to be said when I am gone.

use model::{ConnectionReport, ConnectionState, RebootReason, ShortText, Wall};

use super::builder::Target;
use super::out::{Members, Out, Set};
use super::schema::{Field, Kind, Value};
use super::words::words;
use super::{Document, limits, time};
use crate::text;

const NAME: Kind = Kind::Text {
    most: limits::PANEL_NAME,
};

const FIELDS: &[Field] = &[
    Field::must("state", words!(ConnectionState), "How the path is"),
    Field::must(
        "boot",
        Kind::U32,
        "How often the panel has started; kept over restarts",
    ),
    Field::may("fw", NAME, "The version of the firmware"),
    Field::may("model", NAME, "What the panel is"),
    Field::may(
        "reason",
        words!(RebootReason),
        "Why it started the last time",
    ),
    Field::may("t", time::KIND, "When, in milliseconds since 1970, UTC"),
];

impl Target for ConnectionReport {
    fn put(&mut self, field: &'static Field, value: Value<'_>) {
        match field.name {
            "state" => self.state = ConnectionState::parse(value.text()).unwrap_or(self.state),
            "boot" => self.boot = value.whole(),
            "fw" => self.firmware = short(value.text()),
            "model" => self.model = short(value.text()),
            "reason" => self.reason = RebootReason::parse(value.text()),
            _ => self.at = Some(time::read(value)),
        }
    }
}

/// The text, harmless on a terminal. What takes the place of a control character is longer than
/// that, and so the end may be cut off.
fn short(given: &str) -> Option<ShortText> {
    let harmless = text::decode(given.as_bytes())?;
    let mut short = ShortText::new();
    for character in harmless.chars() {
        if short.try_push(character).is_err() {
            break;
        }
    }
    Some(short)
}

impl Document for ConnectionReport {
    const TOPIC: &'static str = "conn";
    const OCTETS: usize = limits::PANEL_STATUS;
    const FIELDS: &'static [Field] = FIELDS;

    fn empty() -> Self {
        Self {
            state: ConnectionState::Online,
            boot: 0,
            firmware: None,
            model: None,
            reason: None,
            at: None,
        }
    }

    fn members(&self) -> Out<'_> {
        let mut out = vec![
            ("state", Set::Text(self.state.as_str())),
            ("boot", Set::Count(self.boot.into())),
        ];
        out.add("fw", self.firmware.as_deref(), Set::Text);
        out.add("model", self.model.as_deref(), Set::Text);
        out.add("reason", self.reason, |reason| Set::Text(reason.as_str()));
        out.add("t", self.at.map(Wall::millis), Set::Whole);
        out
    }
}

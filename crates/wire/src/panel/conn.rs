//! `conn`: who I am, said on every connect, and as the will what is to be said when I am gone.

use super::builder::Target;
use super::evt::TIME;
use super::out::{Members, Out, Set};
use super::schema::{Field, Kind, Value};
use super::words::words;
use super::{Document, limits};
use crate::text;

words! {
    /// How a panel's path is.
    ConnState {
        /// Connected, and listening.
        Online => "online",
        /// Gone in order.
        Offline => "offline",
        /// Gone in order, and will be back by itself.
        Sleeping => "sleeping",
        /// Gone: the state of a will.
        Lost => "lost",
    }
}

words! {
    /// Why a panel restarted.
    RebootReason {
        /// Its power was switched on, or came back.
        Power => "power",
        /// Its watchdog found it hanging.
        Watchdog => "watchdog",
        /// New firmware.
        Update => "update",
        /// Somebody asked it to.
        Command => "command",
        /// Its firmware failed.
        Crash => "crash",
        /// It does not know.
        Unknown => "unknown",
    }
}

/// A word about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conn {
    /// How the path is..
    pub state: ConnState,
    /// How often the panel has started. A will with an old one is ignored.
    pub boot: u32,
    /// The version of the firmware.
    pub firmware: Option<String>,
    /// What the panel is.
    pub model: Option<String>,
    /// Why it started the last time.
    pub reason: Option<RebootReason>,
    /// When, by the panel's clock, in milliseconds since 1970, UTC.
    pub time: Option<i64>,
}

const NAME: Kind = Kind::Text {
    most: limits::PANEL_NAME,
};

const FIELDS: &[Field] = &[
    Field::must("state", Kind::Choice(ConnState::WORDS), "How the path is"),
    Field::must(
        "boot",
        Kind::U32,
        "How often the panel has started; kept over restarts",
    ),
    Field::may("fw", NAME, "The version of the firmware"),
    Field::may("model", NAME, "What the panel is"),
    Field::may(
        "reason",
        Kind::Choice(RebootReason::WORDS),
        "Why it started the last time",
    ),
    Field::may("t", TIME, "When, in milliseconds since 1970, UTC"),
];

impl Target for Conn {
    fn put(&mut self, field: &'static Field, value: Value<'_>) {
        match field.name {
            "state" => self.state = ConnState::of(value.text()).unwrap_or_default(),
            "boot" => self.boot = value.whole(),
            "fw" => self.firmware = text::decode(value.text().as_bytes()),
            "model" => self.model = text::decode(value.text().as_bytes()),
            "reason" => self.reason = RebootReason::of(value.text()),
            _ => self.time = Some(value.whole()),
        }
    }
}

impl Document for Conn {
    const TOPIC: &'static str = "conn";
    const OCTETS: usize = limits::PANEL_STATUS;
    const FIELDS: &'static [Field] = FIELDS;

    fn empty() -> Self {
        Self {
            state: ConnState::default(),
            boot: 0,
            firmware: None,
            model: None,
            reason: None,
            time: None,
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
        out.add("t", self.time, Set::Whole);
        out
    }
}

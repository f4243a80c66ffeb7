//! `status`: how a panel is, as often as it likes. Kept in memory and in trends, not journalled.

use super::builder::Target;
use super::evt::TIME;
use super::out::{Members, Out, Set};
use super::schema::{Field, Kind, Value};
use super::words::words;
use super::{Document, limits};

words! {
    /// How a path is made.
    Link {
        /// A cable.
        Ethernet => "ethernet",
        /// A wireless LAN.
        Wifi => "wifi",
        /// GSM, GPRS, EDGE.
        Cellular2g => "2g",
        /// UMTS, HSPA.
        Cellular3g => "3g",
        /// LTE, with its narrow kinds.
        Cellular4g => "4g",
        /// NR.
        Cellular5g => "5g",
        /// Something else.
        Other => "other",
    }
}

words! {
    /// How a partition is.
    PartState {
        /// Disarmed.
        Disarmed => "disarmed",
        /// The exit delay runs.
        Arming => "arming",
        /// All of it is armed.
        ArmedAway => "armed_away",
        /// Its perimeter is armed, with people inside.
        ArmedStay => "armed_stay",
        /// It is armed for the night.
        ArmedNight => "armed_night",
        /// The entry delay runs.
        Entry => "entry",
        /// It is in alarm.
        Alarm => "alarm",
    }
}

words! {
    /// How a zone is.
    ZoneState {
        /// At rest.
        Closed => "closed",
        /// Tripped, with nothing armed by it.
        Open => "open",
        /// In alarm.
        Alarm => "alarm",
        /// Its tamper contact is open.
        Tamper => "tamper",
        /// It does not work.
        Trouble => "trouble",
        /// Taken out of service.
        Bypassed => "bypassed",
    }
}

/// A status report. All of it may be missing, which means: as before, or not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// When, by the panel's clock, in milliseconds since 1970, UTC.
    pub time: Option<i64>,
    /// The strength of the radio signal, in dBm.
    pub rssi: Option<i16>,
    /// How the path is made.
    pub link: Option<Link>,
    /// How full the battery is, in per cent.
    pub battery: Option<u8>,
    /// The voltage of the supply, in volts.
    pub voltage: Option<f64>,
    /// Whether mains is there.
    pub mains: Option<bool>,
    /// The temperature at the panel, in degrees Celsius.
    pub temperature: Option<f64>,
    /// How often something was sent again since the last report.
    pub retries: Option<u32>,
    /// How long an answer of ours takes, in milliseconds, measured by the panel.
    pub round_trip: Option<u32>,
    /// How long the panel has been up, in seconds.
    pub uptime: Option<u32>,
    /// States of partitions, by number. Of a number that is there twice, the last counts.
    pub parts: Vec<(u16, PartState)>,
    /// States of zones, likewise.
    pub zones: Vec<(u16, ZoneState)>,
    /// Whether outputs are on, likewise.
    pub outputs: Vec<(u16, bool)>,
}

/// Numbers of partitions, zones and outputs in reports: each is a certain one.
const N: Field = Field::must(
    "n",
    Kind::Whole {
        least: 1,
        most: 9_999,
    },
    "Its number",
);

const PART: &[Field] = &[
    N,
    Field::must("state", Kind::Choice(PartState::WORDS), "How it is"),
];

const ZONE: &[Field] = &[
    N,
    Field::must("state", Kind::Choice(ZoneState::WORDS), "How it is"),
];

const OUTPUT: &[Field] = &[N, Field::must("on", Kind::Flag, "Whether it is on")];

const FIELDS: &[Field] = &[
    Field::may("t", TIME, "When, in milliseconds since 1970, UTC"),
    Field::may(
        "rssi",
        Kind::Whole {
            least: -150,
            most: 0,
        },
        "The strength of the radio signal, in dBm",
    ),
    Field::may("link", Kind::Choice(Link::WORDS), "How the path is made"),
    Field::may(
        "battery",
        Kind::Whole {
            least: 0,
            most: 100,
        },
        "How full the battery is, in per cent",
    ),
    Field::may(
        "voltage",
        Kind::Decimal {
            least: 0.0,
            most: 1_000.0,
        },
        "The voltage of the supply, in volts",
    ),
    Field::may("mains", Kind::Flag, "Whether mains is there"),
    Field::may(
        "temperature",
        Kind::Decimal {
            least: -100.0,
            most: 200.0,
        },
        "The temperature at the panel, in degrees Celsius",
    ),
    Field::may(
        "retries",
        Kind::U32,
        "How often something was sent again since the last report",
    ),
    Field::may(
        "rtt",
        Kind::U32,
        "How long an answer takes, in milliseconds, measured by the panel",
    ),
    Field::may(
        "uptime",
        Kind::U32,
        "How long the panel has been up, in seconds",
    ),
    Field::may(
        "parts",
        Kind::List {
            most: limits::STATUS_PARTS,
            of: PART,
        },
        "States of partitions",
    ),
    Field::may(
        "zones",
        Kind::List {
            most: limits::STATUS_ZONES,
            of: ZONE,
        },
        "States of zones",
    ),
    Field::may(
        "outputs",
        Kind::List {
            most: limits::STATUS_PARTS,
            of: OUTPUT,
        },
        "Whether outputs are on",
    ),
];

impl Target for Status {
    fn put(&mut self, field: &'static Field, value: Value<'_>) {
        match field.name {
            "t" => self.time = Some(value.whole()),
            "rssi" => self.rssi = Some(value.whole()),
            "link" => self.link = Link::of(value.text()),
            "battery" => self.battery = Some(value.whole()),
            "voltage" => self.voltage = Some(value.decimal()),
            "mains" => self.mains = Some(value.is_true()),
            "temperature" => self.temperature = Some(value.decimal()),
            "retries" => self.retries = Some(value.whole()),
            "rtt" => self.round_trip = Some(value.whole()),
            _ => self.uptime = Some(value.whole()),
        }
    }

    fn open_item(&mut self, list: &'static Field) {
        match list.name {
            "parts" => self.parts.push((0, PartState::default())),
            "zones" => self.zones.push((0, ZoneState::default())),
            _ => self.outputs.push((0, false)),
        }
    }

    fn put_in_item(&mut self, list: &'static Field, field: &'static Field, value: Value<'_>) {
        let is_number = field.name == "n";
        match list.name {
            "parts" => fill(&mut self.parts, is_number, value, |value| {
                PartState::of(value.text()).unwrap_or_default()
            }),
            "zones" => fill(&mut self.zones, is_number, value, |value| {
                ZoneState::of(value.text()).unwrap_or_default()
            }),
            _ => fill(&mut self.outputs, is_number, value, Value::is_true),
        }
    }
}

/// Fills in the last item: its number, or its state.
fn fill<'v, S>(
    items: &mut [(u16, S)],
    is_number: bool,
    value: Value<'v>,
    state: impl FnOnce(Value<'v>) -> S,
) {
    match items.last_mut() {
        Some(item) if is_number => item.0 = value.whole(),
        Some(item) => item.1 = state(value),
        None => {}
    }
}

impl Document for Status {
    const TOPIC: &'static str = "status";
    const OCTETS: usize = limits::PANEL_STATUS;
    const FIELDS: &'static [Field] = FIELDS;

    fn empty() -> Self {
        Self::default()
    }

    fn members(&self) -> Out<'_> {
        let mut out = Vec::new();
        let count = |number: u32| Set::Count(number.into());
        out.add("t", self.time, Set::Whole);
        out.add("rssi", self.rssi, |rssi| Set::Whole(rssi.into()));
        out.add("link", self.link, |link| Set::Text(link.as_str()));
        out.add("battery", self.battery, |battery| {
            Set::Count(battery.into())
        });
        out.add("voltage", self.voltage, Set::Decimal);
        out.add("mains", self.mains, Set::Flag);
        out.add("temperature", self.temperature, Set::Decimal);
        out.add("retries", self.retries, count);
        out.add("rtt", self.round_trip, count);
        out.add("uptime", self.uptime, count);
        out.add("parts", listed(&self.parts), |parts| {
            list(parts, "state", |state| Set::Text(state.as_str()))
        });
        out.add("zones", listed(&self.zones), |zones| {
            list(zones, "state", |state| Set::Text(state.as_str()))
        });
        out.add("outputs", listed(&self.outputs), |outputs| {
            list(outputs, "on", Set::Flag)
        });
        out
    }
}

/// The list, if something is in it.
const fn listed<T>(items: &[T]) -> Option<&[T]> {
    if items.is_empty() { None } else { Some(items) }
}

fn list<'a, S: Copy>(items: &[(u16, S)], name: &'static str, set: fn(S) -> Set<'a>) -> Set<'a> {
    let item =
        |(number, state): &(u16, S)| vec![("n", Set::Count((*number).into())), (name, set(*state))];
    Set::List(items.iter().map(item).collect())
}

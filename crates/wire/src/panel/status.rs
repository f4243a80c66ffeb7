//! `status`: how a panel is, as often as it likes. Kept in memory and in trends, not journalled.
//!
//! All of it may be missing, which means: as before, or not known. Of a number that is there
//! twice in a list, the last counts.

use model::{LinkKind, ReportedPartition, StatusReport, Wall, ZoneState};

use super::builder::Target;
use super::out::{Members, Out, Set};
use super::schema::{Field, Kind, Value};
use super::words::words;
use super::{Document, limits, time};

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
    Field::must("state", words!(ReportedPartition), "How it is"),
];

const ZONE: &[Field] = &[N, Field::must("state", words!(ZoneState), "How it is")];

const OUTPUT: &[Field] = &[N, Field::must("on", Kind::Flag, "Whether it is on")];

const FIELDS: &[Field] = &[
    Field::may("t", time::KIND, "When, in milliseconds since 1970, UTC"),
    Field::may(
        "rssi",
        Kind::Whole {
            least: -150,
            most: 0,
        },
        "The strength of the radio signal, in dBm",
    ),
    Field::may("link", words!(LinkKind), "How the path is made"),
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

impl Target for StatusReport {
    fn put(&mut self, field: &'static Field, value: Value<'_>) {
        match field.name {
            "t" => self.at = Some(time::read(value)),
            "rssi" => self.rssi = Some(value.whole()),
            "link" => self.link = LinkKind::parse(value.text()),
            "battery" => self.battery = Some(value.whole()),
            "voltage" => self.millivolts = Some(value.scaled(1_000.0)),
            "mains" => self.mains = Some(value.is_true()),
            "temperature" => self.decidegrees = Some(value.scaled(10.0)),
            "retries" => self.retries = Some(value.whole()),
            "rtt" => self.round_trip = Some(value.whole()),
            _ => self.uptime = Some(value.whole()),
        }
    }

    fn open_item(&mut self, list: &'static Field) {
        match list.name {
            "parts" => self.partitions.push((0, ReportedPartition::Disarmed)),
            "zones" => self.zones.push((0, ZoneState::Closed)),
            _ => self.outputs.push((0, false)),
        }
    }

    fn put_in_item(&mut self, list: &'static Field, field: &'static Field, value: Value<'_>) {
        let is_number = field.name == "n";
        match list.name {
            "parts" => fill(&mut self.partitions, is_number, value, |value| {
                ReportedPartition::parse(value.text())
            }),
            "zones" => fill(&mut self.zones, is_number, value, |value| {
                ZoneState::parse(value.text())
            }),
            _ => fill(&mut self.outputs, is_number, value, |value| {
                Some(value.is_true())
            }),
        }
    }
}

/// Fills in the last item: its number, or its state.
fn fill<'v, S>(
    items: &mut [(u16, S)],
    is_number: bool,
    value: Value<'v>,
    state: impl FnOnce(Value<'v>) -> Option<S>,
) {
    let Some(item) = items.last_mut() else {
        return;
    };
    if is_number {
        item.0 = value.whole();
    } else if let Some(state) = state(value) {
        item.1 = state;
    }
}

impl Document for StatusReport {
    const TOPIC: &'static str = "status";
    const OCTETS: usize = limits::PANEL_STATUS;
    const FIELDS: &'static [Field] = FIELDS;

    fn empty() -> Self {
        Self::default()
    }

    fn members(&self) -> Out<'_> {
        let mut out = Vec::new();
        let count = |number: u32| Set::Count(number.into());
        out.add("t", self.at.map(Wall::millis), Set::Whole);
        out.add("rssi", self.rssi, |rssi| Set::Whole(rssi.into()));
        out.add("link", self.link, |link| Set::Text(link.as_str()));
        out.add("battery", self.battery, |battery| {
            Set::Count(battery.into())
        });
        out.add("voltage", self.millivolts, |millivolts| {
            Set::Decimal(f64::from(millivolts) / 1_000.0)
        });
        out.add("mains", self.mains, Set::Flag);
        out.add("temperature", self.decidegrees, |decidegrees| {
            Set::Decimal(f64::from(decidegrees) / 10.0)
        });
        out.add("retries", self.retries, count);
        out.add("rtt", self.round_trip, count);
        out.add("uptime", self.uptime, Set::Count);
        out.add("parts", listed(&self.partitions), |parts| {
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

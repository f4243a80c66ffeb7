//! What one panel said by one path, as small as it can be. Pure.
//!
//! Invariant: what a report leaves out stays as it was; what it says again keeps the time since when it is so.
//! Invariant: a record has at most [`REPORTED_POINTS`] parts, whatever numbers a panel makes up (I7).

use model::limits::REPORTED_POINTS;
use model::{ConnectionReport, LinkKind, ReportedPartition, StatusReport, Wall, ZoneState, micros};
use std::time::Duration;

use crate::ports::{PathCondition, Reported, Span, Trend};

/// What kind of a part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Partition,
    Zone,
    Output,
}

/// A partition, zone or output: twelve octets, of which a panel has some twenty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// Since when it is so, in seconds since 1970.
    since: u32,
    /// When it was last said, in seconds since 1970.
    told: u32,
    number: u16,
    kind: Kind,
    /// The position among the states of its kind.
    state: u8,
}

/// A path.
#[derive(Debug, Default)]
pub(super) struct Record {
    at: Option<Wall>,
    rssi: Option<i16>,
    decidegrees: Option<i16>,
    link: Option<LinkKind>,
    battery: Option<u8>,
    mains: Option<bool>,
    millivolts: Option<u32>,
    round_trip: Option<u32>,
    uptime: Option<u32>,
    parts: Vec<Part>,
    pub(super) connection: Option<(Wall, ConnectionReport)>,
    /// What `connection` says is not in the store yet.
    pub(super) unwritten: bool,
    /// The beginning of the hour that `trend` is of, in hours since 1970.
    hour: u32,
    trend: Trend,
}

fn saturated(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn seconds(at: Wall) -> u32 {
    u32::try_from(at.0.div_euclid(1_000_000)).unwrap_or(0)
}

fn wall_of_seconds(seconds: u32) -> Wall {
    Wall(i64::from(seconds) * 1_000_000)
}

/// The number of the hour that a moment lies in.
pub(super) fn hour_of(at: Wall) -> u32 {
    let length = micros(Duration::from_hours(1));
    u32::try_from(at.0.div_euclid(length)).unwrap_or(0)
}

fn wall_of_hour(hour: u32) -> Wall {
    Wall(i64::from(hour) * micros(Span::Hour.length()))
}

impl Record {
    /// Begins another hour; answers the one that is over, if there was anything to say of it.
    pub(super) fn turn(&mut self, hour: u32) -> Option<(Wall, Trend)> {
        // A wall clock that is set back goes on with the hour that there is.
        if hour <= self.hour {
            return None;
        }
        let over = std::mem::replace(&mut self.hour, hour);
        let trend = std::mem::take(&mut self.trend);
        (trend != Trend::default()).then(|| (wall_of_hour(over), trend))
    }

    /// The running hour, if there is anything to say of it.
    pub(super) fn running(&self) -> Option<(Wall, Trend)> {
        (self.trend != Trend::default()).then(|| (wall_of_hour(self.hour), self.trend))
    }

    /// It connected.
    pub(super) fn connected(&mut self) {
        self.trend.reconnects = self.trend.reconnects.saturating_add(1);
    }

    /// Takes in a report; answers how many parts there was no room for.
    pub(super) fn tell(&mut self, status: &StatusReport, at: Wall) -> usize {
        self.at = Some(at);
        let trend = &mut self.trend;
        if let Some(rssi) = status.rssi {
            self.rssi = Some(rssi);
            trend.rssi.add(rssi.into());
        }
        if let Some(battery) = status.battery {
            self.battery = Some(battery);
            trend.battery.add(battery.into());
        }
        if let Some(millivolts) = status.millivolts {
            self.millivolts = Some(millivolts);
            trend.voltage.add(saturated(millivolts));
        }
        if let Some(round_trip) = status.round_trip {
            self.round_trip = Some(round_trip);
            trend.round_trip.add(saturated(round_trip));
        }
        trend.retries = trend.retries.saturating_add(status.retries.unwrap_or(0));
        self.link = status.link.or(self.link);
        self.mains = status.mains.or(self.mains);
        self.decidegrees = status.decidegrees.or(self.decidegrees);
        let uptime = status
            .uptime
            .map(|uptime| u32::try_from(uptime).unwrap_or(u32::MAX));
        self.uptime = uptime.or(self.uptime);
        let since = seconds(at);
        let mut left_out = 0;
        // Panels name their parts in the same order each time: each is mostly where it was.
        let mut place = 0;
        let mut put = |number, kind, state| {
            let part = Part {
                since,
                told: since,
                number,
                kind,
                state,
            };
            left_out += usize::from(!self.put(&mut place, part));
        };
        for (number, state) in &status.partitions {
            put(*number, Kind::Partition, *state as u8);
        }
        for (number, state) in &status.zones {
            put(*number, Kind::Zone, *state as u8);
        }
        for (number, on) in &status.outputs {
            put(*number, Kind::Output, u8::from(*on));
        }
        left_out
    }

    fn put(&mut self, place: &mut usize, part: Part) -> bool {
        let same = |one: &Part| one.number == part.number && one.kind == part.kind;
        let at = match self.parts.get(*place) {
            Some(one) if same(one) => Some(*place),
            _ => self.parts.iter().position(same),
        };
        match at {
            Some(at) => {
                *place = at + 1;
                let known = &mut self.parts[at];
                known.told = part.told;
                if known.state != part.state {
                    *known = part;
                }
                true
            }
            None if self.parts.len() < REPORTED_POINTS => {
                self.parts.reserve_exact(1);
                self.parts.push(part);
                *place = self.parts.len();
                true
            }
            None => false,
        }
    }

    /// What people are shown.
    pub(super) fn shown(&self) -> PathCondition {
        PathCondition {
            at: self.at,
            rssi: self.rssi,
            link: self.link,
            battery: self.battery,
            millivolts: self.millivolts,
            mains: self.mains,
            decidegrees: self.decidegrees,
            round_trip: self.round_trip,
            uptime: self.uptime,
            partitions: self.of(Kind::Partition, |at| {
                ReportedPartition::ALL.get(at).copied()
            }),
            zones: self.of(Kind::Zone, |at| ZoneState::ALL.get(at).copied()),
            outputs: self.of(Kind::Output, |at| Some(at == 1)),
            connection: self.connection.clone(),
        }
    }

    fn of<T>(&self, kind: Kind, state: impl Fn(usize) -> Option<T>) -> Vec<Reported<T>> {
        let parts = self.parts.iter().filter(|part| part.kind == kind);
        let mut found: Vec<_> = parts
            .filter_map(|part| {
                Some(Reported {
                    number: part.number,
                    state: state(part.state.into())?,
                    since: wall_of_seconds(part.since),
                    told: wall_of_seconds(part.told),
                })
            })
            .collect();
        found.sort_unstable_by_key(|part| part.number);
        found
    }

    /// Octets that it takes, its own and those that it points to.
    #[cfg(test)]
    pub(super) fn octets(&self) -> usize {
        size_of::<Self>() + self.parts.capacity() * size_of::<Part>()
    }
}

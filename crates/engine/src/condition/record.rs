//! What one panel said by one path, as small as it can be. Pure.
//!
//! Invariant: what a report leaves out stays as it was; what it says again keeps the time since when it is so.
//! Invariant: its size is bounded by what [`Parts`] holds (I7); names of models and firmware are kept for all.

use std::time::Duration;

use model::{
    ConnectionReport, ConnectionState, LinkKind, RebootReason, ReportedPartition, StatusReport,
    Wall, ZoneState, micros,
};

use super::names::{Name, Names};
use super::parts::{Kind, Parts};
use crate::ports::{PathCondition, Reported, Span, Trend};

/// What a panel last said of who it is.
#[derive(Debug, Clone, Copy)]
struct Connection {
    told: Wall,
    /// Its clock; [`NO_CLOCK`] if it did not say.
    clock: Wall,
    boot: u32,
    firmware: Name,
    model: Name,
    state: ConnectionState,
    reason: Option<RebootReason>,
}

const NO_CLOCK: Wall = Wall(i64::MIN);

/// A path.
#[derive(Debug, Default)]
pub(super) struct Record {
    at: Option<Wall>,
    millivolts: Option<u32>,
    round_trip: Option<u32>,
    uptime: Option<u32>,
    rssi: Option<i16>,
    decidegrees: Option<i16>,
    battery: Option<u8>,
    link: Option<LinkKind>,
    mains: Option<bool>,
    parts: Parts,
    connection: Option<Connection>,
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
        let mut telling = self.parts.tell(seconds(at));
        for (number, state) in &status.partitions {
            telling.put(Kind::Partition, *number, *state as u8);
        }
        for (number, state) in &status.zones {
            telling.put(Kind::Zone, *number, *state as u8);
        }
        for (number, on) in &status.outputs {
            telling.put(Kind::Output, *number, u8::from(*on));
        }
        telling.end()
    }

    /// Takes in who it says that it is.
    pub(super) fn introduce(&mut self, told: Wall, report: &ConnectionReport, names: &mut Names) {
        // First the new, so that a name that stays is not let go of between.
        let now = Connection {
            told,
            clock: report.at.unwrap_or(NO_CLOCK),
            boot: report.boot,
            firmware: names.take(report.firmware),
            model: names.take(report.model),
            state: report.state,
            reason: report.reason,
        };
        if let Some(before) = self.connection.replace(now) {
            names.leave(before.firmware);
            names.leave(before.model);
        }
    }

    /// Who it last said that it is, and when.
    pub(super) fn introduced(&self, names: &Names) -> Option<(Wall, ConnectionReport)> {
        let last = self.connection?;
        let report = ConnectionReport {
            state: last.state,
            boot: last.boot,
            firmware: names.text(last.firmware),
            model: names.text(last.model),
            reason: last.reason,
            at: Some(last.clock).filter(|clock| *clock != NO_CLOCK),
        };
        Some((last.told, report))
    }

    /// What people are shown.
    pub(super) fn shown(&self, names: &Names) -> PathCondition {
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
            connection: self.introduced(names),
        }
    }

    fn of<T>(&self, kind: Kind, state: impl Fn(usize) -> Option<T>) -> Vec<Reported<T>> {
        let parts = self.parts.of(kind).filter_map(|part| {
            Some(Reported {
                number: part.number,
                state: state(part.state)?,
                since: wall_of_seconds(part.since),
                told: wall_of_seconds(part.told),
            })
        });
        let mut found: Vec<_> = parts.collect();
        found.sort_unstable_by_key(|part| part.number);
        found
    }

    /// Octets that it takes, its own and those that it points to.
    #[cfg(test)]
    pub(super) fn octets(&self) -> usize {
        size_of::<Self>() + self.parts.octets()
    }
}

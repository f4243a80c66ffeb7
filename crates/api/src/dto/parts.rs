//! Partitions, zones and outputs as JSON: what events said of them, and what the panel reports.
//!
//! Invariant: what the record says of a partition is never taken from a report where an event said something
//! (R13); both are shown side by side.

use std::collections::BTreeMap;

use engine::ports::{OutputRow, PartitionRow, PathCondition, ZoneRow};
use model::{PathId, ReportedPartition, Wall, ZoneState};
use serde::Serialize;
use utoipa::ToSchema;

use super::event::EventClass;
use super::time;

/// An area that is armed as one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Partition {
    /// Its number; 0 is the panel as a whole, for panels that never name another.
    number: String,
    /// By events `armed_away`, `armed_stay`, `armed_partial`, `disarmed`. Where none said so, what the panel
    /// reports; `null` if it reports nothing either.
    state: Option<&'static str>,
    /// Who says so.
    source: Option<Source>,
    /// The event that said so.
    since_event: Option<u64>,
    /// Since when.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// What the panel last reported; it moves nothing.
    reported: Option<Reported>,
    /// How we know of it.
    origin: Origin,
}

/// A sensor input.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Zone {
    /// Its number.
    number: String,
    /// The partition that it was last seen in.
    partition: Option<String>,
    /// The newest that an event or a report said: `closed`, `open`, by reports also `alarm`, `tamper`,
    /// `trouble`, `bypassed`; `null` if none did.
    state: Option<&'static str>,
    /// Who says so.
    source: Option<Source>,
    /// Since when.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The last event about it, of whatever kind; `null` if only reports name it.
    last_event: Option<u64>,
    /// The class of that event.
    #[schema(value_type = Option<EventClass>)]
    last_class: Option<&'static str>,
    /// When that event was received.
    #[schema(format = DateTime)]
    last: Option<String>,
    /// What the panel last reported.
    reported: Option<Reported>,
    /// How we know of it.
    origin: Origin,
}

/// A relay, a siren, a lamp.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Output {
    /// Its number.
    number: String,
    /// `on` or `off`, by the newest that an event or a report said.
    #[schema(example = "on")]
    state: &'static str,
    /// Who says so.
    source: Source,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// What the panel last reported.
    reported: Option<Reported>,
}

/// What a panel reports that a part of it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Reported {
    /// As the panel protocol names it.
    #[schema(example = "armed_away")]
    state: &'static str,
    /// Since when it reports that, to the second; not from before the server started.
    #[schema(format = DateTime)]
    since: String,
    /// When it last did, to the second.
    #[schema(format = DateTime)]
    last: String,
    /// By which path.
    path: String,
    #[serde(skip)]
    times: (Wall, Wall),
}

/// Who says what something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// An event of the journal.
    Event,
    /// A report of the panel, which is in memory only.
    Report,
}

/// How we know of a partition or a zone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// A person registered it.
    Registered,
    /// An event named it.
    Observed,
    /// Only reports of the panel name it.
    Reported,
}

impl Origin {
    fn of(registered: bool) -> Self {
        if registered {
            Self::Registered
        } else {
            Self::Observed
        }
    }
}

/// What a panel reports of its parts, over all paths: of each the newest.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    partitions: BTreeMap<u16, Reported>,
    zones: BTreeMap<u16, Reported>,
    outputs: BTreeMap<u16, Reported>,
}

impl Reports {
    /// Of paths that reported something.
    pub(crate) fn of<'a>(paths: impl Iterator<Item = (PathId, &'a PathCondition)>) -> Self {
        let mut reports = Self::default();
        for (path, condition) in paths {
            for part in &condition.partitions {
                put(
                    &mut reports.partitions,
                    path,
                    part,
                    ReportedPartition::as_str,
                );
            }
            for part in &condition.zones {
                put(&mut reports.zones, path, part, ZoneState::as_str);
            }
            for part in &condition.outputs {
                put(&mut reports.outputs, path, part, switch);
            }
        }
        reports
    }

    /// All parts: what the journal knows, and what only reports name.
    pub(crate) fn joined(
        self,
        partitions: &[PartitionRow],
        zones: &[ZoneRow],
        outputs: &[OutputRow],
    ) -> (Vec<Partition>, Vec<Zone>, Vec<Output>) {
        (
            joined_partitions(self.partitions, partitions),
            joined_zones(self.zones, zones),
            joined_outputs(self.outputs, outputs),
        )
    }
}

fn joined_partitions(
    mut reported: BTreeMap<u16, Reported>,
    rows: &[PartitionRow],
) -> Vec<Partition> {
    let mut found: Vec<Partition> = rows
        .iter()
        .map(|row| Partition::new(row, reported.remove(&number(row.number.as_str()))))
        .collect();
    found.extend(reported.into_iter().map(|(number, reported)| Partition {
        number: number.to_string(),
        state: Some(reported.state),
        source: Some(Source::Report),
        since_event: None,
        since: Some(reported.since.clone()),
        reported: Some(reported),
        origin: Origin::Reported,
    }));
    found.sort_by_cached_key(|part| by_number(&part.number));
    found
}

fn joined_zones(mut reported: BTreeMap<u16, Reported>, rows: &[ZoneRow]) -> Vec<Zone> {
    let mut found: Vec<Zone> = rows
        .iter()
        .map(|row| Zone::new(row, reported.remove(&number(row.number.as_str()))))
        .collect();
    found.extend(reported.into_iter().map(|(number, reported)| Zone {
        number: number.to_string(),
        partition: None,
        state: Some(reported.state),
        source: Some(Source::Report),
        since: Some(reported.since.clone()),
        last_event: None,
        last_class: None,
        last: None,
        reported: Some(reported),
        origin: Origin::Reported,
    }));
    found.sort_by_cached_key(|part| by_number(&part.number));
    found
}

fn joined_outputs(mut reported: BTreeMap<u16, Reported>, rows: &[OutputRow]) -> Vec<Output> {
    let mut found: Vec<Output> = rows
        .iter()
        .map(|row| {
            let reported = reported.remove(&number(row.number.as_str()));
            let event = (switch(row.on.state), row.on.at);
            let (state, source, since) = newest(Some(event), reported.as_ref())
                .unwrap_or_else(|| (event.0, Source::Event, time::to_rfc3339(event.1)));
            Output {
                number: row.number.to_string(),
                state,
                source,
                since,
                reported,
            }
        })
        .collect();
    found.extend(reported.into_iter().map(|(number, reported)| Output {
        number: number.to_string(),
        state: reported.state,
        source: Source::Report,
        since: reported.since.clone(),
        reported: Some(reported),
    }));
    found.sort_by_cached_key(|part| by_number(&part.number));
    found
}

/// Shorter ones first, since numbers have no leading zeros.
fn by_number(number: &str) -> (usize, String) {
    (number.len(), number.to_owned())
}

/// Numbers of reports are small; a number of another kind matches none.
fn number(text: &str) -> u16 {
    text.parse().unwrap_or(u16::MAX)
}

const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn put<T: Copy>(
    known: &mut BTreeMap<u16, Reported>,
    path: PathId,
    part: &engine::ports::Reported<T>,
    state: impl Fn(T) -> &'static str,
) {
    let newer = |one: &Reported| one.times.1 >= part.told;
    if known.get(&part.number).is_some_and(newer) {
        return;
    }
    known.insert(
        part.number,
        Reported {
            state: state(part.state),
            since: time::to_rfc3339(part.since),
            last: time::to_rfc3339(part.told),
            path: path.to_string(),
            times: (part.since, part.told),
        },
    );
}

/// What is newer: what an event said at a time, or what was last reported.
fn newest(
    event: Option<(&'static str, Wall)>,
    reported: Option<&Reported>,
) -> Option<(&'static str, Source, String)> {
    let of_report = |one: &Reported| (one.state, Source::Report, one.since.clone());
    match (event, reported) {
        (Some((state, at)), Some(one)) if one.times.1 <= at || one.state == state => {
            Some((state, Source::Event, time::to_rfc3339(at)))
        }
        (_, Some(one)) => Some(of_report(one)),
        (Some((state, at)), None) => Some((state, Source::Event, time::to_rfc3339(at))),
        (None, None) => None,
    }
}

impl Partition {
    fn new(row: &PartitionRow, reported: Option<Reported>) -> Self {
        let by_event = row.state.map(model::PartitionState::as_str);
        let source = match (by_event, &reported) {
            (Some(_), _) => Some(Source::Event),
            (None, Some(_)) => Some(Source::Report),
            (None, None) => None,
        };
        let since = row.since.map(time::to_rfc3339);
        Self {
            number: row.number.to_string(),
            state: by_event.or_else(|| reported.as_ref().map(|one| one.state)),
            source,
            since_event: row.since_seq.map(|seq| seq.0),
            since: since.or_else(|| reported.as_ref().map(|one| one.since.clone())),
            reported,
            origin: Origin::of(row.registered),
        }
    }
}

impl Zone {
    fn new(row: &ZoneRow, reported: Option<Reported>) -> Self {
        let event = row.state.map(|since| (since.state.as_str(), since.at));
        let newest = newest(event, reported.as_ref());
        let (state, source, since) = match newest {
            Some((state, source, since)) => (Some(state), Some(source), Some(since)),
            None => (None, None, None),
        };
        Self {
            number: row.number.to_string(),
            partition: row.partition.map(|number| number.to_string()),
            state,
            source,
            since,
            last_event: Some(row.last_seq.0),
            last_class: Some(row.last_class.as_str()),
            last: Some(time::to_rfc3339(row.last)),
            reported,
            origin: Origin::of(row.registered),
        }
    }
}

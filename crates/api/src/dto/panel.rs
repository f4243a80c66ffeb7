//! Panels as JSON.

use engine::ports::{AdoptionRow, PanelDetail, PartitionRow, ZoneRow};
use model::Wall;
use serde::Serialize;
use utoipa::ToSchema;

use super::event::{Event, EventClass};
use super::path::Path;
use super::quarantine::Adopted;
use super::supervision::Known;
use super::time;
use super::trust::Certificate;

/// A registered panel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Panel {
    id: String,
    /// Whose it is.
    organisation: String,
    /// Where it stands.
    site: String,
    /// What people call it; the account where nobody named it.
    name: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    created: String,
    /// When something valid last came from it since the server started.
    #[schema(format = DateTime)]
    last_heard: Option<String>,
    /// How it reaches us.
    paths: Vec<Path>,
}

/// One page of panels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PanelPage {
    /// The panels, in the order in which they were registered.
    pub(crate) panels: Vec<Panel>,
    /// Where to go on; `null` at the end. Filters may leave a page short before the end.
    pub(crate) next_cursor: Option<String>,
}

/// A panel and what is known of its parts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PanelWithParts {
    #[serde(flatten)]
    panel: Panel,
    /// Since when it is disabled, so that nothing is taken from it; `null` if it is not.
    #[schema(format = DateTime)]
    disabled: Option<String>,
    /// Certificates that were made for it and still let something in, newest first.
    certificates: Vec<Certificate>,
    /// By number.
    partitions: Vec<Partition>,
    /// By number.
    zones: Vec<Zone>,
    /// The newest event of the panel, without personal data.
    last_event: Option<Event>,
    /// What it was in the quarantine before it was registered; mostly nothing.
    adopted: Vec<Adopted>,
}

/// An area that is armed as one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Partition {
    /// Its number; 0 is the panel as a whole, for panels that never name another.
    number: String,
    /// `armed_away`, `armed_stay`, `armed_partial`, `disarmed`; `null` until an event said so.
    state: Option<&'static str>,
    /// The event that said so.
    since_event: Option<u64>,
    /// When that event was received.
    #[schema(format = DateTime)]
    since: Option<String>,
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
    /// The last event about it.
    last_event: u64,
    /// The class of that event.
    #[schema(value_type = EventClass)]
    last_class: &'static str,
    /// When that event was received.
    #[schema(format = DateTime)]
    last: String,
    /// How we know of it.
    origin: Origin,
}

/// How we know of a partition or a zone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// A person registered it.
    Registered,
    /// An event named it.
    Observed,
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

impl Panel {
    pub(crate) fn new(panel: model::Panel, known: Known<'_>) -> Self {
        let heard = |path: &model::Path| known.last_heard(path.index);
        let last_heard: Option<Wall> = panel.paths.iter().filter_map(heard).max();
        let path = |path: &model::Path| Path::new(path, known);
        Self {
            id: panel.id.to_string(),
            organisation: panel.organisation.to_string(),
            site: panel.site.to_string(),
            paths: panel.paths.iter().map(path).collect(),
            name: panel.name,
            created: time::to_rfc3339(panel.created),
            last_heard: last_heard.map(time::to_rfc3339),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

impl PanelWithParts {
    pub(crate) fn new(
        detail: PanelDetail,
        known: Known<'_>,
        last_event: Option<Event>,
        adoptions: &[AdoptionRow],
        certificates: Vec<Certificate>,
    ) -> Self {
        let mut panel = Panel::new(detail.panel, known);
        for (path, standing) in panel.paths.iter_mut().zip(&detail.standings) {
            path.stands(standing);
        }
        Self {
            panel,
            disabled: detail.disabled.map(time::to_rfc3339),
            certificates,
            partitions: detail.partitions.iter().map(Partition::from).collect(),
            zones: detail.zones.iter().map(Zone::from).collect(),
            last_event,
            adopted: adoptions.iter().map(Adopted::from).collect(),
        }
    }
}

impl From<&PartitionRow> for Partition {
    fn from(row: &PartitionRow) -> Self {
        Self {
            number: row.number.to_string(),
            state: row.state.map(model::PartitionState::as_str),
            since_event: row.since_seq.map(|seq| seq.0),
            since: row.since.map(time::to_rfc3339),
            origin: Origin::of(row.registered),
        }
    }
}

impl From<&ZoneRow> for Zone {
    fn from(row: &ZoneRow) -> Self {
        Self {
            number: row.number.to_string(),
            partition: row.partition.map(|number| number.to_string()),
            last_event: row.last_seq.0,
            last_class: row.last_class.as_str(),
            last: time::to_rfc3339(row.last),
            origin: Origin::of(row.registered),
        }
    }
}

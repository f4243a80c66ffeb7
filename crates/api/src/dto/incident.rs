//! Mass outages as JSON.

use engine::supervision::MassOutage;
use serde::Serialize;
use utoipa::ToSchema;

use super::panel::Panel;
use super::supervision::group;
use super::time;

/// Mass outages of the last day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Incidents {
    /// The newest first.
    pub(crate) incidents: Vec<Incident>,
}

/// Many panels lost at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Incident {
    /// What it is asked for by.
    number: u64,
    /// The first loss.
    #[schema(format = DateTime)]
    began: String,
    /// The last loss so far; where it is not open, the end.
    #[schema(format = DateTime)]
    last: String,
    /// Whether losses are still coming in: the last was less than a minute ago.
    open: bool,
    /// How many panels were lost.
    panels: usize,
    /// The groups that it touches, the largest first.
    groups: Vec<Touched>,
}

/// A group in which at least 20 panels and a tenth were lost within a minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Touched {
    /// `all`, or the id of an organisation or a site.
    group: String,
    /// How many of its panels were lost.
    panels: usize,
    /// How many of it are supervised.
    members: usize,
}

/// A mass outage and a page of its panels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentWithPanels {
    #[serde(flatten)]
    pub(crate) incident: Incident,
    /// Those that lost a path, as they are now, in the order in which they were registered.
    #[serde(rename = "lost")]
    pub(crate) panels: Vec<Panel>,
    /// Where to go on; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

impl From<&engine::supervision::Incident> for Incident {
    fn from(incident: &engine::supervision::Incident) -> Self {
        let groups = incident.groups.iter().map(|one: &MassOutage| Touched {
            group: group(one.group),
            panels: one.panels,
            members: one.members,
        });
        Self {
            number: incident.number,
            began: time::to_rfc3339(incident.began),
            last: time::to_rfc3339(incident.last),
            open: incident.open,
            panels: incident.groups.first().map_or(0, |one| one.panels),
            groups: groups.collect(),
        }
    }
}

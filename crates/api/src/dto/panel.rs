//! Panels as JSON.

use engine::ports::{AdoptionRow, PanelDetail, PathCondition};
use model::Wall;
use serde::Serialize;
use utoipa::ToSchema;

use super::event::Event;
use super::link::PathLink;
use super::parts::{Output, Partition, Reports, Zone};
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
    /// By number.
    outputs: Vec<Output>,
    /// The newest event of the panel, without personal data.
    last_event: Option<Event>,
    /// What it was in the quarantine before it was registered; mostly nothing.
    adopted: Vec<Adopted>,
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
        let paths = detail.panel.paths.iter();
        let conditions: Vec<(model::PathId, Option<PathCondition>)> = paths
            .map(|path| (path.id, known.condition.condition(path.index)))
            .collect();
        let told = conditions.iter();
        let told = told.filter_map(|(path, condition)| Some((*path, condition.as_ref()?)));
        let (partitions, zones, outputs) =
            Reports::of(told).joined(&detail.partitions, &detail.zones, &detail.outputs);
        let indices: Vec<_> = detail.panel.paths.iter().map(|path| path.index).collect();
        let mut panel = Panel::new(detail.panel, known);
        for (path, standing) in panel.paths.iter_mut().zip(&detail.standings) {
            path.stands(standing);
        }
        let links = panel.paths.iter_mut().zip(indices).zip(conditions);
        for ((path, index), (_, condition)) in links {
            let session = known.sessions.session(index);
            let doubted = known.sessions.doubted(index);
            path.links(PathLink::new(session, doubted, condition));
        }
        Self {
            panel,
            disabled: detail.disabled.map(time::to_rfc3339),
            certificates,
            partitions,
            zones,
            outputs,
            last_event,
            adopted: adoptions.iter().map(Adopted::from).collect(),
        }
    }
}

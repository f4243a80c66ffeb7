//! `GET /incidents`, `GET /incidents/{number}`: many panels lost at once.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use engine::ports::{PanelFilter, ReadError};
use model::{ErrorCode, PanelIndex};

use crate::auth::Caller;
use crate::cursor;
use crate::dto::incident::{Incident, IncidentWithPanels, Incidents};
use crate::dto::panel::Panel;
use crate::params::{NoParams, Pairs, Params, ReadParams, documented};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Which of its panels.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PanelIndex>,
    /// How many at most: 1 to 1000; 100 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: usize,
}

impl ReadParams for Wanted {
    fn read(pairs: &mut Pairs) -> Self {
        Self {
            cursor: pairs.read("cursor", cursor::to_panel),
            limit: pairs.limit(),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// Mass outages
///
/// Many panels that lost a path within a minute: one incident, whatever groups it touches. Each loss has its own
/// event all the same. Those of the last day are shown.
#[utoipa::path(
    get,
    path = "/incidents",
    operation_id = "list_incidents",
    tag = "supervision",
    responses((status = OK, description = "The newest first", body = Incidents))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> axum::Json<Incidents> {
    let incidents = app.services.supervision.incidents();
    axum::Json(Incidents {
        incidents: incidents.iter().map(Incident::from).collect(),
    })
}

/// A mass outage and its panels, a page at a time
#[utoipa::path(
    get,
    path = "/incidents/{number}",
    operation_id = "show_incident",
    tag = "supervision",
    params(("number" = u64, Path, description = "The incident's number"), Wanted),
    responses(
        (
            status = OK,
            description = "The incident",
            body = IncidentWithPanels,
            headers(("Link" = Option<String>, description = "The next page, if there is one (RFC 8288)"))
        ),
        (status = NOT_FOUND, description = "There is no such incident", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Segment(text): Segment,
    RawQuery(query): RawQuery,
    Params(wanted): Params<Wanted>,
) -> Result<(HeaderMap, axum::Json<IncidentWithPanels>), Problem> {
    let none = || Problem::new(ErrorCode::NotFound).detail(format!("there is no incident {text}"));
    let supervision = &app.services.supervision;
    let number: u64 = text.parse().map_err(|_| none())?;
    let incidents = supervision.incidents();
    let incident = incidents.iter().find(|one| one.number == number);
    let incident = incident.ok_or_else(none)?;
    let found = supervision.panels_of(number, wanted.cursor, wanted.limit + 1);
    let mut found = found.await?.ok_or_else(none)?;
    let more = found.len() > wanted.limit;
    found.truncate(wanted.limit);
    let next = found.last().copied().filter(|_| more);
    let next_cursor = next.map(cursor::of_panel);
    let headers = cursor::next_link(
        &format!("/api/v1/incidents/{number}"),
        query.as_deref(),
        "cursor",
        next_cursor.as_deref(),
    );
    let panels = panels(&app, &found).await?;
    Ok((
        headers,
        axum::Json(IncidentWithPanels {
            incident: incident.into(),
            panels,
            next_cursor,
        }),
    ))
}

async fn panels(app: &App, wanted: &[PanelIndex]) -> Result<Vec<Panel>, ReadError> {
    let services = &app.services;
    let mut panels = Vec::with_capacity(wanted.len());
    for index in wanted {
        let before = index.0.checked_sub(1).map(PanelIndex);
        let page = services.registry.panels(PanelFilter::default(), before, 1);
        let found = page.await?.panels.into_iter();
        let found = found.filter(|panel| panel.index == *index);
        panels.extend(found.map(|panel| Panel::new(panel, services.known())));
    }
    Ok(panels)
}

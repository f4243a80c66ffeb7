//! `GET /panels`, `POST /panels`, `GET /panels/{id}`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use engine::ports::{EventFilter, EventLog, PanelFilter, ReadError};
use model::{Account, ErrorCode, PanelId, PanelIndex};

use super::paths;
use super::verdicts::judged;
use crate::auth::Caller;
use crate::body::Json;
use crate::cursor;
use crate::dto::event::Event;
use crate::dto::panel::{Panel, PanelPage, PanelWithParts};
use crate::dto::panel_input::PanelInput;
use crate::dto::trust::{Certificate, admits};
use crate::params::{NoParams, Pairs, Params, ReadParams, documented};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Which panels.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PanelIndex>,
    /// How many at most: 1 to 1000; 100 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: usize,
    /// With this account on one of their paths.
    #[param(value_type = Option<String>)]
    account: Option<Account>,
    /// With this text in their name or in one of their accounts, whatever the case.
    q: Option<String>,
    /// `true`: with a path that is lost, or that never reported.
    #[param(value_type = Option<bool>)]
    lost: bool,
}

impl ReadParams for Wanted {
    fn read(pairs: &mut Pairs) -> Self {
        Self {
            cursor: pairs.read("cursor", cursor::to_panel),
            limit: pairs.limit(),
            account: pairs.read("account", |text| Account::parse(text.as_bytes())),
            q: pairs.text("q").filter(|text| !text.is_empty()),
            lost: pairs
                .word("lost", &[("true", true), ("false", false)])
                .unwrap_or(false),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// Panels, a page at a time
///
/// In the order in which they were registered.
#[utoipa::path(
    get,
    path = "/panels",
    operation_id = "list_panels",
    tag = "panels",
    params(Wanted),
    responses((
        status = OK,
        description = "A page of panels",
        body = PanelPage,
        headers(("Link" = Option<String>, description = "The next page, if there is one (RFC 8288)"))
    ))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    RawQuery(query): RawQuery,
    Params(wanted): Params<Wanted>,
) -> Result<(HeaderMap, axum::Json<PanelPage>), Problem> {
    let registry = &app.services.registry;
    let filter = PanelFilter {
        account: wanted.account,
        text: wanted.q,
    };
    let page = if wanted.lost {
        lost(&app, &filter, wanted.cursor, wanted.limit).await?
    } else {
        registry.panels(filter, wanted.cursor, wanted.limit).await?
    };
    let panel = |panel| Panel::new(panel, app.services.known());
    let next_cursor = page.next.map(cursor::of_panel);
    let headers = cursor::next_link(
        "/api/v1/panels",
        query.as_deref(),
        "cursor",
        next_cursor.as_deref(),
    );
    let panels = page.panels.into_iter().map(panel).collect();
    Ok((
        headers,
        axum::Json(PanelPage {
            panels,
            next_cursor,
        }),
    ))
}

/// Of the panels that the filter leaves, those with a path that is lost.
async fn lost(
    app: &App,
    filter: &PanelFilter,
    cursor: Option<PanelIndex>,
    limit: usize,
) -> Result<engine::ports::PanelPage, ReadError> {
    let services = &app.services;
    let mut found = services.supervision.panels_with_faults(cursor, limit + 1);
    let more = found.len() > limit;
    found.truncate(limit);
    let mut panels = Vec::with_capacity(found.len());
    for index in &found {
        let before = index.0.checked_sub(1).map(PanelIndex);
        let page = services.registry.panels(filter.clone(), before, 1).await?;
        panels.extend(
            page.panels
                .into_iter()
                .filter(|panel| panel.index == *index),
        );
    }
    let next = found.last().copied().filter(|_| more);
    Ok(engine::ports::PanelPage { panels, next })
}

/// Registers a panel
///
/// From the answer on, its signals are taken.
#[utoipa::path(
    post,
    path = "/panels",
    operation_id = "add_panel",
    tag = "panels",
    request_body = PanelInput,
    responses(
        (status = CREATED, description = "The panel", body = Panel, headers(("Location" = String, description = "Its path"))),
        (status = CONFLICT, description = "Another panel could be mistaken for it", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Params(NoParams): Params<NoParams>,
    Json(input): Json<PanelInput>,
) -> Result<impl IntoResponse, Problem> {
    let services = &app.services;
    let panel = input.admit(services)?;
    let answers = services.panel_admin.add_panels(actor, vec![panel]).await;
    let answer = answers.into_iter().next().ok_or_else(|| {
        Problem::new(ErrorCode::Internal).cause("the registry gave no answer for a panel")
    })?;
    let added = Panel::new(answer?, services.known());
    let location = format!("/api/v1/panels/{}", added.id());
    Ok((
        StatusCode::CREATED,
        [(LOCATION, location)],
        axum::Json(added),
    ))
}

/// A panel and what is known of its parts
///
/// Partitions and zones that nobody registered appear when an event names them.
#[utoipa::path(
    get,
    path = "/panels/{id}",
    operation_id = "show_panel",
    tag = "panels",
    params(("id" = String, Path, description = "The panel's id")),
    responses(
        (status = OK, description = "The panel", body = PanelWithParts),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<PanelWithParts>, Problem> {
    let id: PanelId = paths::id(&text)?;
    let services = &app.services;
    let detail = services.registry.panel(id).await?;
    let detail = detail.ok_or_else(|| Problem::no_panel(id))?;
    let last = last_event(&*services.events, id).await?;
    let last = judged(&*services.verdicts, last.into_iter().collect(), false).await?;
    let last = last
        .first()
        .map(|(event, verdict)| Event::from(event).judged(verdict.as_ref()));
    let adoptions = services.strays.adoptions(id).await?;
    let now = services.clock.now().wall;
    let certificates = services.trust.certificates(id).await?;
    let certificates = certificates.iter().filter(|row| admits(row, now));
    let certificates = certificates.map(|row| Certificate::new(row, now)).collect();
    let known = services.known();
    Ok(axum::Json(PanelWithParts::new(
        detail,
        known,
        last,
        &adoptions,
        certificates,
    )))
}

/// The newest event of a panel. A page may be empty before the end, so it reads on until then.
async fn last_event(log: &dyn EventLog, panel: PanelId) -> Result<Option<model::Event>, ReadError> {
    let filter = EventFilter {
        panel: Some(panel),
        ..EventFilter::default()
    };
    let mut cursor = None;
    loop {
        let page = log.events(filter.clone(), cursor, true, 1).await?;
        let found = page.events.into_iter().next();
        if found.is_some() || page.next.is_none() {
            return Ok(found);
        }
        cursor = page.next;
    }
}

//! `POST /panels/{id}/disable`, `POST /panels/{id}/enable`.

use std::sync::Arc;

use axum::extract::State;
use model::{Actor, PanelId};

use super::paths::id;
use super::reason::Reason;
use crate::auth::Caller;
use crate::body::Json;
use crate::dto::time;
use crate::dto::trust::Disabling;
use crate::params::{NoParams, Params};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Disables a panel
///
/// From the answer on nothing is taken from it, whatever it shows; its connections are ended. Supervision
/// goes on: it will be reported as lost.
#[utoipa::path(
    post,
    path = "/panels/{id}/disable",
    operation_id = "disable_panel",
    tag = "trust",
    params(("id" = String, Path, description = "The panel's id")),
    request_body = Reason,
    responses(
        (status = OK, description = "Since when it is disabled", body = Disabling),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn disable(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(reason): Json<Reason>,
) -> Result<axum::Json<Disabling>, Problem> {
    set(&app, reason.of(actor)?, &text, true).await
}

/// Enables a panel again
///
/// From the answer on it is let in by what it shows.
#[utoipa::path(
    post,
    path = "/panels/{id}/enable",
    operation_id = "enable_panel",
    tag = "trust",
    params(("id" = String, Path, description = "The panel's id")),
    request_body = Reason,
    responses(
        (status = OK, description = "It is not disabled", body = Disabling),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn enable(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(reason): Json<Reason>,
) -> Result<axum::Json<Disabling>, Problem> {
    set(&app, reason.of(actor)?, &text, false).await
}

async fn set(
    app: &App,
    actor: Actor,
    text: &str,
    disabled: bool,
) -> Result<axum::Json<Disabling>, Problem> {
    let panel: PanelId = id(text)?;
    let services = &app.services;
    services.trust.set_disabled(actor, panel, disabled).await?;
    let detail = services.registry.panel(panel).await?;
    let since = detail.and_then(|detail| detail.disabled);
    Ok(axum::Json(Disabling {
        panel: panel.to_string(),
        disabled: since.map(time::to_rfc3339),
    }))
}

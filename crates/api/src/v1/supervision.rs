//! `GET /supervision`, `GET /panels/{id}/supervision`, `PUT /panels/{id}/supervision`.

use std::sync::Arc;

use axum::extract::State;
use engine::ports::SettingChange;
use model::{PanelId, PathId};

use super::paths::id;
use crate::auth::Caller;
use crate::body::Json;
use crate::dto::supervision::{PanelSupervision, SettingsInput, Summary};
use crate::params::{NoParams, Pairs, Params, ReadParams, documented};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Of the panel, or of one of its paths.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Of {
    /// The id of the path; the panel as a whole, if absent.
    #[param(value_type = Option<String>)]
    pub(super) path: Option<PathId>,
}

impl ReadParams for Of {
    fn read(pairs: &mut Pairs) -> Self {
        Self {
            path: pairs.parse("path"),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// How a panel is supervised
#[utoipa::path(
    get,
    path = "/panels/{id}/supervision",
    operation_id = "show_supervision",
    tag = "supervision",
    params(("id" = String, Path, description = "The panel's id")),
    responses(
        (status = OK, description = "What is set, and what that comes to", body = PanelSupervision),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<PanelSupervision>, Problem> {
    of_panel(&app, id(&text)?).await
}

async fn of_panel(app: &App, panel: PanelId) -> Result<axum::Json<PanelSupervision>, Problem> {
    let known = app.services.supervision.panel(panel).await?;
    let known = known.ok_or_else(|| Problem::no_panel(panel))?;
    Ok(axum::Json(known.into()))
}

/// Sets how a panel, or a path of it, is supervised
///
/// Replaces what was set before. In force from the answer on; silence counts from then.
#[utoipa::path(
    put,
    path = "/panels/{id}/supervision",
    operation_id = "set_supervision",
    tag = "supervision",
    params(("id" = String, Path, description = "The panel's id"), Of),
    request_body = SettingsInput,
    responses(
        (status = OK, description = "What is set, and what that comes to", body = PanelSupervision),
        (status = NOT_FOUND, description = "There is no such panel or path", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "The class cannot be claimed", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(of): Params<Of>,
    Json(input): Json<SettingsInput>,
) -> Result<axum::Json<PanelSupervision>, Problem> {
    let change = SettingChange {
        panel: id(&text)?,
        path: of.path,
        settings: input.check().map_err(Problem::fields)?,
    };
    let answers = app.services.supervision.set(actor, vec![change]).await;
    for answer in answers {
        answer?;
    }
    of_panel(&app, change.panel).await
}

/// Supervision as a whole
#[utoipa::path(
    get,
    path = "/supervision",
    operation_id = "summarise_supervision",
    tag = "supervision",
    responses((status = OK, description = "Counts, and mass outages", body = Summary))
)]
pub(crate) async fn summary(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<Summary>, Problem> {
    Ok(axum::Json(app.services.supervision.summary().into()))
}

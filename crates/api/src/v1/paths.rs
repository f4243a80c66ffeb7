//! `POST /panels/{id}/paths`, `PATCH /paths/{id}`, `DELETE /paths/{id}`,
//! `POST /paths/{id}/relearn`.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use model::{ErrorCode, PanelId, PathId};

use crate::auth::Caller;
use crate::body::Json;
use crate::dto::path::Path;
use crate::dto::path_input::{PathInput, PathPatch};
use crate::params::{NoParams, Params};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// The id in a path of the API; what is no id is nowhere.
pub(super) fn id<T: FromStr<Err: Display>>(segment: &str) -> Result<T, Problem> {
    let id = segment.parse();
    id.map_err(|error: T::Err| Problem::new(ErrorCode::NotFound).detail(error.to_string()))
}

/// Registers another path of a panel
///
/// From the answer on, its signals are taken as the panel's.
#[utoipa::path(
    post,
    path = "/panels/{id}/paths",
    operation_id = "add_path",
    tag = "panels",
    params(("id" = String, Path, description = "The panel's id")),
    request_body = PathInput,
    responses(
        (status = CREATED, description = "The path", body = Path),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "A frame could match another path as well", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(input): Json<PathInput>,
) -> Result<(StatusCode, axum::Json<Path>), Problem> {
    let panel: PanelId = id(&text)?;
    let services = &app.services;
    let path = input.check(&services.families)?;
    let added = services.panel_admin.add_path(actor, panel, path).await?;
    let path = Path::new(&added, services.known());
    Ok((StatusCode::CREATED, axum::Json(path)))
}

/// Changes what a path may do, and its key
///
/// Gateways know it from the answer on.
#[utoipa::path(
    patch,
    path = "/paths/{id}",
    operation_id = "change_path",
    tag = "panels",
    params(("id" = String, Path, description = "The path's id")),
    request_body = PathPatch,
    responses(
        (status = OK, description = "The path", body = Path),
        (status = NOT_FOUND, description = "There is no such path", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(document): Json<PathPatch>,
) -> Result<axum::Json<Path>, Problem> {
    let path: PathId = id(&text)?;
    let services = &app.services;
    let change = document.check()?;
    let changed = services.panel_admin.change_path(actor, path, change);
    let path = Path::new(&changed.await?, services.known());
    Ok(axum::Json(path))
}

/// Removes a path
///
/// Its events stay. The only path of a panel is refused.
#[utoipa::path(
    delete,
    path = "/paths/{id}",
    operation_id = "remove_path",
    tag = "panels",
    params(("id" = String, Path, description = "The path's id")),
    responses(
        (status = NO_CONTENT, description = "It is removed"),
        (status = NOT_FOUND, description = "There is no such path", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "It is the only one of its panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<StatusCode, Problem> {
    let path: PathId = id(&text)?;
    app.services.panel_admin.remove_path(actor, path).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets what was learned of a path
///
/// Such as its padding, and that it once encrypted. It is then learned anew: do this after a panel
/// was replaced or its firmware changed, and not because a signal was doubted.
#[utoipa::path(
    post,
    path = "/paths/{id}/relearn",
    operation_id = "relearn_path",
    tag = "panels",
    params(("id" = String, Path, description = "The path's id")),
    responses(
        (status = OK, description = "The path", body = Path),
        (status = NOT_FOUND, description = "There is no such path", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn relearn(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<Path>, Problem> {
    let path: PathId = id(&text)?;
    let services = &app.services;
    let changed = services.panel_admin.relearn(actor, path).await?;
    let path = Path::new(&changed, services.known());
    Ok(axum::Json(path))
}

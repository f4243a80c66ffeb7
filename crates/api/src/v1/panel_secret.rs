//! `POST /panels/{id}/secret`, `DELETE /panels/{id}/secret`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use model::PanelId;

use super::paths::id;
use super::supervision::Of;
use crate::auth::Caller;
use crate::body::Json;
use crate::dto::trust::{IssuedSecret, SecretInput};
use crate::params::{NoParams, Params};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Makes a secret for a path of a panel
///
/// In place of the one before, which lets nobody in from the answer on. The panel gives it as its
/// password, where a listener does not insist on certificates.
#[utoipa::path(
    post,
    path = "/panels/{id}/secret",
    operation_id = "renew_secret",
    tag = "trust",
    params(("id" = String, Path, description = "The panel's id")),
    request_body = SecretInput,
    responses(
        (status = CREATED, description = "The secret, told this once", body = IssuedSecret),
        (status = NOT_FOUND, description = "There is no such panel or path", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn renew(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(input): Json<SecretInput>,
) -> Result<(StatusCode, axum::Json<IssuedSecret>), Problem> {
    let panel: PanelId = id(&text)?;
    let path = input.check().map_err(Problem::fields)?;
    let trust = &app.services.trust;
    let (path, secret) = trust.renew_secret(actor, panel, path).await?;
    let issued = IssuedSecret::new(path, &secret);
    Ok((StatusCode::CREATED, axum::Json(issued)))
}

/// Takes the secret of a path away
///
/// It lets nobody in from the answer on.
#[utoipa::path(
    delete,
    path = "/panels/{id}/secret",
    operation_id = "remove_secret",
    tag = "trust",
    params(("id" = String, Path, description = "The panel's id"), Of),
    responses(
        (status = NO_CONTENT, description = "It has none any more"),
        (status = NOT_FOUND, description = "There is no such panel or path", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(of): Params<Of>,
) -> Result<StatusCode, Problem> {
    let panel: PanelId = id(&text)?;
    let trust = &app.services.trust;
    trust.remove_secret(actor, panel, of.path).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `GET /tls`, `POST /tls/reload`.

use std::sync::Arc;

use axum::extract::State;

use super::reason::Reason;
use crate::auth::Caller;
use crate::body::Json;
use crate::dto::trust::Tls;
use crate::params::{NoParams, Params};
use crate::problem::{Problem, ProblemBody};
use crate::router::App;

/// How TLS stands
///
/// The server's certificate, whose client certificates are taken, and what is wrong with the files, if
/// something is.
#[utoipa::path(
    get,
    path = "/tls",
    operation_id = "show_tls",
    tag = "trust",
    responses((status = OK, description = "How it stands", body = Tls))
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<Tls>, Problem> {
    let status = app.services.trust.status().await;
    Ok(axum::Json(Tls::from(&status)))
}

/// Reads the files of TLS again
///
/// They are looked at each minute anyway. When it answers, they are in force, and no connection was ended but
/// those that they no longer allow. If they cannot be read, what was read before stays in force.
#[utoipa::path(
    post,
    path = "/tls/reload",
    operation_id = "reload_tls",
    tag = "trust",
    request_body = Reason,
    responses(
        (status = OK, description = "How it stands", body = Tls),
        (status = SERVICE_UNAVAILABLE, description = "The files cannot be read; `detail` says why", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn reload(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Params(NoParams): Params<NoParams>,
    Json(reason): Json<Reason>,
) -> Result<axum::Json<Tls>, Problem> {
    let actor = reason.of(actor)?;
    let services = &app.services;
    let now = services.clock.now().wall;
    let audited = services
        .registry
        .audit(actor, now, "tls.reload", "tls".to_owned());
    if let Err(error) = audited.await {
        // A full disk keeps nobody from mending trust: within a minute it would be read anyway.
        tracing::warn!(%error, "who had the files of TLS read again is not in the audit");
    }
    let status = services.trust.reload().await?;
    Ok(axum::Json(Tls::from(&status)))
}

//! `GET /organisations`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::auth::Caller;
use crate::dto::organisation::{Organisation, Organisations};
use crate::params::{NoParams, Params};
use crate::problem::Problem;
use crate::router::App;

/// All organisations
#[utoipa::path(
    get,
    path = "/organisations",
    operation_id = "list_organisations",
    tag = "organisations",
    responses((status = OK, description = "All of them", body = Organisations))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<Organisations>, Problem> {
    let organisations = app.services.registry.organisations().await?;
    Ok(Json(Organisations {
        organisations: organisations.into_iter().map(Organisation::from).collect(),
    }))
}

//! `GET /sites`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::auth::Caller;
use crate::dto::organisation::{Site, Sites};
use crate::params::{NoParams, Params};
use crate::problem::Problem;
use crate::router::App;

/// All sites
#[utoipa::path(
    get,
    path = "/sites",
    operation_id = "list_sites",
    tag = "organisations",
    responses((status = OK, description = "All of them", body = Sites))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<Sites>, Problem> {
    let sites = app.services.registry.sites().await?;
    Ok(Json(Sites {
        sites: sites.into_iter().map(Site::from).collect(),
    }))
}

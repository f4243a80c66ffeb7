//! `GET /server`: what answers here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::dto::time;
use crate::params::{NoParams, Params};
use crate::problem::Problem;
use crate::router::App;

/// What answers here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Server {
    /// Watchfire's version.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What tells this build from others of its version.
    build: String,
    /// The server's clock.
    #[schema(format = DateTime)]
    now: String,
    /// The number of the newest event; 0 before the first.
    newest_event: u64,
    /// How many organisations there are.
    organisations: usize,
    /// How many sites there are.
    sites: usize,
    /// The families of panels that this server speaks to.
    families: Vec<Family>,
}

/// A kind of panel protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Family {
    /// Its name in this API.
    #[schema(example = "dc09")]
    name: String,
    /// What people call it.
    #[schema(example = "SIA DC-09")]
    title: String,
}

/// What answers here
#[utoipa::path(
    get,
    path = "/server",
    operation_id = "show_server",
    tag = "server",
    responses((status = OK, description = "Version and counts", body = Server))
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<Server>, Problem> {
    let services = &app.services;
    let family = |family: &crate::FamilyTitle| Family {
        name: family.name.to_string(),
        title: family.title.clone(),
    };
    Ok(Json(Server {
        version: env!("CARGO_PKG_VERSION"),
        build: services.build.clone(),
        now: time::to_rfc3339(services.clock.now().wall),
        newest_event: services.events.head().0,
        organisations: services.registry.organisations().await?.len(),
        sites: services.registry.sites().await?.len(),
        families: services.families.iter().map(family).collect(),
    }))
}

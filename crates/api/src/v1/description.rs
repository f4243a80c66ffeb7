//! `GET /openapi.json`: the API's own description.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::auth::Caller;
use crate::openapi::openapi_json;
use crate::params::{NoParams, Params};

/// The same for all, so made once.
static DOCUMENT: LazyLock<String> = LazyLock::new(openapi_json);

/// The description of this API
///
/// As OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "describe",
    tag = "server",
    responses((status = OK, description = "OpenAPI 3.1", content_type = "application/json", body = serde_json::Value))
)]
pub(crate) async fn description(
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

//! `/livez`, `/readyz`, `/healthz`: for supervisors and balancers, without a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::ports::Check;
use serde::Serialize;
use utoipa::ToSchema;

use crate::params::{NoParams, Pairs, Params, ReadParams, documented};
use crate::router::App;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthReport {
    status: HealthStatus,
    /// What was looked at: what is not well, or all of it if asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckReport>,
}

/// How the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HealthStatus {
    /// All is well.
    Ok,
    /// Something is not.
    Failing,
}

/// One condition of readiness.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckReport {
    /// What was looked at.
    name: &'static str,
    /// Whether it is well.
    ok: bool,
    /// What an operator should know.
    detail: String,
}

/// How much to tell.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowMuch {
    /// Tell what is well, too. The name alone is enough: `?verbose`.
    #[param(value_type = Option<bool>)]
    verbose: bool,
}

impl ReadParams for HowMuch {
    fn read(pairs: &mut Pairs) -> Self {
        let words = [("", true), ("true", true), ("1", true), ("false", false)];
        Self {
            verbose: pairs.word("verbose", &words).unwrap_or(false),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// Whether the server is alive
///
/// It answers, so it is.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "health",
    security(()),
    responses((status = OK, description = "Alive", body = HealthReport))
)]
pub(crate) async fn livez(Params(NoParams): Params<NoParams>) -> Json<HealthReport> {
    Json(HealthReport {
        status: HealthStatus::Ok,
        checks: Vec::new(),
    })
}

/// Whether the server can do its work
///
/// Above all, whether a signal would be stored.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "health",
    security(()),
    params(HowMuch),
    responses(
        (status = OK, description = "Ready", body = HealthReport),
        (status = SERVICE_UNAVAILABLE, description = "Not ready, and why", body = HealthReport)
    )
)]
pub(crate) async fn readyz(
    State(app): State<Arc<App>>,
    Params(how_much): Params<HowMuch>,
) -> (StatusCode, Json<HealthReport>) {
    report(&app, how_much.verbose)
}

/// The same as `/readyz`
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "health",
    security(()),
    params(HowMuch),
    responses(
        (status = OK, description = "Ready", body = HealthReport),
        (status = SERVICE_UNAVAILABLE, description = "Not ready, and why", body = HealthReport)
    )
)]
pub(crate) async fn healthz(
    State(app): State<Arc<App>>,
    Params(how_much): Params<HowMuch>,
) -> (StatusCode, Json<HealthReport>) {
    report(&app, how_much.verbose)
}

fn report(app: &App, verbose: bool) -> (StatusCode, Json<HealthReport>) {
    let parts = app.services.health.iter();
    let checks: Vec<Check> = parts.flat_map(|part| part.checks()).collect();
    let (code, status) = if checks.iter().all(|check| check.ok) {
        (StatusCode::OK, HealthStatus::Ok)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, HealthStatus::Failing)
    };
    let told = checks.into_iter().filter(|check| verbose || !check.ok);
    let checks = told.map(CheckReport::from).collect();
    (code, Json(HealthReport { status, checks }))
}

impl From<Check> for CheckReport {
    fn from(check: Check) -> Self {
        Self {
            name: check.name,
            ok: check.ok,
            detail: check.detail,
        }
    }
}

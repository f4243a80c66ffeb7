//! `GET /panels/{id}/certificates`, `POST /panels/{id}/certificates`,
//! `POST /certificates/{serial}/revoke`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use model::{ErrorCode, PanelId};

use super::paths::id;
use super::reason::Reason;
use crate::auth::Caller;
use crate::body::Json;
use crate::dto::trust::{Certificate, CertificateInput, Certificates, IssuedCertificate, serial};
use crate::params::{NoParams, Params};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Makes a certificate for a path of a panel
///
/// The private key is in the answer, and nowhere else. It is good from the answer on, beside those that
/// the path has already: a panel is given its next one while the one before is in use.
#[utoipa::path(
    post,
    path = "/panels/{id}/certificates",
    operation_id = "issue_certificate",
    tag = "trust",
    params(("id" = String, Path, description = "The panel's id")),
    request_body = CertificateInput,
    responses(
        (status = CREATED, description = "The certificate and its key", body = IssuedCertificate),
        (status = NOT_FOUND, description = "There is no such panel or path", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "Too many certificates of the path are in force", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn issue(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(input): Json<CertificateInput>,
) -> Result<(StatusCode, axum::Json<IssuedCertificate>), Problem> {
    let panel: PanelId = id(&text)?;
    let (path, valid) = input.check().map_err(Problem::fields)?;
    let services = &app.services;
    let made = services.trust.enrol(actor, panel, path, valid).await?;
    let now = services.clock.now().wall;
    let issued = IssuedCertificate::new(&made.0, &made.1, now);
    Ok((StatusCode::CREATED, axum::Json(issued)))
}

/// The certificates that were made for a panel
///
/// Newest first, those that were revoked among them.
#[utoipa::path(
    get,
    path = "/panels/{id}/certificates",
    operation_id = "list_certificates",
    tag = "trust",
    params(("id" = String, Path, description = "The panel's id")),
    responses(
        (status = OK, description = "The certificates", body = Certificates),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<Certificates>, Problem> {
    let panel: PanelId = id(&text)?;
    let services = &app.services;
    let rows = services.trust.certificates(panel).await?;
    let now = services.clock.now().wall;
    let certificates = rows.iter().map(|row| Certificate::new(row, now)).collect();
    Ok(axum::Json(Certificates { certificates }))
}

/// Revokes a certificate
///
/// From the answer on it lets nobody in, on a resumed connection neither; the connection that shows it is
/// ended.
#[utoipa::path(
    post,
    path = "/certificates/{serial}/revoke",
    operation_id = "revoke_certificate",
    tag = "trust",
    params(("serial" = String, Path, description = "The certificate's number, in hexadecimal digits")),
    request_body = Reason,
    responses(
        (status = OK, description = "The certificate", body = Certificate),
        (status = NOT_FOUND, description = "No certificate of this number was made here, or it was revoked before", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(reason): Json<Reason>,
) -> Result<axum::Json<Certificate>, Problem> {
    let absent =
        || Problem::new(ErrorCode::NotFound).detail(format!("there is no certificate {text}"));
    let serial = serial(&text).ok_or_else(absent)?;
    let services = &app.services;
    let row = services.trust.revoke(reason.of(actor)?, serial).await?;
    let now = services.clock.now().wall;
    Ok(axum::Json(Certificate::new(&row, now)))
}

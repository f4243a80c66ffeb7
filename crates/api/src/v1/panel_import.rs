//! `POST /panels/import`: many panels at once, a report a row.
//!
//! Invariant: a row that cannot be registered leaves the others alone; a row that is registered
//! already is no error, so that an import can be run again.
//!
//! Rows go to the registry in batches of [`limits::IMPORT_BATCH`], a transaction each. If the
//! connection breaks, the batches reported so far stay: run it again.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use engine::ports::{AddError, NewPanel};
use futures_util::stream;
use model::{Actor, ErrorCode, Panel, limits};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::import_rows::{Format, Row, Rows};
use crate::auth::Caller;
use crate::body::{self, WHOLE};
use crate::dto::panel_input::PanelInput;
use crate::dto::path_input::Refused;
use crate::messages::public_message;
use crate::params::{NoParams, Params};
use crate::problem::{FieldError, Problem};
use crate::router::App;

const NDJSON: &str = "application/x-ndjson";

/// What became of an import.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// How many rows were registered.
    added: usize,
    /// How many were registered before.
    exists: usize,
    /// How many could not be registered.
    errors: usize,
    /// Every row, in order.
    rows: Vec<ImportRow>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportRow {
    /// The number of the row, from 1; a table's header and blank lines are not counted.
    row: usize,
    status: RowStatus,
    /// The panel: the new one, the one that exists, or the one in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    panel: Option<String>,
    /// Why it could not be registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RowError>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RowStatus {
    /// Registered now.
    Added,
    /// Registered before: the same family, account, receiver, line and listener. Nothing of it
    /// was changed.
    Exists,
    /// Not registered.
    Error,
}

/// Why a row could not be registered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowError {
    /// A stable code, as in problems.
    code: &'static str,
    /// What is wrong.
    detail: String,
}

/// Registers many panels
///
/// The body is a table with the columns `account` and, where wanted, `family`, `receiver`,
/// `line`, `name`, `site`, `listener`, `path_name`, `hub`, `accept_skewed`, `key`, `key_ascii` and
/// `supervision`; or the same as a JSON object a line. The answer reports each row; as
/// a stream of lines if `Accept` names `application/x-ndjson`. An import can be run again.
#[utoipa::path(
    post,
    path = "/panels/import",
    operation_id = "import_panels",
    tag = "panels",
    request_body(content((String = "text/csv", example = "account,receiver,line,name\n1234,,,Bakery\n1235,1,2,Bank\n"), (PanelInput = "application/x-ndjson"))),
    responses((status = OK, description = "What became of each row", content((ImportReport = "application/json"), (ImportRow = "application/x-ndjson"))))
)]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Params(NoParams): Params<NoParams>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let kind = body::media_type(&headers);
    let format = format_of(kind.as_deref())?;
    let permit = Arc::clone(&app.imports).try_acquire_owned().map_err(|_| {
        Problem::new(ErrorCode::Unavailable)
            .detail(format!("{} imports are running already", limits::IMPORTS))
    })?;
    let body = body::read(request, limits::IMPORT_BYTES).await?;
    let import = Import {
        app,
        actor,
        rows: format.rows(body)?,
        taken: 0,
        _permit: permit,
    };
    if accepts_lines(&headers) {
        Ok(as_lines(import))
    } else {
        Ok(Json(as_report(import).await).into_response())
    }
}

fn format_of(kind: Option<&str>) -> Result<Format, Problem> {
    let types = Format::MEDIA_TYPES;
    let found = types.iter().find(|(name, _)| Some(*name) == kind);
    found
        .map(|(_, format)| *format)
        .ok_or_else(|| body::unsupported(kind, &types.map(|(name, _)| name)))
}

fn accepts_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(NDJSON))
}

fn as_lines(import: Import) -> Response {
    let parts = stream::unfold(import, async |mut import| {
        let mut part = Vec::new();
        for row in import.next_batch().await? {
            serde_json::to_writer(&mut part, &row).expect("texts and numbers always serialise");
            part.push(b'\n');
        }
        Some((Ok::<_, Infallible>(part), import))
    });
    ([(CONTENT_TYPE, NDJSON)], Body::from_stream(parts)).into_response()
}

async fn as_report(mut import: Import) -> ImportReport {
    let mut report = ImportReport::default();
    while let Some(rows) = import.next_batch().await {
        report.rows.extend(rows);
    }
    let count = |status| {
        report
            .rows
            .iter()
            .filter(|row| row.status == status)
            .count()
    };
    ImportReport {
        added: count(RowStatus::Added),
        exists: count(RowStatus::Exists),
        errors: count(RowStatus::Error),
        ..report
    }
}

/// An import on its way.
struct Import {
    app: Arc<App>,
    actor: Actor,
    rows: Rows,
    /// Rows read so far.
    taken: usize,
    _permit: OwnedSemaphorePermit,
}

impl Import {
    /// Registers the next batch; `None` at the end.
    async fn next_batch(&mut self) -> Option<Vec<ImportRow>> {
        let room = (limits::IMPORT_PANELS + 1).saturating_sub(self.taken);
        let first = self.taken + 1;
        let services = &self.app.services;
        let mut panels = Vec::new();
        let mut checked: Vec<Option<ImportRow>> = Vec::new();
        let batch = self.rows.by_ref().take(limits::IMPORT_BATCH.min(room));
        for (row, input) in (first..).zip(batch) {
            let panel = if row > limits::IMPORT_PANELS {
                Err(too_many())
            } else {
                read(input).and_then(|input| input.admit(services))
            };
            checked.push(match panel {
                Ok(panel) => {
                    panels.push(panel);
                    None
                }
                Err(refused) => Some(ImportRow::refused(row, &refused)),
            });
        }
        if checked.is_empty() {
            return None;
        }
        self.taken += checked.len();
        let mut answers = self.add(panels).await.into_iter();
        let report = |(row, refused): (usize, Option<ImportRow>)| {
            refused.unwrap_or_else(|| ImportRow::answered(row, answers.next()))
        };
        Some((first..).zip(checked).map(report).collect())
    }

    async fn add(&mut self, panels: Vec<NewPanel>) -> Vec<Result<Panel, AddError>> {
        if panels.is_empty() {
            return Vec::new();
        }
        let admin = &self.app.services.panel_admin;
        let answers = admin.add_panels(self.actor.clone(), panels).await;
        let is_failure = |answer: &&_| matches!(answer, Err(AddError::Store { .. }));
        if let Some(Err(error)) = answers.iter().find(is_failure) {
            tracing::error!(%error, "a batch of an import was not stored");
        }
        answers
    }
}

fn read(row: Row) -> Result<PanelInput, Refused> {
    row.map_err(|error| Refused {
        code: ErrorCode::RequestInvalid,
        errors: vec![error],
    })
}

fn too_many() -> Refused {
    let most = limits::IMPORT_PANELS;
    let detail = format!("an import has at most {most} rows; from here on nothing was read");
    Refused {
        code: ErrorCode::TooLarge,
        errors: vec![FieldError::new(WHOLE, detail)],
    }
}

impl ImportRow {
    fn refused(row: usize, refused: &Refused) -> Self {
        let text = |error: &FieldError| match error.field.as_str() {
            WHOLE => error.detail.clone(),
            field => format!("{field}: {}", error.detail),
        };
        let details: Vec<String> = refused.errors.iter().map(text).collect();
        Self::error(row, refused.code, details.join("; "), None)
    }

    fn answered(row: usize, answer: Option<Result<Panel, AddError>>) -> Self {
        let done = |status, panel: model::PanelId| Self {
            row,
            status,
            panel: Some(panel.to_string()),
            error: None,
        };
        match answer {
            Some(Ok(panel)) => done(RowStatus::Added, panel.id),
            Some(Err(AddError::Exists { panel })) => done(RowStatus::Exists, panel),
            Some(Err(error)) => {
                let panel = match &error {
                    AddError::Ambiguous { panel } => Some(panel.to_string()),
                    _ => None,
                };
                // The cause of a failure of ours is in the log.
                let detail = match &error {
                    AddError::Store { .. } => public_message(error.code()).title,
                    _ => error.to_string(),
                };
                Self::error(row, error.code(), detail, panel)
            }
            None => Self::error(
                row,
                ErrorCode::Internal,
                "the registry gave no answer for this row".to_owned(),
                None,
            ),
        }
    }

    fn error(row: usize, code: ErrorCode, detail: String, panel: Option<String>) -> Self {
        Self {
            row,
            status: RowStatus::Error,
            panel,
            error: Some(RowError {
                code: code.as_str(),
                detail,
            }),
        }
    }
}

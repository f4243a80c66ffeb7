//! `POST /supervision/panels`: the same for many panels.

use std::sync::Arc;

use axum::extract::State;
use engine::ports::{PanelFilter, SettingChange};
use model::{Account, PanelId, limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::Json;
use crate::dto::supervision::SettingsInput;
use crate::params::{NoParams, Params};
use crate::problem::{FieldError, Problem};
use crate::router::App;

/// Refusals that are told one by one; the others are counted.
const TOLD: usize = 100;

/// What to set, and of which panels.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    /// Of all panels.
    #[serde(default)]
    all: bool,
    /// Of the panels with these accounts.
    #[serde(default)]
    accounts: Vec<String>,
    /// What to set.
    settings: SettingsInput,
}

/// What became of it.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct BulkAnswer {
    /// Panels of which it was set.
    changed: usize,
    /// Panels of which it was refused.
    refused: usize,
    /// Accounts that no panel has.
    unknown: Vec<String>,
    /// The first hundred refusals.
    refusals: Vec<BulkRefusal>,
}

/// A refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkRefusal {
    panel: String,
    /// The stable code.
    code: &'static str,
    /// Why.
    detail: String,
}

/// Sets how many panels are supervised
///
/// A panel of which it is refused leaves the others alone.
#[utoipa::path(
    post,
    path = "/supervision/panels",
    operation_id = "set_supervision_of_many",
    tag = "supervision",
    request_body = Bulk,
    responses((status = OK, description = "What became of it", body = BulkAnswer))
)]
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Params(NoParams): Params<NoParams>,
    Json(bulk): Json<Bulk>,
) -> Result<axum::Json<BulkAnswer>, Problem> {
    if bulk.all != bulk.accounts.is_empty() {
        let error = FieldError::new("accounts", "either `all` is true, or `accounts` names some");
        return Err(Problem::fields(vec![error]));
    }
    let within = |mut error: FieldError| {
        error.field = format!("settings.{}", error.field);
        error
    };
    let settings = bulk
        .settings
        .check()
        .map_err(|errors| Problem::fields(errors.into_iter().map(within).collect()))?;
    let mut answer = BulkAnswer::default();
    let panels = wanted(&app, &bulk, &mut answer).await?;
    let change = |panel: &PanelId| SettingChange {
        panel: *panel,
        path: None,
        settings,
    };
    let changes = panels.iter().map(change).collect();
    let outcomes = app.services.supervision.set(actor, changes).await;
    for (panel, outcome) in panels.iter().zip(outcomes) {
        let Err(error) = outcome else {
            answer.changed += 1;
            continue;
        };
        answer.refused += 1;
        if answer.refusals.len() < TOLD {
            answer.refusals.push(BulkRefusal {
                panel: panel.to_string(),
                code: error.code().as_str(),
                detail: error.to_string(),
            });
        }
    }
    Ok(axum::Json(answer))
}

async fn wanted(app: &App, bulk: &Bulk, answer: &mut BulkAnswer) -> Result<Vec<PanelId>, Problem> {
    if bulk.all {
        return found(app, PanelFilter::default()).await;
    }
    let mut panels = Vec::new();
    for text in &bulk.accounts {
        let account = Account::parse(text.as_bytes()).map_err(|error| {
            Problem::fields(vec![FieldError::new("accounts", error.to_string())])
        })?;
        let filter = PanelFilter {
            account: Some(account),
            ..PanelFilter::default()
        };
        let of_account = found(app, filter).await?;
        if of_account.is_empty() {
            answer.unknown.push(text.clone());
        }
        panels.extend(of_account);
    }
    panels.sort_unstable();
    panels.dedup();
    Ok(panels)
}

async fn found(app: &App, filter: PanelFilter) -> Result<Vec<PanelId>, Problem> {
    let mut panels = Vec::new();
    let mut cursor = None;
    loop {
        let registry = &app.services.registry;
        let page = registry
            .panels(filter.clone(), cursor, limits::PAGE)
            .await?;
        panels.extend(page.panels.iter().map(|panel| panel.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(panels),
        }
    }
}

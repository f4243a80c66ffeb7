//! `POST /events/{seq}/verdict`; and the verdicts of the events that are shown elsewhere.

use std::sync::Arc;

use axum::extract::State;
use engine::ports::{ReadError, Verdict, Verdicts};
use model::{Actor, ErrorCode, EventSeq};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::Json;
use crate::dto::verdict::EventVerdict;
use crate::params::{NoParams, Params};
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::router::{App, Segment};

/// The longest reason, in characters: a few sentences.
pub(crate) const LONGEST_REASON: usize = 500;

/// What a person says of a doubtful event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVerdict)]
pub(crate) struct VerdictInput {
    verdict: Word,
    /// Why: who was called, what was seen. At most 500 characters; kept in the audit.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// What is said of a doubtful event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    /// It is what it says, and takes effect.
    Confirmed,
    /// It is not, and never does.
    Rejected,
}

/// Says whether a doubtful event is what it says
///
/// Once for each event. A calming event that is confirmed changes what it would have changed when
/// it came, unless a later event did since; a rejected one never does.
#[utoipa::path(
    post,
    path = "/events/{seq}/verdict",
    operation_id = "judge_event",
    tag = "events",
    params(("seq" = u64, Path, description = "The number of the event")),
    request_body = VerdictInput,
    responses(
        (status = OK, description = "The verdict that stands", body = EventVerdict),
        (status = NOT_FOUND, description = "There is no such event, or it is no longer kept", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "Nobody doubts the event, or somebody said otherwise before", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn judge(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(input): Json<VerdictInput>,
) -> Result<axum::Json<EventVerdict>, Problem> {
    let absent = || Problem::new(ErrorCode::NotFound).detail(format!("there is no event {text}"));
    let seq = text.parse().map(EventSeq).map_err(|_| absent())?;
    let actor = Actor {
        reason: checked_reason(input.reason)?,
        ..actor
    };
    let confirmed = input.verdict == Word::Confirmed;
    let verdict = app.services.judge.judge(actor, seq, confirmed).await?;
    Ok(axum::Json(EventVerdict::from(&verdict)))
}

/// A reason for the audit; none, if it says nothing.
pub(crate) fn checked_reason(reason: Option<String>) -> Result<Option<String>, Problem> {
    let reason = reason.map(|reason| reason.trim().to_owned());
    let reason = reason.filter(|reason| !reason.is_empty());
    let fits = |reason: &String| {
        reason.chars().count() <= LONGEST_REASON && !reason.chars().any(char::is_control)
    };
    if reason.as_ref().is_none_or(fits) {
        return Ok(reason);
    }
    let detail = format!("at most {LONGEST_REASON} characters, without control characters");
    Err(Problem::fields(vec![FieldError::new("reason", detail)]))
}

/// Events and what was said of them; only those that still await a verdict, if `awaiting`.
pub(crate) async fn judged(
    verdicts: &dyn Verdicts,
    events: Vec<model::Event>,
    awaiting: bool,
) -> Result<Vec<(model::Event, Option<Verdict>)>, ReadError> {
    let doubtful = |event: &&model::Event| event.body.flags.is_doubtful();
    let asked: Vec<EventSeq> = events.iter().filter(doubtful).map(|e| e.seq).collect();
    // Most pages have no doubtful event, and cost no question.
    let found = if asked.is_empty() {
        Vec::new()
    } else {
        verdicts.verdicts(asked).await?
    };
    let mut found = found.into_iter();
    let mut judged = Vec::with_capacity(events.len());
    for event in events {
        let doubtful = event.body.flags.is_doubtful();
        let verdict = if doubtful {
            found.next().flatten()
        } else {
            None
        };
        if !awaiting || (doubtful && verdict.is_none()) {
            judged.push((event, verdict));
        }
    }
    Ok(judged)
}

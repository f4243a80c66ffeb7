//! `GET /quarantine`, `GET /quarantine/{number}`, `POST /quarantine/{number}/adopt`,
//! `POST /quarantine/{number}/reject`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use engine::ports::EntryNumber;
use model::{Actor, ErrorCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::personal;
use super::verdicts::checked_reason;
use crate::auth::Caller;
use crate::body::Json;
use crate::cursor;
use crate::dto::panel::Panel;
use crate::dto::quarantine::{AdoptionInput, ShownStranger, Stranger, StrangerPage};
use crate::params::{NoParams, Pairs, Params, ReadParams, documented};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Which strangers.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// With a lower number than this.
    #[param(value_type = Option<u64>)]
    before: Option<EntryNumber>,
    /// `open` ones (the default), or `all`.
    #[param(inline)]
    standing: Option<Which>,
    /// How many at most: 1 to 1000; 100 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: usize,
}

/// Which strangers, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Which {
    Open,
    All,
}

impl ReadParams for Wanted {
    fn read(pairs: &mut Pairs) -> Self {
        let number = |text: &str| {
            let number = text.parse().map(EntryNumber);
            number.map_err(|_| format!("`{text}` is not the number of an entry"))
        };
        Self {
            before: pairs.read("before", number),
            standing: pairs.word("standing", &[("open", Which::Open), ("all", Which::All)]),
            limit: pairs.limit(),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// Why an entry is rejected, or that it is opened again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rejection {
    /// Open it again.
    #[serde(default)]
    again: bool,
    /// Why. At most 500 characters; kept in the audit.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Who sends frames and is not known, a page at a time
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/quarantine",
    operation_id = "list_quarantine",
    tag = "quarantine",
    params(Wanted),
    responses((
        status = OK,
        description = "A page of strangers",
        body = StrangerPage,
        headers(("Link" = Option<String>, description = "The next page, if there is one (RFC 8288)"))
    ))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    RawQuery(query): RawQuery,
    Params(wanted): Params<Wanted>,
) -> Result<(HeaderMap, axum::Json<StrangerPage>), Problem> {
    let all = wanted.standing == Some(Which::All);
    let strays = &app.services.strays;
    let page = strays.entries(all, wanted.before, wanted.limit).await?;
    let next_cursor = page.next.map(|number| number.to_string());
    let headers = cursor::next_link(
        "/api/v1/quarantine",
        query.as_deref(),
        "before",
        next_cursor.as_deref(),
    );
    let strangers = page.entries.iter().map(Stranger::from).collect();
    Ok((
        headers,
        axum::Json(StrangerPage {
            strangers,
            next_cursor,
        }),
    ))
}

/// A stranger and the last frames that it sent
///
/// The read is audited.
#[utoipa::path(
    get,
    path = "/quarantine/{number}",
    operation_id = "show_stranger",
    tag = "quarantine",
    params(("number" = u64, Path, description = "The number of the entry")),
    responses(
        (status = OK, description = "The stranger", body = ShownStranger),
        (status = NOT_FOUND, description = "There is no such entry, or it is no longer kept", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<axum::Json<ShownStranger>, Problem> {
    let number = number(&text)?;
    let shown = app.services.strays.entry(number).await?;
    let shown = shown.ok_or_else(|| absent(&text))?;
    let subject = format!("quarantine {number}");
    personal::audit(&app, actor, personal::READ_STRAY, subject).await?;
    Ok(axum::Json(ShownStranger::from(&shown)))
}

/// Makes a panel of a stranger
///
/// It is registered with the account, receiver and line that it showed. What it sent before stays
/// where it is, and is named by the panel's `adopted`; it raises nothing and goes nowhere.
#[utoipa::path(
    post,
    path = "/quarantine/{number}/adopt",
    operation_id = "adopt_stranger",
    tag = "quarantine",
    params(("number" = u64, Path, description = "The number of the entry")),
    request_body = AdoptionInput,
    responses(
        (status = CREATED, description = "The panel", body = Panel),
        (status = NOT_FOUND, description = "There is no such entry, or it is no longer kept", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "It was adopted before, its account is registered, or another panel could be mistaken for it", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn adopt(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(input): Json<AdoptionInput>,
) -> Result<(StatusCode, axum::Json<Panel>), Problem> {
    let number = number(&text)?;
    let adoption = input.check()?;
    let services = &app.services;
    let id = services.quarantine.adopt(actor, number, adoption).await?;
    let detail = services.registry.panel(id).await?.ok_or_else(|| {
        Problem::new(ErrorCode::Internal).cause("a panel that was just adopted is not there")
    })?;
    let panel = Panel::new(detail.panel, services.known());
    Ok((StatusCode::CREATED, axum::Json(panel)))
}

/// Hides a stranger, or opens it again
///
/// What comes of one that is rejected is only counted.
#[utoipa::path(
    post,
    path = "/quarantine/{number}/reject",
    operation_id = "reject_stranger",
    tag = "quarantine",
    params(("number" = u64, Path, description = "The number of the entry")),
    request_body = Rejection,
    responses(
        (status = OK, description = "The stranger", body = Stranger),
        (status = NOT_FOUND, description = "There is no such entry, or it is no longer kept", content_type = "application/problem+json", body = ProblemBody<'static>),
        (status = CONFLICT, description = "It was adopted before", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn reject(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
    Json(rejection): Json<Rejection>,
) -> Result<axum::Json<Stranger>, Problem> {
    let number = number(&text)?;
    let actor = Actor {
        reason: checked_reason(rejection.reason)?,
        ..actor
    };
    let quarantine = &app.services.quarantine;
    let entry = quarantine.reject(actor, number, rejection.again).await?;
    Ok(axum::Json(Stranger::from(&entry)))
}

fn number(text: &str) -> Result<EntryNumber, Problem> {
    text.parse().map(EntryNumber).map_err(|_| absent(text))
}

fn absent(text: &str) -> Problem {
    let detail = format!("there is no entry {text} in the quarantine, or it is no longer kept");
    Problem::new(ErrorCode::NotFound).detail(detail)
}

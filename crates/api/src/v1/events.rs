//! `GET /events`, `GET /events/{seq}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use model::{ErrorCode, EventSeq};

use super::event_filter::Filter;
use super::personal;
use super::verdicts::judged;
use engine::ports::Verdict;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::cursor;
use crate::dto::event::{Event, EventPage};
use crate::params::{NoParams, Pairs, Params, ReadParams, documented};
use crate::problem::{FieldError, Problem};
use crate::router::{App, Segment};

/// Which page of events.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// Events with a higher number than this, oldest first.
    #[param(value_type = Option<u64>)]
    after: Option<EventSeq>,
    /// Events with a lower number than this, newest first.
    #[param(value_type = Option<u64>)]
    before: Option<EventSeq>,
    /// `newest` first (the default) or `oldest` first. Follows from `after` and `before`.
    #[param(inline)]
    order: Option<Order>,
    /// How many at most: 1 to 1000; 100 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: usize,
}

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Order {
    Newest,
    Oldest,
}

impl Page {
    fn cursor(&self) -> Option<EventSeq> {
        self.after.or(self.before)
    }

    fn newest_first(&self) -> bool {
        let natural = if self.after.is_some() {
            Order::Oldest
        } else {
            Order::Newest
        };
        self.order.unwrap_or(natural) == Order::Newest
    }
}

impl ReadParams for Page {
    fn read(pairs: &mut Pairs) -> Self {
        let orders = [("newest", Order::Newest), ("oldest", Order::Oldest)];
        let page = Self {
            after: pairs.read("after", seq),
            before: pairs.read("before", seq),
            order: pairs.word("order", &orders),
            limit: pairs.limit(),
        };
        let refusal = match (page.after, page.before, page.order) {
            (Some(_), Some(_), _) => Some(("before", "cannot be given together with `after`")),
            (Some(_), _, Some(Order::Newest)) => {
                Some(("order", "events `after` a number come `oldest` first"))
            }
            (_, Some(_), Some(Order::Oldest)) => {
                Some(("order", "events `before` a number come `newest` first"))
            }
            _ => None,
        };
        if let Some((field, detail)) = refusal {
            pairs.refuse(FieldError::new(field, detail));
        }
        page
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// The number of an event, as a cursor.
pub(crate) fn seq(text: &str) -> Result<EventSeq, String> {
    text.parse()
        .map(EventSeq)
        .map_err(|_| format!("`{text}` is no cursor: the number of an event is expected"))
}

/// Events, a page at a time
///
/// Without parameters the newest. Follow `next_cursor`, or the header `Link`, to go on.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "list_events",
    tag = "events",
    params(Page, Filter),
    responses((
        status = OK,
        description = "A page of events",
        body = EventPage,
        headers(("Link" = Option<String>, description = "The next page, if there is one (RFC 8288)"))
    ))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    RawQuery(query): RawQuery,
    Params((page, filter)): Params<(Page, Filter)>,
) -> Result<(HeaderMap, Json<EventPage>), Problem> {
    let (cursor, newest_first) = (page.cursor(), page.newest_first());
    if let Some(after) = page.after {
        refuse_ahead(&app, "after", after).await?;
    }
    let (personal, awaiting) = (filter.personal(), filter.awaiting());
    let log = &app.services.events;
    let found = log
        .events(filter.into_filter(), cursor, newest_first, page.limit)
        .await?;
    let events = judged(&*app.services.verdicts, found.events, awaiting).await?;
    if personal && let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) {
        let subject = format!("events {} to {}", first.seq, last.seq);
        personal::audit(&app, actor, personal::READ, subject).await?;
    }
    let next_cursor = found.next.map(|seq| seq.to_string());
    let direction = if newest_first { "before" } else { "after" };
    let headers = cursor::next_link(
        "/api/v1/events",
        query.as_deref(),
        direction,
        next_cursor.as_deref(),
    );
    let shown = |(event, verdict): &(model::Event, Option<Verdict>)| {
        Event::shown(event, personal).judged(verdict.as_ref())
    };
    let events = events.iter().map(shown).collect();
    Ok((
        headers,
        Json(EventPage {
            events,
            next_cursor,
        }),
    ))
}

/// A cursor ahead of all events is from another store, or made up: going on from there would
/// miss what comes until then.
pub(crate) async fn refuse_ahead(app: &App, field: &str, after: EventSeq) -> Result<(), Problem> {
    let log = &app.services.events;
    let head = log.head();
    // Readers may see an event a moment before `head` tells of it.
    if after <= head || log.event(after).await?.is_some() {
        return Ok(());
    }
    let detail = format!("event {after} does not exist yet; the newest is {head}");
    Err(Problem::fields(vec![FieldError::new(field, detail)]))
}

/// One event, with its personal data
///
/// The raw bytes and the extended data are those of its message. The read is audited.
#[utoipa::path(
    get,
    path = "/events/{seq}",
    operation_id = "show_event",
    tag = "events",
    params(("seq" = u64, Path, description = "The number of the event")),
    responses(
        (status = OK, description = "The event", body = Event),
        (status = NOT_FOUND, description = "There is no such event, or it is no longer kept", content_type = "application/problem+json", body = crate::problem::ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Segment(text): Segment,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<Event>, Problem> {
    let absent = || {
        Problem::new(ErrorCode::NotFound)
            .detail(format!("there is no event {text}, or it is no longer kept"))
    };
    let seq = text.parse().map(EventSeq).map_err(|_| absent())?;
    let log = &app.services.events;
    let event = log.event(seq).await?.ok_or_else(absent)?;
    personal::audit(&app, actor, personal::READ, format!("event {seq}")).await?;
    let first = if event.message_seq == seq {
        None
    } else {
        log.event(event.message_seq).await?
    };
    let verdict = app.services.verdicts.verdicts(vec![seq]).await?;
    let verdict = verdict.first().and_then(Option::as_ref);
    let message = first.as_ref().unwrap_or(&event).body.message.as_ref();
    Ok(Json(Event::with_personal(&event, message).judged(verdict)))
}

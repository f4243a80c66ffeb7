//! `GET /events/stream`: events as they are committed, as Server-Sent Events (WHATWG HTML 9.2).
//!
//! Invariant: a stream reads by its own cursor; the bell only wakes it (I3). So it shows every
//! committed event that its filter lets through, once, in order, however slow its reader is and
//! however many rings it missed.
//!
//! A reader that comes back with `Last-Event-ID` goes on where it was. A store that cannot be
//! read ends the stream; the reader comes back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use engine::ports::{EventFilter, EventLog, ReadError, Verdict, Verdicts};
use futures_util::{Stream, StreamExt, stream};
use model::{ErrorCode, EventSeq, limits};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::event_filter::Filter;
use super::events::{refuse_ahead, seq};
use super::personal;
use super::verdicts::judged;
use crate::auth::Caller;
use crate::dto::event::Event;
use crate::params::{Pairs, Params, ReadParams, documented};
use crate::problem::{FieldError, Problem};
use crate::router::App;
use crate::serve::Stopping;

/// How long a reader should wait before it comes back.
const RETRY: Duration = Duration::from_secs(2);

const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Where a stream begins.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Start {
    /// Events with a higher number than this; without it, and without `Last-Event-ID`, events
    /// from now on. 0 begins with the first.
    #[param(value_type = Option<u64>)]
    after: Option<EventSeq>,
}

impl ReadParams for Start {
    fn read(pairs: &mut Pairs) -> Self {
        Self {
            after: pairs.read("after", seq),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// Events as they are committed
///
/// Server-Sent Events: `id` is the event's number, `event` is `event`, `data` the event as JSON.
/// A comment comes every 15 seconds. A reader that reconnects sends `Last-Event-ID` and misses
/// nothing. A number without data moves `Last-Event-ID` past events that the filter held back.
#[utoipa::path(
    get,
    path = "/events/stream",
    operation_id = "follow_events",
    tag = "events",
    params(
        Start,
        Filter,
        ("Last-Event-ID" = Option<u64>, Header, description = "The last event seen; wins over `after`")
    ),
    responses((status = OK, description = "A stream that ends when the server stops", content_type = "text/event-stream", body = Event))
)]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    headers: HeaderMap,
    stopping: Option<Extension<Stopping>>,
    Params((start, filter)): Params<(Start, Filter)>,
) -> Result<impl IntoResponse, Problem> {
    let last_seen = last_event_id(&headers)?.map(|seq| (LAST_EVENT_ID, seq));
    let after = start.after.map(|seq| ("after", seq));
    let cursor = match last_seen.or(after) {
        Some((name, seq)) => {
            refuse_ahead(&app, name, seq).await?;
            seq
        }
        None => app.services.events.head(),
    };
    let permit = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| {
        Problem::new(ErrorCode::Unavailable)
            .detail(format!("{} streams are open already", limits::API_STREAMS))
    })?;
    let personal = filter.personal();
    if personal {
        let subject = format!("events after {cursor}");
        personal::audit(&app, actor, personal::STREAM, subject).await?;
    }
    let reader = Reader {
        log: Arc::clone(&app.services.events),
        bell: app.services.bell.clone(),
        stopping: stopping.map(|Extension(stopping)| stopping),
        verdicts: Arc::clone(&app.services.verdicts),
        awaiting: filter.awaiting(),
        filter: filter.into_filter(),
        personal,
        cursor,
        told: cursor,
        ready: VecDeque::new(),
        more: true,
        _permit: permit,
    };
    let keep_alive = KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE);
    let frames = Sse::new(frames(reader)).keep_alive(keep_alive.text("still here"));
    Ok((
        [(HeaderName::from_static("x-accel-buffering"), "no")],
        frames,
    ))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<EventSeq>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    let refuse = |detail| Problem::fields(vec![FieldError::new(LAST_EVENT_ID, detail)]);
    seq(&text).map(Some).map_err(refuse)
}

fn frames(reader: Reader) -> impl Stream<Item = Result<Frame, Infallible>> {
    // Said at once, so that the reader knows that it is listening before anything happens.
    let hello = Frame::default().retry(RETRY).comment("watchfire");
    let frames = stream::unfold(reader, async |mut reader| {
        let frame = reader.next().await?;
        Some((frame, reader))
    });
    stream::once(async { hello }).chain(frames).map(Ok)
}

/// One stream's way through the journal.
struct Reader {
    log: Arc<dyn EventLog>,
    bell: watch::Receiver<EventSeq>,
    stopping: Option<Stopping>,
    verdicts: Arc<dyn Verdicts>,
    filter: EventFilter,
    awaiting: bool,
    personal: bool,
    /// Everything up to here was read.
    cursor: EventSeq,
    /// Everything up to here was told to the reader.
    told: EventSeq,
    ready: VecDeque<(model::Event, Option<Verdict>)>,
    /// Whether there may be more to read before the bell rings.
    more: bool,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    /// The next frame; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if self.stopping.as_ref().is_some_and(Stopping::is_now) {
                return None;
            }
            if let Some((event, verdict)) = self.ready.pop_front() {
                self.told = event.seq;
                return Some(self.frame(&event, verdict.as_ref()));
            }
            if self.cursor.0 - self.told.0 >= limits::STREAM_PAGE as u64 {
                self.told = self.cursor;
                return Some(Frame::default().id(self.cursor.to_string()));
            }
            if !self.more {
                self.wait().await?;
            }
            if let Err(error) = self.read().await {
                tracing::error!(%error, "a stream of events ends: the journal cannot be read");
                return None;
            }
        }
    }

    /// Reads on from the cursor.
    async fn read(&mut self) -> Result<(), ReadError> {
        // Seen before reading: what was committed by then is visible to the read (I1), so a
        // read that reaches the end has looked at all of it.
        let rung = *self.bell.borrow_and_update();
        let filter = self.filter.clone();
        let read = self
            .log
            .events(filter, Some(self.cursor), false, limits::STREAM_PAGE);
        let page = read.await?;
        self.more = page.next.is_some();
        let last = page.events.last().map(|event| event.seq);
        let looked_at = page.next.unwrap_or(rung).max(last.unwrap_or_default());
        let ready = judged(&*self.verdicts, page.events, self.awaiting).await?;
        self.cursor = self.cursor.max(looked_at);
        self.ready = ready.into();
        Ok(())
    }

    /// Waits for the bell; `None` if it will never ring again.
    async fn wait(&mut self) -> Option<()> {
        let rings = self.bell.changed();
        match &mut self.stopping {
            Some(stopping) => tokio::select! {
                rung = rings => rung.ok(),
                () = stopping.come() => None,
            },
            None => rings.await.ok(),
        }
    }

    fn frame(&self, event: &model::Event, verdict: Option<&Verdict>) -> Frame {
        let shown = Event::shown(event, self.personal).judged(verdict);
        let json = serde_json::to_string(&shown).expect("texts and numbers always serialise");
        Frame::default()
            .id(event.seq.to_string())
            .event("event")
            .data(json)
    }
}

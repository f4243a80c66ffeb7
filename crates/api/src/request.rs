//! The outermost step of every request: an id for it, a body for its problem, a line for the log.
//!
//! Invariant: every answer carries `X-Request-Id`; the client's own, if it sent a sensible one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use model::Wall;

use crate::problem::Problem;
use crate::router::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a client's that we repeat in answers and logs.
const LONGEST: usize = 128;

/// Makes ids: when the API was built, and a number.
#[derive(Debug)]
pub(crate) struct RequestIds {
    started: Wall,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(started: Wall) -> Self {
        Self {
            started,
            next: AtomicU64::new(1),
        }
    }

    fn make(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("req_{:x}_{number}", self.started.0)
    }
}

/// Gives the request its id, and its answer what follows from that.
pub(crate) async fn identify(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let id = sensible(request.headers().get(&REQUEST_ID)).unwrap_or_else(|| app.ids.make());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.write(&id, &mut response);
        if let Some(cause) = problem.log_cause() {
            let code = problem.code().as_str();
            tracing::error!(request_id = id, %method, path, code, cause, "request failed");
        }
    }
    let status = response.status().as_u16();
    app.answers.count(status);
    tracing::debug!(request_id = id, %method, path, status, "request answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The client's id, if it can stand in a log line: short, visible, no blanks.
fn sensible(value: Option<&HeaderValue>) -> Option<String> {
    let text = value?.to_str().ok()?;
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    (visible && !text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
}

/// Answers by the first digit of their status.
#[derive(Debug, Default)]
pub(crate) struct Answers([AtomicU64; 5]);

impl Answers {
    fn count(&self, status: u16) {
        if let Some(count) = self.0.get(usize::from(status / 100).saturating_sub(1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// `2xx` and how many, for each first digit.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (String, u64)> {
        (1..)
            .zip(&self.0)
            .map(|(digit, count)| (format!("{digit}xx"), count.load(Ordering::Relaxed)))
    }
}

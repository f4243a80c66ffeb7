//! `GET /performance`: how fast and how full the server is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use engine::ports::{Measured, Measurement, Reading};

use crate::auth::Caller;
use crate::dto::performance::{PerformanceBody, Queue};
use crate::params::{NoParams, Params};
use crate::problem::Problem;
use crate::router::App;

/// How fast and how full the server is
///
/// Requests by the second and the day, processor and its reserve, memory, latency from panel to disk, queues. Of this
/// engine's life; at most a second old.
#[utoipa::path(
    get,
    path = "/performance",
    operation_id = "show_performance",
    tag = "server",
    responses((status = OK, description = "All figures", body = PerformanceBody))
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<PerformanceBody>, Problem> {
    let shown = app.services.performance.performance().await;
    let queues = queues(&app.figures());
    Ok(Json(PerformanceBody::new(&shown, queues)))
}

/// Queues tell of themselves by two measurements each; the same that metrics show.
fn queues(figures: &[Measurement]) -> Vec<Queue> {
    let mut queues: BTreeMap<&str, Queue> = BTreeMap::new();
    for figure in figures {
        let is_depth = figure.name == Measurement::QUEUE_DEPTH;
        let is_bound = figure.name == Measurement::QUEUE_BOUND;
        let label = figure.labels.iter().find(|(name, _)| *name == "queue");
        let (Some((_, name)), Reading::Gauge(value), true) =
            (label, &figure.reading, is_depth || is_bound)
        else {
            continue;
        };
        let queue = queues.entry(name).or_insert_with(|| Queue {
            name: name.clone(),
            depth: 0,
            bound: 0,
        });
        *(if is_depth {
            &mut queue.depth
        } else {
            &mut queue.bound
        }) = whole(*value);
    }
    queues.into_values().collect()
}

/// A gauge that counts things.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is counted is whole, and not negative; beyond that it saturates"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

impl App {
    /// The figures of every part of the house.
    pub(crate) fn figures(&self) -> Vec<Measurement> {
        let mut figures = Vec::new();
        self.measure(&mut figures);
        for part in &self.services.measured {
            part.measure(&mut figures);
        }
        figures
    }
}

//! `/metrics`: the figures of every part of the house, as OpenMetrics 1.0.
//!
//! Invariant: figures of one name stand together under one description, whichever parts they
//! come from; a figure of another kind than the first of its name is left out and logged.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use engine::ports::{Measured, Measurement, Reading};
use model::{ErrorCode, limits};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::auth::Caller;
use crate::params::{NoParams, Params};
use crate::problem::Problem;
use crate::router::App;

/// Figures
///
/// As OpenMetrics, for Prometheus and its like.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "server",
    responses((status = OK, description = "OpenMetrics 1.0", content_type = "application/openmetrics-text", body = String))
)]
pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<impl IntoResponse, Problem> {
    let text = encode(app.figures())
        .map_err(|error| Problem::new(ErrorCode::Internal).cause(error.to_string()))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text))
}

impl Measured for App {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let open = limits::API_STREAMS.saturating_sub(self.streams.available_permits());
        out.push(Measurement {
            name: "watchfire_api_streams",
            help: "Streams of events that are open.",
            labels: Vec::new(),
            reading: Reading::count(open),
        });
        out.extend(Measurement::queue("streams", open, limits::API_STREAMS));
        for (status, count) in self.answers.counts() {
            out.push(Measurement {
                name: "watchfire_api_answers",
                help: "Requests answered, by the first digit of the status.",
                labels: vec![("status", status)],
                reading: Reading::Counter(count),
            });
        }
    }
}

fn encode(figures: Vec<Measurement>) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Figures::group(figures)));
    let mut out = String::new();
    text::encode(&mut out, &registry)?;
    Ok(out)
}

/// Figures by name.
#[derive(Debug)]
struct Figures(BTreeMap<&'static str, Vec<Measurement>>);

impl Figures {
    fn group(figures: Vec<Measurement>) -> Self {
        let mut groups: BTreeMap<&'static str, Vec<Measurement>> = BTreeMap::new();
        for figure in figures {
            let group = groups.entry(figure.name).or_default();
            let first = group.first().map(|first| discriminant(&first.reading));
            if first.is_none_or(|kind| kind == discriminant(&figure.reading)) {
                group.push(figure);
            } else {
                tracing::error!(name = figure.name, "a figure of two kinds; one is left out");
            }
        }
        Self(groups)
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, group) in &self.0 {
            let Some(first) = group.first() else { continue };
            let kind = match first.reading {
                Reading::Counter(_) | Reading::Sum(_) => MetricType::Counter,
                Reading::Gauge(_) => MetricType::Gauge,
                Reading::Histogram { .. } => MetricType::Histogram,
            };
            let mut encoder = encoder.encode_descriptor(name, first.help, None, kind)?;
            for figure in group {
                let labels = Labels(&figure.labels);
                if figure.labels.is_empty() {
                    reading(&mut encoder, &figure.reading)?;
                } else {
                    reading(&mut encoder.encode_family(&labels)?, &figure.reading)?;
                }
            }
        }
        Ok(())
    }
}

struct Labels<'a>(&'a [(&'static str, String)]);

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

fn reading(encoder: &mut MetricEncoder<'_>, reading: &Reading) -> Result<(), std::fmt::Error> {
    match reading {
        Reading::Counter(count) => encoder.encode_counter::<NoLabelSet, u64, u64>(count, None),
        Reading::Sum(sum) => encoder.encode_counter::<NoLabelSet, f64, u64>(sum, None),
        Reading::Gauge(value) => encoder.encode_gauge(value),
        Reading::Histogram {
            buckets,
            sum,
            count,
        } => {
            let apart = buckets_apart(buckets, *count);
            encoder.encode_histogram::<NoLabelSet>(*sum, *count, &apart, None)
        }
    }
}

/// The encoder adds buckets up itself, and wants the one without bound.
fn buckets_apart(cumulated: &[(f64, u64)], count: u64) -> Vec<(f64, u64)> {
    let finite = cumulated
        .iter()
        .copied()
        .filter(|(bound, _)| bound.is_finite());
    let mut below = 0;
    finite
        .chain([(f64::INFINITY, count)])
        .map(|(bound, up_to)| {
            let apart = up_to.saturating_sub(below);
            below = up_to;
            (bound, apart)
        })
        .collect()
}

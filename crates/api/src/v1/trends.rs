//! `GET /panels/{id}/trends`: how the links of a panel's paths were.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use engine::ports::{Span, Spread, TrendRow};
use model::{PanelId, PathId, PathIndex, Wall, limits};
use serde::Serialize;
use utoipa::ToSchema;

use super::paths::id;
use crate::auth::Caller;
use crate::dto::time;
use crate::params::{Pairs, Params, ReadParams, documented};
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::router::{App, Segment};

/// Which time, and how finely.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// From when on, RFC 3339; a day before `until` by hours, thirty days before it by days, if absent.
    #[param(value_type = Option<String>)]
    from: Option<Wall>,
    /// Until when; now, if absent.
    #[param(value_type = Option<String>)]
    until: Option<Wall>,
    /// `hour`, kept for 48 hours, or `day`, kept for 90 days; `hour` if absent.
    #[param(value_type = Option<String>)]
    span: Span,
}

impl ReadParams for Wanted {
    fn read(pairs: &mut Pairs) -> Self {
        let wanted = Self {
            from: pairs.read("from", time::from_rfc3339),
            until: pairs.read("until", time::from_rfc3339),
            span: pairs
                .word("span", &[("hour", Span::Hour), ("day", Span::Day)])
                .unwrap_or(Span::Hour),
        };
        if wanted.until.is_some() && wanted.until <= wanted.from {
            pairs.refuse(FieldError::new("until", "must be later than `from`"));
        }
        wanted
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

/// How the links of a panel's paths were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PanelTrends {
    panel: String,
    /// `hour` or `day`.
    #[schema(example = "hour")]
    span: &'static str,
    /// Its paths.
    paths: Vec<PathTrends>,
}

/// How the link of a path was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathTrends {
    path: String,
    /// By time; hours or days of which nothing is known are left out.
    trends: Vec<Trend>,
}

/// How a link was for an hour or a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trend {
    /// When it began, in UTC.
    #[schema(format = DateTime)]
    start: String,
    /// Received signal strength.
    rssi_dbm: Option<Figures>,
    /// Charge of the battery.
    battery_percent: Option<Figures>,
    /// Supply voltage.
    millivolts: Option<Figures>,
    /// Round trip to the server, as the panel measured it.
    round_trip_ms: Option<Figures>,
    /// Messages that the panel had to send again.
    retries: u32,
    /// How often it said that it is online, as it does whenever it has connected.
    reconnects: u32,
}

/// What was measured; `null` instead if nothing was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Figures {
    least: i32,
    mean: f64,
    most: i32,
    /// How often it was measured.
    count: u32,
}

impl Figures {
    fn of(spread: &Spread) -> Option<Self> {
        Some(Self {
            least: spread.least,
            // A tenth is finer than what is measured.
            mean: (spread.mean()? * 10.0).round() / 10.0,
            most: spread.most,
            count: spread.count,
        })
    }
}

impl From<&TrendRow> for Trend {
    fn from(row: &TrendRow) -> Self {
        let trend = &row.trend;
        Self {
            start: time::to_rfc3339(row.start),
            rssi_dbm: Figures::of(&trend.rssi),
            battery_percent: Figures::of(&trend.battery),
            millivolts: Figures::of(&trend.voltage),
            round_trip_ms: Figures::of(&trend.round_trip),
            retries: trend.retries,
            reconnects: trend.reconnects,
        }
    }
}

/// How the links of a panel's paths were
///
/// From what the panel reported; the running hour and day are among them.
#[utoipa::path(
    get,
    path = "/panels/{id}/trends",
    operation_id = "show_trends",
    tag = "panels",
    params(("id" = String, Path, description = "The panel's id"), Wanted),
    responses(
        (status = OK, description = "By path and time", body = PanelTrends),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Segment(text): Segment,
    Params(wanted): Params<Wanted>,
) -> Result<axum::Json<PanelTrends>, Problem> {
    let panel: PanelId = id(&text)?;
    let services = &app.services;
    let detail = services.registry.panel(panel).await?;
    let detail = detail.ok_or_else(|| Problem::no_panel(panel))?;
    let paths: Vec<(PathId, PathIndex)> = detail
        .panel
        .paths
        .iter()
        .map(|path| (path.id, path.index))
        .collect();
    let (from, until) = bounds(&wanted, services.clock.now().wall);
    let indices = paths.iter().map(|(_, index)| *index).collect();
    let trends = services.condition.trends(indices, wanted.span, from, until);
    let rows = trends.await?;
    let of_path = |(path, index): &(PathId, PathIndex)| PathTrends {
        path: path.to_string(),
        trends: rows
            .iter()
            .filter(|row| row.path == *index)
            .map(Trend::from)
            .collect(),
    };
    Ok(axum::Json(PanelTrends {
        panel: panel.to_string(),
        span: wanted.span.as_str(),
        paths: paths.iter().map(of_path).collect(),
    }))
}

/// The time that is shown: no more of it than is kept, and the span in which it begins as a whole.
fn bounds(wanted: &Wanted, now: Wall) -> (Wall, Wall) {
    let (usual, kept) = match wanted.span {
        Span::Hour => (Duration::from_hours(24), limits::TREND_HOURS),
        Span::Day => (Duration::from_hours(24 * 30), limits::TREND_DAYS),
    };
    let until = wanted.until.map_or(now, |until| until.min(now));
    let from = wanted.from.unwrap_or_else(|| until.before(usual));
    let from = from.max(now.before(kept));
    (wanted.span.start(from), Wall(until.0.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn asked(from: Option<i64>, until: Option<i64>, span: Span) -> (i64, i64) {
        let wanted = Wanted {
            from: from.map(|hours| Wall(hours * HOUR)),
            until: until.map(|hours| Wall(hours * HOUR)),
            span,
        };
        let (from, until) = bounds(&wanted, Wall(24 * 1_000 * HOUR + HOUR / 2));
        (from.0 / HOUR, until.0 / HOUR)
    }

    #[test]
    fn no_more_is_asked_for_than_is_kept() {
        let now = 24 * 1_000;
        assert_eq!(asked(None, None, Span::Hour), (now - 24, now));
        assert_eq!(asked(Some(0), None, Span::Hour), (now - 48, now));
        assert_eq!(
            asked(Some(0), Some(9 * now), Span::Day),
            (now - 24 * 90, now)
        );
        assert_eq!(
            asked(None, Some(now - 10), Span::Hour),
            (now - 34, now - 10)
        );
    }
}

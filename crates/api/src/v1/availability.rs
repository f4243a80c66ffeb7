//! `GET /panels/{id}/availability`: for what part of a month each path was there (R33).

use std::sync::Arc;

use axum::extract::State;
use engine::supervision::Availability;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::{PanelId, Wall};
use serde::Serialize;
use utoipa::ToSchema;

use super::paths::id;
use crate::auth::Caller;
use crate::dto::time;
use crate::params::{Pairs, Params, ReadParams, documented};
use crate::problem::{Problem, ProblemBody};
use crate::router::{App, Segment};

/// Which month.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Month {
    /// The month in UTC, such as `2026-11`; the present one, if absent.
    #[param(value_type = Option<String>)]
    month: Option<Date>,
}

impl ReadParams for Month {
    fn read(pairs: &mut Pairs) -> Self {
        Self {
            month: pairs.read("month", first_day),
        }
    }

    fn names() -> Vec<String> {
        documented::<Self>()
    }
}

fn first_day(text: &str) -> Result<Date, String> {
    let well_formed = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
    let date = well_formed.then(|| format!("{text}-01").parse::<Date>().ok());
    date.flatten()
        .ok_or_else(|| format!("`{text}` is no month such as 2026-11"))
}

/// For what part of a month the paths of a panel were there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PanelAvailability {
    panel: String,
    /// The month, in UTC.
    #[schema(example = "2026-11")]
    month: String,
    /// What was counted of it: from the panel's registration on, and until now. `null` if that
    /// leaves nothing.
    counted: Option<Counted>,
    /// Its paths.
    paths: Vec<PathAvailability>,
}

/// What was counted of a month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counted {
    /// From when.
    #[schema(format = DateTime)]
    from: String,
    /// Until when.
    #[schema(format = DateTime)]
    until: String,
    /// For how long the server itself was out of service, in seconds. Counts as nobody's loss.
    own_outages_s: f64,
}

/// For what part of a month a path was there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathAvailability {
    path: String,
    /// In percent of what was counted; `null` if nothing was.
    percent: Option<f64>,
    /// For how long it was lost, in seconds.
    lost_s: f64,
    /// How many losses touch the month.
    losses: usize,
    /// Whether it is watched now: one that is not is never found lost.
    supervised: bool,
}

/// For what part of a month the paths of a panel were there
///
/// From recorded losses; times in which the server itself was out of service are told apart.
#[utoipa::path(
    get,
    path = "/panels/{id}/availability",
    operation_id = "show_availability",
    tag = "supervision",
    params(("id" = String, Path, description = "The panel's id"), Month),
    responses(
        (status = OK, description = "By path", body = PanelAvailability),
        (status = NOT_FOUND, description = "There is no such panel", content_type = "application/problem+json", body = ProblemBody<'static>)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Segment(text): Segment,
    Params(Month { month }): Params<Month>,
) -> Result<axum::Json<PanelAvailability>, Problem> {
    let panel: PanelId = id(&text)?;
    let services = &app.services;
    let now = services.clock.now().wall;
    let month = month.unwrap_or_else(|| month_of(now));
    let (from, until) = (begin(month), begin(month.saturating_add(1.month())));
    let spells = services.supervision.spells(panel, from, until).await?;
    let spells = spells.ok_or_else(|| Problem::no_panel(panel))?;
    let of = |losses: &[engine::ports::Spell]| {
        Availability::of((from, until), spells.registered, now, losses, &spells.ours)
    };
    let watched = services.supervision.panel(panel).await?;
    let watched = watched.map(|panel| panel.paths).unwrap_or_default();
    let paths = spells.paths.iter().map(|(id, losses)| {
        let availability = of(losses);
        let supervised = watched
            .iter()
            .any(|path| path.id == *id && path.status.time.is_some());
        PathAvailability {
            path: id.to_string(),
            percent: availability.map(|one| one.percent()),
            lost_s: availability.map_or(0.0, |one| seconds(one.lost)),
            losses: availability.map_or(0, |one| one.losses),
            supervised,
        }
    });
    Ok(axum::Json(PanelAvailability {
        panel: panel.to_string(),
        month: month.strftime("%Y-%m").to_string(),
        paths: paths.collect(),
        counted: of(&[]).map(|one| Counted {
            from: time::to_rfc3339(one.from),
            until: time::to_rfc3339(one.until),
            own_outages_s: seconds(one.ours),
        }),
    }))
}

fn month_of(now: Wall) -> Date {
    let now = Timestamp::from_microsecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(TimeZone::UTC).date().first_of_month()
}

/// Midnight in UTC.
fn begin(day: Date) -> Wall {
    let midnight = day.to_zoned(TimeZone::UTC);
    Wall(midnight.map_or(0, |at| at.timestamp().as_microsecond()))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a month is 3e12 microseconds, exact in a double"
)]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_at_midnight_utc_and_end_where_the_next_begins() {
        let december = first_day("2026-12").unwrap();
        assert_eq!(
            time::to_rfc3339(begin(december)),
            "2026-12-01T00:00:00.000000Z"
        );
        let next = begin(december.saturating_add(1.month()));
        assert_eq!(time::to_rfc3339(next), "2027-01-01T00:00:00.000000Z");
        assert_eq!(month_of(Wall(next.0 - 1)), december);
        for text in ["2026", "2026-13", "2026-1", "26-11-01", "2026-11-05", ""] {
            assert!(first_day(text).is_err(), "{text}");
        }
    }
}

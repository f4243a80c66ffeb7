//! `panel trends`: how the links of a panel's paths were.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::id_of;
use crate::cli::client::{Client, shaped};
use crate::cli::out::Style;
use crate::cli::table::Table;
use crate::cli::view::{Figures, PanelTrends, PathTrends, Trend, second};
use crate::cli::{Failure, Out};

/// Of which panel, and of which time.
#[derive(Debug, Args)]
pub struct Options {
    /// Its id, or its account where only one has it.
    panel: String,
    /// By the hour, kept for 48 hours, or by the day, kept for 90.
    #[arg(long, value_enum, default_value_t = Span::Hour)]
    by: Span,
    /// From when on, such as 2026-11-22T00:00:00Z; a day ago by hours, thirty days ago by days.
    #[arg(long)]
    from: Option<String>,
    /// Until when; now, if not given.
    #[arg(long)]
    until: Option<String>,
}

/// How finely.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Span {
    /// Hours.
    Hour,
    /// Days.
    Day,
}

pub(super) fn run(client: &Client, options: &Options, out: &mut Out) -> Result<ExitCode, Failure> {
    let id = id_of(client, &options.panel)?;
    let span = match options.by {
        Span::Hour => "hour",
        Span::Day => "day",
    };
    let mut query = vec![("span", span.to_owned())];
    query.extend(options.from.clone().map(|from| ("from", from)));
    query.extend(options.until.clone().map(|until| ("until", until)));
    let found = client.get(&format!("/panels/{id}/trends"), &query)?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: PanelTrends = shaped(found)?;
    let told = shown.paths.iter().filter(|path| !path.trends.is_empty());
    let told: Vec<&PathTrends> = told.collect();
    if told.is_empty() {
        out.note(format_args!(
            "nothing is known of this panel's links in that time"
        ));
    }
    for (at, path) in told.into_iter().enumerate() {
        if at > 0 {
            out.line(format_args!(""))?;
        }
        one(path, &shown.span, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn one(path: &PathTrends, span: &str, out: &mut Out) -> Result<(), Failure> {
    out.line(format_args!("{}", out.styled(Style::Bold, &path.path)))?;
    for (name, unit, figures) in lines(&path.trends) {
        if let Some(line) = spark(&figures) {
            out.line(format_args!("  {name:<10}  {line} {unit}"))?;
        }
    }
    let mut table = Table::new(&[
        if span == "day" { "day" } else { "hour" },
        "signal dBm",
        "round trip ms",
        "battery %",
        "voltage mV",
        "retries",
        "reconnects",
    ]);
    for trend in &path.trends {
        table.row(
            if trend.reconnects > 3 {
                Style::Warning
            } else {
                Style::Plain
            },
            &[
                second(&trend.start),
                spread(trend.rssi_dbm),
                spread(trend.round_trip_ms),
                spread(trend.battery_percent),
                spread(trend.millivolts),
                trend.retries.to_string(),
                trend.reconnects.to_string(),
            ],
        );
    }
    table.print(out)
}

type Line = (&'static str, &'static str, Vec<Option<Figures>>);

fn lines(trends: &[Trend]) -> [Line; 4] {
    let of = |figures: fn(&Trend) -> Option<Figures>| trends.iter().map(figures).collect();
    [
        ("signal", "dBm", of(|trend| trend.rssi_dbm)),
        ("round trip", "ms", of(|trend| trend.round_trip_ms)),
        ("battery", "%", of(|trend| trend.battery_percent)),
        ("voltage", "mV", of(|trend| trend.millivolts)),
    ]
}

/// Least, mean and most, or a dash.
fn spread(figures: Option<Figures>) -> String {
    figures.map_or_else(
        || "-".to_owned(),
        |one| format!("{} .. {:.0} .. {}", one.least, one.mean, one.most),
    )
}

/// The means as a line of bars between the least and the most of all; `None` if nothing was measured.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 7"
)]
fn spark(figures: &[Option<Figures>]) -> Option<String> {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let known = || figures.iter().flatten();
    let least = known().map(|one| one.least).min()?;
    let most = known().map(|one| one.most).max()?;
    let height = f64::from(most - least).max(1.0);
    let bar = |one: &Option<Figures>| {
        let Some(one) = one else { return ' ' };
        let part = (one.mean - f64::from(least)) / height * 7.0;
        BARS[(part.round() as usize).min(7)]
    };
    let line: String = figures.iter().map(bar).collect();
    Some(format!("{line} {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(least: i32, mean: f64, most: i32) -> Figures {
        Figures { least, mean, most }
    }

    #[test]
    fn means_are_drawn_between_the_least_and_the_most_of_all() {
        let week = [
            Some(figures(-90, -90.0, -80)),
            None,
            Some(figures(-80, -75.0, -70)),
            Some(figures(-60, -55.0, -55)),
        ];
        assert_eq!(spark(&week).unwrap(), "▁ ▄█ -90 to -55");
        assert_eq!(spark(&[Some(figures(7, 7.0, 7))]).unwrap(), "▁ 7 to 7");
        assert_eq!(spark(&[None]), None);
    }
}

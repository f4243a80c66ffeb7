//! How the links of a panel's paths are, for `panel show`.

use crate::cli::out::{Style, harmless};
use crate::cli::table::Table;
use crate::cli::view::{Identity, Path, PathLink, or_dash, second};
use crate::cli::{Failure, Out};

/// Where paths are connected, and how good their links are. Nothing where nothing is known.
pub(super) fn links(paths: &[Path], out: &mut Out) -> Result<(), Failure> {
    let known = paths.iter();
    let known: Vec<(&Path, &PathLink)> = known
        .filter_map(|path| Some((path, path.link.as_ref()?)))
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    out.line(format_args!(""))?;
    let mut table = Table::new(&[
        "path",
        "connected from",
        "since",
        "gateway",
        "by",
        "signal",
        "round trip",
        "battery",
        "voltage",
        "mains",
        "told",
    ]);
    for (path, link) in &known {
        let session = link.session.as_ref();
        let style = if link.mains == Some(false) {
            Style::Warning
        } else {
            Style::Plain
        };
        table.row(
            style,
            &[
                path.id.clone(),
                or_dash(session.map(|one| one.source.as_str())),
                or_dash(session.map(|one| second(&one.since)).as_deref()),
                or_dash(session.map(|one| one.gateway.to_string()).as_deref()),
                or_dash(link.medium.as_deref()),
                with_unit(link.rssi_dbm, "dBm"),
                with_unit(link.round_trip_ms, "ms"),
                with_unit(link.battery_percent, "%"),
                with_unit(link.millivolts.map(volts), "V"),
                or_dash(link.mains.map(|mains| if mains { "yes" } else { "no" })),
                or_dash(link.reported.as_deref().map(second).as_deref()),
            ],
        );
    }
    table.print(out)?;
    for (path, link) in known {
        if let Some(until) = &link.clone_suspected_until {
            let line = format!(
                "{}: two panels may be living on this path; its signals are doubted until {}",
                path.id,
                second(until)
            );
            out.line(format_args!("{}", out.styled(Style::Alarm, line)))?;
        }
        if let Some(panel) = &link.panel {
            let told = identity(panel, link);
            out.line(format_args!("{}: {told}", path.id))?;
        }
    }
    Ok(())
}

/// Who the panel says that it is.
fn identity(panel: &Identity, link: &PathLink) -> String {
    let named = match (&panel.model, &panel.firmware) {
        (Some(model), Some(firmware)) => format!("{model}, firmware {firmware}"),
        (Some(model), None) => model.clone(),
        (None, Some(firmware)) => format!("firmware {firmware}"),
        (None, None) => "a panel that names no model".to_owned(),
    };
    let reason = panel.reboot_reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    let mut told = vec![
        named,
        format!("{} at {}", panel.state, second(&panel.at)),
        format!("start {}{reason}", panel.boot),
    ];
    told.extend(
        link.uptime_s
            .map(|uptime| format!("up for {} h", uptime / 3_600)),
    );
    told.extend(link.celsius.map(|celsius| format!("{celsius:.1} °C")));
    harmless(&told.join(", ")).into_owned()
}

fn volts(millivolts: u32) -> String {
    format!("{}.{:02}", millivolts / 1_000, millivolts % 1_000 / 10)
}

fn with_unit(value: Option<impl std::fmt::Display>, unit: &str) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value} {unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volts_have_two_digits_behind_the_point() {
        assert_eq!(
            [13_600, 9_999, 12_040].map(volts),
            ["13.60", "9.99", "12.04"]
        );
    }
}

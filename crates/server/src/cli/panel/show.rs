//! `panel show`.

use std::process::ExitCode;

use clap::Args;

use super::id_of;
use crate::cli::client::{Client, shaped};
use crate::cli::event::row::{self, table};
use crate::cli::out::{Style, harmless};
use crate::cli::table::Table;
use crate::cli::view::{Adopted, Output, PanelWithParts, Partition, Path, Zone, or_dash, second};
use crate::cli::{Failure, Out};

/// Which panel to show.
#[derive(Debug, Args)]
pub struct Options {
    /// Its id, or its account where only one has it.
    pub(super) panel: String,
}

pub(super) fn run(client: &Client, named: &str, out: &mut Out) -> Result<ExitCode, Failure> {
    let id = id_of(client, named)?;
    let found = client.get(&format!("/panels/{id}"), &[])?;
    if out.is_json() {
        out.document(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: PanelWithParts = shaped(found)?;
    let panel = &shown.panel;
    out.line(format_args!(
        "{}",
        out.styled(Style::Bold, harmless(&panel.name))
    ))?;
    out.line(format_args!("  id          {}", panel.id))?;
    out.line(format_args!("  registered  {}", second(&panel.created)))?;
    let heard = panel.last_heard.as_deref().map(second);
    let heard = heard.as_deref().unwrap_or("not since the server started");
    out.line(format_args!("  last heard  {heard}"))?;
    out.line(format_args!(""))?;
    paths(&panel.paths, out)?;
    super::link::links(&panel.paths, out)?;
    partitions(&shown.partitions, out)?;
    zones(&shown.zones, out)?;
    outputs(&shown.outputs, out)?;
    for was in &shown.adopted {
        adopted(was, out)?;
    }
    out.line(format_args!("\nlast event"))?;
    let Some(event) = &shown.last_event else {
        out.line(format_args!("none yet"))?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut events = table();
    row::push(&mut events, event);
    events.print(out)?;
    Ok(ExitCode::SUCCESS)
}

/// The paths, and what must be known of them.
pub(super) fn paths(paths: &[Path], out: &mut Out) -> Result<(), Failure> {
    let mut table = Table::new(&[
        "path",
        "family",
        "account",
        "receiver",
        "line",
        "listener",
        "may",
        "encrypted",
        "key set",
        "once encrypted",
        "forgery",
        "state",
        "since",
        "last heard",
    ]);
    let any = |text: &Option<String>| text.clone().unwrap_or_else(|| "any".to_owned());
    let time = |time: &Option<String>| or_dash(time.as_deref().map(second).as_deref());
    for path in paths {
        let standing = path.standing.as_ref();
        let once = standing.map(|known| if known.once_encrypted { "yes" } else { "no" });
        table.row(
            path.supervision.style(),
            &[
                path.id.clone(),
                path.family.clone(),
                path.shown(),
                any(&path.receiver),
                any(&path.line),
                any(&path.listener),
                may(path),
                path.encrypted.clone(),
                time(&path.key_set),
                or_dash(once),
                or_dash(standing.map(|known| known.forgery.as_str())),
                path.supervision.told(),
                time(&path.supervision.since),
                time(&path.last_heard),
            ],
        );
    }
    table.print(out)?;
    for path in paths {
        for warning in path.standing.iter().flat_map(|known| &known.warnings) {
            let warning = format!("{}: {}", path.id, harmless(warning));
            out.line(format_args!("{}", out.styled(Style::Warning, warning)))?;
        }
    }
    Ok(())
}

/// What a path may do beyond a plain one.
fn may(path: &Path) -> String {
    match (path.hub, path.accept_skewed) {
        (false, false) => "-",
        (true, false) => "hub",
        (false, true) => "skewed",
        (true, true) => "hub, skewed",
    }
    .to_owned()
}

fn partitions(partitions: &[Partition], out: &mut Out) -> Result<(), Failure> {
    if partitions.is_empty() {
        return out.line(format_args!("\nno partition was named yet"));
    }
    let mut table = Table::new(&[
        "partition",
        "state",
        "since",
        "by",
        "event",
        "reports",
        "known",
    ]);
    for partition in partitions {
        table.row(
            Style::Plain,
            &[
                partition.number.clone(),
                partition
                    .state
                    .clone()
                    .unwrap_or_else(|| "unknown".to_owned()),
                or_dash(partition.since.as_deref().map(second).as_deref()),
                or_dash(partition.source.as_deref()),
                or_dash(partition.since_event.map(|seq| seq.to_string()).as_deref()),
                or_dash(partition.reported.as_ref().map(|one| one.state.as_str())),
                partition.origin.clone(),
            ],
        );
    }
    out.line(format_args!(""))?;
    table.print(out)
}

fn zones(zones: &[Zone], out: &mut Out) -> Result<(), Failure> {
    if zones.is_empty() {
        return out.line(format_args!("\nno zone was named yet"));
    }
    let mut table = Table::new(&[
        "zone",
        "partition",
        "state",
        "since",
        "by",
        "last event",
        "class",
        "known",
    ]);
    for zone in zones {
        table.row(
            zone_style(zone.state.as_deref()),
            &[
                zone.number.clone(),
                or_dash(zone.partition.as_deref()),
                zone.state.clone().unwrap_or_else(|| "unknown".to_owned()),
                or_dash(zone.since.as_deref().map(second).as_deref()),
                or_dash(zone.source.as_deref()),
                or_dash(zone.last_event.map(|seq| seq.to_string()).as_deref()),
                or_dash(zone.last_class.as_deref()),
                zone.origin.clone(),
            ],
        );
    }
    out.line(format_args!(""))?;
    table.print(out)
}

fn zone_style(state: Option<&str>) -> Style {
    match state {
        Some("alarm") => Style::Alarm,
        Some("open" | "tamper" | "trouble") => Style::Warning,
        Some("bypassed") => Style::Note,
        _ => Style::Plain,
    }
}

fn outputs(outputs: &[Output], out: &mut Out) -> Result<(), Failure> {
    if outputs.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["output", "state", "since", "by"]);
    for output in outputs {
        table.row(
            Style::Plain,
            &[
                output.number.clone(),
                output.state.clone(),
                second(&output.since),
                output.source.clone(),
            ],
        );
    }
    out.line(format_args!(""))?;
    table.print(out)
}

/// What the panel was before it was registered.
fn adopted(was: &Adopted, out: &mut Out) -> Result<(), Failure> {
    out.line(format_args!(
        "\nadopted from the quarantine, entry {}, by {} at {}: what came before went nowhere ({} in \
         all, from {} to {})",
        was.number,
        harmless(&was.by),
        second(&was.at),
        was.count,
        second(&was.first),
        second(&was.last)
    ))
}

//! What the API answers, as far as people are shown it. Fields that are not known are skipped,
//! so that a newer server can be asked.

use serde::{Deserialize, Serialize};

use super::out::Style;

/// A page of panels, as they came.
#[derive(Debug, Deserialize)]
pub(super) struct PanelPage {
    pub(super) panels: Vec<serde_json::Value>,
    pub(super) next_cursor: Option<String>,
}

/// A panel.
#[derive(Debug, Deserialize)]
pub(super) struct Panel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created: String,
    pub(super) last_heard: Option<String>,
    pub(super) paths: Vec<Path>,
}

/// One way by which a panel reaches the server.
#[derive(Debug, Deserialize)]
pub(super) struct Path {
    pub(super) id: String,
    pub(super) family: String,
    pub(super) account: String,
    pub(super) receiver: Option<String>,
    pub(super) line: Option<String>,
    pub(super) listener: Option<String>,
    #[serde(rename = "path_name")]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) hub: bool,
    #[serde(default)]
    pub(super) accept_skewed: bool,
    #[serde(default = "unknown")]
    pub(super) encrypted: String,
    pub(super) key_set: Option<String>,
    pub(super) last_heard: Option<String>,
    pub(super) standing: Option<Standing>,
    #[serde(default)]
    pub(super) supervision: PathStatus,
    pub(super) link: Option<PathLink>,
}

/// How the link of a path is.
#[derive(Debug, Deserialize)]
pub(super) struct PathLink {
    pub(super) session: Option<Session>,
    pub(super) clone_suspected_until: Option<String>,
    pub(super) reported: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) rssi_dbm: Option<i16>,
    pub(super) battery_percent: Option<u8>,
    pub(super) millivolts: Option<u32>,
    pub(super) mains: Option<bool>,
    pub(super) celsius: Option<f64>,
    pub(super) round_trip_ms: Option<u32>,
    pub(super) uptime_s: Option<u32>,
    pub(super) panel: Option<Identity>,
}

/// A connection.
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) source: String,
    pub(super) since: String,
    pub(super) gateway: u16,
}

/// Who a panel last said that it is.
#[derive(Debug, Deserialize)]
pub(super) struct Identity {
    pub(super) at: String,
    pub(super) state: String,
    pub(super) boot: u32,
    pub(super) firmware: Option<String>,
    pub(super) model: Option<String>,
    pub(super) reboot_reason: Option<String>,
}

impl Path {
    /// The account, and what the panel calls the path, as it shows both.
    pub(super) fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{}/{name}", self.account),
            None => self.account.clone(),
        }
    }
}

/// How a path stands.
#[derive(Debug, Deserialize)]
pub(super) struct Standing {
    pub(super) once_encrypted: bool,
    pub(super) forgery: String,
    pub(super) warnings: Vec<String>,
}

/// What a server that does not tell it would say.
fn unknown() -> String {
    "unknown".to_owned()
}

/// A panel and what is known of its parts.
#[derive(Debug, Deserialize)]
pub(super) struct PanelWithParts {
    #[serde(flatten)]
    pub(super) panel: Panel,
    pub(super) partitions: Vec<Partition>,
    pub(super) zones: Vec<Zone>,
    #[serde(default)]
    pub(super) outputs: Vec<Output>,
    pub(super) last_event: Option<Event>,
    #[serde(default)]
    pub(super) adopted: Vec<Adopted>,
}

/// That a panel was a stranger before.
#[derive(Debug, Deserialize)]
pub(super) struct Adopted {
    pub(super) number: u64,
    pub(super) at: String,
    pub(super) by: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) count: u64,
}

/// A page of the quarantine, as it came.
#[derive(Debug, Deserialize)]
pub(super) struct StrangerPage {
    pub(super) strangers: Vec<serde_json::Value>,
    pub(super) next_cursor: Option<String>,
}

/// Somebody who sends frames and is not known.
#[derive(Debug, Deserialize)]
pub(super) struct Stranger {
    pub(super) number: u64,
    pub(super) family: String,
    pub(super) account: String,
    pub(super) receiver: Option<String>,
    pub(super) line: Option<String>,
    pub(super) reason: String,
    pub(super) standing: String,
    pub(super) listener: String,
    pub(super) sources: Vec<String>,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) count: u64,
    pub(super) acknowledged: u64,
    #[serde(default)]
    pub(super) frames: Vec<Frame>,
}

/// A frame of a stranger.
#[derive(Debug, Deserialize)]
pub(super) struct Frame {
    pub(super) received: String,
    pub(super) source: String,
    pub(super) format: String,
    pub(super) encrypted: bool,
    pub(super) raw: String,
    pub(super) raw_text: Option<String>,
}

/// An area that is armed as one.
#[derive(Debug, Deserialize)]
pub(super) struct Partition {
    pub(super) number: String,
    pub(super) state: Option<String>,
    pub(super) since_event: Option<u64>,
    pub(super) since: Option<String>,
    pub(super) source: Option<String>,
    pub(super) reported: Option<Reported>,
    pub(super) origin: String,
}

/// What a panel reports that a part of it is.
#[derive(Debug, Deserialize)]
pub(super) struct Reported {
    pub(super) state: String,
}

/// A relay, a siren, a lamp.
#[derive(Debug, Deserialize)]
pub(super) struct Output {
    pub(super) number: String,
    pub(super) state: String,
    pub(super) source: String,
    pub(super) since: String,
}

/// A sensor input.
#[derive(Debug, Deserialize)]
pub(super) struct Zone {
    pub(super) number: String,
    pub(super) partition: Option<String>,
    pub(super) state: Option<String>,
    pub(super) source: Option<String>,
    pub(super) since: Option<String>,
    pub(super) last_event: Option<u64>,
    pub(super) last_class: Option<String>,
    pub(super) origin: String,
}

/// A page of events, as they came.
#[derive(Debug, Deserialize)]
pub(super) struct EventPage {
    pub(super) events: Vec<serde_json::Value>,
    pub(super) next_cursor: Option<String>,
}

/// A registered signal.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) seq: u64,
    pub(super) message_seq: u64,
    pub(super) panel: Option<String>,
    pub(super) path: Option<String>,
    pub(super) family: String,
    pub(super) format: String,
    pub(super) account: String,
    pub(super) code: Code,
    pub(super) class: String,
    pub(super) priority: u8,
    pub(super) partition: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) user: Option<String>,
    pub(super) output: Option<String>,
    #[serde(default)]
    pub(super) restores: Vec<String>,
    pub(super) panel_sequence: Option<u64>,
    pub(super) panel_time: Option<String>,
    pub(super) occurred: Option<String>,
    pub(super) received: String,
    pub(super) skew_ms: Option<i64>,
    #[serde(default)]
    pub(super) flags: Vec<String>,
    #[serde(default)]
    pub(super) doubt: Vec<String>,
    pub(super) effective: Option<bool>,
    pub(super) verdict: Option<Verdict>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) extended: Option<Vec<Extended>>,
    pub(super) raw: Option<String>,
    pub(super) raw_text: Option<String>,
}

/// What a person said of a doubtful event.
#[derive(Debug, Deserialize)]
pub(super) struct Verdict {
    #[serde(rename = "verdict")]
    pub(super) word: String,
    pub(super) at: String,
    pub(super) by: String,
    pub(super) reason: Option<String>,
}

/// An event code.
#[derive(Debug, Deserialize)]
pub(super) struct Code {
    pub(super) set: String,
    #[serde(rename = "code")]
    pub(super) written: String,
    pub(super) name: String,
}

/// One block of extended data.
#[derive(Debug, Deserialize)]
pub(super) struct Extended {
    pub(super) letter: String,
    pub(super) content: String,
    pub(super) content_text: Option<String>,
}

/// Whether a path is reachable.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PathStatus {
    #[serde(default)]
    pub(super) state: String,
    pub(super) since: Option<String>,
    pub(super) deadline: Option<String>,
    #[serde(default)]
    pub(super) held: bool,
    #[serde(default)]
    pub(super) flapping: bool,
    #[serde(default)]
    pub(super) test_overdue: bool,
}

impl PathStatus {
    /// How it looks.
    pub(super) fn style(&self) -> Style {
        match self.state.as_str() {
            "lost" | "never" => Style::Alarm,
            _ if self.test_overdue || self.flapping => Style::Warning,
            _ => Style::Plain,
        }
    }

    /// In words.
    pub(super) fn told(&self) -> String {
        let mut told = or_dash(Some(self.state.as_str()).filter(|state| !state.is_empty()));
        for (holds, word) in [
            (self.held, ", silent"),
            (self.flapping, ", flapping"),
            (self.test_overdue, ", test overdue"),
        ] {
            if holds {
                told.push_str(word);
            }
        }
        told
    }
}

/// What was set of a panel or a path.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SupervisionSettings {
    pub(super) watch: Option<String>,
    pub(super) test_every: Option<String>,
    pub(super) test_counts: Option<String>,
    pub(super) commissioned: Option<String>,
}

/// How a panel is supervised.
#[derive(Debug, Deserialize)]
pub(super) struct PanelSupervision {
    pub(super) set: SupervisionSettings,
    pub(super) paths: Vec<PathSupervision>,
}

/// How a path is supervised.
#[derive(Debug, Deserialize)]
pub(super) struct PathSupervision {
    pub(super) path: String,
    pub(super) set: SupervisionSettings,
    pub(super) effective: SupervisionSettings,
    pub(super) effective_class: Option<String>,
    pub(super) lacking: Option<String>,
    pub(super) status: PathStatus,
}

/// What became of a setting of many panels.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct BulkAnswer {
    pub(super) changed: usize,
    pub(super) refused: usize,
    pub(super) unknown: Vec<String>,
    pub(super) refusals: Vec<BulkRefusal>,
}

impl BulkAnswer {
    /// With what became of more of them.
    pub(super) fn add(&mut self, more: Self) {
        self.changed += more.changed;
        self.refused += more.refused;
        self.unknown.extend(more.unknown);
        self.refusals.extend(more.refusals);
    }
}

/// A panel of which it was refused.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct BulkRefusal {
    pub(super) panel: String,
    pub(super) code: String,
    pub(super) detail: String,
}

/// Supervision as a whole.
#[derive(Debug, Deserialize)]
pub(super) struct Supervision {
    pub(super) supervised: usize,
    pub(super) lost: usize,
    pub(super) never: usize,
    pub(super) held: usize,
    pub(super) hold_s: u64,
    pub(super) paused: bool,
    pub(super) mass_outages: Vec<MassOutage>,
}

/// Many panels lost at once.
#[derive(Debug, Deserialize)]
pub(super) struct MassOutage {
    pub(super) group: String,
    pub(super) began: String,
    pub(super) last: String,
    pub(super) panels: usize,
    pub(super) members: usize,
    pub(super) open: bool,
}

/// Mass outages of the last day.
#[derive(Debug, Deserialize)]
pub(super) struct Incidents {
    pub(super) incidents: Vec<Incident>,
}

/// Many panels lost at once.
#[derive(Debug, Deserialize)]
pub(super) struct Incident {
    pub(super) number: u64,
    pub(super) began: String,
    pub(super) last: String,
    pub(super) open: bool,
    pub(super) panels: usize,
    pub(super) groups: Vec<Touched>,
}

/// A group that an incident touches.
#[derive(Debug, Deserialize)]
pub(super) struct Touched {
    pub(super) group: String,
    pub(super) panels: usize,
    pub(super) members: usize,
}

/// An incident and a page of its panels.
#[derive(Debug, Deserialize)]
pub(super) struct IncidentPage {
    pub(super) lost: Vec<Panel>,
    pub(super) next_cursor: Option<String>,
}

/// How the links of a panel's paths were.
#[derive(Debug, Deserialize)]
pub(super) struct PanelTrends {
    pub(super) span: String,
    pub(super) paths: Vec<PathTrends>,
}

/// How the link of a path was.
#[derive(Debug, Deserialize)]
pub(super) struct PathTrends {
    pub(super) path: String,
    pub(super) trends: Vec<Trend>,
}

/// How a link was for an hour or a day.
#[derive(Debug, Deserialize)]
pub(super) struct Trend {
    pub(super) start: String,
    pub(super) rssi_dbm: Option<Figures>,
    pub(super) battery_percent: Option<Figures>,
    pub(super) millivolts: Option<Figures>,
    pub(super) round_trip_ms: Option<Figures>,
    pub(super) retries: u32,
    pub(super) reconnects: u32,
}

/// The least, the mean and the most of what was measured.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Figures {
    pub(super) least: i32,
    pub(super) mean: f64,
    pub(super) most: i32,
}

/// For what part of a month the paths of a panel were there.
#[derive(Debug, Deserialize)]
pub(super) struct PanelAvailability {
    pub(super) month: String,
    pub(super) counted: Option<Counted>,
    pub(super) paths: Vec<PathAvailability>,
}

/// What was counted of a month.
#[derive(Debug, Deserialize)]
pub(super) struct Counted {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) own_outages_s: f64,
}

/// For what part of a month a path was there.
#[derive(Debug, Deserialize)]
pub(super) struct PathAvailability {
    pub(super) path: String,
    pub(super) percent: Option<f64>,
    pub(super) lost_s: f64,
    pub(super) losses: usize,
    pub(super) supervised: bool,
}

/// What became of a row of an import.
#[derive(Debug, Deserialize)]
pub(super) struct ImportRow {
    pub(super) row: usize,
    pub(super) status: RowStatus,
    pub(super) panel: Option<String>,
    pub(super) error: Option<RowError>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RowStatus {
    /// Registered now.
    Added,
    /// Registered before.
    Exists,
    /// Not registered.
    Error,
}

/// Why a row could not be registered.
#[derive(Debug, Deserialize)]
pub(super) struct RowError {
    pub(super) code: String,
    pub(super) detail: String,
}

impl Event {
    /// How it looks: by how soon a person must look, restores calm.
    pub(super) fn style(&self) -> Style {
        if !self.restores.is_empty() {
            return Style::Calm;
        }
        match self.priority {
            0..=2 => Style::Urgent,
            3 => Style::Alarm,
            4..=6 => Style::Warning,
            7 | 8 => Style::Note,
            _ => Style::Faint,
        }
    }

    /// The flags, and what is to be known of a doubt: whether somebody must confirm the event
    /// before it takes effect, or what somebody said.
    pub(super) fn remarks(&self) -> String {
        let mut remarks = self.flags.join(",");
        match &self.verdict {
            Some(verdict) => {
                remarks.push_str("; ");
                remarks.push_str(&verdict.word);
            }
            None if self.effective == Some(false) => remarks.push_str("; unconfirmed"),
            None => {}
        }
        remarks
    }

    /// The zone, the user or the output.
    pub(super) fn point(&self) -> String {
        match (&self.zone, &self.user, &self.output) {
            (Some(zone), _, _) => format!("zone {zone}"),
            (None, Some(user), _) => format!("user {user}"),
            (None, None, Some(output)) => format!("output {output}"),
            (None, None, None) => String::new(),
        }
    }
}

/// A time to the second, as people read it: `2026-11-22 20:15:00Z`.
pub(super) fn second(rfc3339: &str) -> String {
    match rfc3339.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => {
            format!("{}Z", seconds.replacen('T', " ", 1))
        }
        _ => rfc3339.replacen('T', " ", 1),
    }
}

/// How far a panel's clock is from ours, in the largest unit that says something: positive if it
/// is behind.
pub(super) fn skew(millis: i64) -> String {
    const UNITS: [(i64, &str); 4] = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1_000, "s"),
    ];
    let fits = |(unit, _): &&(i64, &str)| millis.saturating_abs() >= 2 * unit;
    match UNITS.iter().find(fits) {
        Some((unit, name)) => format!("{} {name}", millis / unit),
        None => format!("{millis} ms"),
    }
}

/// The text, or a dash where there is none.
pub(super) fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skew_is_shown_in_a_unit_that_says_something() {
        let shown = [40, -1_500, 45_000, -7_200_000, 225_970_360_786].map(skew);
        assert_eq!(shown, ["40 ms", "-1500 ms", "45 s", "-2 h", "2615 d"]);
    }

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(
            second("2026-03-20T09:46:40.000120Z"),
            "2026-03-20 09:46:40Z"
        );
        assert_eq!(second("2026-03-20T09:46:40Z"), "2026-03-20 09:46:40Z");
    }
}

//! Supervision as JSON.

use std::time::Duration;

use engine::ports::{Presence, ShowsCondition, ShowsSessions, Supervision};
use engine::supervision::Group;
use model::{
    Assurance, Counts, PathIndex, SupervisionClass, SupervisionSettings, TestWatch, Wall, Watch,
    duration, spoken,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::problem::FieldError;
use crate::services::FamilyTitle;

/// What is known of paths at this moment.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) presence: Option<&'a dyn Presence>,
    pub(crate) supervision: &'a dyn Supervision,
    pub(crate) sessions: &'a dyn ShowsSessions,
    pub(crate) condition: &'a dyn ShowsCondition,
    pub(crate) families: &'a [FamilyTitle],
}

impl Known<'_> {
    pub(crate) fn last_heard(&self, path: PathIndex) -> Option<Wall> {
        self.presence?.last_heard(path)
    }

    /// By what the octets of a path are encrypted: `tls`, the length of its key, or `none`.
    pub(crate) fn encryption(&self, path: &model::Path) -> &'static str {
        let of_path = |family: &&FamilyTitle| family.name == path.family;
        if self
            .families
            .iter()
            .find(of_path)
            .is_some_and(|family| family.over_tls)
        {
            return "tls";
        }
        path.cipher
            .map_or("none", |cipher| cipher.strength.as_str())
    }
}

/// Whether a path is reachable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathStatus {
    /// `ok`, `lost`, `never` (never heard, though it should have been), `unsupervised`.
    #[schema(example = "ok")]
    state: &'static str,
    /// Since when it is lost; `null` while it is not.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// For how long it may be silent, in seconds; `null` if it is not watched.
    time_s: Option<u64>,
    /// When it is lost if nothing is heard; `null` if it is lost, or not watched.
    #[schema(format = DateTime)]
    deadline: Option<String>,
    /// It is silent, and not reported yet, since that may be the server's own fault.
    held: bool,
    /// It was lost five times within an hour.
    flapping: bool,
    /// An expected test signal did not come.
    test_overdue: bool,
}

impl From<engine::ports::PathStatus> for PathStatus {
    fn from(status: engine::ports::PathStatus) -> Self {
        Self {
            state: status.state.as_str(),
            since: status.since.map(time::to_rfc3339),
            time_s: status.time.map(|time| time.as_secs()),
            deadline: status.deadline.map(time::to_rfc3339),
            held: status.held,
            flapping: status.flapping,
            test_overdue: status.test_overdue,
        }
    }
}

/// What is set, or in force. `null` means: as the panel, or the server's default.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// `off`, a class such as `SP5`, or a time such as `90s`.
    #[schema(example = "SP5")]
    watch: Option<String>,
    /// How often a test signal is expected, such as `24h`; `off` if none is.
    #[schema(example = "24h")]
    test_every: Option<String>,
    /// What counts as one: `tests` or `any_signal`.
    test_counts: Option<&'static str>,
    /// From when on it counts that nothing was ever heard; its registration, if `null`.
    #[schema(format = DateTime)]
    commissioned: Option<String>,
}

impl From<SupervisionSettings> for Settings {
    fn from(settings: SupervisionSettings) -> Self {
        let (every, counts) = match settings.test {
            None => (None, None),
            Some(TestWatch::Off) => (Some("off".to_owned()), None),
            Some(TestWatch::Every { every, counts }) => {
                (Some(spoken(every)), Some(counts.as_str()))
            }
        };
        Self {
            watch: settings.watch.map(|watch| watch.to_string()),
            test_every: every,
            test_counts: counts,
            commissioned: settings.commissioned.map(time::to_rfc3339),
        }
    }
}

/// What to set. What is absent is taken from the panel, or from the server's default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SupervisionSettings)]
pub(crate) struct SettingsInput {
    /// `off`, a class of EN 50136 (`SP1` to `SP6`, `DP1` to `DP4`), or a time such as `90s`: lost
    /// when nothing was heard for so long, from 10s to 60d.
    #[schema(example = "SP5")]
    pub(crate) watch: Option<String>,
    /// How often a test signal is expected, from 10m to 60d, such as `24h`; `off`.
    #[schema(example = "24h")]
    pub(crate) test_every: Option<String>,
    /// What counts as one: `tests` (the default), or `any_signal`.
    pub(crate) test_counts: Option<String>,
    /// From when on it counts that nothing was ever heard, RFC 3339.
    pub(crate) commissioned: Option<String>,
}

/// A test is a daily matter; more often is what supervision is for.
const SHORTEST_TEST: Duration = Duration::from_mins(10);

impl SettingsInput {
    pub(crate) fn check(&self) -> Result<SupervisionSettings, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut refuse = |field: &str, detail: String| errors.push(FieldError::new(field, detail));
        let watch = self.watch.as_deref().map(Watch::parse);
        let watch = watch.and_then(|read| {
            read.map_err(|error| refuse("watch", error.to_string()))
                .ok()
        });
        let counts = match self.test_counts.as_deref() {
            None => Some(Counts::Tests),
            Some(name) => Counts::parse(name),
        };
        if counts.is_none() {
            refuse(
                "test_counts",
                "`tests` or `any_signal` is expected".to_owned(),
            );
        }
        if self.test_counts.is_some() && self.test_every.is_none() {
            refuse(
                "test_counts",
                "says nothing without `test_every`".to_owned(),
            );
        }
        let test = self.test_every.as_deref().and_then(|text| {
            let test = test(text, counts.unwrap_or(Counts::Tests));
            test.map_err(|detail| refuse("test_every", detail)).ok()
        });
        let commissioned = self.commissioned.as_deref().map(time::from_rfc3339);
        let commissioned =
            commissioned.and_then(|read| read.map_err(|error| refuse("commissioned", error)).ok());
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(SupervisionSettings {
            watch,
            test,
            commissioned,
        })
    }
}

fn test(text: &str, counts: Counts) -> Result<TestWatch, String> {
    if text == "off" {
        return Ok(TestWatch::Off);
    }
    let within = SHORTEST_TEST..=model::LONGEST_WATCH;
    match duration(text).filter(|every| within.contains(every)) {
        Some(every) => Ok(TestWatch::Every { every, counts }),
        None => Err(format!(
            "`{text}` is neither `off` nor a time from 10m to 60d"
        )),
    }
}

/// How a panel is supervised.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PanelSupervision {
    panel: String,
    /// What was set of the panel.
    set: Settings,
    /// Its paths, the primary one first.
    paths: Vec<PathSupervision>,
}

/// How a path is supervised.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathSupervision {
    path: String,
    /// What was set of the path itself.
    set: Settings,
    /// What is in force.
    effective: Settings,
    /// What its channel is worth against forgery: `plain`, `unproven` (too little was heard yet),
    /// `forgeable`, `sound`.
    assurance: &'static str,
    /// The class that it may be called by: less than what was set, where its channel is not worth
    /// it. `null` where no class is set.
    effective_class: Option<&'static str>,
    /// Why that is less.
    lacking: Option<String>,
    /// How often the panel is to be heard, in seconds, so that two losses on the way are borne;
    /// `null` where no class is set.
    keep_alive_s: Option<u64>,
    status: PathStatus,
}

impl From<engine::ports::PanelSupervision> for PanelSupervision {
    fn from(panel: engine::ports::PanelSupervision) -> Self {
        Self {
            panel: panel.panel.to_string(),
            set: panel.set.into(),
            paths: panel.paths.into_iter().map(PathSupervision::from).collect(),
        }
    }
}

impl From<engine::ports::PathSupervision> for PathSupervision {
    fn from(path: engine::ports::PathSupervision) -> Self {
        let class = path.effective.watch.and_then(Watch::class);
        Self {
            path: path.id.to_string(),
            set: path.set.into(),
            effective: path.effective.into(),
            assurance: match path.assurance {
                Assurance::Plain => "plain",
                Assurance::Unproven => "unproven",
                Assurance::Forgeable => "forgeable",
                Assurance::Sound => "sound",
            },
            effective_class: path.called.map(SupervisionClass::as_str),
            lacking: path.lacking.map(|claim| claim.to_string()),
            keep_alive_s: class.map(|class| class.keep_alive().as_secs()),
            status: path.status.into(),
        }
    }
}

/// Supervision as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Paths that are watched.
    supervised: usize,
    /// Paths that are lost.
    lost: usize,
    /// Paths that never reported.
    never: usize,
    /// Silent paths that are not reported yet.
    held: usize,
    /// For how long reports are still held after an outage of the server, in seconds.
    hold_s: u64,
    /// Whether deadlines stand still, since nothing can be stored.
    paused: bool,
    /// What holds for panels of which nothing was set.
    default: Option<String>,
    /// Many panels lost at once, the newest first. Each loss has its own event.
    mass_outages: Vec<MassOutage>,
}

/// Many panels of a group that were lost within a minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MassOutage {
    /// `all`, or the id of an organisation or a site.
    group: String,
    /// The first loss.
    #[schema(format = DateTime)]
    began: String,
    /// The last loss so far.
    #[schema(format = DateTime)]
    last: String,
    /// How many panels were lost.
    panels: usize,
    /// How many of the group are supervised.
    members: usize,
    /// Whether losses are still coming in.
    open: bool,
}

/// `all`, or the id of an organisation or a site.
pub(super) fn group(group: Group) -> String {
    match group {
        Group::All => "all".to_owned(),
        Group::Organisation(id) => id.to_string(),
        Group::Site(id) => id.to_string(),
    }
}

impl From<engine::ports::SupervisionSummary> for Summary {
    fn from(summary: engine::ports::SupervisionSummary) -> Self {
        let outages = summary
            .outages
            .into_iter()
            .map(|(one, began, last)| MassOutage {
                group: group(one.group),
                began: time::to_rfc3339(began),
                last: time::to_rfc3339(last),
                panels: one.panels,
                members: one.members,
                open: one.open,
            });
        Self {
            supervised: summary.watched,
            lost: summary.lost,
            never: summary.never,
            held: summary.held,
            hold_s: summary
                .hold
                .as_millis()
                .div_ceil(1_000)
                .try_into()
                .unwrap_or(u64::MAX),
            paused: summary.paused,
            default: summary.default.map(|watch| watch.to_string()),
            mass_outages: outages.collect(),
        }
    }
}

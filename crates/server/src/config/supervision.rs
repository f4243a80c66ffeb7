//! `[supervision]`: how panels are watched of which nothing else was set.

use model::Watch;
use serde::Deserialize;

use super::Settings;
use super::problem::Problems;
use super::schema::{Key, Section};

pub(super) const SECTION: Section = Section {
    name: "supervision",
    doc: "How closely panels are watched.",
    instances: &[],
    keys: &[Key {
        name: "default",
        doc: "For panels of which nothing else was set: a time after which a silent path is lost, or a class\nof EN 50136 that any path can claim.",
        default: r#""none""#,
        allowed: "none, SP1, SP2, or a time from 10s to 60d",
        hidden: false,
    }],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    default: String,
}

/// How closely panels are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    /// Where nothing else was set.
    pub default: Watch,
}

impl Supervision {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("supervision", problems)?;
        // A default holds for every channel and every number of paths.
        let any_path = |watch: &Watch| match watch.class() {
            Some(class) => class.suits_any_channel() && !class.is_dual(),
            None => true,
        };
        let default = Watch::parse(&raw.default).ok().filter(any_path);
        if default.is_none() {
            let what = format!("\"{}\" is no way to watch every panel", raw.default);
            problems.push(settings.problem("supervision.default", what));
        }
        default.map(|default| Self { default })
    }
}

//! `[log]`: what Watchfire tells of its own doings, and in which form.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Settings;
use super::problem::Problems;
use super::schema::{Key, Section};

pub(super) const SECTION: Section = Section {
    name: "log",
    doc: "What Watchfire tells of its own doings. The log goes to standard error.",
    instances: &[],
    keys: &[
        Key {
            name: "filter",
            doc: "The least severe level that is logged; for one part only: \"info,gateway=debug\".",
            default: r#""info""#,
            allowed: "error, warn, info, debug, trace or off, or PART=LEVEL, joined by commas",
            hidden: false,
        },
        Key {
            name: "format",
            doc: "Lines for people, or one JSON object a line.",
            default: r#""text""#,
            allowed: r#""text" or "json""#,
            hidden: false,
        },
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    filter: String,
    format: LogFormat,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Directives of a tracing filter; known to parse.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Log {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("log", problems)?;
        if let Err(error) = EnvFilter::try_new(&raw.filter) {
            let what = format!("\"{}\" is no filter: {error}", raw.filter);
            problems.push(settings.problem("log.filter", what));
            return None;
        }
        Some(Self {
            filter: raw.filter,
            format: raw.format,
        })
    }
}

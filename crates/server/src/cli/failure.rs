//! Why a command could not be carried out, and what to do next.

use std::fmt;
use std::io;

use model::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::out::harmless;
use crate::config::Problems;

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Failure {
    /// The reader of our output went away: no failure, but the end.
    ReaderGone,
    /// The configuration is not valid.
    Configuration(Problems),
    /// The server refused, and said why.
    Refused(Box<Refusal>),
    /// Anything else: what happened, and what to do.
    Other {
        /// What happened.
        what: String,
        /// What to do next; may be empty.
        hint: String,
    },
}

/// Problem details (RFC 9457), as the API sends them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// A stable code.
    pub code: String,
    /// What happened, in general.
    pub title: String,
    /// What happened this time.
    pub detail: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The fields that were refused.
    pub errors: Vec<RefusedField>,
    /// The other panel, where one is in the way.
    pub panel: Option<String>,
    /// Under which id the server's log says more.
    pub request_id: Option<String>,
}

/// A field that was refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RefusedField {
    /// Its name.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Failure {
    /// What happened, and what to do next.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other {
            what: what.into(),
            hint: hint.into(),
        }
    }

    /// The same for programs.
    pub(super) fn as_json(&self) -> Value {
        let error = match self {
            Self::ReaderGone => json!({ "code": "reader_gone" }),
            Self::Configuration(problems) => json!({
                "code": "configuration.invalid",
                "title": "The configuration is not valid",
                "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            }),
            Self::Refused(refusal) => json!({
                "code": refusal.code,
                "status": refusal.status,
                "title": refusal.title,
                "detail": refusal.detail,
                "hint": refusal.hint,
                "errors": refusal.errors.iter()
                    .map(|e| json!({ "field": e.field, "detail": e.detail }))
                    .collect::<Vec<_>>(),
                "panel": refusal.panel,
                "request_id": refusal.request_id,
            }),
            Self::Other { what, hint } => json!({ "title": what, "hint": hint }),
        };
        json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReaderGone => f.write_str("the reader went away"),
            Self::Configuration(problems) => problems.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Other { what, hint } => {
                f.write_str(what)?;
                then(f, hint)
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&harmless(&self.title))?;
        if let (Some(detail), []) = (&self.detail, &self.errors[..]) {
            write!(f, ": {}", harmless(detail))?;
        }
        for error in &self.errors {
            write!(
                f,
                "\n  {}: {}",
                harmless(&error.field),
                harmless(&error.detail)
            )?;
        }
        if let Some(panel) = &self.panel {
            write!(f, "\n  the other panel: {}", harmless(panel))?;
        }
        // Those hints are for people who write requests; here the lines above say it.
        let told = !self.errors.is_empty() || self.code == ErrorCode::NotFound.as_str();
        let hint = self.hint.as_deref().filter(|_| !told);
        then(f, &harmless(hint.unwrap_or_default()))?;
        match &self.request_id {
            Some(id) if self.status >= 500 => write!(f, "\n  request_id: {}", harmless(id)),
            _ => Ok(()),
        }
    }
}

fn then(f: &mut fmt::Formatter<'_>, hint: &str) -> fmt::Result {
    if hint.is_empty() {
        Ok(())
    } else {
        write!(f, "\n  {hint}")
    }
}

impl std::error::Error for Failure {}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Configuration(problems)
    }
}

/// Of writing what the command answers.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::new(format!("the answer cannot be written: {error}"), "")
        }
    }
}

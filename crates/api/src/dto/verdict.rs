//! What a person said of a doubtful event, as JSON.

use engine::ports::Verdict;
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// What a person said of a doubtful event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EventVerdict {
    /// `confirmed` or `rejected`.
    #[schema(example = "confirmed")]
    verdict: &'static str,
    /// When that was said.
    #[schema(format = DateTime)]
    at: String,
    /// By whom: the name of a token.
    by: String,
    /// Why, where a reason was given.
    reason: Option<String>,
}

impl From<&Verdict> for EventVerdict {
    fn from(verdict: &Verdict) -> Self {
        Self {
            verdict: verdict.as_str(),
            at: time::to_rfc3339(verdict.at),
            by: verdict.who.clone(),
            reason: verdict.reason.clone(),
        }
    }
}

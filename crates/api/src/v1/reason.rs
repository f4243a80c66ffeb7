//! Why something is done, where a body tells nothing else.

use model::Actor;
use serde::Deserialize;
use utoipa::ToSchema;

use super::verdicts::checked_reason;
use crate::problem::Problem;

/// Why something is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why. At most 500 characters; kept in the audit.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

impl Reason {
    /// Who does it, and why.
    pub(crate) fn of(self, actor: Actor) -> Result<Actor, Problem> {
        Ok(Actor {
            reason: checked_reason(self.reason)?,
            ..actor
        })
    }
}

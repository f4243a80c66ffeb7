//! The audit of reads of personal data.
//!
//! Invariant: personal data is handed out only after its read is in the audit table (R30); if it
//! cannot be written there, nothing is handed out.

use model::Actor;

use crate::problem::Problem;
use crate::router::App;

/// Reading texts, extended data or raw bytes of events.
pub(crate) const READ: &str = "event.read_personal";

/// Reading the frames of a stranger.
pub(crate) const READ_STRAY: &str = "quarantine.read_personal";

/// Following events with all these.
pub(crate) const STREAM: &str = "event.stream_personal";

/// Writes to the audit table that `actor` is about to see the personal data of `subject`.
pub(crate) async fn audit(
    app: &App,
    actor: Actor,
    action: &'static str,
    subject: String,
) -> Result<(), Problem> {
    let at = app.services.clock.now().wall;
    let written = app.services.registry.audit(actor, at, action, subject);
    written.await.map_err(Problem::from)
}

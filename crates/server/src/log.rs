//! Logs: to standard error, one line an event, with the role of the process.
//!
//! Invariant: a log that cannot be written, on a full disk say, disturbs nobody: lines are lost,
//! processes go on.
//!
//! What never appears in them: keys, tokens, raw bytes of panels, texts (I10, R31).

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging for this process.
pub(crate) fn start(role: &'static str, filter: &str, json: bool) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("log.filter `{filter}` is not a filter such as `info`"))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr)
        // It would be told on standard error, which is what cannot be written, and panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    if json {
        logs.json().init();
    } else {
        logs.with_target(false).init();
    }
    tracing::debug!(role, "started");
    Ok(())
}

//! `watchfire serve`: the supervisor in the foreground, with a greeting on standard output.

use std::io::Write;

use anyhow::Context;
use tokio::sync::watch;

use crate::config::{Config, LogFormat};
use crate::supervisor::Hangup;
use crate::{log, supervisor};

/// Serves until it is asked to stop.
pub(crate) fn run(config: Config) -> anyhow::Result<()> {
    log::start(
        "supervisor",
        &config.log.filter,
        config.log.format == LogFormat::Json,
    )?;
    // One thread, and the main one: the kernel ties the children's lives to it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (_never, stop) = watch::channel(false);
    runtime.block_on(supervisor::run(config, Hangup::Reload, stop, |greeting| {
        // Nobody need read it: a closed standard output is no reason not to serve.
        if let Err(error) = writeln!(std::io::stdout(), "{greeting}") {
            tracing::debug!(%error, "the greeting was not read");
        }
    }))?;
    writeln!(std::io::stdout(), "Stopped.")
        .context("standard output is closed")
        .ok();
    Ok(())
}

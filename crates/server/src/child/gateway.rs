//! The gateway process: takes its sockets and hands itself to the event loop.

use std::net::TcpListener;

use anyhow::{Context, anyhow};
use gateway::worker;

use super::control::{Word, say};
use super::setup::{BUILD, GatewaySetup};

/// Runs a gateway until it is drained or its supervisor is gone.
pub fn run() -> anyhow::Result<()> {
    let (control, setup, descriptors) =
        super::begin(|setup: &GatewaySetup| &setup.common, "gateway")?;
    let listeners = setup
        .listeners
        .iter()
        .zip(descriptors)
        .map(|(family, descriptor)| {
            let known = families::FAMILIES
                .iter()
                .find(|known| known.name().as_str() == family);
            let family = *known.ok_or_else(|| anyhow!("there is no family `{family}`"))?;
            Ok((family, TcpListener::from(descriptor)))
        });
    let listeners = listeners.collect::<anyhow::Result<Vec<_>>>()?;
    let mut worker = worker::GatewaySetup::new(setup.index, setup.link, listeners);
    worker.incarnation = setup.common.incarnation;
    worker.build = BUILD.to_owned();
    say(
        &control,
        &Word::Ready {
            note: String::new(),
        },
    )
    .context("the supervisor is gone")?;
    worker::run(worker, control)?;
    Ok(())
}

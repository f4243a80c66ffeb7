//! The gateway process: takes its sockets and hands itself to the event loop.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use gateway::worker::{self, GatewayLimits};

use super::control::{Word, say};
use super::setup::{BUILD, GatewaySetup};
use crate::clock::SystemClock;

/// Runs a gateway until it is drained or its supervisor is gone.
pub(crate) fn run() -> anyhow::Result<()> {
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
    say(
        &control,
        &Word::Ready {
            note: String::new(),
        },
    )
    .context("the supervisor is gone")?;
    let worker = worker::GatewaySetup {
        index: setup.index,
        incarnation: setup.common.incarnation,
        build: BUILD.to_owned(),
        listeners,
        link_path: setup.link,
        limits: GatewayLimits::default(),
        clock: Arc::new(SystemClock),
    };
    worker::run(worker, control)?;
    Ok(())
}

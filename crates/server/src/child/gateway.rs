//! The gateway process: takes its sockets and hands itself to the event loop.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use gateway::worker::{self, GatewayLimits, Listening};
use model::ListenerName;
use proto::Strangers;

use super::control::{Word, say};
use super::setup::{BUILD, GatewaySetup};
use crate::clock::{SystemClock, SystemEntropy};

/// Runs a gateway until it is drained or its supervisor is gone.
pub(crate) fn run() -> anyhow::Result<()> {
    let (control, setup, descriptors) =
        super::begin(|setup: &GatewaySetup| &setup.common, "gateway")?;
    let listeners = setup
        .listeners
        .iter()
        .zip(descriptors)
        .map(|(listener, descriptor)| {
            let known = families::FAMILIES
                .iter()
                .find(|known| known.name().as_str() == listener.family);
            let family = *known.ok_or_else(|| anyhow!("there is no such family: {listener:?}"))?;
            let name = ListenerName::parse(&listener.name);
            Ok(Listening {
                name: name.ok_or_else(|| anyhow!("no listener can be called so: {listener:?}"))?,
                family,
                strangers: Strangers::default(),
                stream: TcpListener::from(descriptor),
            })
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
        entropy: Box::new(SystemEntropy),
    };
    worker::run(worker, control)?;
    Ok(())
}
